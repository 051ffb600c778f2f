/*
 * Fuzz: text → template → text, with all functions
 *
 * The provider knows nothing; its clock and its randomness are fixed, so that an input does the
 * same each time.
 *
 * Whatever the text, it is parsed and rendered within the limits, or refused with an error that
 * has a place within the text and words.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "functions/functions.h"

/* Smaller than those of the real thing, so that an input takes milliseconds */
static const TemplateLimits limits = {
        .steps = 20000,
        .output = 1 << 18,
        .memory = 8 << 20,
        .recursion = 200,
        .regex_steps = 10000,
};

static int64_t fixed_clock(void *user)
{
        return G_GINT64_CONSTANT(1614834367000000000);
}

static void fixed_bytes(void *user, void *ret, size_t size)
{
        static uint8_t next; /* not all the same: who draws again until it fits would never end */

        for (size_t i = 0; i < size; i++)
                ((uint8_t *) ret)[i] = next += 37;
}

static const FunctionProvider provider = {
        .now_ns = fixed_clock,
        .random_bytes = fixed_bytes,
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
        g_auto(TemplateError) error = { 0 };
        g_autoptr(GString) out = g_string_new("before");
        TemplateContext context = functions_context(&provider);
        g_autoptr(Template) tpl = NULL;

        context.limits = limits;
        tpl = template_parse("fuzz", (const char *) data, size, functions_all(), &error);
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
