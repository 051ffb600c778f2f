/*
 * Fuzz: document → model
 *
 * Whatever the bytes, there is a model or at least one error, for both purposes; what `lint` finds
 * wrong `up` finds wrong, too; and the start graph of a model can be drawn.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "format/format.h"

static bool read_for(const uint8_t *data, size_t size, FormatPurpose purpose)
{
        FormatOptions options = { .purpose = purpose };
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(Application)
                app = format_read("fuzz.yml", (const char *) data, size, &options, diags);
        g_autofree char *text = diag_list_to_text(diags, false);

        g_assert_nonnull(text);
        g_assert_true((app == NULL) == diag_has_errors(diags));
        if (app == NULL)
                return false;
        for (FormatGraph how = FORMAT_GRAPH_TEXT; how <= FORMAT_GRAPH_MERMAID; how++) {
                g_autofree char *graph = format_graph(app, how);

                g_assert_nonnull(graph);
        }
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        bool lints = read_for(data, size, FORMAT_LINT);
        bool goes_up = read_for(data, size, FORMAT_UP);

        g_assert_true(lints || !goes_up);
        return 0;
}
