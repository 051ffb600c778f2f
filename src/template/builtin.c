/*
 * Go's own functions, which are always there
 */

#include "template/call.h"
#include "template/escape.h"
#include "template/fmt.h"
#include "template/render.h"

/* Never called: eval.c evaluates their arguments one by one */
bool builtin_and(TemplateCall *call, Value *ret)
{
        *ret = value_missing();
        return true;
}

bool builtin_or(TemplateCall *call, Value *ret)
{
        return builtin_and(call, ret);
}

static bool builtin_not(TemplateCall *call, Value *ret)
{
        *ret = value_bool(!value_truth(ARG(0)));
        return true;
}

static bool builtin_len(TemplateCall *call, Value *ret)
{
        Value v = ARG(0);

        switch ((int) value_kind(v)) {
        case KIND_STRING:
                *ret = value_int(v.len);
                return true;
        case KIND_SLICE:
                *ret = value_int((int64_t) value_list_size(v));
                return true;
        case KIND_MAP:
                *ret = value_int((int64_t) value_map_size(v.map));
                return true;
        default:
                return template_call_fail(call, "%s has no length",
                                          value_type_in_words((ValueType) v.type));
        }
}

static bool index_arg(TemplateCall *call, Value index, size_t max, size_t *ret)
{
        int64_t i = index.i;

        if (!value_is_signed(index) && !value_is_unsigned(index))
                return template_call_fail(call,
                                          "an index into a list or text is a whole number, "
                                          "not %s",
                                          value_type_in_words((ValueType) index.type));
        if (i < 0 || (uint64_t) i > max)
                return template_call_fail(call,
                                          "the index %" G_GINT64_FORMAT
                                          " is out of range: there are %zu elements",
                                          i, max);
        *ret = (size_t) i;
        return true;
}

static bool index_once(TemplateCall *call, Value item, Value index, Value *ret)
{
        size_t size, i = 0;

        if (value_kind(item) == KIND_MAP) {
                if (index.type != VALUE_STRING)
                        return template_call_fail(call,
                                                  "the keys of a dictionary are texts, this "
                                                  "is %s",
                                                  value_type_in_words((ValueType) index.type));
                if (!value_map_get(item.map, index.s, index.len, ret))
                        *ret = item.type == VALUE_MAP ? value_nil() : value_string("");
                return true;
        }
        if (value_kind(item) != KIND_SLICE && item.type != VALUE_STRING)
                return template_call_fail(call, "%s cannot be indexed",
                                          value_type_in_words((ValueType) item.type));
        size = item.type == VALUE_STRING ? item.len : value_list_size(item);
        if (!index_arg(call, index, size, &i))
                return false;
        if (i == size)
                return template_call_fail(call,
                                          "the index %zu is out of range: there are %zu "
                                          "elements, counted from 0",
                                          i, size);
        *ret = item.type == VALUE_STRING
                       ? (Value){ .type = VALUE_UINT8, .u = (unsigned char) item.s[i] }
                       : item.list->items[i];
        return true;
}

static bool builtin_index(TemplateCall *call, Value *ret)
{
        Value item = ARG(0);

        if (item.type == VALUE_MISSING || item.type == VALUE_NIL)
                return template_call_fail(call, "there is nothing to index");
        for (size_t i = 1; i < call->n_args; i++) {
                if (item.type == VALUE_NIL)
                        return template_call_fail(call, "there is nothing to index");
                if (!index_once(call, item, ARG(i), &item))
                        return false;
        }
        *ret = item;
        return true;
}

