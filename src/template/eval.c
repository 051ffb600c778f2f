/*
 * The evaluator: walks the tree as Go's text/template does
 */

#include <math.h>
#include <string.h>

#include "template/fmt.h"
#include "template/method.h"
#include "template/number.h"
#include "template/render.h"

#define ARGS_ON_STACK      6
#define CALL_STEPS         10
#define BYTES_PER_STEP     128
#define VARIABLES_PER_STEP 32

typedef enum Walk {
        WALK_ON,
        WALK_BREAK,
        WALK_CONTINUE,
        WALK_FAILED,
} Walk;

static Walk walk_list(TemplateRender *r, Value dot, const NodeList *list);
static bool eval_pipe(TemplateRender *r, Value dot, const PipeNode *pipe, Value *ret);
static bool eval_arg(TemplateRender *r, Value dot, char letter, const Node *node, Value *ret);

bool render_fail(TemplateRender *r, TemplateErrorKind kind, size_t start, size_t end,
                 const char *format, ...)
{
        va_list args;

        if (r->failed)
                return false;
        r->failed = true;
        va_start(args, format);
        template_error_set(r->error, kind, r->tpl, r->definition->name, start, end,
                           g_strdup_vprintf(format, args));
        va_end(args);
        return false;
}

#define FAIL(r, node, ...)                                                                         \
        render_fail((r), TEMPLATE_ERROR_EXEC, (node)->start, (node)->end, __VA_ARGS__)

static inline bool step(TemplateRender *r, size_t start, size_t end)
{
        if (G_LIKELY(r->steps > 0)) {
                r->steps--;
                return true;
        }
        return render_fail(r, TEMPLATE_ERROR_LIMIT, start, end,
                           "the template took more than %zu steps: does it end?", r->limits.steps);
}

const char *type_in_words(ValueType type)
{
        switch (value_type_kind(type)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                return "nothing (nil)";
        case KIND_BOOL:
                return "true or false";
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                return type == VALUE_INT        ? "a whole number"
                       : type == VALUE_DURATION ? "a duration"
                                                : value_type_name(type);
        case KIND_FLOAT64:
                return "a decimal number";
        case KIND_COMPLEX128:
                return "a complex number";
        case KIND_STRING:
                return "text";
        case KIND_SLICE:
                return type == VALUE_STRINGS ? "a list of texts"
                       : type == VALUE_INTS  ? "a list of whole numbers"
                                             : "a list";
        case KIND_MAP:
                return type == VALUE_MAP ? "a dictionary" : "a dictionary of texts";
        case KIND_STRUCT:
        case KIND_PTR:
                return type == VALUE_TIME          ? "a time"
                       : type == VALUE_CERTIFICATE ? "a certificate"
                       : type == VALUE_LOCATION    ? "a time zone"
                                                   : "a version";
        }
        g_assert_not_reached();
}

static const struct Param {
        char letter;
        uint8_t type; /* VALUE_MISSING: any */
        bool can_be_nil;
        const char *words;
} params[] = {
        { 's', VALUE_STRING, false, "text" },
        { 'a', VALUE_MISSING, true, "anything" },
        { 'v', VALUE_MISSING, true, "anything" },
        { 'b', VALUE_BOOL, false, "true or false" },
        { 'i', VALUE_INT, false, "a whole number" },
        { 'l', VALUE_INT64, false, "a whole number (int64)" },
        { 'u', VALUE_UINT64, false, "a whole number (uint64)" },
        /* uint32: no value here has that type, only constants will do */
        { 'w', VALUE_TYPE_COUNT, false, "a whole number as it is written" },
        { 'f', VALUE_FLOAT64, false, "a decimal number" },
        { 'L', VALUE_LIST, true, "a list" },
        { 'S', VALUE_STRINGS, true, "a list of texts" },
        { 'I', VALUE_INTS, true, "a list of whole numbers" },
        { 'M', VALUE_MAP, true, "a dictionary" },
        { 'N', VALUE_STRING_MAP, true, "a dictionary of texts" },
        { 't', VALUE_TIME, false, "a time" },
        { 'd', VALUE_DURATION, false, "a duration" },
        { 'c', VALUE_CERTIFICATE, false, "a certificate" },
        { 'V', VALUE_VERSION, true, "a version" },
        { 'o', VALUE_LOCATION, true, "a time zone" },
};

