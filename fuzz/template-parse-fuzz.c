/*
 * Fuzz: text → template
 *
 * The parser alone: whatever the text, it is a template, whose calls lie within the text, or an
 * error that does. Nothing is rendered, so that each second goes to the grammar.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "template/template.h"

static bool check_site(const TemplateCallSite *site, void *user)
{
        const size_t *size = user;

        g_assert_cmpuint(site->offset + site->source_len, <=, *size);
        g_assert_cmpuint(site->line, >=, 1);
        g_assert_cmpuint(site->column, >=, 1);
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static TemplateFunctions *functions = NULL;
        g_auto(TemplateError) error = { 0 };
        g_autoptr(Template) tpl = NULL;

        if (functions == NULL)
                functions = template_functions_new(template_pure_tables);
        tpl = template_parse("fuzz", (const char *) data, size, functions, &error);
        if (tpl != NULL) {
                template_foreach_call(tpl, check_site, &size);
                return 0;
        }
        g_assert_cmpint(error.kind, ==, TEMPLATE_ERROR_PARSE);
        g_assert_nonnull(error.message);
        g_assert_cmpuint(error.offset, <=, size);
        return 0;
}
