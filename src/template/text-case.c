#include "template/text-case.h"

#include <stdbool.h>

#include "template/rune.h"

void text_map(GString *out, Value s, gunichar (*map)(gunichar))
{
        size_t width;

        for (size_t i = 0; i < s.len; i += width)
                rune_append(out, map(rune_decode(s.s + i, s.len - i, &width)));
}

static bool is_separator(gunichar r)
{
        if (r < 0x80)
                return !g_ascii_isalnum((char) r) && r != '_';
        return !rune_is_letter(r) && !rune_is_digit(r) && rune_is_space(r);
}

void text_title(GString *out, Value s)
{
        gunichar before = ' ';
        size_t width;

        for (size_t i = 0; i < s.len; i += width) {
                gunichar r = rune_decode(s.s + i, s.len - i, &width);

                rune_append(out, is_separator(before) ? rune_to_title(r) : r);
                before = r;
        }
}

void text_untitle(GString *out, Value s)
{
        bool first = true;
        size_t width;

        for (size_t i = 0; i < s.len; i += width) {
                gunichar r = rune_decode(s.s + i, s.len - i, &width);

                if (rune_is_space(r)) {
                        first = true;
                } else if (first) {
                        r = rune_to_lower(r);
                        first = false;
                }
                rune_append(out, r);
        }
}

void text_swap_case(GString *out, Value s)
{
        bool after_space = true;
        size_t width;

        for (size_t i = 0; i < s.len; i += width) {
                gunichar r = rune_decode(s.s + i, s.len - i, &width);

                if (g_unichar_istitle(r) || g_unichar_type(r) == G_UNICODE_UPPERCASE_LETTER) {
                        r = rune_to_lower(r);
                        after_space = false;
                } else if (g_unichar_type(r) == G_UNICODE_LOWERCASE_LETTER) {
                        r = after_space ? rune_to_title(r) : rune_to_upper(r);
                        after_space = false;
                } else {
                        after_space = rune_is_space(r);
                }
                rune_append(out, r);
        }
}

static bool is_connector(gunichar r)
{
        return r == '-' || r == '_' || rune_is_space(r);
}

static bool is_upper(gunichar r)
{
        return g_unichar_type(r) == G_UNICODE_UPPERCASE_LETTER;
}

static gunichar take(Value *s)
{
        size_t width;
        gunichar r = rune_decode(s->s, s->len, &width);

        s->s += width;
        s->len -= (uint32_t) width;
        return r;
}

void text_pascal_case(GString *out, Value s)
{
        gunichar now = 0, before;
        bool first_was_upper = false;

        if (s.len == 0)
                return;
        while (s.len > 0) {
                now = take(&s);
                if (!is_connector(now)) {
                        first_was_upper = is_upper(now);
                        now = rune_to_upper(now);
                        break;
                }
                rune_append(out, now);
        }
        if (s.len == 0) {
                rune_append(out, now);
                return;
        }
        while (s.len > 0) {
                before = now;
                now = take(&s);
                if (is_connector(now) && is_connector(before)) {
                        rune_append(out, before);
                } else if (is_connector(before)) {
                        first_was_upper = is_upper(now);
                        now = rune_to_upper(now);
                } else {
                        if (first_was_upper && is_upper(now))
                                now = rune_to_lower(now);
                        else
                                first_was_upper = false;
                        rune_append(out, before);
                }
        }
        rune_append(out, now);
}

/* What a run of characters in a name is */
typedef enum WordType {
        WORD_INVALID,
        WORD_NUMBER,
        WORD_UPPER,
        WORD_ALPHABET,
        WORD_CONNECTOR,
        WORD_PUNCT,
        WORD_OTHER,
} WordType;

static bool is_punct(gunichar r)
{
        switch ((int) g_unichar_type(r)) {
        case G_UNICODE_CONNECT_PUNCTUATION:
        case G_UNICODE_DASH_PUNCTUATION:
        case G_UNICODE_CLOSE_PUNCTUATION:
        case G_UNICODE_FINAL_PUNCTUATION:
        case G_UNICODE_INITIAL_PUNCTUATION:
        case G_UNICODE_OTHER_PUNCTUATION:
        case G_UNICODE_OPEN_PUNCTUATION:
                return true;
        default:
                return false;
        }
}

static bool is_number(gunichar r)
{
        GUnicodeType type = g_unichar_type(r);

        return type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_LETTER_NUMBER ||
               type == G_UNICODE_OTHER_NUMBER;
}

/* A letter, but for the common Chinese characters */
static bool is_alphabet(gunichar r)
{
        return rune_is_letter(r) && !(r >= 0x4E00 && r <= 0x9FCC) &&
               !(r >= 0x3400 && r <= 0x4D85) && !(r >= 0x20000 && r <= 0x2B81D);
}

/* The next character, without invalid bytes before it; @before where there is none */
static gunichar valid_rune(Value s, gunichar before, size_t *ret_size)
{
        *ret_size = 0;
        for (size_t i = 0, width; i < s.len; i += width) {
                gunichar r = rune_decode(s.s + i, s.len - i, &width);

                *ret_size += width;
                if (r != RUNE_ERROR)
                        return r;
        }
        return before;
}