static const struct Param *param_find(char letter)
{
        for (size_t i = 0; i < G_N_ELEMENTS(params); i++)
                if (params[i].letter == letter)
                        return &params[i];
        g_assert_not_reached();
}

const char *param_in_words(char letter)
{
        return param_find(letter)->words;
}

static Value zero_of(const struct Param *param)
{
        if (param->letter == 'a')
                return value_nil();
        return (Value){ .type = param->type };
}

/* The value as an argument for a parameter */
static bool validate(TemplateRender *r, const Node *node, char letter, Value v, Value *ret)
{
        const struct Param *param;

        *ret = v;
        if (letter == 'v')
                return true;
        param = param_find(letter);
        if (v.type == VALUE_MISSING) {
                if (!param->can_be_nil)
                        return FAIL(r, node, "there is no value here, but %s is needed",
                                    param->words);
                *ret = zero_of(param);
                return true;
        }
        if (letter == 'a' || v.type == param->type)
                return true;
        return FAIL(r, node, "%s is needed here, but this is %s", param->words,
                    type_in_words((ValueType) v.type));
}

/* A number where the parameter does not say what kind it wants: its spelling decides */
static bool ideal_number(TemplateRender *r, const Node *node, Value *ret)
{
        const NumberNode *number = node->number;

        if (number->is_complex)
                *ret = value_complex(r->arena, number->re, number->im);
        else if (number->is_float && number->looks_float)
                *ret = value_float(number->f);
        else if (number->is_int)
                *ret = value_int(number->i);
        else
                return FAIL(r, node,
                            "this number is too large: whole numbers go up to %" G_GINT64_FORMAT,
                            G_MAXINT64);
        return true;
}

static bool number_as(TemplateRender *r, char letter, const Node *node, Value *ret)
{
        const NumberNode *number = node->number;

        switch (letter) {
        case 'i':
        case 'l':
        case 'd':
                *ret = (Value){ .type = param_find(letter)->type, .i = number->i };
                if (number->is_int)
                        return true;
                break;
        case 'u':
        case 'w':
                *ret = value_uint64(number->u);
                if (number->is_uint)
                        return true;
                break;
        case 'f':
                *ret = value_float(number->f);
                if (number->is_float)
                        return true;
                break;
        case 'a':
        case 'v':
                return ideal_number(r, node, ret);
        default:
                break;
        }
        return FAIL(r, node, "%s is needed here, but this is a number", param_in_words(letter));
}

static bool constant_as(TemplateRender *r, char letter, const Node *node, Value *ret)
{
        char natural = node->type == NODE_BOOL ? 'b' : 's';

        if (node->type == NODE_NUMBER)
                return number_as(r, letter, node, ret);
        *ret = node->value;
        if (letter == natural || letter == 'a' || letter == 'v')
                return true;
        return FAIL(r, node, "%s is needed here, but this is %s", param_in_words(letter),
                    param_in_words(natural));
}

static void push(TemplateRender *r, unsigned name, Value value)
{
        if (r->n_variables == r->variables_capacity) {
                r->variables_capacity = MAX(16, r->variables_capacity * 2);
                r->variables = g_renew(Variable, r->variables, r->variables_capacity);
        }
        r->variables[r->n_variables++] = (Variable){ name, value };
}

/* Far variables count: a text may declare ten thousands, and ask for the first in a loop */
static Variable *find_variable(TemplateRender *r, unsigned name)
{
        for (size_t i = r->n_variables; i > r->frame; i--)
                if (r->variables[i - 1].name == name) {
                        r->steps -= MIN(r->steps, (r->n_variables - i) / VARIABLES_PER_STEP);
                        return &r->variables[i - 1];
                }
        return NULL;
}

/* Only reached by variables of a command that and/or passed over */
static bool undefined_variable(TemplateRender *r, size_t start, size_t end)
{
        return render_fail(r, TEMPLATE_ERROR_EXEC, start, end, "this variable has no value yet");
}

static bool set_variable(TemplateRender *r, const PipeNode *pipe, unsigned name, Value value)
{
        Variable *variable = find_variable(r, name);

        if (variable == NULL)
                return undefined_variable(r, pipe->start, pipe->end);
        variable->value = value;
        return true;
}

