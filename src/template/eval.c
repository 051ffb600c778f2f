#include "template/eval.h"

#include <string.h>

#include "template/method.h"
#include "template/param.h"

#define ARGS_ON_STACK  6
#define CALL_STEPS     10
#define BYTES_PER_STEP 128

static bool eval_arg(TemplateRender *r, Value dot, char letter, const Node *node, Value *ret);

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
        return RENDER_FAIL(r, node, "%s takes %s%zu argument%s, not %zu%s: %s", function->name,
                           is_variadic ? "at least " : "", n_fixed, n_fixed == 1 ? "" : "s", n,
                           args->final != NULL ? " (the piped value counts as one)" : "",
                           signature);
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

        if (!render_step(r, node->start, node->end) ||
            !check_count(r, node, function, n_fixed, is_variadic, args))
                return false;
        if (function->body == NULL)
                return RENDER_FAIL(r, node,
                                   "%s gives more than one result, a template can use only one",
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
                                      : param_validate(r, node, letter, *args->final, &values[at]);

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

        return invoke(r, &call, ret) && render_check_memory(r, node);
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
                return RENDER_FAIL(r, node, "%.*s is asked of a value that is nil", (int) name.len,
                                   name.s);
        if (value_kind(receiver) == KIND_MAP) {
                if (has_args)
                        return RENDER_FAIL(r, node,
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
                        return RENDER_FAIL(r, node,
                                           ".%.*s is a value and no function: it takes no "
                                           "arguments",
                                           (int) name.len, name.s);
                return true;
        }
        return RENDER_FAIL(r, node, "%s has no field %.*s; only dictionaries have fields",
                           value_type_in_words((ValueType) receiver.type), (int) name.len, name.s);
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
        return RENDER_FAIL(r, node,
                           "this is a value and no function: nothing may follow it or be piped "
                           "into it");
}

static bool eval_variable(TemplateRender *r, Value dot, const Node *node, const Arguments *args,
                          Value *ret)
{
        const Variable *variable = render_variable(r, node->variable);

        if (variable == NULL)
                return render_no_variable(r, node->start, node->end);
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
                return RENDER_FAIL(r, first, "nil can be an argument, but nothing else");
        case NODE_DOT:
                *ret = dot;
                return not_a_function(r, first, &args);
        default:
                return not_a_function(r, first, &args) && param_constant(r, 'a', first, ret);
        }
}

bool eval_pipe(TemplateRender *r, Value dot, const PipeNode *pipe, Value *ret)
{
        Value value = value_missing();

        if (!render_step(r, pipe->start, pipe->end))
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
                        render_push(r, pipe->declares[i], value);
                else if (!render_set_variable(r, pipe, pipe->declares[i], value))
                        return false;
        }
        *ret = value;
        return true;
}

static bool eval_arg(TemplateRender *r, Value dot, char letter, const Node *node, Value *ret)
{
        const Param *param;
        bool ok;

        switch ((int) node->type) {
        case NODE_DOT:
                return param_validate(r, node, letter, dot, ret);
        case NODE_NIL:
                param = param_find(letter);
                *ret = param_zero(param);
                if (param->can_be_nil)
                        return true;
                return RENDER_FAIL(r, node, "%s is needed here, nil is none", param->words);
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
                return param_constant(r, letter, node, ret);
        }
        return ok && param_validate(r, node, letter, *ret, ret);
}
