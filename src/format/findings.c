#include "format/findings.h"

#include <string.h>

static const FormatFinding findings[] = {
        /* The file as such */
        { "yaml-syntax", DIAG_ERROR, DIAG_ERROR, "the file is not YAML" },
        { "yaml-limit", DIAG_ERROR, DIAG_ERROR, "the file is larger or deeper than is read" },
        { "duplicate-key", DIAG_WARNING, DIAG_WARNING,
          "a key stands twice in a mapping; the last one counts" },
        { "document-kind", DIAG_ERROR, DIAG_ERROR,
          "the file's documents are not of kinds that are read, or one is missing" },
        { "too-many-workloads", DIAG_ERROR, DIAG_ERROR,
          "more containers, or ways in which they start, than are read" },

        /* What the reference validator rejects */
        { "type", DIAG_ERROR, DIAG_ERROR, "the value is of another type than the key's" },
        { "required", DIAG_ERROR, DIAG_ERROR, "a key is missing or empty that must be there" },
        { "exists", DIAG_ERROR, DIAG_ERROR, "an item of a list is empty" },
        { "min", DIAG_ERROR, DIAG_ERROR, "a list is empty that must have an item" },
        { "apiversion", DIAG_ERROR, DIAG_ERROR, "`replicated_api_version` is not `X.Y.Z`" },
        { "required_minapiversion", DIAG_ERROR, DIAG_ERROR,
          "a key is missing that this version of the format demands" },
        { "componentexists", DIAG_ERROR, DIAG_ERROR, "there is no such component" },
        { "containerexists", DIAG_ERROR, DIAG_ERROR, "the component has no such container" },
        { "componentcontainer", DIAG_ERROR, DIAG_ERROR, "not of the form `component,image`" },
        { "containernameunique", DIAG_ERROR, DIAG_ERROR, "two containers have the same name" },
        { "containernameexists", DIAG_ERROR, DIAG_ERROR, "no other container has this name" },
        { "requiressubscription", DIAG_ERROR, DIAG_ERROR,
          "`volumes_from` a container that does not come before this one" },
        { "clusterstrategy", DIAG_ERROR, DIAG_ERROR, "not a strategy" },
        { "absolutepath", DIAG_ERROR, DIAG_ERROR, "not an absolute path" },
        { "volumeoptions", DIAG_ERROR, DIAG_ERROR, "unknown or contradicting mount options" },
        { "bool", DIAG_ERROR, DIAG_ERROR, "not the text of a boolean" },
        { "uint", DIAG_ERROR, DIAG_ERROR, "not the text of a number" },
        { "isempty", DIAG_ERROR, DIAG_ERROR, "an internal key is set" },
        { "fingerprint", DIAG_ERROR, DIAG_ERROR, "not an MD5 fingerprint" },
        { "configitemtype", DIAG_ERROR, DIAG_ERROR, "not a type of settings" },
        { "configitemwhen", DIAG_ERROR, DIAG_ERROR, "`when` names a setting that does not exist" },
        { "dockerversion", DIAG_ERROR, DIAG_ERROR, "not an engine version" },
        { "semverrange", DIAG_ERROR, DIAG_ERROR, "not a range of versions" },
        { "bytes", DIAG_ERROR, DIAG_ERROR, "not a size with its unit" },
        { "shellalias", DIAG_ERROR, DIAG_ERROR, "characters that a command's name can't have" },
        { "url", DIAG_ERROR, DIAG_ERROR, "not an http or https URL" },
        { "tcpport", DIAG_ERROR, DIAG_ERROR, "not a port number" },
        { "hastarget", DIAG_ERROR, DIAG_ERROR, "a graph without a metric" },
        { "monitorlabelscale", DIAG_ERROR, DIAG_ERROR, "not a scale" },
        { "colour", DIAG_ERROR, DIAG_ERROR, "not a colour" },
        { "graphiteretention", DIAG_ERROR, DIAG_ERROR, "not a retention" },
        { "graphiteaggregation", DIAG_ERROR, DIAG_ERROR, "not a way to aggregate" },
        { "customrequirementidunique", DIAG_ERROR, DIAG_ERROR, "two requirements have one id" },
        { "mapkeylengthnonzero", DIAG_ERROR, DIAG_ERROR, "an empty key" },
        { "swarmnoderole", DIAG_ERROR, DIAG_ERROR, "not a role of nodes" },

        /* What running it refuses */
        { "template-syntax", DIAG_WARNING, DIAG_ERROR, "a template that can't be read" },
        { "unknown-setting", DIAG_WARNING, DIAG_ERROR,
          "a template asks for a setting that does "
          "not exist" },
        { "unknown-container", DIAG_WARNING, DIAG_ERROR,
          "a template or test asks for a container that does not exist" },
        { "unordered-port", DIAG_WARNING, DIAG_ERROR,
          "a template asks for the dynamic port of a container that nothing orders before it" },
        { "unknown-trigger", DIAG_WARNING, DIAG_ERROR, "an event with a trigger that never fires" },
        { "unknown-action", DIAG_WARNING, DIAG_ERROR, "a subscription that starts nothing" },
        { "unknown-restart-policy", DIAG_WARNING, DIAG_ERROR, "not a restart policy" },
        { "unknown-command", DIAG_WARNING, DIAG_ERROR, "not a command" },
        { "unknown-command-name", DIAG_WARNING, DIAG_ERROR,
          "a setting takes its value from a "
          "command that does not exist" },
        { "cycle", DIAG_WARNING, DIAG_ERROR,
          "containers that wait for each other: nobody starts "
          "them" },
        { "bad-port", DIAG_WARNING, DIAG_ERROR, "not a port from 1 to 65535" },
        { "port-taken", DIAG_WARNING, DIAG_ERROR, "two containers want the same host port" },
        { "port-perhaps-taken", DIAG_WARNING, DIAG_WARNING,
          "an ephemeral container and another want the same host port, and nothing orders them" },
        { "bad-timeout", DIAG_WARNING, DIAG_ERROR, "a time that is negative and not -1" },
        { "bad-exit-codes", DIAG_ERROR, DIAG_ERROR,
          "`success_exit_codes` is neither `any` nor "
          "numbers from 0 to 255" },
        { "bad-value", DIAG_WARNING, DIAG_ERROR, "a value that can't be used as it stands" },
        { "exec-without-command", DIAG_WARNING, DIAG_ERROR, "an `exec` event without `args`" },
        { "port-listen-without-port", DIAG_WARNING, DIAG_WARNING,
          "a `port-listen` event whose `data` is no port of the container" },
        { "not-done-yet", DIAG_WARNING, DIAG_ERROR,
          "a key that is not done yet and would change "
          "what runs" },
        { "too-few-nodes", DIAG_NOTE, DIAG_ERROR,
          "a component needs more nodes than a Docker engine is" },
        { "bad-count", DIAG_WARNING, DIAG_ERROR,
          "instances that can't be side by side, or a "
          "number of them that is not known when the file is read" },
        { "duplicate-setting", DIAG_WARNING, DIAG_WARNING, "two settings have one name" },
        { "unknown-file", DIAG_WARNING, DIAG_ERROR,
          "`customer_files` names no setting of type file" },

        /* Compose files */
        { "compose-key", DIAG_ERROR, DIAG_ERROR, "a key that Compose does not know", true },
        { "compose-value", DIAG_ERROR, DIAG_ERROR, "a value that the key can't have", true },
        { "compose-name", DIAG_ERROR, DIAG_ERROR, "not a name for a service or resource", true },
        { "compose-duplicate", DIAG_ERROR, DIAG_ERROR, "a key stands twice in a mapping", true },
        { "duplicate-item", DIAG_ERROR, DIAG_ERROR, "an item stands twice in a list", true },
        { "compose-limit", DIAG_ERROR, DIAG_ERROR, "a project is larger or deeper than is read",
          true },
        { "project-name", DIAG_ERROR, DIAG_ERROR, "a project without a name, or with a bad one",
          true },
        { "interpolation", DIAG_ERROR, DIAG_ERROR, "a `$` that can't be read", true },
        { "required-variable", DIAG_ERROR, DIAG_ERROR, "a variable that must have a value has none",
          true },
        { "unset-variable", DIAG_WARNING, DIAG_WARNING, "a variable that is not set", true },
        { "merge", DIAG_ERROR, DIAG_ERROR, "values of several files that can't be merged", true },
        { "extends", DIAG_ERROR, DIAG_ERROR, "a service extends what can't be extended", true },
        { "include", DIAG_ERROR, DIAG_ERROR, "a file that can't be included", true },
        { "missing-file", DIAG_ERROR, DIAG_ERROR, "a file that can't be read", true },
        { "env-file", DIAG_ERROR, DIAG_ERROR, "a mistake in a file of variables", true },
        { "undefined", DIAG_ERROR, DIAG_ERROR,
          "a service, network, volume, secret, config or model that is not there", true },
        { "undeclared-volume", DIAG_WARNING, DIAG_WARNING,
          "a named volume in a file without the section `volumes`", true },
        { "optional-dependency", DIAG_NOTE, DIAG_NOTE,
          "a service that is not there and not required", true },
        { "conflict", DIAG_ERROR, DIAG_ERROR, "keys or values that exclude each other", true },
        { "dependency-cycle", DIAG_ERROR, DIAG_ERROR, "services that wait for each other", true },
        { "obsolete", DIAG_WARNING, DIAG_WARNING, "a key that has no meaning any more", true },
        { "odd-boolean", DIAG_WARNING, DIAG_WARNING, "`yes`, `off` and the like for a boolean",
          true },
        { "command-cut", DIAG_WARNING, DIAG_WARNING,
          "a command with operators of the shell, which no shell reads", true },

        /* Doubtful */
        { "unknown-key", DIAG_WARNING, DIAG_WARNING, "a key that means nothing" },
        { "unknown-value", DIAG_WARNING, DIAG_WARNING, "a word that means nothing" },
        { "not-boolean", DIAG_WARNING, DIAG_WARNING,
          "text that is no boolean; the default counts" },
        { "template-ignored", DIAG_WARNING, DIAG_WARNING, "a template where none is rendered" },
        { "no-effect-yet", DIAG_NOTE, DIAG_WARNING, "a key that has no effect yet" },
        { "foreign-key", DIAG_NOTE, DIAG_WARNING,
          "a key of another scheduler, or an internal one" },
        { "deprecated", DIAG_WARNING, DIAG_WARNING, "an old name; a better one exists" },
        { "unheard-event", DIAG_WARNING, DIAG_WARNING, "an event that starts nobody" },
        { "unordered-reference", DIAG_WARNING, DIAG_WARNING,
          "a template asks for a container that nothing orders before it" },
        { "ephemeral-restart-always", DIAG_WARNING, DIAG_WARNING,
          "an ephemeral container with `restart: always`" },
        { "engine-cannot", DIAG_WARNING, DIAG_ERROR,
          "a key that the engine can't do, and that would change what runs", true },
        { "engine-ignores", DIAG_NOTE, DIAG_WARNING, "a key that has no effect on the engine",
          true },
        { "unreadable-file", DIAG_WARNING, DIAG_ERROR,
          "a file or variable that a config or secret is made of and that can't be read", true },
        { "health-check-off", DIAG_WARNING, DIAG_ERROR,
          "somebody waits for the health of a service that has no check", true },
        { "no-health-check", DIAG_NOTE, DIAG_WARNING,
          "somebody waits for the health of a service, and only its image may have a check", true },
        { "shared-port", DIAG_WARNING, DIAG_WARNING,
          "replicas on one host, and too few host ports for them", true },
        { "first-event-wins", DIAG_WARNING, DIAG_WARNING,
          "two events start a container: the first one does, though both were probably meant" },
        { "plain-password", DIAG_WARNING, DIAG_WARNING, "a password as plain text" },
        { "publisher-off", DIAG_WARNING, DIAG_WARNING,
          "a container that is switched off but starts others" },
        { "same-image-twice", DIAG_WARNING, DIAG_WARNING,
          "a component has the same image twice; a reference means all of them" },
        { "duplicate-component", DIAG_WARNING, DIAG_WARNING,
          "two components have one name; references mean the first" },
        { "service-code", DIAG_WARNING, DIAG_WARNING,
          "`success_exit_codes` or `on_unknown` on a container that is not ephemeral" },
        { "latest", DIAG_NOTE, DIAG_NOTE, "the tag `latest`: every start may bring another image" },
        { "nothing-to-run", DIAG_NOTE, DIAG_WARNING, "the document has no containers" },
};