static bool check_memory(TemplateRender *r, const Node *node)
{
        if (arena_size(r->arena) - r->arena_start <= r->limits.memory)
                return true;
        return render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                           "the template's values take more than %zu bytes of memory",
                           r->limits.memory);
}

typedef struct Arguments {
        Node *const *nodes; /* as written, without the function's name */
        size_t n;
        const Value *final; /* from the pipe, or NULL */
} Arguments;

static const Arguments no_arguments = { 0 };

static bool check_count(TemplateRender *r, const Node *node, const TemplateFunction *function,
                        size_t n_fixed, bool is_variadic, const Arguments *args)
{
        size_t n = args->n + (args->final != NULL);
        g_autofree char *signature = NULL;

        if (is_variadic ? n >= n_fixed : n == n_fixed)
                return true;
        signature = template_function_signature(function);
        return FAIL(r, node, "%s takes %s%zu argument%s, not %zu%s: %s", function->name,
                    is_variadic ? "at least " : "", n_fixed, n_fixed == 1 ? "" : "s", n,
                    args->final != NULL ? " (the piped value counts as one)" : "", signature);
}

static bool and_or(TemplateRender *r, Value dot, bool is_or, const Arguments *args, Value *ret)
{
        *ret = value_missing();
        for (size_t i = 0; i < args->n; i++) {
                if (!eval_arg(r, dot, 'v', args->nodes[i], ret))
                        return false;
                if (value_truth(*ret) == is_or)
                        return true;
        }
        if (args->final != NULL)
                *ret = *args->final;
        return true;
}

/* What a call counts beyond being a step: functions do more than the evaluator, and some read all of
 * their arguments without making anything that the limit of memory would see */
static bool charge_call(TemplateCall *call)
{
        size_t steps = CALL_STEPS;

        for (size_t i = 0; i < call->n_args; i++)
                if (call->args[i].type == VALUE_STRING)
                        steps += call->args[i].len / BYTES_PER_STEP;
        return template_call_charge(call, steps);
}

static bool invoke(TemplateRender *r, TemplateCall *call, Value *ret)
{
        const TemplateContext *context = r->context;
        bool watched = (call->function->flags & context->intercept_mask) != 0;

        *ret = value_missing();
        if (!charge_call(call))
                return false;
        if (watched && context->intercept != NULL) {
                switch (context->intercept(call, ret, context->hook_user)) {
                case TEMPLATE_CALL_GO_ON:
                        break;
                case TEMPLATE_CALL_SUPPLIED:
                        return true;
                case TEMPLATE_CALL_FAILED:
                        g_assert(r->failed);
                        return false;
                }
        }
        if (!call->function->body(call, ret)) {
                g_assert(r->failed);
                return false;
        }
        if (watched && context->observe != NULL)
                context->observe(call, *ret, context->hook_user);
        return true;
}

/* @node says where errors are; @end is where the call's source ends */
static bool eval_call(TemplateRender *r, Value dot, const TemplateFunction *function,
                      const Value *receiver, const Node *node, size_t end, const Arguments *args,
                      Value *ret)
{
        size_t n_params = strlen(function->params);
        bool is_variadic = n_params > 0 && function->params[n_params - 1] == '*';
        size_t n_fixed = is_variadic ? n_params - 2 : n_params;
        size_t n = args->n + (args->final != NULL), at = 0;
        Value small[ARGS_ON_STACK];
        Value *values = small;

        if (!step(r, node->start, node->end) ||
            !check_count(r, node, function, n_fixed, is_variadic, args))
                return false;
        if (function->body == NULL)
                return FAIL(r, node, "%s gives more than one result, a template can use only one",
                            function->name);
        if (function->body == builtin_and || function->body == builtin_or)
                return and_or(r, dot, function->body == builtin_or, args, ret);
        if (n + 1 > ARGS_ON_STACK)
                values = arena_new0(r->arena, Value, n + 1);
        if (receiver != NULL)
                values[at++] = *receiver;
        for (size_t i = 0; i < n; i++) {
                char letter = function->params[MIN(i, is_variadic ? n_fixed : n_params - 1)];
                bool ok = i < args->n ? eval_arg(r, dot, letter, args->nodes[i], &values[at])
                                      : validate(r, node, letter, *args->final, &values[at]);

                if (!ok)
                        return false;
                at++;
        }
        TemplateCall call = {
                .function = function,
                .args = values,
                .n_args = at,
                .arena = r->arena,
                .user = r->context->user,
                .source = r->tpl->text + node->start,
                .source_len = end - node->start,
                .offset = node->start,
                .render = r,
        };

        return invoke(r, &call, ret) && check_memory(r, node);
}

