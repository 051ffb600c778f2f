#include "template/walk.h"

#include "template/eval.h"
#include "template/fmt.h"

typedef enum Walk {
        WALK_ON,
        WALK_BREAK,
        WALK_CONTINUE,
        WALK_FAILED,
} Walk;

static Walk walk_list(TemplateRender *r, Value dot, const NodeList *list);

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
                return render_set_variable(r, pipe, pipe->declares[0], two ? index : element) &&
                       (!two || render_set_variable(r, pipe, pipe->declares[1], element));
        r->variables[mark - 1].value = element;
        if (two)
                r->variables[mark - 2].value = index;
        return true;
}

static Walk range_once(TemplateRender *r, const Node *node, size_t mark, Value index, Value element)
{
        Walk walk;

        if (!render_step(r, node->start, node->end) ||
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
                RENDER_FAIL(r, node, "a range over a number has only one variable");
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
                RENDER_FAIL(r, node->branch->condition,
                            "a range walks over a list, a dictionary or a whole "
                            "number; this is %s",
                            value_type_in_words((ValueType) value.type));
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
                RENDER_FAIL(r, node, "there is no template \"%s\"", node->branch->name);
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
        render_push(r, VARIABLE_DOLLAR, value);
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

                if (!render_step(r, node->start, node->end))
                        return WALK_FAILED;
                walk = walk_node(r, dot, node);
                if (walk != WALK_ON)
                        return walk;
        }
        return WALK_ON;
}

bool walk_root(TemplateRender *r)
{
        bool ok;

        stack_init(&r->stack);
        r->definition = r->tpl->root;
        render_push(r, VARIABLE_DOLLAR, r->context->dot);
        ok = walk_list(r, r->context->dot, &r->tpl->root->list) == WALK_ON;
        g_free(r->variables);
        return ok && !r->failed;
}
