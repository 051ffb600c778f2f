#pragma once

/*
 * Render: the state of one render, as its parts share it
 */

#include "template/node.h"
#include "template/stack.h"

typedef struct Variable {
        unsigned name;
        Value value;
} Variable;

struct TemplateRender {
        const Template *tpl;
        const TemplateContext *context;
        Arena *arena;
        size_t arena_start; /* what it held before */
        GString *out;
        size_t out_start;
        TemplateLimits limits; /* without zeros */
        size_t steps;          /* left */
        Variable *variables;
        size_t n_variables;
        size_t variables_capacity;
        size_t frame; /* where the variables of this definition begin */
        const Definition *definition;
        size_t depth; /* of templates within each other */
        Stack stack;
        TemplateError *error;
        bool failed;
};

/* Ends the render at a place in the text; false */
bool render_fail(TemplateRender *render, TemplateErrorKind kind, size_t start, size_t end,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);

#define RENDER_FAIL(r, node, ...)                                                                  \
        render_fail((r), TEMPLATE_ERROR_EXEC, (node)->start, (node)->end, __VA_ARGS__)

/* One step more of the limit; the place is where it may end */
static inline bool render_step(TemplateRender *r, size_t start, size_t end)
{
        if (G_LIKELY(r->steps > 0)) {
                r->steps--;
                return true;
        }
        return render_fail(r, TEMPLATE_ERROR_LIMIT, start, end,
                           "the template took more than %zu steps: does it end?", r->limits.steps);
}

/* Whether the values are still within their limit of memory */
static inline bool render_check_memory(TemplateRender *r, const Node *node)
{
        if (arena_size(r->arena) - r->arena_start <= r->limits.memory)
                return true;
        return render_fail(r, TEMPLATE_ERROR_LIMIT, node->start, node->end,
                           "the template's values take more than %zu bytes of memory",
                           r->limits.memory);
}

/* Variables: the newest one of a name, from this definition, or NULL */
Variable *render_variable(TemplateRender *r, unsigned name);
void render_push(TemplateRender *r, unsigned name, Value value);
bool render_set_variable(TemplateRender *r, const PipeNode *pipe, unsigned name, Value value);

/* Only reached by variables of a command that and/or passed over; false */
bool render_no_variable(TemplateRender *r, size_t start, size_t end);

/* Go's and and or: their arguments are evaluated one after the other, until the answer is known */
bool builtin_and(TemplateCall *call, Value *ret);
bool builtin_or(TemplateCall *call, Value *ret);