static bool struct_field(const Value *receiver, Value name, Value *ret)
{
        if (receiver->type != VALUE_CERTIFICATE)
                return false;
        if (name.len == 4 && memcmp(name.s, "Cert", 4) == 0)
                *ret = receiver->certificate->cert;
        else if (name.len == 3 && memcmp(name.s, "Key", 3) == 0)
                *ret = receiver->certificate->key;
        else
                return false;
        return true;
}

static bool eval_field(TemplateRender *r, Value dot, Value name, const Node *node,
                       const Arguments *args, Value receiver, Value *ret)
{
        const TemplateFunction *method;
        bool has_args = args->n > 0 || args->final != NULL;

        *ret = value_missing();
        if (receiver.type == VALUE_MISSING)
                return true;
        if (receiver.type == VALUE_NIL)
                return FAIL(r, node, "%.*s is asked of a value that is nil", (int) name.len,
                            name.s);
        if (value_kind(receiver) == KIND_MAP) {
                if (has_args)
                        return FAIL(r, node,
                                    ".%.*s is a value and no function: it takes no "
                                    "arguments",
                                    (int) name.len, name.s);
                value_map_get(receiver.map, name.s, name.len, ret);
                return true;
        }
        method = method_find((ValueType) receiver.type, name.s, name.len);
        if (method != NULL)
                return eval_call(r, dot, method, &receiver, node, node->end, args, ret);
        if (struct_field(&receiver, name, ret)) {
                if (has_args)
                        return FAIL(r, node,
                                    ".%.*s is a value and no function: it takes no "
                                    "arguments",
                                    (int) name.len, name.s);
                return true;
        }
        return FAIL(r, node, "%s has no field %.*s; only dictionaries have fields",
                    type_in_words((ValueType) receiver.type), (int) name.len, name.s);
}

static bool eval_fields(TemplateRender *r, Value dot, const Node *node, const Arguments *args,
                        Value receiver, Value *ret)
{
        for (size_t i = 0; i < node->n_fields; i++) {
                bool is_last = i + 1 == node->n_fields;

                if (!eval_field(r, dot, node->fields[i], node, is_last ? args : &no_arguments,
                                receiver, &receiver))
                        return false;
        }
        *ret = receiver;
        return true;
}

static bool not_a_function(TemplateRender *r, const Node *node, const Arguments *args)
{
        if (args->n == 0 && args->final == NULL)
                return true;
        return FAIL(r, node,
                    "this is a value and no function: nothing may follow it or be piped "
                    "into it");
}

static bool eval_variable(TemplateRender *r, Value dot, const Node *node, const Arguments *args,
                          Value *ret)
{
        const Variable *variable = find_variable(r, node->variable);

        if (variable == NULL)
                return undefined_variable(r, node->start, node->end);
        if (node->n_fields > 0)
                return eval_fields(r, dot, node, args, variable->value, ret);
        *ret = variable->value;
        return not_a_function(r, node, args);
}

static bool eval_chain(TemplateRender *r, Value dot, const Node *node, const Arguments *args,
                       Value *ret)
{
        Value receiver;

        if (!eval_arg(r, dot, 'v', node->base, &receiver))
                return false;
        return eval_fields(r, dot, node, args, receiver, ret);
}

typedef struct PipeJob {
        TemplateRender *r;
        Value dot;
        const PipeNode *pipe;
        Value *ret;
        bool ok;
} PipeJob;

static void eval_pipe_job(void *arg)
{
        PipeJob *job = arg;

        job->ok = eval_pipe(job->r, job->dot, job->pipe, job->ret);
}