static bool builtin_slice(TemplateCall *call, Value *ret)
{
        Value item = ARG(0);
        bool is_string = item.type == VALUE_STRING;
        size_t at[3] = { 0 }, capacity;

        if (!is_string && value_kind(item) != KIND_SLICE)
                return template_call_fail(call, "only a list or text can be sliced, not %s",
                                          value_type_in_words((ValueType) item.type));
        if (call->n_args > 4 || (is_string && call->n_args > 3))
                return template_call_fail(call, "too many indexes");
        at[1] = is_string ? item.len : value_list_size(item);
        capacity = is_string ? item.len : at[1];
        for (size_t i = 1; i < call->n_args; i++)
                if (!index_arg(call, ARG(i), capacity, &at[i - 1]))
                        return false;
        if (at[0] > at[1] || (call->n_args == 4 && at[1] > at[2]))
                return template_call_fail(call, "the first index lies behind the last");
        *ret = item;
        if (is_string) {
                ret->s += at[0];
                ret->len = (uint32_t) (at[1] - at[0]);
        } else if (item.list != NULL) {
                ret->list = arena_new0(call->arena, ValueList, 1);
                ret->list->items = item.list->items + at[0];
                ret->list->n = ret->list->capacity = at[1] - at[0];
        }
        return true;
}

static bool builtin_call(TemplateCall *call, Value *ret)
{
        *ret = value_missing();
        return template_call_fail(call, "its first argument must be a function that a value holds, "
                                        "and no value here does; write the function's name alone");
}

static bool builtin_print(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = call_print(call, text, 0, false);

        *ret = call_take(call, text);
        return ok;
}

static bool builtin_println(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = fmt_println(text, call_output_max(call), call->args, call->n_args) ||
                  call_too_large(call);

        *ret = call_take(call, text);
        return ok;
}

static bool builtin_printf(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = fmt_printf(text, call_output_max(call), ARG_S(0), ARG_LEN(0), call->args + 1,
                             call->n_args - 1) ||
                  call_too_large(call);

        *ret = call_take(call, text);
        return ok;
}

static bool escaped(TemplateCall *call, void (*escape)(GString *, const char *, size_t), Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);
        GString *out;

        if (!call_print(call, text, 0, true) || !template_call_reserve(call, text->len * 6))
                return false;
        out = g_string_new(NULL);
        escape(out, text->str, text->len);
        *ret = call_take(call, out);
        return true;
}

static bool builtin_html(TemplateCall *call, Value *ret)
{
        return escaped(call, escape_html, ret);
}

static bool builtin_js(TemplateCall *call, Value *ret)
{
        return escaped(call, escape_js, ret);
}

static bool builtin_urlquery(TemplateCall *call, Value *ret)
{
        return escaped(call, escape_query, ret);
}

typedef enum BasicKind {
        BASIC_NONE,
        BASIC_BOOL,
        BASIC_COMPLEX,
        BASIC_INT,
        BASIC_FLOAT,
        BASIC_STRING,
        BASIC_UINT,
} BasicKind;

static BasicKind basic_kind(Value v)
{
        if (value_is_signed(v))
                return BASIC_INT;
        if (value_is_unsigned(v))
                return BASIC_UINT;
        switch ((int) value_kind(v)) {
        case KIND_BOOL:
                return BASIC_BOOL;
        case KIND_COMPLEX128:
                return BASIC_COMPLEX;
        case KIND_FLOAT64:
                return BASIC_FLOAT;
        case KIND_STRING:
                return BASIC_STRING;
        default:
                return BASIC_NONE;
        }
}

static Value unwrapped(Value v)
{
        return v.type == VALUE_NIL ? value_missing() : v;
}

static bool is_nil(Value v)
{
        return v.type == VALUE_MISSING ||
               ((value_kind(v) == KIND_SLICE || value_kind(v) == KIND_MAP ||
                 value_kind(v) == KIND_PTR) &&
                v.s == NULL);
}

static bool incomparable(TemplateCall *call, Value a, Value b)
{
        return template_call_fail(call, "%s cannot be compared with %s",
                                  value_type_in_words((ValueType) a.type),
                                  value_type_in_words((ValueType) b.type));
}

static int compare_strings(Value a, Value b)
{
        int d = memcmp(a.s, b.s, MIN(a.len, b.len));

        return d != 0 ? d : (a.len > b.len) - (a.len < b.len);
}

