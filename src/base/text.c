#include "base/text.h"

#include <errno.h>
#include <string.h>

#define WORD_MAX 64 /* longer words are not compared */

static unsigned distance(const char *a, const char *b)
{
        size_t n = strlen(a), m = strlen(b);
        unsigned row[3][WORD_MAX + 1];
        unsigned *before = row[0], *last = row[1], *now = row[2];

        for (size_t j = 0; j <= m; j++)
                last[j] = j;
        for (size_t i = 1; i <= n; i++) {
                now[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
                        unsigned best = last[j - 1] + (x != y);

                        best = MIN(best, last[j] + 1);
                        best = MIN(best, now[j - 1] + 1);
                        if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
                            y == g_ascii_tolower(a[i - 2]))
                                best = MIN(best, before[j - 2] + 1);
                        now[j] = best;
                }
                unsigned *spare = before;

                before = last;
                last = now;
                now = spare;
        }
        return last[m];
}

const char *text_closest(const char *word, const char *const *candidates)
{
        const char *best = NULL;
        size_t len = strlen(word);
        unsigned limit = MAX(len / 3, 1);

        if (len == 0 || len > WORD_MAX)
                return NULL;
        for (; *candidates != NULL; candidates++) {
                unsigned d;

                if (strlen(*candidates) > WORD_MAX)
                        continue;
                d = distance(word, *candidates);
                if (d <= limit) {
                        best = *candidates;
                        if (d == 0)
                                break;
                        limit = d - 1;
                }
        }
        return best;
}

char *text_slug(const char *name)
{
        GString *slug = g_string_new(NULL);

        for (; *name != '\0'; name++) {
                char c = g_ascii_tolower(*name);

                if (g_ascii_isalnum(c) || c == '_' || c == '.')
                        g_string_append_c(slug, c);
                else if (slug->len > 0 && slug->str[slug->len - 1] != '-')
                        g_string_append_c(slug, '-');
        }
        while (slug->len > 0 && !g_ascii_isalnum(slug->str[slug->len - 1]))
                g_string_truncate(slug, slug->len - 1);
        while (slug->len > 0 && !g_ascii_isalnum(slug->str[0]))
                g_string_erase(slug, 0, 1);
        return g_string_free(slug, false);
}

bool text_has_template(const char *text)
{
        return text != NULL && strstr(text, "{{repl ") != NULL;
}

bool text_parse_bool(const char *text, bool *ret_value)
{
        static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True", NULL };
        static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False", NULL };

        if (g_strv_contains(yes, text))
                *ret_value = true;
        else if (g_strv_contains(no, text))
                *ret_value = false;
        else
                return false;
        return true;
}

bool text_parse_uint(const char *text, guint64 *ret_value)
{
        return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, ret_value, NULL);
}

bool text_parse_int(const char *text, gint64 *ret_value)
{
        return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, ret_value, NULL);
}

size_t text_index(const char *word, const char *const *table, size_t n, size_t otherwise)
{
        for (size_t i = 0; i < n; i++) {
                if (strcmp(table[i], word) == 0)
                        return i;
        }
        return otherwise;
}

char *text_count(gint64 n, const char *singular, const char *plural)
{
        return g_strdup_printf("%" G_GINT64_FORMAT " %s", n, n == 1 ? singular : plural);
}