/* A parenthesis: the one place where expressions recurse */
static bool eval_parenthesis(TemplateRender *r, Value dot, const Node *node, Value *ret)
{
        PipeJob job = { r, dot, node->pipe, ret, false };

        if (!stack_is_low(&r->stack))
                return eval_pipe(r, dot, node->pipe, ret);
        if (!stack_run(&r->stack, eval_pipe_job, &job))
                return render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                                   "the template lies too deep within itself");
        return job.ok;
}

static bool eval_command(TemplateRender *r, Value dot, const CommandNode *command,
                         const Value *final, Value *ret)
{
        const Node *first = command->args[0];
        Arguments args = { command->args + 1, command->n_args - 1, final };

        switch ((int) first->type) {
        case NODE_FUNCTION:
                return eval_call(r, dot, first->function, NULL, first, command->end, &args, ret);
        case NODE_FIELD:
                return eval_fields(r, dot, first, &args, dot, ret);
        case NODE_VARIABLE:
                return eval_variable(r, dot, first, &args, ret);
        case NODE_CHAIN:
                return eval_chain(r, dot, first, &args, ret);
        case NODE_PIPE:
                return not_a_function(r, first, &args) && eval_parenthesis(r, dot, first, ret);
        case NODE_NIL:
                return FAIL(r, first, "nil can be an argument, but nothing else");
        case NODE_DOT:
                *ret = dot;
                return not_a_function(r, first, &args);
        default:
                return not_a_function(r, first, &args) && constant_as(r, 'a', first, ret);
        }
}

static bool eval_pipe(TemplateRender *r, Value dot, const PipeNode *pipe, Value *ret)
{
        Value value = value_missing();

        if (!step(r, pipe->start, pipe->end))
                return false;
        for (size_t i = 0; i < pipe->n_commands; i++) {
                Value final = value;

                if (!eval_command(r, dot, pipe->commands[i], i > 0 ? &final : NULL, &value))
                        return false;
                if (value.type == VALUE_NIL)
                        value = value_missing();
        }
        for (size_t i = 0; i < pipe->n_declares; i++) {
                if (!pipe->is_assign)
                        push(r, pipe->declares[i], value);
                else if (!set_variable(r, pipe, pipe->declares[i], value))
                        return false;
        }
        *ret = value;
        return true;
}

static bool eval_arg(TemplateRender *r, Value dot, char letter, const Node *node, Value *ret)
{
        const struct Param *param;
        bool ok;

        switch ((int) node->type) {
        case NODE_DOT:
                return validate(r, node, letter, dot, ret);
        case NODE_NIL:
                param = param_find(letter);
                *ret = zero_of(param);
                if (param->can_be_nil)
                        return true;
                return FAIL(r, node, "%s is needed here, nil is none", param->words);
        case NODE_FIELD:
                ok = eval_fields(r, dot, node, &no_arguments, dot, ret);
                break;
        case NODE_VARIABLE:
                ok = eval_variable(r, dot, node, &no_arguments, ret);
                break;
        case NODE_PIPE:
                ok = eval_parenthesis(r, dot, node, ret);
                break;
        case NODE_FUNCTION:
                ok = eval_call(r, dot, node->function, NULL, node, node->end, &no_arguments, ret);
                break;
        case NODE_CHAIN:
                ok = eval_chain(r, dot, node, &no_arguments, ret);
                break;
        default:
                return constant_as(r, letter, node, ret);
        }
        return ok && validate(r, node, letter, *ret, ret);
}

static bool put_text(TemplateRender *r, const Node *node, const char *s, size_t n)
{
        if (r->out->len - r->out_start + n > r->limits.output)
                return render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                                   "the output is larger than %zu bytes", r->limits.output);
        g_string_append_len(r->out, s, (gssize) n);
        return true;
}

