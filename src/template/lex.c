#include "template/lex.h"

#include <string.h>

#include "template/rune.h"

#define END_OF_TEXT ((gunichar) -1)

static bool is_space(gunichar r)
{
        return r == ' ' || r == '\t' || r == '\r' || r == '\n';
}

static bool is_alphanumeric(gunichar r)
{
        if (r < 0x80)
                return r == '_' || g_ascii_isalnum((char) r);
        return r != END_OF_TEXT && (rune_is_letter(r) || rune_is_digit(r));
}

static gunichar peek(const Lexer *lexer, size_t *width)
{
        *width = 0;
        if (lexer->pos >= lexer->len)
                return END_OF_TEXT;
        return rune_decode(lexer->text + lexer->pos, lexer->len - lexer->pos, width);
}

static gunichar next(Lexer *lexer)
{
        size_t width;
        gunichar r = peek(lexer, &width);

        lexer->pos += width;
        return r;
}

static bool at(const Lexer *lexer, size_t pos, const char *what, size_t n)
{
        return pos <= lexer->len && lexer->len - pos >= n &&
               memcmp(lexer->text + pos, what, n) == 0;
}

static bool left_trim_at(const Lexer *lexer, size_t pos)
{
        return pos + 1 < lexer->len && lexer->text[pos] == '-' &&
               is_space((unsigned char) lexer->text[pos + 1]);
}

static bool right_trim_at(const Lexer *lexer, size_t pos)
{
        return pos + 1 < lexer->len && is_space((unsigned char) lexer->text[pos]) &&
               lexer->text[pos + 1] == '-';
}

static bool at_right(const Lexer *lexer, size_t pos, bool *ret_trim)
{
        *ret_trim = right_trim_at(lexer, pos) &&
                    at(lexer, pos + 2, RIGHT_DELIMITER, RIGHT_DELIMITER_LEN);
        return *ret_trim || at(lexer, pos, RIGHT_DELIMITER, RIGHT_DELIMITER_LEN);
}

static Token token(const Lexer *lexer, TokenType type, size_t start)
{
        return (Token){ .type = type, .start = start, .end = lexer->pos };
}

static Token fail(Lexer *lexer, size_t start, const char *error)
{
        lexer->failed = true;
        return (Token){
                .type = TOKEN_ERROR, .start = start, .end = MAX(lexer->pos, start), .error = error
        };
}

static void skip_right(Lexer *lexer, bool trim)
{
        lexer->pos += RIGHT_DELIMITER_LEN + (trim ? 2 : 0);
        lexer->in_action = false;
        if (trim)
                while (lexer->pos < lexer->len && is_space((unsigned char) lexer->text[lexer->pos]))
                        lexer->pos++;
}

/* A comment, from its slash on; false where it is malformed, with the error in *ret */
static bool skip_comment(Lexer *lexer, Token *ret)
{
        size_t start = lexer->pos;
        const char *end = memmem(lexer->text + start + 2, lexer->len - start - 2, "*/", 2);
        bool trim;

        if (end == NULL) {
                *ret = fail(lexer, start, "the comment is not closed: */ is missing");
                return false;
        }
        lexer->pos = (size_t) (end - lexer->text) + 2;
        if (!at_right(lexer, lexer->pos, &trim)) {
                *ret = fail(lexer, start,
                            "after a comment's */ the action must end at once, with }} or -}}");
                return false;
        }
        skip_right(lexer, trim);
        return true;
}

static const char *find_left(const Lexer *lexer)
{
        return lexer->pos >= lexer->len ? NULL
                                        : memmem(lexer->text + lexer->pos, lexer->len - lexer->pos,
                                                 LEFT_DELIMITER, LEFT_DELIMITER_LEN);
}

static Token lex_text(Lexer *lexer)
{
        for (;;) {
                size_t start = lexer->pos, end;
                const char *left = find_left(lexer);
                bool trim;
                Token error;

                if (left == NULL) {
                        lexer->pos = lexer->len;
                        return token(lexer, start < lexer->len ? TOKEN_TEXT : TOKEN_END, start);
                }
                end = (size_t) (left - lexer->text);
                trim = left_trim_at(lexer, end + LEFT_DELIMITER_LEN);
                lexer->pos = end;
                if (trim)
                        while (end > start && is_space((unsigned char) lexer->text[end - 1]))
                                end--;
                if (end > start)
                        return (Token){ .type = TOKEN_TEXT, .start = start, .end = end };
                lexer->action_start = lexer->pos;
                lexer->pos += LEFT_DELIMITER_LEN + (trim ? 2 : 0);
                if (!at(lexer, lexer->pos, "/*", 2)) {
                        lexer->in_action = true;
                        lexer->n_open = 0;
                        return token(lexer, TOKEN_LEFT, lexer->action_start);
                }
                if (!skip_comment(lexer, &error))
                        return error;
        }
}

