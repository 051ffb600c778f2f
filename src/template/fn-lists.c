/*
 * Sprig's functions on lists
 */

#include <math.h>
#include <stdlib.h>

#include "template/cast.h"
#include "template/render.h"
#include "template/tables.h"

static bool need_list(TemplateCall *call, Value v)
{
        if (value_kind(v) == KIND_SLICE)
                return template_call_charge(call, value_list_size(v)) &&
                       template_call_reserve(call, value_list_size(v) * sizeof(Value));
        return template_call_fail(call, "a list is needed, but this is %s",
                                  value_type_in_words((ValueType) v.type));
}

/* A new list of anything from part of another */
static Value sublist(TemplateCall *call, Value list, size_t from, size_t to)
{
        Value out = value_list_new(call->arena, VALUE_LIST, to - from);

        for (size_t i = from; i < to; i++)
                value_list_add(call->arena, out.list, list.list->items[i]);
        return out;
}

static bool fn_list(TemplateCall *call, Value *ret)
{
        *ret = value_list_new(call->arena, VALUE_LIST, call->n_args);
        for (size_t i = 0; i < call->n_args; i++)
                value_list_add(call->arena, ret->list, ARG(i));
        return true;
}

static bool fn_append(TemplateCall *call, Value *ret)
{
        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, value_list_size(ARG(0)) + 1);
        for (size_t i = 0; i < value_list_size(ARG(0)); i++)
                value_list_add(call->arena, ret->list, ARG(0).list->items[i]);
        value_list_add(call->arena, ret->list, ARG(1));
        return true;
}

static bool fn_prepend(TemplateCall *call, Value *ret)
{
        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, value_list_size(ARG(0)) + 1);
        value_list_add(call->arena, ret->list, ARG(1));
        for (size_t i = 0; i < value_list_size(ARG(0)); i++)
                value_list_add(call->arena, ret->list, ARG(0).list->items[i]);
        return true;
}

static bool fn_concat(TemplateCall *call, Value *ret)
{
        *ret = (Value){ .type = VALUE_LIST };
        for (size_t i = 0; i < call->n_args; i++) {
                if (!need_list(call, ARG(i)))
                        return false;
                if (ret->list == NULL && value_list_size(ARG(i)) > 0)
                        *ret = value_list_new(call->arena, VALUE_LIST, value_list_size(ARG(i)));
                for (size_t j = 0; j < value_list_size(ARG(i)); j++)
                        value_list_add(call->arena, ret->list, ARG(i).list->items[j]);
        }
        return template_call_reserve(call, 0);
}

static bool fn_first(TemplateCall *call, Value *ret)
{
        *ret = value_nil();
        if (!need_list(call, ARG(0)))
                return false;
        if (value_list_size(ARG(0)) > 0)
                *ret = ARG(0).list->items[0];
        return true;
}

static bool fn_last(TemplateCall *call, Value *ret)
{
        *ret = value_nil();
        if (!need_list(call, ARG(0)))
                return false;
        if (value_list_size(ARG(0)) > 0)
                *ret = ARG(0).list->items[value_list_size(ARG(0)) - 1];
        return true;
}

/* Of an empty list they give a nil list, which is null in JSON */
static bool fn_rest(TemplateCall *call, Value *ret)
{
        *ret = (Value){ .type = VALUE_LIST };
        if (!need_list(call, ARG(0)))
                return false;
        if (value_list_size(ARG(0)) > 0)
                *ret = sublist(call, ARG(0), 1, value_list_size(ARG(0)));
        return true;
}

static bool fn_initial(TemplateCall *call, Value *ret)
{
        *ret = (Value){ .type = VALUE_LIST };
        if (!need_list(call, ARG(0)))
                return false;
        if (value_list_size(ARG(0)) > 0)
                *ret = sublist(call, ARG(0), 0, value_list_size(ARG(0)) - 1);
        return true;
}

static bool fn_reverse(TemplateCall *call, Value *ret)
{
        size_t n = value_list_size(ARG(0));

        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, n);
        for (size_t i = n; i > 0; i--)
                value_list_add(call->arena, ret->list, ARG(0).list->items[i - 1]);
        return true;
}

static bool fn_compact(TemplateCall *call, Value *ret)
{
        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, 4);
        for (size_t i = 0; i < value_list_size(ARG(0)); i++)
                if (!cast_is_empty(ARG(0).list->items[i]))
                        value_list_add(call->arena, ret->list, ARG(0).list->items[i]);
        return true;
}