static bool put_value(TemplateRender *r, const Node *node, Value v)
{
        size_t max = r->out_start + r->limits.output;

        switch (v.type) {
        case VALUE_STRING:
                return put_text(r, node, v.s, v.len);
        case VALUE_MISSING:
                return put_text(r, node, "<no value>", 10);
        case VALUE_BOOL:
                return put_text(r, node, v.b ? "true" : "false", v.b ? 4 : 5);
        case VALUE_INT:
        case VALUE_INT64: {
                char digits[24];
                char *p = digits + sizeof digits;
                uint64_t u = v.i < 0 ? 0 - v.u : v.u;

                do
                        *--p = (char) ('0' + u % 10);
                while ((u /= 10) > 0);
                if (v.i < 0)
                        *--p = '-';
                return put_text(r, node, p, (size_t) (digits + sizeof digits - p));
        }
        case VALUE_VERSION:
                /* Go prints what a pointer points to */
                v.type = v.version == NULL ? VALUE_NIL : VALUE_VERSION_STRUCT;
                break;
        default:
                break;
        }
        if (fmt_value(r->out, max, v))
                return true;
        return render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                           "the output is larger than %zu bytes, or a value lies too deep in "
                           "itself",
                           r->limits.output);
}

static Walk walk_if_or_with(TemplateRender *r, Value dot, const Node *node)
{
        size_t mark = r->n_variables;
        Walk walk = WALK_ON;
        Value value;

        if (!eval_pipe(r, dot, node->branch->condition, &value))
                return WALK_FAILED;
        if (value_truth(value))
                walk = walk_list(r, node->type == NODE_WITH ? value : dot, &node->branch->list);
        else if (node->branch->has_else)
                walk = walk_list(r, dot, &node->branch->else_list);
        r->n_variables = mark;
        return walk;
}

static bool range_variables(TemplateRender *r, const PipeNode *pipe, size_t mark, Value index,
                            Value element)
{
        bool two = pipe->n_declares > 1;

        if (pipe->n_declares == 0)
                return true;
        if (pipe->is_assign)
                return set_variable(r, pipe, pipe->declares[0], two ? index : element) &&
                       (!two || set_variable(r, pipe, pipe->declares[1], element));
        r->variables[mark - 1].value = element;
        if (two)
                r->variables[mark - 2].value = index;
        return true;
}

static Walk range_once(TemplateRender *r, const Node *node, size_t mark, Value index, Value element)
{
        Walk walk;

        if (!step(r, node->start, node->end) ||
            !range_variables(r, node->branch->condition, mark, index, element))
                return WALK_FAILED;
        walk = walk_list(r, element, &node->branch->list);
        r->n_variables = mark;
        return walk == WALK_CONTINUE ? WALK_ON : walk;
}

static Walk range_list(TemplateRender *r, const Node *node, size_t mark, Value list)
{
        Walk walk = WALK_ON;

        for (size_t i = 0; i < value_list_size(list) && walk == WALK_ON; i++)
                walk = range_once(r, node, mark, value_int((int64_t) i), list.list->items[i]);
        return walk;
}

static Walk range_map(TemplateRender *r, const Node *node, size_t mark, Value map)
{
        const ValuePair *pairs = value_map_sorted(r->arena, map.map);
        size_t n = value_map_size(map.map);
        Walk walk = WALK_ON;

        for (size_t i = 0; i < n && walk == WALK_ON; i++)
                walk = range_once(r, node, mark, pairs[i].key, pairs[i].item);
        return walk;
}

static Walk range_number(TemplateRender *r, const Node *node, size_t mark, Value n)
{
        Value i = { .type = n.type };
        Walk walk = WALK_ON;

        if (node->branch->condition->n_declares > 1) {
                FAIL(r, node, "a range over a number has only one variable");
                return WALK_FAILED;
        }
        for (; walk == WALK_ON && (value_is_signed(n) ? i.i < n.i : i.u < n.u); i.u++)
                walk = range_once(r, node, mark, value_missing(), i);
        return walk;
}

