/*
 * Help and reference, made from the function tables
 */

#include <string.h>

#include "functions/eval.h"
#include "template/regex.h"

/* The order in which the reference has the groups; a group that is missing here comes last */
static const char *const group_order[] = {
        "settings and license",
        "nodes and ports",
        "swarm",
        "application: text and numbers",
        "language",
        "defaults and types",
        "text",
        "numbers",
        "lists",
        "dictionaries",
        "dates",
        "json",
        "regular expressions",
        "encodings and URLs",
        "paths",
        "versions",
        "keys and random numbers",
        "control",
};

static size_t group_rank(const char *group)
{
        size_t i = 0;

        while (i < G_N_ELEMENTS(group_order) && strcmp(group_order[i], group) != 0)
                i++;
        return i;
}

static int by_group(const void *a, const void *b)
{
        const TemplateFunction *x = *(const TemplateFunction *const *) a;
        const TemplateFunction *y = *(const TemplateFunction *const *) b;
        size_t i = group_rank(x->group), j = group_rank(y->group);

        if (i != j)
                return i < j ? -1 : 1;
        return strcmp(x->name, y->name);
}

static const TemplateFunction **sorted_functions(size_t *ret_n)
{
        const TemplateFunction *const *all = template_functions_list(functions_all(), ret_n);
        const TemplateFunction **copy = g_memdup2(all, *ret_n * sizeof *all);

        qsort(copy, *ret_n, sizeof *copy, by_group);
        return copy;
}

/* What a user should know of a function beyond its result */
static const char *remark(const TemplateFunction *f)
{
        if (f->flags & TEMPLATE_FN_RANDOM)
                return "Random: the value is kept as long as the template's text and its container "
                       "stay.";
        if ((f->flags & TEMPLATE_FN_CLOCK) && f->params[0] == '\0')
                return "Changes with time: the value is kept as long as the template's text and "
                       "its "
                       "container stay.";
        if (f->flags & TEMPLATE_FN_PLACE)
                return "Known once the container is up: who asks for it waits.";
        if (f->flags & TEMPLATE_FN_RELEASE)
                return "Another release alone is no reason to run a migration again.";
        return NULL;
}

static void explain_one(GString *out, const TemplateFunction *f)
{
        g_autofree char *signature = template_function_signature(f);
        const char *more = remark(f);

        g_string_append_printf(out, "%s\n\n  %s.\n", signature, f->help);
        if (f->example != NULL)
                g_string_append_printf(out, "\n  {{repl %s}}\n  gives %s\n", f->example,
                                       *f->output == '\0' ? "nothing" : f->output);
        if (more != NULL)
                g_string_append_printf(out, "\n  %s\n", more);
}

static void explain_all(GString *out)
{
        size_t n;
        g_autofree const TemplateFunction **functions = sorted_functions(&n);
        const char *group = NULL;

        for (size_t i = 0; i < n; i++) {
                const TemplateFunction *f = functions[i];

                if (group == NULL || strcmp(group, f->group) != 0)
                        g_string_append_printf(out, "%s%s:\n", group == NULL ? "" : "\n", f->group);
                group = f->group;
                g_string_append_printf(out, "  %-26s %s\n", f->name, f->help);
        }
}

char *template_explain(const char *name, const char **ret_closest)
{
        const TemplateFunction *f;
        GString *out;

        *ret_closest = NULL;
        if (name == NULL) {
                out = g_string_new(NULL);
                explain_all(out);
                return g_string_free(out, false);
        }
        f = template_functions_find(functions_all(), name);
        if (f == NULL) {
                *ret_closest = template_functions_closest(functions_all(), name);
                return NULL;
        }
        out = g_string_new(NULL);
        explain_one(out, f);
        return g_string_free(out, false);
}

