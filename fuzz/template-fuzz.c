/*
 * Fuzz: text → template → text
 *
 * Whatever the text, it is parsed and rendered within the limits, or refused with an error that
 * has a place within the text and words.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "template/template.h"

/* Smaller than those of the real thing, so that an input takes milliseconds */
static const TemplateLimits limits = {
        .steps = 20000,
        .output = 1 << 18,
        .memory = 8 << 20,
        .recursion = 200,
        .regex_steps = 10000,
};

static void check_error(const TemplateError *error, size_t size)
{
        g_autofree char *text = template_error_to_text(error);

        g_assert_cmpint(error->kind, !=, TEMPLATE_ERROR_NONE);
        g_assert_nonnull(error->message);
        g_assert_cmpuint(error->offset, <=, size);
        g_assert_nonnull(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static TemplateFunctions *functions = NULL;
        g_auto(TemplateError) error = { 0 };
        g_autoptr(GString) out = g_string_new("before");
        TemplateContext context = { .limits = limits };
        g_autoptr(Template) tpl = NULL;

        if (functions == NULL)
                functions = template_functions_new(template_pure_tables);
        tpl = template_parse("fuzz", (const char *) data, size, functions, &error);
        if (tpl == NULL) {
                check_error(&error, size);
                return 0;
        }
        if (!template_render(tpl, &context, out, &error)) {
                check_error(&error, size);
                g_assert_cmpstr(out->str, ==, "before");
        }
        return 0;
}