static Walk walk_range(TemplateRender *r, Value dot, const Node *node)
{
        size_t start = r->n_variables, mark;
        Walk walk = WALK_ON;
        bool is_empty = !r->failed;
        Value value;

        if (!eval_pipe(r, dot, node->branch->condition, &value))
                return WALK_FAILED;
        mark = r->n_variables;
        switch ((int) value_kind(value)) {
        case KIND_SLICE:
                is_empty = value_list_size(value) == 0;
                walk = range_list(r, node, mark, value);
                break;
        case KIND_MAP:
                is_empty = value_map_size(value.map) == 0;
                walk = range_map(r, node, mark, value);
                break;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                is_empty = value_is_signed(value) ? value.i <= 0 : value.u == 0;
                walk = range_number(r, node, mark, value);
                break;
        case KIND_INVALID:
        case KIND_INTERFACE:
                break;
        default:
                FAIL(r, node->branch->condition,
                     "a range walks over a list, a dictionary or a whole "
                     "number; this is %s",
                     type_in_words((ValueType) value.type));
                return WALK_FAILED;
        }
        if (is_empty && walk == WALK_ON && node->branch->has_else)
                walk = walk_list(r, dot, &node->branch->else_list);
        /* also one in the else, as in Go; a continue there belongs to the range around this one */
        if (walk == WALK_BREAK)
                walk = WALK_ON;
        r->n_variables = start;
        return walk;
}

static Walk walk_template(TemplateRender *r, Value dot, const Node *node)
{
        const Definition *definition = r->definition;
        size_t frame = r->frame, mark;
        Value value = value_missing();
        Walk walk;

        if (!node->branch->definition->is_defined) {
                FAIL(r, node, "there is no template \"%s\"", node->branch->name);
                return WALK_FAILED;
        }
        if (r->depth >= r->limits.recursion) {
                render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                            "more than %zu templates call each other: does it end?",
                            r->limits.recursion);
                return WALK_FAILED;
        }
        if (node->branch->condition != NULL && !eval_pipe(r, dot, node->branch->condition, &value))
                return WALK_FAILED;
        mark = r->n_variables;
        r->frame = mark;
        r->definition = node->branch->definition;
        r->depth++;
        push(r, VARIABLE_DOLLAR, value);
        walk = walk_list(r, value, &node->branch->definition->list);
        r->depth--;
        r->definition = definition;
        r->frame = frame;
        r->n_variables = mark;
        return walk;
}

static Walk walk_node(TemplateRender *r, Value dot, const Node *node)
{
        Value value;

        switch ((int) node->type) {
        case NODE_TEXT:
                return put_text(r, node, node->value.s, node->value.len) ? WALK_ON : WALK_FAILED;
        case NODE_ACTION:
                if (!eval_pipe(r, dot, node->pipe, &value))
                        return WALK_FAILED;
                if (node->pipe->n_declares == 0 && !put_value(r, node, value))
                        return WALK_FAILED;
                return WALK_ON;
        case NODE_IF:
        case NODE_WITH:
                return walk_if_or_with(r, dot, node);
        case NODE_RANGE:
                return walk_range(r, dot, node);
        case NODE_TEMPLATE:
                return walk_template(r, dot, node);
        case NODE_BREAK:
                return WALK_BREAK;
        case NODE_CONTINUE:
                return WALK_CONTINUE;
        default:
                g_assert_not_reached();
        }
}

typedef struct ListJob {
        TemplateRender *r;
        Value dot;
        const NodeList *list;
        Walk walk;
} ListJob;

static void walk_list_job(void *arg)
{
        ListJob *job = arg;

        job->walk = walk_list(job->r, job->dot, job->list);
}

static Walk walk_list(TemplateRender *r, Value dot, const NodeList *list)
{
        if (G_UNLIKELY(stack_is_low(&r->stack)) && list->n > 0) {
                ListJob job = { r, dot, list, WALK_FAILED };

                if (!stack_run(&r->stack, walk_list_job, &job))
                        render_fail(r, TEMPLATE_ERROR_LIMIT, list->nodes[0]->start,
                                    list->nodes[0]->end,
                                    "the template lies too deep within itself: does it end?");
                return job.walk;
        }
        for (size_t i = 0; i < list->n; i++) {
                const Node *node = list->nodes[i];
                Walk walk;

                if (!step(r, node->start, node->end))
                        return WALK_FAILED;
                walk = walk_node(r, dot, node);
                if (walk != WALK_ON)
                        return walk;
        }
        return WALK_ON;
}

bool render_template(TemplateRender *r)
{
        bool ok;

        stack_init(&r->stack);
        r->definition = r->tpl->root;
        push(r, VARIABLE_DOLLAR, r->context->dot);
        ok = walk_list(r, r->context->dot, &r->tpl->root->list) == WALK_ON;
        g_free(r->variables);
        return ok && !r->failed;
}