static const char introduction[] =
        "# Templates\n"
        "\n"
        "Every value of an application file may have templates: what stands between `{{repl ` "
        "(with "
        "its blank) and\n"
        "`}}` is replaced by what it gives. The language is Go's "
        "[text/template](https://pkg.go.dev/text/template); the\n"
        "functions are the application's, and those of "
        "[Sprig](https://masterminds.github.io/sprig/) "
        "3.2.\n"
        "\n"
        "    DB_URL: postgres://{{repl NodePrivateIPAddress \"db\" \"postgres\"}}:5432/shop\n"
        "\n"
        "`slipway eval 'TEMPLATE'` tries one, `slipway explain template FUNCTION` says what a "
        "function does.\n"
        "\n"
        "This page is made from the program's own tables, "
        "and its examples run\n"
        "as tests.\n"
        "\n"
        "## The language in short\n"
        "\n"
        "| write | for |\n"
        "| --- | --- |\n"
        "| `{{repl ConfigOption \"name\"}}` | a function and its arguments, separated by blanks |\n"
        "| `{{repl \"a\" \\| upper \\| quote}}` | a pipe: the value is the last argument of the "
        "next "
        "function |\n"
        "| `{{repl add 1 (mul 2 3)}}` | parentheses hold an argument that is computed |\n"
        "| `{{repl if A}}..{{repl else if B}}..{{repl else}}..{{repl end}}` | a condition; false, "
        "0, "
        "nil and what is empty are false |\n"
        "| `{{repl range $i, $x := list 5 6}}..{{repl else}}..{{repl end}}` | once for each "
        "element "
        "of a list, dictionary (sorted) or number; `break`, `continue` |\n"
        "| `{{repl with A}}{{repl .}}{{repl else with B}}..{{repl end}}` | the same with `.` "
        "standing "
        "for the value |\n"
        "| `{{repl $x := 1}}{{repl $x = 2}}{{repl $x}}` | a variable, until the end of its block "
        "|\n"
        "| `{{repl define \"t\"}}..{{repl end}}{{repl template \"t\" .}}` | a template of one's "
        "own; "
        "`block` defines and uses it |\n"
        "| `{{repl - A -}}` | without the white space before and after it |\n"
        "| `{{repl /* why */}}` | a comment |\n"
        "| `\"a\\n\"`, `` `a\\n` ``, `'a'`, `0x1F`, `1e3`, `true`, `nil` | constants |\n"
        "\n"
        "Everything else is copied: `{{ x }}`, `{{replicas}}`, `{{repl` before a tab or a line "
        "end.\n";

static const char limits_heading[] =
        "\n"
        "## Limits\n"
        "\n"
        "A template that passes one of them ends with an error that names it.\n"
        "\n"
        "| of what | limit |\n"
        "| --- | --- |\n";

static const char differences[] =
        "\n"
        "## Where regular expressions differ from RE2\n"
        "\n"
        "Patterns have RE2's syntax, and what RE2 refuses is refused: look-around, back "
        "references, "
        "possessive and nested\n"
        "repetition, repetition above 1000, unknown escapes. Matching is leftmost-first. "
        "Underneath "
        "is PCRE2, so:\n"
        "\n"
        "- RE2 takes time in proportion to the text, PCRE2 may not: a match that takes too many "
        "steps is an error.\n"
        "- Where a repeated group matches nothing (`(a*)*`, `(|a)+`), what the group holds "
        "afterwards may differ.\n"
        "- Bytes that are no UTF-8 are matched by nothing; in RE2 each of them is U+FFFD, which "
        "`.` "
        "matches.\n"
        "- The Unicode tables are PCRE2's: characters that a newer Unicode has added may belong to "
        "other classes.\n"
        "- `(?i)` folds a few characters beyond ASCII by PCRE2's tables.\n"
        "- RE2 refuses patterns that grow beyond some millions of steps when repetition is written "
        "out; here the limit is\n"
        "  PCRE2's, 64 KiB when compiled, which repeated groups (`(ab[cd]){1000}`) may reach "
        "earlier.\n"
        "\n"
        "## Other deliberate differences\n"
        "\n"
        "- `env`, `expandenv` and `getHostByName` give nothing: a file must not read the host's "
        "environment.\n"
        "- The local time zone is UTC, wherever the program runs.\n"
        "- `keys` and `values` are in the order of the keys; Go leaves it to chance.\n"
        "- `slice` ends where its list ends. Lists that Go makes by appending (`until`, `uniq`, "
        "`push`) have room behind\n"
        "  their last element, as much as its memory management likes, and there `slice (until 5) "
        "0 "
        "8` gives three zeros more.\n"
        "- `%p` and pointers print no real address.\n"
        "- Methods of times and versions that give bytes or take their address (`MarshalJSON`, "
        "`GobEncode`,\n"
        "  `AppendFormat`, `Scan`) are not there.\n"
        "- A zone is known by the name of a place; what the system's time zone files do not have "
        "is UTC.\n"
        "- `sha512sum` is there, from Sprig 3.3.\n"
        "- Templates within templates end at the limits above; Go allows 100,000 of them.\n";