/* Whether one of the values is deeply equal; counts the comparisons as steps */
static bool is_among(TemplateCall *call, Value needle, const Value *items, size_t n, bool *ret)
{
        int64_t budget = (int64_t) call->render->steps;
        int64_t before = budget;

        *ret = false;
        for (size_t i = 0; i < n && !*ret && budget >= 0; i++)
                *ret = value_deep_equal(needle, items[i], &budget);
        return template_call_charge(call, (size_t) (before - budget));
}

static bool fn_uniq(TemplateCall *call, Value *ret)
{
        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, 4);
        for (size_t i = 0; i < value_list_size(ARG(0)); i++) {
                Value item = ARG(0).list->items[i];
                bool found;

                if (!is_among(call, item, ret->list->items, ret->list->n, &found))
                        return false;
                if (!found)
                        value_list_add(call->arena, ret->list, item);
        }
        return true;
}

static bool fn_without(TemplateCall *call, Value *ret)
{
        if (!need_list(call, ARG(0)))
                return false;
        *ret = value_list_new(call->arena, VALUE_LIST, 4);
        for (size_t i = 0; i < value_list_size(ARG(0)); i++) {
                Value item = ARG(0).list->items[i];
                bool found;

                if (!is_among(call, item, call->args + 1, call->n_args - 1, &found))
                        return false;
                if (!found)
                        value_list_add(call->arena, ret->list, item);
        }
        return true;
}

static bool fn_has(TemplateCall *call, Value *ret)
{
        bool found = false;

        *ret = value_bool(false);
        if (is_nothing(ARG(1)))
                return true;
        if (!need_list(call, ARG(1)))
                return false;
        if (value_list_size(ARG(1)) > 0 &&
            !is_among(call, ARG(0), ARG(1).list->items, ARG(1).list->n, &found))
                return false;
        *ret = value_bool(found);
        return true;
}

/* Shares the elements with the list, and may take back what another slice has cut off, as Go does */
static bool fn_slice(TemplateCall *call, Value *ret)
{
        int64_t n, start = 0, end, reach;

        *ret = value_nil();
        if (!need_list(call, ARG(0)))
                return false;
        end = n = (int64_t) value_list_size(ARG(0));
        if (n == 0)
                return true;
        if (call->n_args > 1)
                start = cast_int(ARG(1));
        if (call->n_args > 2)
                end = cast_int(ARG(2));
        reach = (int64_t) MAX(ARG(0).list->n, ARG(0).list->reach);
        if (start < 0 || end < start || end > reach)
                return template_call_fail(call,
                                          "%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                                          " is no part of a list of %" G_GINT64_FORMAT,
                                          start, end, reach);
        *ret = ARG(0);
        ret->list = arena_new0(call->arena, ValueList, 1);
        ret->list->items = ARG(0).list->items + start;
        ret->list->n = ret->list->capacity = (size_t) (end - start);
        ret->list->reach = (size_t) (reach - start);
        return true;
}

static bool fn_chunk(TemplateCall *call, Value *ret)
{
        int64_t n = (int64_t) value_list_size(ARG(1)), size = ARG_I(0), n_chunks;
        double count;

        if (!need_list(call, ARG(1)))
                return false;
        count = floor((double) (n - 1) / (double) size) + 1;
        if (!(count >= 0 && count < 1e9))
                return template_call_fail(
                        call, "a list cannot be cut in parts of %" G_GINT64_FORMAT, size);
        n_chunks = (int64_t) count;
        *ret = value_list_new(call->arena, VALUE_LISTS, (size_t) n_chunks);
        for (int64_t i = 0; i < n_chunks; i++) {
                int64_t length = size;

                if (i == n_chunks - 1) {
                        length = (int64_t) floor(fmod((double) n, (double) size));
                        if (length == 0)
                                length = size;
                }
                if (length < 0 || i * size < 0 || i * size + length > n)
                        return template_call_fail(
                                call, "a list cannot be cut in parts of %" G_GINT64_FORMAT, size);
                value_list_add(
                        call->arena, ret->list,
                        sublist(call, ARG(1), (size_t) (i * size), (size_t) (i * size + length)));
        }
        return template_call_reserve(call, 0);
}

static int compare_strings(const void *a, const void *b)
{
        const Value *x = a, *y = b;
        int d = memcmp(x->s, y->s, MIN(x->len, y->len));

        return d != 0 ? d : (x->len > y->len) - (x->len < y->len);
}

/* A list of texts is sorted where it is, as in Sprig */
static bool fn_sort_alpha(TemplateCall *call, Value *ret)
{
        size_t n = value_list_size(ARG(0));

        if (!cast_strings(call, ARG(0), ret) || !template_call_charge(call, n * 4))
                return false;
        if (value_kind(ARG(0)) != KIND_SLICE && ret->list->n == 0) /* nil, for once a text */
                value_list_add(call->arena, ret->list, call_strval(call, ARG(0)));
        if (ret->list != NULL && ret->list->n > 1)
                qsort(ret->list->items, ret->list->n, sizeof(Value), compare_strings);
        return true;
}

