#include "template/re2-class.h"

#include <string.h>

#include "template/rune.h"

/* \pL, \p{Greek}, \P{^Lu} as PCRE2 writes them; the names of scripts are the same */
bool re2_unicode_class(Translator *t)
{
        bool negated = t->s[t->i + 1] == 'P';
        g_autofree char *name = NULL;
        const char *close;

        t->i += 2;
        if (t->i >= t->n)
                return translator_fail(t, "\\p needs the name of a character class");
        if (t->s[t->i] == '{') {
                close = memchr(t->s + t->i, '}', t->n - t->i);
                if (close == NULL)
                        return translator_fail(t, "\\p{ is not closed");
                name = g_strndup(t->s + t->i + 1, (size_t) (close - t->s) - t->i - 1);
                t->i = (size_t) (close - t->s) + 1;
        } else {
                size_t start = t->i;

                translator_next(t);
                name = g_strndup(t->s + start, t->i - start);
        }
        const char *plain = name;

        if (*plain == '^') {
                negated = !negated;
                plain++;
        }
        if (*plain == '\0' ||
            strspn(plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") !=
                    strlen(plain) ||
            strcmp(plain, "L_") == 0 || strcmp(plain, "LC") == 0 || g_str_has_prefix(plain, "X") ||
            !g_ascii_isupper(*plain))
                return translator_fail(t, "there is no character class \\p{%s}", plain);
        g_string_append_printf(t->out, "\\%c{%s}", negated ? 'P' : 'p', plain);
        return true;
}

/* The classes of ASCII characters, as pairs of first and last character */
static const struct AsciiClass {
        const char *name;
        const char *ranges;
} ascii_classes[] = {
        { "alnum", "09AZaz" },   { "alpha", "AZaz" },
        { "ascii", "\x01\x7f" },                                  /* and NUL */
        { "blank", "\t\t  " },   { "cntrl", "\x01\x1f\x7f\x7f" }, /* and NUL */
        { "digit", "09" },       { "graph", "!~" },
        { "lower", "az" },       { "print", " ~" },
        { "punct", "!/:@[`{~" }, { "space", "\t\r  " },
        { "upper", "AZ" },       { "word", "09AZ__az" },
        { "xdigit", "09AFaf" },
};

static const struct AsciiClass perl_space = { "space", "\t\n\f\r  " }; /* without \v */

static const struct AsciiClass *ascii_class_find(const char *name, size_t n)
{
        for (size_t i = 0; i < G_N_ELEMENTS(ascii_classes); i++)
                if (strlen(ascii_classes[i].name) == n &&
                    memcmp(ascii_classes[i].name, name, n) == 0)
                        return &ascii_classes[i];
        return NULL;
}

static void put_range(Translator *t, gunichar low, gunichar high)
{
        translator_put_rune(t, low);
        if (high != low) {
                g_string_append_c(t->out, '-');
                translator_put_rune(t, high);
        }
}

/* What a class has within [...], or all that it has not */
static void put_ascii_class(Translator *t, const struct AsciiClass *class, bool negated)
{
        bool has_nul = class->ranges[0] == '\x01';
        gunichar next = 0;

        for (const char *r = class->ranges; *r != '\0'; r += 2) {
                gunichar low = (unsigned char) r[0], high = (unsigned char) r[1];

                if (has_nul && r == class->ranges)
                        low = 0;
                if (!negated)
                        put_range(t, low, high);
                else if (low > next)
                        put_range(t, next, low - 1);
                next = high + 1;
        }
        if (negated)
                put_range(t, next, RUNE_MAX);
}

bool re2_perl_class(Translator *t, bool in_class)
{
        char letter = t->i + 1 < t->n ? t->s[t->i + 1] : '\0';
        const struct AsciiClass *class = NULL;

        if (letter == 'd' || letter == 'D')
                class = ascii_class_find("digit", strlen("digit"));
        else if (letter == 'w' || letter == 'W')
                class = ascii_class_find("word", strlen("word"));
        else if (letter == 's' || letter == 'S')
                class = &perl_space;
        if (class == NULL)
                return false;
        t->i += 2;
        if (!in_class)
                g_string_append_c(t->out, '[');
        put_ascii_class(t, class, g_ascii_isupper(letter));
        if (!in_class)
                g_string_append_c(t->out, ']');
        return true;
}

/* [:alpha:] and [:^alpha:]; false where it is none, and then a [ is a character */
static bool posix_class(Translator *t)
{
        const char *name = t->s + t->i + 2;
        const char *end = t->n - t->i > 4 ? memmem(name, t->n - t->i - 2, ":]", 2) : NULL;
        const struct AsciiClass *class;
        bool negated;
        size_t len;

        if (end == NULL)
                return false;
        len = (size_t) (end - name);
        negated = len > 0 && *name == '^';
        class = ascii_class_find(name + negated, len - negated);
        if (class == NULL)
                return translator_fail(t, "there is no character class [:%.*s:]",
                                       (int) MIN(len, 20), name);
        put_ascii_class(t, class, negated);
        t->i += len + 4;
        return true;
}

static bool class_rune(Translator *t, gunichar *ret)
{
        if (t->i >= t->n)
                return translator_fail(t, "a [ is not closed: a ] is missing");
        if (t->s[t->i] != '\\') {
                *ret = translator_next(t);
                return true;
        }
        t->i++;
        return translator_escape(t, ret);
}

static bool class_range(Translator *t)
{
        gunichar low, high;

        if (!class_rune(t, &low))
                return false;
        high = low;
        if (t->n - t->i >= 2 && t->s[t->i] == '-' && t->s[t->i + 1] != ']') {
                t->i++;
                if (!class_rune(t, &high))
                        return false;
                if (high < low)
                        return translator_fail(t, "a range of characters goes backwards");
        }
        put_range(t, low, high);
        return true;
}

bool re2_character_class(Translator *t)
{
        bool first = true;

        t->i++;
        g_string_append_c(t->out, '[');
        if (t->i < t->n && t->s[t->i] == '^') {
                g_string_append_c(t->out, '^');
                t->i++;
        }
        for (; t->i >= t->n || t->s[t->i] != ']' || first; first = false) {
                size_t before = t->i;

                if (t->i >= t->n)
                        return translator_fail(t, "a [ is not closed: a ] is missing");
                if (translator_at(t, "[:") && posix_class(t))
                        continue;
                if (*t->error != NULL)
                        return false;
                if (translator_at(t, "\\p") || translator_at(t, "\\P")) {
                        if (!re2_unicode_class(t))
                                return false;
                        continue;
                }
                if (translator_at(t, "\\") && re2_perl_class(t, true))
                        continue;
                t->i = before;
                if (!class_range(t))
                        return false;
        }
        t->i++;
        g_string_append_c(t->out, ']');
        return true;
}