const FormatFinding *format_findings(size_t *ret_n)
{
        *ret_n = G_N_ELEMENTS(findings);
        return findings;
}

const FormatFinding *format_finding(const char *name)
{
        for (size_t i = 0; i < G_N_ELEMENTS(findings); i++) {
                if (strcmp(findings[i].name, name) == 0)
                        return &findings[i];
        }
        return NULL;
}

static void append_path(GString *out, const Path *path)
{
        if (path == NULL)
                return;
        append_path(out, path->parent);
        if (path->key == NULL) {
                g_string_append_printf(out, "[%zu]", path->index);
        } else {
                if (out->len > 0)
                        g_string_append_c(out, '.');
                g_string_append(out, path->key);
        }
}

char *path_to_string(const Path *path)
{
        GString *out = g_string_new(NULL);

        append_path(out, path);
        return g_string_free(out, false);
}

bool report_is_full(const Reporter *reporter)
{
        return diag_list_size(reporter->diags) >= DIAG_LIST_MAX;
}

/* The line of a file that was read; NULL where nobody has its text */
static const char *line_text(const Reporter *reporter, SourcePos pos, size_t *ret_len)
{
        const char *text = NULL, *end = NULL, *newline;

        if (reporter->stream != NULL)
                return yaml_line_text(reporter->stream, pos.line, ret_len);
        for (size_t i = 0; i < reporter->n_sources && text == NULL; i++) {
                if (g_strcmp0(reporter->sources[i].file, pos.file) == 0) {
                        text = reporter->sources[i].text;
                        end = text + reporter->sources[i].size;
                }
        }
        for (unsigned line = 1; text != NULL && line < pos.line; line++) {
                newline = memchr(text, '\n', end - text);
                text = newline == NULL ? NULL : newline + 1;
        }
        if (text == NULL)
                return NULL;
        newline = memchr(text, '\n', end - text);
        *ret_len = (newline == NULL ? end : newline) - text;
        return text;
}