static bool at_terminator(const Lexer *lexer)
{
        size_t width;
        gunichar r = peek(lexer, &width);

        return r == END_OF_TEXT || is_space(r) || r == '.' || r == ',' || r == '|' || r == ':' ||
               r == ')' || r == '(' || at(lexer, lexer->pos, RIGHT_DELIMITER, RIGHT_DELIMITER_LEN);
}

static void skip_alphanumeric(Lexer *lexer)
{
        size_t width;

        while (is_alphanumeric(peek(lexer, &width)))
                lexer->pos += width;
}

static TokenType word_type(const char *word, size_t n)
{
        static const struct {
                const char *word;
                TokenType type;
        } words[] = {
                { "nil", TOKEN_NIL },       { "block", TOKEN_BLOCK },
                { "break", TOKEN_BREAK },   { "continue", TOKEN_CONTINUE },
                { "define", TOKEN_DEFINE }, { "else", TOKEN_ELSE },
                { "end", TOKEN_END_WORD },  { "if", TOKEN_IF },
                { "range", TOKEN_RANGE },   { "template", TOKEN_TEMPLATE },
                { "with", TOKEN_WITH },     { "true", TOKEN_BOOL },
                { "false", TOKEN_BOOL },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                if (strlen(words[i].word) == n && memcmp(words[i].word, word, n) == 0)
                        return words[i].type;
        return TOKEN_IDENTIFIER;
}

static Token bad_character(Lexer *lexer, size_t start)
{
        size_t width;

        peek(lexer, &width);
        lexer->pos += width;
        return fail(lexer, start,
                    "a name must be followed by a blank, and contain only letters, digits and _");
}

static Token lex_word(Lexer *lexer, size_t start)
{
        TokenType type;

        skip_alphanumeric(lexer);
        type = word_type(lexer->text + start, lexer->pos - start);
        if (!at_terminator(lexer))
                return bad_character(lexer, start);
        return token(lexer, type, start);
}

/* After the dot or dollar */
static Token lex_field(Lexer *lexer, size_t start, TokenType type)
{
        if (at_terminator(lexer))
                return token(lexer, type == TOKEN_FIELD ? TOKEN_DOT : type, start);
        skip_alphanumeric(lexer);
        if (!at_terminator(lexer))
                return bad_character(lexer, start);
        return token(lexer, type, start);
}

static Token lex_quoted(Lexer *lexer, size_t start, char quote, TokenType type)
{
        for (;;) {
                gunichar r = next(lexer);

                if (r == (gunichar) quote)
                        return token(lexer, type, start);
                if (r == '\\' && quote != '`') {
                        r = next(lexer);
                        if (r != END_OF_TEXT && r != '\n')
                                continue;
                }
                if (r == END_OF_TEXT || (r == '\n' && quote != '`')) {
                        lexer->pos = start + 1;
                        return fail(lexer, start,
                                    quote == '"'   ? "the string is not closed: a \" is missing "
                                                     "on this line"
                                    : quote == '`' ? "the string is not closed: a ` is missing"
                                                   : "the character is not closed: a ' is missing");
                }
        }
}

static bool accept(Lexer *lexer, const char *valid)
{
        if (lexer->pos < lexer->len && lexer->text[lexer->pos] != '\0' &&
            strchr(valid, lexer->text[lexer->pos]) != NULL) {
                lexer->pos++;
                return true;
        }
        return false;
}

static bool scan_number(Lexer *lexer)
{
        const char *digits = "0123456789_";
        bool decimal = true, hex = false;
        size_t width;

        accept(lexer, "+-");
        if (accept(lexer, "0")) {
                if (accept(lexer, "xX")) {
                        digits = "0123456789abcdefABCDEF_";
                        hex = true;
                } else if (accept(lexer, "oO")) {
                        digits = "01234567_";
                        decimal = false;
                } else if (accept(lexer, "bB")) {
                        digits = "01_";
                        decimal = false;
                }
        }
        while (accept(lexer, digits))
                ;
        if (accept(lexer, "."))
                while (accept(lexer, digits))
                        ;
        if (((decimal && !hex) && accept(lexer, "eE")) || (hex && accept(lexer, "pP"))) {
                accept(lexer, "+-");
                while (accept(lexer, "0123456789_"))
                        ;
        }
        accept(lexer, "i");
        if (is_alphanumeric(peek(lexer, &width))) {
                lexer->pos += width;
                return false;
        }
        return true;
}

static Token lex_number(Lexer *lexer, size_t start)
{
        TokenType type = TOKEN_NUMBER;

        lexer->pos = start;
        if (!scan_number(lexer))
                return fail(lexer, start, "this is no number");
        if (lexer->pos < lexer->len &&
            (lexer->text[lexer->pos] == '+' || lexer->text[lexer->pos] == '-')) {
                if (!scan_number(lexer) || lexer->text[lexer->pos - 1] != 'i')
                        return fail(lexer, start,
                                    "this is no number; there are no operators, "
                                    "write `add 1 2` or `sub 3 1`");
                type = TOKEN_COMPLEX;
        }
        return token(lexer, type, start);
}

/* Blanks; the last one is left where it belongs to a trim marker */
static Token lex_space(Lexer *lexer, size_t start)
{
        bool trim;

        while (lexer->pos < lexer->len && is_space((unsigned char) lexer->text[lexer->pos]))
                lexer->pos++;
        if (at_right(lexer, lexer->pos - 1, &trim) && trim) {
                lexer->pos--;
                if (lexer->pos == start) {
                        skip_right(lexer, true);
                        return token(lexer, TOKEN_RIGHT, start);
                }
        }
        return token(lexer, TOKEN_SPACE, start);
}

static Token lex_symbol(Lexer *lexer, size_t start, gunichar r)
{
        switch (r) {
        case '=':
                return token(lexer, TOKEN_ASSIGN, start);
        case ':':
                if (next(lexer) != '=')
                        return fail(lexer, start, "expected := (a variable gets its first value)");
                return token(lexer, TOKEN_DECLARE, start);
        case '|':
                return token(lexer, TOKEN_PIPE, start);
        case '(':
                lexer->n_open++;
                return token(lexer, TOKEN_OPEN, start);
        case ')':
                if (lexer->n_open == 0)
                        return fail(lexer, start, "there is no ( that this ) closes");
                lexer->n_open--;
                return token(lexer, TOKEN_CLOSE, start);
        default:
                if (r >= ' ' && r < 0x7F)
                        return token(lexer, TOKEN_CHAR, start);
                return fail(lexer, start, "this character has no meaning here");
        }
}

static Token lex_action(Lexer *lexer)
{
        size_t start = lexer->pos;
        bool trim;
        gunichar r;

        if (at_right(lexer, start, &trim)) {
                if (lexer->n_open > 0)
                        return fail(lexer, start, "a ( is not closed: a ) is missing before this");
                skip_right(lexer, trim);
                return token(lexer, TOKEN_RIGHT, start);
        }
        r = next(lexer);
        if (r == END_OF_TEXT) {
                lexer->pos = lexer->len;
                return fail(lexer, lexer->action_start,
                            "the action that begins here is not closed: }} is missing");
        }
        if (is_space(r))
                return lex_space(lexer, start);
        if (r == '"')
                return lex_quoted(lexer, start, '"', TOKEN_STRING);
        if (r == '`')
                return lex_quoted(lexer, start, '`', TOKEN_RAW_STRING);
        if (r == '\'')
                return lex_quoted(lexer, start, '\'', TOKEN_CHARACTER);
        if (r == '$')
                return lex_field(lexer, start, TOKEN_VARIABLE);
        if (r == '.' && lexer->pos < lexer->len && !g_ascii_isdigit(lexer->text[lexer->pos]))
                return lex_field(lexer, start, TOKEN_FIELD);
        if (r == '.' || r == '+' || r == '-' || (r >= '0' && r <= '9'))
                return lex_number(lexer, start);
        if (is_alphanumeric(r))
                return lex_word(lexer, start);
        return lex_symbol(lexer, start, r);
}

Token lexer_next(Lexer *lexer)
{
        if (lexer->failed)
                return (Token){ .type = TOKEN_END, .start = lexer->pos, .end = lexer->pos };
        return lexer->in_action ? lex_action(lexer) : lex_text(lexer);
}
