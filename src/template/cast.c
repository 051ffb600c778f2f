#include "template/cast.h"

#include "template/number.h"

/* "12.7" is 12, ".5" is 0; anything but digits around one point is left alone */
static bool trim_decimal(const char *s, size_t n, size_t *ret_n, bool *ret_zero)
{
        const char *point = memchr(s, '.', n);
        size_t i = 0;

        *ret_n = n;
        *ret_zero = false;
        if (point == NULL)
                return true;
        if (i < n && (s[i] == '-' || s[i] == '+'))
                i++;
        while (i < n && g_ascii_isdigit(s[i]))
                i++;
        if (s + i != point)
                return false;
        for (size_t j = i + 1; j < n; j++)
                if (!g_ascii_isdigit(s[j]))
                        return false;
        *ret_n = i;
        *ret_zero = i == 0 || (i == 1 && !g_ascii_isdigit(s[0]));
        return true;
}

static int64_t string_to_int(Value v)
{
        bool is_zero;
        int64_t i;
        size_t n;

        if (!trim_decimal(v.s, v.len, &n, &is_zero) || is_zero)
                return 0;
        return number_parse_int(v.s, n, 0, &i) == NUMBER_OK ? i : 0;
}

int64_t cast_int(Value v)
{
        if (value_is_signed(v) || value_is_unsigned(v))
                return v.i;
        switch ((int) v.type) {
        case VALUE_BOOL:
                return v.b;
        case VALUE_FLOAT64:
                return number_float_to_int(v.f);
        case VALUE_STRING:
                return string_to_int(v);
        default:
                return 0;
        }
}

double cast_float(Value v)
{
        double f;

        if (value_is_signed(v))
                return (double) v.i;
        if (value_is_unsigned(v))
                return (double) v.u;
        switch ((int) v.type) {
        case VALUE_BOOL:
                return v.b;
        case VALUE_FLOAT64:
                return v.f;
        case VALUE_STRING:
                return number_parse_float(v.s, v.len, &f) == NUMBER_OK ? f : 0;
        default:
                return 0;
        }
}

bool cast_is_empty(Value v)
{
        return !value_truth(v);
}

bool cast_strings(TemplateCall *call, Value v, Value *ret)
{
        size_t n;

        if (v.type == VALUE_STRINGS) {
                *ret = v;
                return true;
        }
        if (value_kind(v) != KIND_SLICE) {
                *ret = value_list_new(call->arena, VALUE_STRINGS, 1);
                if (!is_nothing(v))
                        value_list_add(call->arena, ret->list, call_strval(call, v));
                return true;
        }
        n = value_list_size(v);
        if (!template_call_charge(call, n) || !template_call_reserve(call, n * sizeof(Value)))
                return false;
        *ret = value_list_new(call->arena, VALUE_STRINGS, n);
        for (size_t i = 0; i < n; i++)
                if (!is_nothing(v.list->items[i]))
                        value_list_add(call->arena, ret->list, call_strval(call, v.list->items[i]));
        return template_call_reserve(call, 0);
}