/* Whether the line's comment says `slipway: ignore` and this name */
static bool is_ignored(const Reporter *reporter, const char *name, SourcePos pos)
{
        static const char directive[] = "slipway: ignore";
        size_t len;
        const char *line, *found;
        g_autofree char *copy = NULL;
        g_auto(GStrv) words = NULL;

        if (!reporter->has_directives || pos.line == 0 || report_is_full(reporter))
                return false;
        line = line_text(reporter, pos, &len);
        found = line != NULL && g_strstr_len(line, len, "# ") != NULL
                        ? g_strstr_len(line, len, directive)
                        : NULL;
        if (found == NULL)
                return false;
        found += strlen(directive);
        copy = g_strndup(found, line + len - found);
        words = g_strsplit_set(copy, " ,\t", -1);
        return g_strv_contains((const char *const *) words, name);
}

static void G_GNUC_PRINTF(6, 0)
        vreport(const Reporter *reporter, const char *name, SourcePos pos, unsigned width,
                const char *path, const char *format, va_list args)
{
        const FormatFinding *finding = format_finding(name);
        g_autofree char *message = g_strdup_vprintf(format, args);
        DiagSeverity severity;

        g_autofree char *found = NULL;

        g_assert(finding != NULL);
        severity = reporter->purpose == FORMAT_LINT ? finding->lint : finding->up;
        if (reporter->is_lenient && severity == DIAG_ERROR)
                severity = DIAG_WARNING;
        if (severity < DIAG_ERROR && is_ignored(reporter, name, pos))
                return;
        if (severity == DIAG_WARNING && reporter->is_strict)
                severity = DIAG_ERROR;
        if (path == NULL && reporter->root != NULL && pos.line > 0 && !report_is_full(reporter))
                path = found = yaml_path_at(reporter->root, pos.line, pos.col);
        diag_add_span(reporter->diags, severity, name, pos, width, path, "%s", message);
}

void report_at(const Reporter *reporter, const char *name, SourcePos pos, unsigned width,
               const char *path, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vreport(reporter, name, pos, width, path, format, args);
        va_end(args);
}

void report(const Reporter *reporter, const char *name, SourcePos pos, unsigned width,
            const Path *path, const char *format, ...)
{
        g_autofree char *text = path == NULL ? NULL : path_to_string(path);
        va_list args;

        va_start(args, format);
        vreport(reporter, name, pos, width, text, format, args);
        va_end(args);
}
