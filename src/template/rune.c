#include "template/rune.h"

gunichar rune_decode_slow(const char *s, size_t n, size_t *ret_width)
{
        const unsigned char *p = (const unsigned char *) s;
        gunichar r;
        size_t width;

        *ret_width = 1;
        if (p[0] < 0x80)
                return p[0];
        if (p[0] >= 0xC2 && p[0] <= 0xDF) {
                width = 2;
                r = p[0] & 0x1Fu;
        } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
                width = 3;
                r = p[0] & 0x0Fu;
        } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
                width = 4;
                r = p[0] & 0x07u;
        } else {
                return RUNE_ERROR;
        }
        if (n < width)
                return RUNE_ERROR;
        for (size_t i = 1; i < width; i++) {
                if ((p[i] & 0xC0) != 0x80)
                        return RUNE_ERROR;
                r = r << 6 | (p[i] & 0x3Fu);
        }
        if ((width == 3 && r < 0x800) || (width == 4 && (r < 0x10000 || r > RUNE_MAX)) ||
            (r >= 0xD800 && r <= 0xDFFF))
                return RUNE_ERROR;
        *ret_width = width;
        return r;
}

gunichar rune_decode_last(const char *s, size_t n, size_t *ret_width)
{
        size_t start = n - 1;
        size_t limit = n > 4 ? n - 4 : 0;
        gunichar r;

        while (start > limit && ((unsigned char) s[start] & 0xC0) == 0x80)
                start--;
        r = rune_decode(s + start, n - start, ret_width);
        if (start + *ret_width != n) {
                *ret_width = 1;
                return (unsigned char) s[n - 1] < 0x80 ? (unsigned char) s[n - 1] : RUNE_ERROR;
        }
        return r;
}

size_t rune_count(const char *s, size_t n)
{
        size_t count = 0, width;

        for (size_t i = 0; i < n; i += width) {
                rune_decode(s + i, n - i, &width);
                count++;
        }
        return count;
}

void rune_append(GString *out, gunichar r)
{
        if (r < 0x80)
                g_string_append_c(out, (char) r);
        else
                g_string_append_unichar(
                        out, r > RUNE_MAX || (r >= 0xD800 && r <= 0xDFFF) ? RUNE_ERROR : r);
}

void rune_append_valid(GString *out, const char *s, size_t n)
{
        for (size_t i = 0, width; i < n; i += width)
                rune_append(out, rune_decode(s + i, n - i, &width));
}

/* Roman numerals and letters in circles have two cases without being letters: GLib leaves them */
static bool has_case_beyond_letters(gunichar r, gunichar *ret_lower, gunichar *ret_upper)
{
        static const struct {
                gunichar upper, lower, n;
        } ranges[] = { { 0x2160, 0x2170, 16 }, { 0x24B6, 0x24D0, 26 } };

        for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
                gunichar at = r >= ranges[i].lower ? r - ranges[i].lower : r - ranges[i].upper;

                if (r >= ranges[i].upper && at < ranges[i].n) {
                        *ret_lower = ranges[i].lower + at;
                        *ret_upper = ranges[i].upper + at;
                        return true;
                }
        }
        return false;
}

gunichar rune_to_lower(gunichar r)
{
        gunichar lower, upper;

        return has_case_beyond_letters(r, &lower, &upper) ? lower : g_unichar_tolower(r);
}

gunichar rune_to_upper(gunichar r)
{
        gunichar lower, upper;

        return has_case_beyond_letters(r, &lower, &upper) ? upper : g_unichar_toupper(r);
}

gunichar rune_to_title(gunichar r)
{
        gunichar lower, upper;

        return has_case_beyond_letters(r, &lower, &upper) ? upper : g_unichar_totitle(r);
}

bool rune_is_letter(gunichar r)
{
        return r < 0x80 ? g_ascii_isalpha((char) r) : g_unichar_isalpha(r);
}

bool rune_is_digit(gunichar r)
{
        return r < 0x80 ? g_ascii_isdigit((char) r) : g_unichar_type(r) == G_UNICODE_DECIMAL_NUMBER;
}

bool rune_is_space(gunichar r)
{
        if (r < 0x100)
                return (r >= '\t' && r <= '\r') || r == ' ' || r == 0x85 || r == 0xA0;
        return r == 0x1680 || (r >= 0x2000 && r <= 0x200A) || r == 0x2028 || r == 0x2029 ||
               r == 0x202F || r == 0x205F || r == 0x3000;
}

bool rune_is_graphic(gunichar r)
{
        if (r < 0x80)
                return r >= 0x20 && r < 0x7F;
        if (r > RUNE_MAX)
                return false;
        switch ((int) g_unichar_type(r)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT:
        case G_UNICODE_UNASSIGNED:
        case G_UNICODE_PRIVATE_USE:
        case G_UNICODE_SURROGATE:
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
                return false;
        default:
                return true;
        }
}

bool rune_is_print(gunichar r)
{
        return rune_is_graphic(r) && (r == ' ' || g_unichar_type(r) != G_UNICODE_SPACE_SEPARATOR);
}
