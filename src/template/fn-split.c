/*
 * Sprig's functions that split a text at a separator, and that join one
 */

#include "template/cast.h"
#include "template/rune.h"
#include "template/tables.h"

/* Go's strings.SplitN into a list of texts; n < 0: all */
static bool split_list(TemplateCall *call, Value s, Value sep, int64_t n, Value *ret)
{
        size_t at = 0, width;
        const char *p;

        *ret = (Value){ .type = VALUE_STRINGS };
        if (n == 0)
                return true;
        *ret = value_list_new(call->arena, VALUE_STRINGS, 4);
        if (sep.len == 0) {
                if (!template_call_reserve(call, (size_t) s.len * sizeof(Value)))
                        return false;
                for (; at < s.len && (n < 0 || (int64_t) ret->list->n < n - 1); at += width) {
                        rune_decode(s.s + at, s.len - at, &width);
                        value_list_add(call->arena, ret->list, value_string_n(s.s + at, width));
                }
                if (at < s.len)
                        value_list_add(call->arena, ret->list,
                                       value_string_n(s.s + at, s.len - at));
                return true;
        }
        while ((n < 0 || (int64_t) ret->list->n < n - 1) && (p = call_find(s, at, sep)) != NULL) {
                value_list_add(call->arena, ret->list,
                               value_string_n(s.s + at, (size_t) (p - s.s) - at));
                at = (size_t) (p - s.s) + sep.len;
        }
        value_list_add(call->arena, ret->list, value_string_n(s.s + at, s.len - at));
        return template_call_reserve(call, 0);
}

static bool fn_split_list(TemplateCall *call, Value *ret)
{
        return split_list(call, ARG(1), ARG(0), -1, ret);
}

/* The application's Split has the text first */
static bool fn_split_text(TemplateCall *call, Value *ret)
{
        return split_list(call, ARG(0), ARG(1), -1, ret);
}

static bool split_map(TemplateCall *call, Value s, Value sep, int64_t n, Value *ret)
{
        Value list;

        if (!split_list(call, s, sep, n, &list))
                return false;
        *ret = value_map_new(call->arena, VALUE_STRING_MAP);
        for (size_t i = 0; i < value_list_size(list); i++)
                value_map_set(call->arena, ret->map,
                              value_string(arena_printf(call->arena, "_%zu", i)),
                              list.list->items[i]);
        return template_call_reserve(call, 0);
}

static bool fn_split(TemplateCall *call, Value *ret)
{
        return split_map(call, ARG(1), ARG(0), -1, ret);
}

static bool fn_splitn(TemplateCall *call, Value *ret)
{
        return split_map(call, ARG(2), ARG(0), ARG_I(1), ret);
}

static bool fn_join(TemplateCall *call, Value *ret)
{
        GString *text;
        Value list;

        if (!cast_strings(call, ARG(1), &list))
                return false;
        text = g_string_new(NULL);
        for (size_t i = 0; i < value_list_size(list); i++) {
                if (i > 0)
                        g_string_append_len(text, ARG_S(0), ARG(0).len);
                g_string_append_len(text, list.list->items[i].s, list.list->items[i].len);
                if (!template_call_reserve(call, text->len)) {
                        g_string_free(text, true);
                        return false;
                }
        }
        return call_give(call, text, ret);
}

static bool fn_to_strings(TemplateCall *call, Value *ret)
{
        return cast_strings(call, ARG(0), ret);
}

#define GROUP "text"

const TemplateFunction template_split_functions[] = {
        { "join", "sa", "s", fn_join, 0, GROUP, "A list as one text", "join \"-\" (list 1 2)",
          "1-2" },
        { "split", "ss", "N", fn_split, 0, GROUP, "Parts as a dictionary _0, _1, ...",
          "(split \"/\" \"a/b\")._1", "b" },
        { "splitn", "sis", "N", fn_splitn, 0, GROUP, "The same with at most so many parts",
          "(splitn \"/\" 2 \"a/b/c\")._1", "b/c" },
        { "splitList", "ss", "S", fn_split_list, 0, GROUP, "Parts as a list",
          "splitList \",\" \"a,b\"", "[a b]" },
        { "Split", "ss", "S", fn_split_text, 0, GROUP, "Parts as a list; the text comes first",
          "Split \"a,b\" \",\"", "[a b]" },
        { "toStrings", "a", "S", fn_to_strings, 0, GROUP, "A list as list of texts",
          "toStrings (list 1 2) | join \"-\"", "1-2" },
        { NULL },
};
