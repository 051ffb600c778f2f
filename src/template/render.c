#include "template/render.h"

#define VARIABLES_PER_STEP 32

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

void render_push(TemplateRender *r, unsigned name, Value value)
{
        if (r->n_variables == r->variables_capacity) {
                r->variables_capacity = MAX(16, r->variables_capacity * 2);
                r->variables = g_renew(Variable, r->variables, r->variables_capacity);
        }
        r->variables[r->n_variables++] = (Variable){ name, value };
}

/* Far variables count: a text may declare ten thousands, and ask for the first in a loop */
Variable *render_variable(TemplateRender *r, unsigned name)
{
        for (size_t i = r->n_variables; i > r->frame; i--)
                if (r->variables[i - 1].name == name) {
                        r->steps -= MIN(r->steps, (r->n_variables - i) / VARIABLES_PER_STEP);
                        return &r->variables[i - 1];
                }
        return NULL;
}

bool render_no_variable(TemplateRender *r, size_t start, size_t end)
{
        return render_fail(r, TEMPLATE_ERROR_EXEC, start, end, "this variable has no value yet");
}

bool render_set_variable(TemplateRender *r, const PipeNode *pipe, unsigned name, Value value)
{
        Variable *variable = render_variable(r, name);

        if (variable == NULL)
                return render_no_variable(r, pipe->start, pipe->end);
        variable->value = value;
        return true;
}
