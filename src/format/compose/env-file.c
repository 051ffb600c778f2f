#include "format/compose/env-file.h"

#include <string.h>

typedef struct EnvFile {
        const char *at;
        unsigned line;
        size_t n_bytes; /* of values so far */
        GHashTable *values;
        InterpolateLookup lookup;
        gconstpointer user;
} EnvFile;

static const char *lookup_value(const char *name, gconstpointer user)
{
        const EnvFile *file = user;
        const char *value = file->lookup != NULL ? file->lookup(name, file->user) : NULL;

        return value != NULL ? value : g_hash_table_lookup(file->values, name);
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

static void skip_blanks(EnvFile *file)
{
        while (is_blank(*file->at))
                file->at++;
}

/* To the next line with content */
static void skip_empty(EnvFile *file)
{
        for (;; file->at++) {
                if (*file->at == '#')
                        file->at = strchrnul(file->at, '\n');
                if (*file->at == '\n')
                        file->line++;
                else if (!is_blank(*file->at))
                        return;
        }
}

/* `\n` and the like between double quotes; `\$` becomes `$$`, which interpolation takes for `$` */
static void append_escape(GString *out, char c)
{
        static const char escapes[] = "abfnrtv";
        static const char meanings[] = "\a\b\f\n\r\t\v";
        const char *found = strchr(escapes, c);

        if (c == '$')
                g_string_append(out, "$$");
        else if (c == '\\' || c == '"')
                g_string_append_c(out, c);
        else if (found != NULL)
                g_string_append_c(out, meanings[found - escapes]);
        else
                g_string_append_printf(out, "\\%c", c);
}

static char *interpolated(EnvFile *file, char *text, char **ret_problem)
{
        g_autofree char *source = text;
        g_auto(InterpolateResult) result = interpolate_text(source, lookup_value, file);

        if (result.required != NULL)
                *ret_problem = g_strdup_printf("the variable `%s` has no value%s%s",
                                               result.required,
                                               result.reason[0] != '\0' ? ": " : "", result.reason);
        else if (result.text == NULL)
                *ret_problem = g_strdup(result.problem);
        return g_steal_pointer(&result.text);
}

/* Behind the opening quote; may span lines. NULL: it does not end, or another problem. */
static char *read_quoted(EnvFile *file, char quote, char **ret_problem)
{
        GString *out = g_string_new(NULL);
        const char *at = file->at;
        unsigned n_lines = 0;

        for (; *at != quote; at++) {
                n_lines += *at == '\n';
                if (*at == '\0') {
                        g_string_free(out, true);
                        *ret_problem = g_strdup("a quote that is not closed");
                        return NULL;
                }
                if (*at != '\\' || at[1] == '\0') {
                        g_string_append_c(out, *at);
                } else if (quote == '"') {
                        append_escape(out, *++at);
                } else {
                        if (at[1] != quote)
                                g_string_append_c(out, '\\');
                        g_string_append_c(out, *++at);
                }
        }
        file->at = at + 1;
        file->line += n_lines;
        return quote == '"' ? interpolated(file, g_string_free(out, false), ret_problem)
                            : g_string_free(out, false);
}

static char *read_plain(EnvFile *file, char **ret_problem)
{
        const char *end = strchrnul(file->at, '\n');
        g_autofree char *text = g_strndup(file->at, end - file->at);
        char *comment = strstr(text, " #");

        if (comment != NULL)
                *comment = '\0';
        file->at = end;
        return interpolated(file, g_strdup(g_strchomp(text)), ret_problem);
}

static bool is_key_char(gunichar c)
{
        return g_unichar_isalnum(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

/* The key at the beginning of a line, and whether a value follows; NULL with a problem */
static char *read_key(EnvFile *file, bool *ret_has_value, char **ret_problem)
{
        const char *start, *end;
        g_autofree char *key = NULL;

        if (g_str_has_prefix(file->at, "export") && is_blank(file->at[6])) {
                file->at += 6;
                skip_blanks(file);
        }
        start = file->at;
        end = start;
        while (is_key_char(g_utf8_get_char(end)) || is_blank(*end))
                end = g_utf8_next_char(end);
        key = g_strchomp(g_strndup(start, end - start));
        if (*end != '=' && *end != ':' && *end != '\n' && *end != '\0') {
                *ret_problem = g_strdup_printf("a name has letters, digits, `_`, `.` and `-`, and "
                                               "is followed by `=`");
                return NULL;
        }
        if (strpbrk(key, " \t") != NULL) {
                *ret_problem = g_strdup_printf("the name `%s` has a blank in it", key);
                return NULL;
        }
        *ret_has_value = *end == '=' || *end == ':';
        file->at = end + *ret_has_value;
        return g_steal_pointer(&key);
}

static char *read_line(EnvFile *file)
{
        bool has_value = false;
        char *problem = NULL, *value;
        g_autofree char *key = read_key(file, &has_value, &problem);

        if (problem != NULL)
                return problem;
        if (!has_value) {
                const char *inherited = lookup_value(key, file);

                if (inherited != NULL && key[0] != '\0')
                        g_hash_table_replace(file->values, g_strdup(key), g_strdup(inherited));
                return NULL;
        }
        skip_blanks(file);
        if (*file->at == '"' || *file->at == '\'') {
                char quote = *file->at++;

                value = read_quoted(file, quote, &problem);
        } else {
                value = read_plain(file, &problem);
        }
        if (value == NULL)
                return problem;
        file->n_bytes += strlen(value);
        g_hash_table_replace(file->values, g_steal_pointer(&key), value);
        if (file->n_bytes > ENV_FILE_VALUES_MAX)
                return g_strdup_printf("its values become more than %u bytes", ENV_FILE_VALUES_MAX);
        return NULL;
}

static char *parse_raw(EnvFile *file, unsigned *ret_line)
{
        g_auto(GStrv) lines = g_strsplit(file->at, "\n", -1);

        for (size_t i = 0; lines[i] != NULL; i++) {
                char *equals = strchr(lines[i], '='), *line = lines[i];

                if (g_str_has_suffix(line, "\r"))
                        line[strlen(line) - 1] = '\0';
                while (is_blank(*line))
                        line++;
                if (*line == '\0' || *line == '#')
                        continue;
                if (equals != NULL) {
                        *equals = '\0';
                        g_hash_table_replace(file->values, g_strdup(line), g_strdup(equals + 1));
                } else if (lookup_value(line, file) != NULL) {
                        g_hash_table_replace(file->values, g_strdup(line),
                                             g_strdup(lookup_value(line, file)));
                }
                if (strpbrk(line, " \t") != NULL) {
                        *ret_line = i + 1;
                        return g_strdup_printf("the name `%s` has a blank in it", line);
                }
        }
        return NULL;
}

char *env_file_parse(const char *text, GHashTable *values, InterpolateLookup lookup,
                     gconstpointer user, bool is_raw, unsigned *ret_line)
{
        EnvFile file = {
                .at = g_str_has_prefix(text, "\357\273\277") ? text + 3 : text,
                .line = 1,
                .values = values,
                .lookup = lookup,
                .user = user,
        };

        if (!g_utf8_validate(text, -1, NULL)) {
                *ret_line = 1;
                return g_strdup("it is not UTF-8");
        }
        if (is_raw)
                return parse_raw(&file, ret_line);
        for (;;) {
                char *problem;

                skip_empty(&file);
                *ret_line = file.line;
                if (*file.at == '\0')
                        return NULL;
                problem = read_line(&file);
                if (problem != NULL)
                        return problem;
        }
}
