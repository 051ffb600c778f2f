#include "template/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "template/re2.h"
#include "template/template.h"

struct Regex {
        pcre2_code *code;
        pcre2_match_data *match;
        pcre2_match_context *context;
        GPtrArray *names; /* of the groups, from 1 on; NULL where it has none */
        uint32_t n_groups;
        uint32_t options;
};

static Regex *compile(const char *pattern, size_t len, uint32_t options, char **ret_error)
{
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        int code;
        PCRE2_SIZE offset;
        Regex *regex = g_new0(Regex, 1);

        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        pcre2_set_parens_nest_limit(context, 1000);
        regex->code = pcre2_compile((PCRE2_SPTR) pattern, len, options, &code, &offset, context);
        pcre2_compile_context_free(context);
        if (regex->code == NULL) {
                PCRE2_UCHAR message[200];

                pcre2_get_error_message(code, message, sizeof message);
                if (ret_error != NULL)
                        *ret_error = g_strdup((const char *) message);
                regex_free(regex);
                return NULL;
        }
        pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->n_groups);
        regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
        regex->context = pcre2_match_context_create(NULL);
        regex_set_limit(regex, TEMPLATE_REGEX_STEPS_MAX);
        return regex;
}

Regex *regex_new(const char *pattern, size_t len, char **ret_error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *translated = NULL;
        size_t translated_len;
        Regex *regex;

        *ret_error = NULL;
        if (len > REGEX_PATTERN_MAX) {
                *ret_error = g_strdup_printf("it is longer than %d bytes", REGEX_PATTERN_MAX);
                return NULL;
        }
        translated = re2_translate(pattern, len, names, &translated_len, ret_error);
        if (translated == NULL)
                return NULL;
        regex = compile(translated, translated_len,
                        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
                                PCRE2_NEVER_BACKSLASH_C,
                        ret_error);
        if (regex != NULL)
                regex->names = g_steal_pointer(&names);
        return regex;
}

Regex *regex_new_native(const char *pattern)
{
        g_autofree char *error = NULL;
        Regex *regex = compile(pattern, strlen(pattern), 0, &error);

        if (regex == NULL)
                g_error("a pattern of ours: %s: %s", pattern, error);
        return regex;
}

void regex_free(Regex *regex)
{
        if (regex == NULL)
                return;
        pcre2_code_free(regex->code);
        pcre2_match_data_free(regex->match);
        pcre2_match_context_free(regex->context);
        g_clear_pointer(&regex->names, g_ptr_array_unref);
        g_free(regex);
}

void regex_set_limit(Regex *regex, size_t steps)
{
        pcre2_set_match_limit(regex->context, (uint32_t) MIN(steps, UINT32_MAX));
        pcre2_set_depth_limit(regex->context, TEMPLATE_REGEX_DEPTH_MAX);
        pcre2_set_heap_limit(regex->context, 20000); /* KiB */
}

size_t regex_n_groups(const Regex *regex)
{
        return regex->n_groups;
}

size_t regex_group(const Regex *regex, const char *name, size_t len)
{
        for (guint i = 0; regex->names != NULL && i < regex->names->len; i++) {
                const char *other = g_ptr_array_index(regex->names, i);

                if (other != NULL && strlen(other) == len && memcmp(other, name, len) == 0 &&
                    regex_offsets(regex)[2 * (i + 1)] != REGEX_NONE)
                        return i + 1;
        }
        return 0;
}

RegexResult regex_match(Regex *regex, const char *s, size_t n, size_t start)
{
        int rc = pcre2_match(regex->code, (PCRE2_SPTR) s, n, start, 0, regex->match,
                             regex->context);

        if (rc > 0)
                return REGEX_MATCH;
        return rc == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_LIMIT;
}

const size_t *regex_offsets(const Regex *regex)
{
        return pcre2_get_ovector_pointer(regex->match);
}