/* | and line ends would end a cell */
static void append_cell(GString *out, const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text == '|')
                        g_string_append_c(out, '\\');
                g_string_append_c(out, *text);
        }
}

static void append_code(GString *out, const char *before, const char *text, const char *after)
{
        const char *tick = strchr(text, '`') != NULL ? "``" : "`";

        if (*text == '\0' && *before == '\0') {
                g_string_append(out, "*nothing*");
                return;
        }
        g_string_append(out, tick);
        if (tick[1] == '`')
                g_string_append_c(out, ' ');
        g_string_append(out, before);
        append_cell(out, text);
        g_string_append(out, after);
        if (tick[1] == '`')
                g_string_append_c(out, ' ');
        g_string_append(out, tick);
}

static void append_row(GString *out, const TemplateFunction *f)
{
        g_autofree char *signature = template_function_signature(f);

        g_string_append(out, "| ");
        append_code(out, "", signature, "");
        g_string_append(out, " | ");
        append_cell(out, f->help);
        g_string_append(out, " | ");
        if (f->example != NULL) {
                append_code(out, "{{repl ", f->example, "}}");
                g_string_append(out, " | ");
                append_code(out, "", f->output, "");
        } else {
                g_string_append(out, "|");
        }
        g_string_append(out, " |\n");
}

static void append_limits(GString *out)
{
        static const struct {
                const char *what;
                size_t limit;
                const char *unit;
        } limits[] = {
                { "source text", TEMPLATE_TEXT_MAX, "bytes" },
                { "parentheses within each other", TEMPLATE_NESTING_MAX, "" },
                { "if, range, with within each other", TEMPLATE_BLOCKS_MAX, "" },
                { "work in one rendering", TEMPLATE_STEPS_MAX, "steps" },
                { "output", TEMPLATE_OUTPUT_MAX, "bytes" },
                { "values of one rendering", TEMPLATE_MEMORY_MAX, "bytes" },
                { "templates that call each other", TEMPLATE_RECURSION_MAX, "" },
                { "all nesting together", TEMPLATE_STACK_MAX, "bytes of stack" },
                { "one match of a regular expression", TEMPLATE_REGEX_STEPS_MAX, "steps" },
                { "a regular expression", REGEX_PATTERN_MAX, "bytes" },
        };

        g_string_append(out, limits_heading);
        for (size_t i = 0; i < G_N_ELEMENTS(limits); i++)
                g_string_append_printf(out, "| %s | %zu%s%s |\n", limits[i].what, limits[i].limit,
                                       *limits[i].unit != '\0' ? " " : "", limits[i].unit);
}

char *template_reference(void)
{
        GString *out = g_string_new(introduction);
        size_t n;
        g_autofree const TemplateFunction **functions = sorted_functions(&n);
        const char *group = NULL;

        g_string_append(out, "\n## Functions\n");
        for (size_t i = 0; i < n; i++) {
                const TemplateFunction *f = functions[i];

                if (group == NULL || strcmp(group, f->group) != 0)
                        g_string_append_printf(out,
                                               "\n### %c%s\n\n"
                                               "| function | what it gives | example | gives |\n"
                                               "| --- | --- | --- | --- |\n",
                                               g_ascii_toupper(*f->group), f->group + 1);
                group = f->group;
                append_row(out, f);
        }
        append_limits(out);
        g_string_append(out, differences);
        return g_string_free(out, false);
}
