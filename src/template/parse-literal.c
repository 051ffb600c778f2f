#include "template/parse-literal.h"

#include <string.h>

#include "template/number.h"
#include "template/quote.h"

static bool parse_character(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start + 1;
        size_t n = token.end - token.start - 1, width;
        gunichar r;
        bool is_byte;

        if (!quote_undo_rune(s, n, '\'', &r, &is_byte, &width) || width + 1 != n)
                return parser_fail(p, token.start, token.end,
                                   "'...' holds exactly one character; use \"...\" for text");
        number->is_int = number->is_uint = number->is_float = true;
        number->i = (int64_t) r;
        number->u = r;
        number->f = r;
        return true;
}

static void simplify_complex(NumberNode *number)
{
        number->is_complex = true;
        number->is_float = number->im == 0;
        if (!number->is_float)
                return;
        number->f = number->re;
        number->i = number_float_to_int(number->f);
        number->is_int = (double) number->i == number->f;
        number->u = number_float_to_uint(number->f);
        number->is_uint = (double) number->u == number->f;
}

/* 1+2i: the sign that splits it is the last one that does not belong to an exponent */
static bool parse_complex(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start, split = 0;

        for (size_t i = 1; i + 1 < n; i++) {
                bool hex = n > 2 && (s[1] | 0x20) == 'x';
                char before = (char) (s[i - 1] | 0x20);

                if ((s[i] == '+' || s[i] == '-') && before != 'p' && (hex || before != 'e')) {
                        split = i;
                        break;
                }
        }
        if (split == 0 || number_parse_float(s, split, &number->re) == NUMBER_SYNTAX ||
            number_parse_float(s + split, n - split - 1, &number->im) == NUMBER_SYNTAX)
                return parser_fail(p, token.start, token.end, "this is no number");
        simplify_complex(number);
        return true;
}

static bool parse_plain_number(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start;
        bool has_float_marks = false;

        for (size_t i = 0; i < n; i++)
                has_float_marks |= strchr(".eEpP", s[i]) != NULL;
        if (s[n - 1] == 'i' && number_parse_float(s, n - 1, &number->im) == NUMBER_OK) {
                simplify_complex(number);
                return true;
        }
        number->is_uint = number_parse_uint(s, n, 0, &number->u) == NUMBER_OK;
        number->is_int = number_parse_int(s, n, 0, &number->i) == NUMBER_OK;
        if (number->is_int && number->i == 0)
                number->is_uint = true;
        if (number->is_int) {
                number->is_float = true;
                number->f = (double) number->i;
        } else if (number->is_uint) {
                number->is_float = true;
                number->f = (double) number->u;
        } else if (number_parse_float(s, n, &number->f) == NUMBER_OK) {
                if (!has_float_marks)
                        return parser_fail(
                                p, token.start, token.end,
                                "this whole number is too large, or has a digit that its base "
                                "does not have");
                number->is_float = true;
                number->i = number_float_to_int(number->f);
                number->is_int = (double) number->i == number->f;
                number->u = number_float_to_uint(number->f);
                number->is_uint = (double) number->u == number->f;
        }
        if (!number->is_int && !number->is_uint && !number->is_float)
                return parser_fail(p, token.start, token.end, "this is no number");
        number->looks_float = has_float_marks &&
                              !(n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x' &&
                                memchr(s, 'p', n) == NULL && memchr(s, 'P', n) == NULL);
        return true;
}

Node *parse_literal_number(Parser *p, Token token)
{
        Node *node = parser_node(p, NODE_NUMBER, token.start, token.end);
        bool ok;

        node->number = arena_new0(p->tpl->arena, NumberNode, 1);
        if (token.type == TOKEN_CHARACTER)
                ok = parse_character(p, token, node->number);
        else if (token.type == TOKEN_COMPLEX)
                ok = parse_complex(p, token, node->number);
        else
                ok = parse_plain_number(p, token, node->number);
        return ok ? node : NULL;
}

bool parse_literal_string(Parser *p, Token token, Value *ret)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start;
        g_autoptr(GString) text = NULL;

        if (memchr(s, token.type == TOKEN_STRING ? '\\' : '\r', n) == NULL &&
            (token.type == TOKEN_RAW_STRING || g_utf8_validate(s, (gssize) n, NULL))) {
                *ret = value_string_n(s + 1, n - 2);
                return true;
        }
        text = g_string_new(NULL);
        if (!quote_undo(text, s, n))
                return parser_fail(
                        p, token.start, token.end,
                        "a \\ in this string is followed by something unknown; write \\\\ for "
                        "a backslash, or `...` for text without escapes");
        *ret = value_string_copy(p->tpl->arena, text->str, text->len);
        return true;
}
