#include "compose-again.h"

#include <string.h>

#include "base/json.h"

ComposeDocument *fuzz_load(const char *text, size_t size, const FormatWorld *world)
{
        static const char *const profiles[] = { "p", NULL };
        FormatOptions options = { .purpose = FORMAT_LINT,
                                  .world = world,
                                  .working_dir = "/srv/fuzz",
                                  .profiles = profiles };
        FormatSource source = { .file = "compose.yml", .text = text, .size = size };
        g_autoptr(DiagList) diags = diag_list_new();
        ComposeDocument *document = compose_load(&source, 1, &options, diags);
        g_autofree char *findings = diag_list_to_text(diags, false);

        g_assert_nonnull(findings);
        g_assert_true((document == NULL) == diag_has_errors(diags));
        if (g_getenv("FUZZ_SHOW") != NULL)
                g_printerr("%.*s\n%s", (int) size, text, findings);
        return document;
}

static void check_printed(const ComposeDocument *document, bool as_json)
{
        g_autofree char *text = compose_effective(document, as_json);
        g_autoptr(ComposeDocument) again = fuzz_load(text, strlen(text), NULL);
        g_autoptr(json_t) before = compose_to_json(document->root), after = NULL;

        if (again == NULL)
                g_error("can't be read again:\n%s", text);
        after = compose_to_json(again->root);
        if (!json_equal(before, after)) {
                g_autofree char *other = compose_effective(again, as_json);

                g_error("read again it is another:\n%s\n%s", text, other);
        }
}

void fuzz_check_again(const ComposeDocument *document)
{
        check_printed(document, true);
        check_printed(document, false);
}
