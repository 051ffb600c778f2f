#include "template/semver.h"

#include <string.h>

#include "template/number.h"
#include "template/regex.h"

#define VERSION                                                                                    \
        "v?([0-9]+)(\\.[0-9]+)?(\\.[0-9]+)?(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?"             \
        "(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?"
/* the library has the | in the classes, so `1|2` is a number to it */
#define WILD_VERSION                                                                               \
        "v?([0-9|x|X|\\*]+)(\\.[0-9|x|X|\\*]+)?(\\.[0-9|x|X|\\*]+)?"                               \
        "(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?"
#define OPERATORS "=||!=|>|<|>=|=>|<=|=<|~|~>|\\^"
#define BLANKS    "[\\t\\n\\f\\r ]"

#define CONSTRAINT_MAX 4096 /* bytes */

typedef struct Constraint {
        char op[3];
        ValueVersion *version;
        bool dirty; /* a part is missing or a wildcard */
        bool minor_dirty;
        bool patch_dirty;
} Constraint;

static bool group_text(const Regex *regex, const char *s, size_t group, const char **ret, size_t *n)
{
        const size_t *at = regex_offsets(regex) + 2 * group;

        *ret = "";
        *n = 0;
        if (at[0] == REGEX_NONE || at[0] == at[1])
                return false;
        *ret = s + at[0];
        *n = at[1] - at[0];
        return true;
}

static bool segment(const Regex *regex, const char *s, size_t group, uint64_t *ret)
{
        const char *digits;
        size_t n;

        *ret = 0;
        if (!group_text(regex, s, group, &digits, &n))
                return true;
        if (*digits == '.') {
                digits++;
                n--;
        }
        return number_parse_uint(digits, n, 10, ret) == NUMBER_OK;
}