static bool lower_letter(gunichar r)
{
        return is_alphabet(r) && !is_upper(r);
}

static bool other_character(gunichar r)
{
        return !is_connector(r) && !is_alphabet(r) && !is_number(r) && !is_punct(r);
}

/* How many bytes from @from on belong; *ret_last is the character that ended it and its size */
static size_t run_length(Value s, size_t from, gunichar r, bool (*belongs)(gunichar))
{
        size_t size;

        while (from < s.len) {
                Value rest = value_string_n(s.s + from, s.len - from);

                r = valid_rune(rest, r, &size);
                if (size == 0 || !belongs(r))
                        break;
                from += size;
        }
        return from;
}

/* Upper case letters; the last of several belongs to a word of lower case that follows */
static size_t upper_run(Value s, size_t first)
{
        size_t offset = first, size, last_size = 0;
        gunichar r = 'A';

        if (offset >= s.len)
                return offset;
        r = valid_rune(value_string_n(s.s + offset, s.len - offset), r, &size);
        if (!is_upper(r))
                return is_alphabet(r) ? run_length(s, offset + size, r, lower_letter) : offset;
        while (offset < s.len) {
                r = valid_rune(value_string_n(s.s + offset, s.len - offset), r, &size);
                if (!is_upper(r))
                        break;
                last_size = size;
                offset += size;
        }
        if (offset < s.len && is_alphabet(r))
                offset -= last_size;
        return offset;
}

static WordType next_word(Value *s, Value *ret_word)
{
        WordType type;
        size_t size, n;
        gunichar r;

        *ret_word = value_string_n(s->s, 0);
        if (s->len == 0)
                return WORD_INVALID;
        r = valid_rune(*s, RUNE_ERROR, &size);
        n = size;
        if (r == RUNE_ERROR) {
                type = WORD_INVALID;
        } else if (is_connector(r)) {
                type = WORD_CONNECTOR;
                n = run_length(*s, size, r, is_connector);
        } else if (is_punct(r)) {
                type = WORD_PUNCT;
                n = run_length(*s, size, r, is_punct);
        } else if (is_upper(r)) {
                type = WORD_UPPER;
                n = upper_run(*s, size);
        } else if (is_alphabet(r)) {
                type = WORD_ALPHABET;
                n = run_length(*s, size, r, lower_letter);
        } else if (is_number(r)) {
                type = WORD_NUMBER;
                n = run_length(*s, size, r, is_number);
        } else {
                type = WORD_OTHER;
                n = run_length(*s, size, r, other_character);
        }
        *ret_word = value_string_n(s->s, n);
        s->s += n;
        s->len -= (uint32_t) n;
        return type;
}

static void put_word(GString *out, WordType type, Value word, char connector)
{
        if (type != WORD_UPPER && type != WORD_CONNECTOR) {
                g_string_append_len(out, word.s, word.len);
                return;
        }
        while (word.len > 0) {
                gunichar r = take(&word);

                if (is_connector(r))
                        g_string_append_c(out, connector);
                else
                        rune_append(out, is_upper(r) ? rune_to_lower(r) : r);
        }
}

/* A number and the letters behind it stay together */
static WordType number_and_letters(GString *out, WordType type, Value *word, Value *rest,
                                   char connector)
{
        while (type == WORD_ALPHABET || type == WORD_NUMBER) {
                put_word(out, type, *word, connector);
                type = next_word(rest, word);
        }
        return type;
}

void text_connected_case(GString *out, Value s, char connector)
{
        Value word, last;
        WordType type, before;

        if (s.len == 0)
                return;
        type = next_word(&s, &word);
        while (s.len > 0) {
                if (type != WORD_CONNECTOR)
                        put_word(out, type, word, connector);
                before = type;
                last = word;
                type = next_word(&s, &word);
                if (before == WORD_NUMBER) {
                        type = number_and_letters(out, type, &word, &s, connector);
                        if (type != WORD_INVALID && type != WORD_PUNCT && type != WORD_CONNECTOR)
                                g_string_append_c(out, connector);
                } else if (before == WORD_CONNECTOR) {
                        put_word(out, before, last, connector);
                } else if (before != WORD_PUNCT) {
                        if (type != WORD_NUMBER) {
                                if (type != WORD_CONNECTOR && type != WORD_PUNCT)
                                        g_string_append_c(out, connector);
                                continue;
                        }
                        if (s.len == 0)
                                break;
                        last = word;
                        type = next_word(&s, &word);
                        if (type != WORD_ALPHABET) {
                                put_word(out, WORD_NUMBER, last, connector);
                                if (type != WORD_CONNECTOR && type != WORD_PUNCT)
                                        g_string_append_c(out, connector);
                                continue;
                        }
                        g_string_append_c(out, connector);
                        put_word(out, WORD_NUMBER, last, connector);
                        type = number_and_letters(out, type, &word, &s, connector);
                        if (type != WORD_INVALID && type != WORD_CONNECTOR && type != WORD_PUNCT)
                                g_string_append_c(out, connector);
                }
        }
        put_word(out, type, word, connector);
}