#define GROUP "lists"

const TemplateFunction template_list_functions[] = {
        { "list", "a*", "L", fn_list, 0, GROUP, "A list of its arguments", "list 1 \"a\"",
          "[1 a]" },
        { "tuple", "a*", "L", fn_list, 0, GROUP, "Another name of list", NULL, NULL },
        { "append", "aa", "L", fn_append, 0, GROUP, "A list with one more at its end",
          "append (list 1) 2", "[1 2]" },
        { "push", "aa", "L", fn_append, 0, GROUP, "Another name of append", NULL, NULL },
        { "mustAppend", "aa", "L", fn_append, 0, GROUP, "Another name of append", NULL, NULL },
        { "mustPush", "aa", "L", fn_append, 0, GROUP, "Another name of append", NULL, NULL },
        { "prepend", "aa", "L", fn_prepend, 0, GROUP, "A list with one more before it",
          "prepend (list 1) 2", "[2 1]" },
        { "mustPrepend", "aa", "L", fn_prepend, 0, GROUP, "Another name of prepend", NULL, NULL },
        { "concat", "a*", "a", fn_concat, 0, GROUP, "One list of several",
          "concat (list 1) (list 2)", "[1 2]" },
        { "first", "a", "a", fn_first, 0, GROUP, "The first element; nil of an empty list",
          "first (list 1 2)", "1" },
        { "mustFirst", "a", "a", fn_first, 0, GROUP, "Another name of first", NULL, NULL },
        { "last", "a", "a", fn_last, 0, GROUP, "The last element", "last (list 1 2)", "2" },
        { "mustLast", "a", "a", fn_last, 0, GROUP, "Another name of last", NULL, NULL },
        { "rest", "a", "L", fn_rest, 0, GROUP, "All but the first", "rest (list 1 2 3)", "[2 3]" },
        { "mustRest", "a", "L", fn_rest, 0, GROUP, "Another name of rest", NULL, NULL },
        { "initial", "a", "L", fn_initial, 0, GROUP, "All but the last", "initial (list 1 2 3)",
          "[1 2]" },
        { "mustInitial", "a", "L", fn_initial, 0, GROUP, "Another name of initial", NULL, NULL },
        { "reverse", "a", "L", fn_reverse, 0, GROUP, "The other way round", "reverse (list 1 2)",
          "[2 1]" },
        { "mustReverse", "a", "L", fn_reverse, 0, GROUP, "Another name of reverse", NULL, NULL },
        { "compact", "a", "L", fn_compact, 0, GROUP, "Without what is empty",
          "compact (list 1 \"\" 0 2)", "[1 2]" },
        { "mustCompact", "a", "L", fn_compact, 0, GROUP, "Another name of compact", NULL, NULL },
        { "uniq", "a", "L", fn_uniq, 0, GROUP, "Each value once; types count", "uniq (list 1 1 2)",
          "[1 2]" },
        { "mustUniq", "a", "L", fn_uniq, 0, GROUP, "Another name of uniq", NULL, NULL },
        { "without", "aa*", "L", fn_without, 0, GROUP, "A list without certain values",
          "without (list 1 2 3) 2", "[1 3]" },
        { "mustWithout", "aa*", "L", fn_without, 0, GROUP, "Another name of without", NULL, NULL },
        { "has", "aa", "b", fn_has, 0, GROUP, "Whether a value is in a list", "has 2 (list 1 2)",
          "true" },
        { "mustHas", "aa", "b", fn_has, 0, GROUP, "Another name of has", NULL, NULL },
        { "slice", "aa*", "a", fn_slice, 0, GROUP, "Part of a list; indexes may be texts",
          "slice (list 1 2 3) 1 2", "[2]" },
        { "mustSlice", "aa*", "a", fn_slice, 0, GROUP, "Another name of slice", NULL, NULL },
        { "chunk", "ia", "a", fn_chunk, 0, GROUP, "Lists of at most so many elements",
          "chunk 2 (list 1 2 3)", "[[1 2] [3]]" },
        { "mustChunk", "ia", "a", fn_chunk, 0, GROUP, "Another name of chunk", NULL, NULL },
        { "sortAlpha", "a", "S", fn_sort_alpha, 0, GROUP, "Sorted as texts",
          "sortAlpha (list \"b\" \"a\")", "[a b]" },
        { NULL },
};