static bool equal_structs(Value a, Value b)
{
        int64_t budget = 100;

        if (value_kind(a) == KIND_PTR)
                return a.s == b.s && (a.type != VALUE_LOCATION || a.offset_s == b.offset_s);
        return value_deep_equal(a, b, &budget);
}

/* Both are of no basic kind */
static bool equal_others(TemplateCall *call, Value a, Value b, bool *ret)
{
        if (value_kind(a) != value_kind(b) && a.type != VALUE_MISSING && b.type != VALUE_MISSING)
                return incomparable(call, a, b);
        if (is_nil(a) || is_nil(b)) {
                *ret = is_nil(a) == is_nil(b);
                return true;
        }
        if (value_kind(b) == KIND_SLICE || value_kind(b) == KIND_MAP)
                return template_call_fail(call, "lists and dictionaries can only be compared with "
                                                "nil; deepEqual compares what is in them");
        *ret = a.type == b.type && equal_structs(a, b);
        return true;
}

static bool equal(TemplateCall *call, Value a, Value b, bool *ret)
{
        BasicKind x = basic_kind(a), y = basic_kind(b);

        *ret = false;
        if (x == BASIC_INT && y == BASIC_UINT) {
                *ret = a.i >= 0 && a.u == b.u;
                return true;
        }
        if (x == BASIC_UINT && y == BASIC_INT) {
                *ret = b.i >= 0 && a.u == b.u;
                return true;
        }
        if (x != y)
                return a.type == VALUE_MISSING || b.type == VALUE_MISSING ||
                       incomparable(call, a, b);
        switch (x) {
        case BASIC_NONE:
                return equal_others(call, a, b, ret);
        case BASIC_BOOL:
                *ret = a.b == b.b;
                return true;
        case BASIC_COMPLEX:
                *ret = a.c[0] == b.c[0] && a.c[1] == b.c[1];
                return true;
        case BASIC_FLOAT:
                *ret = a.f == b.f;
                return true;
        case BASIC_STRING:
                *ret = a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
                return true;
        case BASIC_INT:
        case BASIC_UINT:
                *ret = a.u == b.u;
                return true;
        }
        g_assert_not_reached();
}

static bool less(TemplateCall *call, Value a, Value b, bool *ret)
{
        BasicKind x = basic_kind(a), y = basic_kind(b);

        if (x == BASIC_NONE || y == BASIC_NONE ||
            (x == y && (x == BASIC_BOOL || x == BASIC_COMPLEX)))
                return template_call_fail(
                        call, "%s has no order",
                        value_type_in_words((ValueType) (x == BASIC_NONE ? a : b).type));
        if (x == BASIC_INT && y == BASIC_UINT)
                *ret = a.i < 0 || a.u < b.u;
        else if (x == BASIC_UINT && y == BASIC_INT)
                *ret = b.i >= 0 && a.u < b.u;
        else if (x != y)
                return incomparable(call, a, b);
        else if (x == BASIC_FLOAT)
                *ret = a.f < b.f;
        else if (x == BASIC_STRING)
                *ret = compare_strings(a, b) < 0;
        else
                *ret = x == BASIC_INT ? a.i < b.i : a.u < b.u;
        return true;
}

static bool builtin_eq(TemplateCall *call, Value *ret)
{
        bool is_equal = false;

        if (call->n_args < 2)
                return template_call_fail(call, "there is nothing to compare with");
        for (size_t i = 1; i < call->n_args && !is_equal; i++)
                if (!equal(call, unwrapped(ARG(0)), unwrapped(ARG(i)), &is_equal))
                        return false;
        *ret = value_bool(is_equal);
        return true;
}

static bool builtin_ne(TemplateCall *call, Value *ret)
{
        bool is_equal;

        if (!equal(call, unwrapped(ARG(0)), unwrapped(ARG(1)), &is_equal))
                return false;
        *ret = value_bool(!is_equal);
        return true;
}

static bool builtin_lt(TemplateCall *call, Value *ret)
{
        bool is_less = false;

        if (!less(call, unwrapped(ARG(0)), unwrapped(ARG(1)), &is_less))
                return false;
        *ret = value_bool(is_less);
        return true;
}

