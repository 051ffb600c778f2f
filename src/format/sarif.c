/*
 * SARIF 2.1.0: findings as editors and code hosts take them in
 */

#include "format/format.h"

#include <string.h>

static const char *level_of(DiagSeverity severity)
{
        switch (severity) {
        case DIAG_NOTE:
                return "note";
        case DIAG_WARNING:
                return "warning";
        case DIAG_ERROR:
                return "error";
        }
        g_assert_not_reached();
}

/* All kinds of findings, so that an editor can show help for each */
static json_t *rules(void)
{
        json_t *list = json_array();
        size_t n;
        const FormatFinding *findings = format_findings(&n);

        for (size_t i = 0; i < n; i++)
                json_array_append_new(list, json_pack("{s:s, s:{s:s}, s:{s:s}}", "id",
                                                      findings[i].name, "shortDescription", "text",
                                                      findings[i].help, "defaultConfiguration",
                                                      "level", level_of(findings[i].lint)));
        return list;
}

/* A file name as a URI reference; (transfer full) */
static char *uri_of(const char *file)
{
        return g_uri_escape_string(file != NULL ? file : "", "/", true);
}

static json_t *result_of(const Diag *diag)
{
        g_autofree char *uri = uri_of(diag->pos.file);
        g_autofree char *message = g_utf8_make_valid(diag->message, -1);
        json_t *region = json_object(), *location, *result;

        if (diag->pos.line > 0) {
                json_object_set_new(region, "startLine", json_integer(diag->pos.line));
                json_object_set_new(region, "startColumn", json_integer(diag->pos.col));
                json_object_set_new(region, "endColumn", json_integer(diag->pos.col + diag->width));
        } else {
                json_object_set_new(region, "startLine", json_integer(1));
        }
        location = json_pack("{s:{s:{s:s}, s:o}}", "physicalLocation", "artifactLocation", "uri",
                             uri, "region", region);
        if (diag->path != NULL) {
                g_autofree char *path = g_utf8_make_valid(diag->path, -1);

                json_object_set_new(location, "logicalLocations",
                                    json_pack("[{s:s}]", "fullyQualifiedName", path));
        }
        result = json_pack("{s:s, s:{s:s}, s:[o]}", "level", level_of(diag->severity), "message",
                           "text", message, "locations", location);
        if (diag->name[0] != '\0')
                json_object_set_new(result, "ruleId", json_string(diag->name));
        return result;
}

json_t *format_sarif(DiagList *diags)
{
        json_t *results = json_array();

        for (size_t i = 0; i < diag_list_size(diags); i++)
                json_array_append_new(results, result_of(diag_list_at(diags, i)));
        return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:o}}, s:s, s:o}]}", "$schema",
                         "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
                         "runs", "tool", "driver", "name", "slipway", "rules", rules(),
                         "columnKind", "unicodeCodePoints", "results", results);
}