/* No part of a prerelease is a number with a leading zero */
static bool prerelease_ok(const char *s)
{
        g_auto(GStrv) parts = g_strsplit(s, ".", -1);

        for (char **part = parts; *part != NULL; part++) {
                size_t n = strlen(*part);

                if (n == 0 || strspn(*part, "0123456789abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != n)
                        return false;
                if (n > 1 && **part == '0' && strspn(*part, "0123456789") == n)
                        return false;
        }
        return true;
}

ValueVersion *semver_parse(Arena *arena, const char *text, size_t len)
{
        g_autoptr(Regex) regex = NULL;
        ValueVersion *version;
        const char *part;
        size_t n;

        if (len > CONSTRAINT_MAX)
                return NULL;
        regex = regex_new_native("\\A" VERSION "\\z");
        if (regex_match(regex, text, len, 0) != REGEX_MATCH)
                return NULL;
        version = arena_new0(arena, ValueVersion, 1);
        version->original = arena_strndup(arena, text, len);
        if (!segment(regex, text, 1, &version->major) ||
            !segment(regex, text, 2, &version->minor) || !segment(regex, text, 3, &version->patch))
                return NULL;
        group_text(regex, text, 5, &part, &n);
        version->prerelease = arena_strndup(arena, part, n);
        group_text(regex, text, 8, &part, &n);
        version->metadata = arena_strndup(arena, part, n);
        if (*version->prerelease != '\0' && !prerelease_ok(version->prerelease))
                return NULL;
        return version;
}

static int compare_part(const char *a, const char *b)
{
        uint64_t x, y;
        bool a_is_number, b_is_number;

        if (strcmp(a, b) == 0)
                return 0;
        if (*a == '\0')
                return *b != '\0' ? -1 : 0;
        if (*b == '\0')
                return 1;
        a_is_number = number_parse_uint(a, strlen(a), 10, &x) == NUMBER_OK;
        b_is_number = number_parse_uint(b, strlen(b), 10, &y) == NUMBER_OK;
        if (a_is_number && b_is_number)
                return x > y ? 1 : -1;
        if (a_is_number != b_is_number)
                return a_is_number ? -1 : 1;
        return strcmp(a, b) > 0 ? 1 : -1;
}

static int compare_prerelease(const char *a, const char *b)
{
        g_auto(GStrv) x = g_strsplit(a, ".", -1);
        g_auto(GStrv) y = g_strsplit(b, ".", -1);
        guint n = g_strv_length(x), m = g_strv_length(y);

        for (guint i = 0; i < MAX(n, m); i++) {
                int d = compare_part(i < n ? x[i] : "", i < m ? y[i] : "");

                if (d != 0)
                        return d;
        }
        return 0;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

int semver_compare(const ValueVersion *a, const ValueVersion *b)
{
        if (a->major != b->major)
                return COMPARE(a->major, b->major);
        if (a->minor != b->minor)
                return COMPARE(a->minor, b->minor);
        if (a->patch != b->patch)
                return COMPARE(a->patch, b->patch);
        if (*a->prerelease == '\0' || *b->prerelease == '\0')
                return (*a->prerelease == '\0') - (*b->prerelease == '\0');
        return compare_prerelease(a->prerelease, b->prerelease);
}

void semver_string(GString *out, const ValueVersion *v)
{
        g_string_append_printf(out,
                               "%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT,
                               v->major, v->minor, v->patch);
        if (*v->prerelease != '\0')
                g_string_append_printf(out, "-%s", v->prerelease);
        if (*v->metadata != '\0')
                g_string_append_printf(out, "+%s", v->metadata);
}

static bool is_wild(const char *s, size_t n)
{
        if (n > 0 && *s == '.') {
                s++;
                n--;
        }
        return n == 0 || (n == 1 && strchr("xX*", *s) != NULL);
}

/* One operator and version; matched by the regex at @s, groups as in the constraint pattern */
static bool parse_constraint(Arena *arena, const char *s, size_t n, Constraint *c)
{
        g_autoptr(Regex) regex = regex_new_native("\\A" BLANKS "*(" OPERATORS ")" BLANKS
                                                  "*(" WILD_VERSION ")" BLANKS "*\\z");
        g_autoptr(GString) text = g_string_new(NULL);
        const char *part[7];
        size_t len[7];

        *c = (Constraint){ 0 };
        if (n == 0) {
                c->version = semver_parse(arena, "0.0.0", 5);
                c->dirty = true;
                return true;
        }
        if (regex_match(regex, s, n, 0) != REGEX_MATCH)
                return false;
        for (size_t i = 1; i < 7; i++)
                group_text(regex, s, i, &part[i], &len[i]);
        memcpy(c->op, part[1], MIN(len[1], 2));
        if (is_wild(part[3], len[3])) {
                g_string_append(text, "0.0.0");
                c->dirty = true;
        } else if (is_wild(part[4], len[4])) {
                g_string_append_len(text, part[3], (gssize) len[3]);
                g_string_append(text, ".0.0");
                c->dirty = c->minor_dirty = true;
        } else if (is_wild(part[5], len[5])) {
                g_string_append_len(text, part[3], (gssize) len[3]);
                g_string_append_len(text, part[4], (gssize) len[4]);
                g_string_append(text, ".0");
                c->dirty = c->patch_dirty = true;
        } else {
                g_string_append_len(text, part[2], (gssize) len[2]);
        }
        if (c->dirty)
                g_string_append_len(text, part[6], (gssize) len[6]);
        c->version = semver_parse(arena, text->str, text->len);
        return c->version != NULL;
}

static bool check_not_equal(const Constraint *c, const ValueVersion *v)
{
        const ValueVersion *con = c->version;

        if (c->dirty) {
                if (con->major != v->major)
                        return true;
                if (con->minor != v->minor && !c->minor_dirty)
                        return true;
                if (c->minor_dirty)
                        return false;
                if (con->patch != v->patch && !c->patch_dirty)
                        return true;
                if (c->patch_dirty)
                        return (*v->prerelease != '\0' || *con->prerelease != '\0') &&
                               compare_prerelease(v->prerelease, con->prerelease) != 0;
        }
        return semver_compare(v, con) != 0;
}

static bool check_greater(const Constraint *c, const ValueVersion *v)
{
        const ValueVersion *con = c->version;

        if (!c->dirty)
                return semver_compare(v, con) > 0;
        if (v->major != con->major)
                return v->major > con->major;
        if (c->minor_dirty)
                return false;
        if (c->patch_dirty)
                return v->minor > con->minor;
        return semver_compare(v, con) > 0;
}

static bool check_less_or_equal(const Constraint *c, const ValueVersion *v)
{
        const ValueVersion *con = c->version;

        if (!c->dirty)
                return semver_compare(v, con) <= 0;
        if (v->major > con->major)
                return false;
        return !(v->major == con->major && v->minor > con->minor && !c->minor_dirty);
}

static bool check_tilde(const Constraint *c, const ValueVersion *v)
{
        const ValueVersion *con = c->version;

        if (semver_compare(v, con) < 0)
                return false;
        if (con->major == 0 && con->minor == 0 && con->patch == 0 && !c->minor_dirty &&
            !c->patch_dirty)
                return true;
        return v->major == con->major && (v->minor == con->minor || c->minor_dirty);
}

static bool check_caret(const Constraint *c, const ValueVersion *v)
{
        const ValueVersion *con = c->version;

        if (semver_compare(v, con) < 0)
                return false;
        if (con->major > 0 || c->minor_dirty)
                return v->major == con->major;
        if (v->major > 0)
                return false;
        if (con->minor > 0 || c->patch_dirty)
                return v->minor == con->minor;
        return v->minor == 0 && con->patch == v->patch;
}

static bool check(const Constraint *c, const ValueVersion *v, bool include_prerelease)
{
        if (*v->prerelease != '\0' && !include_prerelease)
                return false;
        if (strcmp(c->op, "!=") == 0)
                return check_not_equal(c, v);
        if (strcmp(c->op, ">") == 0)
                return check_greater(c, v);
        if (strcmp(c->op, "<") == 0)
                return semver_compare(v, c->version) < 0;
        if (strcmp(c->op, ">=") == 0 || strcmp(c->op, "=>") == 0)
                return semver_compare(v, c->version) >= 0;
        if (strcmp(c->op, "<=") == 0 || strcmp(c->op, "=<") == 0)
                return check_less_or_equal(c, v);
        if (*c->op == '~')
                return check_tilde(c, v);
        if (*c->op == '^')
                return check_caret(c, v);
        return c->dirty ? check_tilde(c, v) : semver_compare(v, c->version) == 0;
}

/* "1.2 - 1.4" becomes ">= 1.2, <= 1.4 " */
static GString *rewrite_ranges(const char *s, size_t n)
{
        g_autoptr(Regex) regex = regex_new_native(BLANKS "*(" WILD_VERSION ")" BLANKS "+-" BLANKS
                                                         "+(" WILD_VERSION ")" BLANKS "*");
        GString *out = g_string_new(NULL);
        size_t at = 0;

        while (at <= n && regex_match(regex, s, n, at) == REGEX_MATCH) {
                const size_t *m = regex_offsets(regex);

                g_string_append_len(out, s + at, (gssize) (m[0] - at));
                g_string_append_printf(out, ">= %.*s, <= %.*s ", (int) (m[3] - m[2]), s + m[2],
                                       (int) (m[23] - m[22]), s + m[22]);
                at = m[1];
        }
        g_string_append_len(out, s + at, (gssize) (n - at));
        return out;
}

static void add_constraint(Arena *arena, GArray *list, const char *s, size_t n, bool *ok,
                           bool *has_prerelease)
{
        Constraint c;

        if (!parse_constraint(arena, s, n, &c)) {
                *ok = false;
                return;
        }
        *has_prerelease |= *c.version->prerelease != '\0';
        g_array_append_val(list, c);
}

/* The parts of one alternative, all of which must hold */
static SemverCheck check_alternative(Arena *arena, const char *s, const ValueVersion *version)
{
        g_autoptr(Regex) valid = regex_new_native(
                "\\A(" BLANKS "*(" OPERATORS ")" BLANKS "*(" WILD_VERSION ")" BLANKS "*)((?:" BLANKS
                "+|," BLANKS "*)(" OPERATORS ")" BLANKS "*(" WILD_VERSION ")" BLANKS "*)*\\z");
        g_autoptr(Regex) each = regex_new_native("(" OPERATORS ")" BLANKS "*(" WILD_VERSION ")");
        g_autoptr(GArray) list = g_array_new(false, false, sizeof(Constraint));
        bool ok = true, has_prerelease = false;
        size_t n = strlen(s), at = 0;

        if (regex_match(valid, s, n, 0) != REGEX_MATCH)
                return SEMVER_BAD_CONSTRAINT;
        while (at <= n && regex_match(each, s, n, at) == REGEX_MATCH) {
                const size_t *m = regex_offsets(each);

                add_constraint(arena, list, s + m[0], m[1] - m[0], &ok, &has_prerelease);
                at = m[1];
        }
        if (!ok)
                return SEMVER_BAD_CONSTRAINT;
        for (guint i = 0; i < list->len; i++)
                if (!check(&g_array_index(list, Constraint, i), version, has_prerelease))
                        return SEMVER_NO;
        return SEMVER_YES;
}

SemverCheck semver_check(Arena *arena, const char *constraint, size_t len,
                         const ValueVersion *version)
{
        g_autoptr(GString) text = NULL;
        g_auto(GStrv) alternatives = NULL;
        SemverCheck result = SEMVER_NO;

        if (len > CONSTRAINT_MAX || memchr(constraint, '\0', len) != NULL)
                return SEMVER_BAD_CONSTRAINT;
        text = rewrite_ranges(constraint, len);
        alternatives = g_strsplit(text->str, "||", -1);
        if (alternatives[0] == NULL)
                return SEMVER_BAD_CONSTRAINT;
        for (char **s = alternatives; *s != NULL; s++) {
                SemverCheck one = check_alternative(arena, *s, version);

                if (one == SEMVER_BAD_CONSTRAINT)
                        return one;
                if (one == SEMVER_YES)
                        result = SEMVER_YES;
        }
        return result;
}