static bool less_or_equal(TemplateCall *call, bool *ret)
{
        Value a = unwrapped(ARG(0)), b = unwrapped(ARG(1));

        return less(call, a, b, ret) && (*ret || equal(call, a, b, ret));
}

static bool builtin_le(TemplateCall *call, Value *ret)
{
        bool result = false;

        if (!less_or_equal(call, &result))
                return false;
        *ret = value_bool(result);
        return true;
}

/* As in Go, gt is not le and ge is not lt: that shows with NaN */
static bool builtin_gt(TemplateCall *call, Value *ret)
{
        bool result = false;

        if (!less_or_equal(call, &result))
                return false;
        *ret = value_bool(!result);
        return true;
}

static bool builtin_ge(TemplateCall *call, Value *ret)
{
        bool result = false;

        if (!less(call, unwrapped(ARG(0)), unwrapped(ARG(1)), &result))
                return false;
        *ret = value_bool(!result);
        return true;
}

#define GROUP "language"

const TemplateFunction template_builtin_functions[] = {
        { "and", "vv*", "v", builtin_and, 0, GROUP,
          "The first argument that is false, or the last one; stops there", "and 1 0 2", "0" },
        { "or", "vv*", "v", builtin_or, 0, GROUP,
          "The first argument that is true, or the last one; stops there", "or 0 \"\" 3", "3" },
        { "not", "v", "b", builtin_not, 0, GROUP, "True for false, 0, nil and what is empty",
          "not 0", "true" },
        { "len", "v", "i", builtin_len, 0, GROUP,
          "Bytes of a text, elements of a list or dictionary", "len \"abc\"", "3" },
        { "index", "vv*", "v", builtin_index, 0, GROUP,
          "An element of a list (from 0), dictionary or text; more indexes go deeper",
          "index (list \"a\" \"b\") 1", "b" },
        { "slice", "vv*", "v", builtin_slice, 0, GROUP, "Part of a list or text, by indexes", NULL,
          NULL },
        { "call", "vv*", "v", builtin_call, 0, GROUP,
          "Calls a function that a value holds; none does here", NULL, NULL },
        { "print", "a*", "s", builtin_print, 0, GROUP,
          "Its arguments as text, a blank between two that are no texts", "print 1 2 \"a\" 3",
          "1 2a3" },
        { "println", "a*", "s", builtin_println, 0, GROUP,
          "Its arguments as text, blanks between all, a newline at the end",
          "println 1 \"a\" | trim", "1 a" },
        { "printf", "sa*", "s", builtin_printf, 0, GROUP,
          "Text by a format: %s %d %v %q %x %5.2f %-8s ...", "printf \"%s=%03d\" \"n\" 7",
          "n=007" },
        { "html", "a*", "s", builtin_html, 0, GROUP, "Text for HTML", "html \"<a&b>\"",
          "&lt;a&amp;b&gt;" },
        { "js", "a*", "s", builtin_js, 0, GROUP, "Text for a string in JavaScript", "js \"it's\"",
          "it\\'s" },
        { "urlquery", "a*", "s", builtin_urlquery, 0, GROUP, "Text for a URL's query",
          "urlquery \"a b&c\"", "a+b%26c" },
        { "eq", "vv*", "b", builtin_eq, 0, GROUP,
          "Whether the first argument equals any of the others", "eq 2 1 2", "true" },
        { "ne", "vv", "b", builtin_ne, 0, GROUP, "Whether two values differ", "ne 1 2", "true" },
        { "lt", "vv", "b", builtin_lt, 0, GROUP, "Less than", "lt 1 2", "true" },
        { "le", "vv", "b", builtin_le, 0, GROUP, "Less or equal", "le 2 2", "true" },
        { "gt", "vv", "b", builtin_gt, 0, GROUP, "Greater than", "gt 1 2", "false" },
        { "ge", "vv", "b", builtin_ge, 0, GROUP, "Greater or equal", "ge 2 2", "true" },
        { NULL },
};
