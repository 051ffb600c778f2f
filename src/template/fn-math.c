/*
 * Sprig's arithmetic
 */

#include <math.h>

#include "template/cast.h"
#include "template/decimal.h"
#include "template/fmt.h"
#include "template/number.h"
#include "template/tables.h"

static bool fn_int(TemplateCall *call, Value *ret)
{
        *ret = value_int(cast_int(ARG(0)));
        return true;
}

static bool fn_int64(TemplateCall *call, Value *ret)
{
        *ret = value_int64(cast_int(ARG(0)));
        return true;
}

static bool fn_float64(TemplateCall *call, Value *ret)
{
        *ret = value_float(cast_float(ARG(0)));
        return true;
}

static bool fn_atoi(TemplateCall *call, Value *ret)
{
        int64_t i;

        number_parse_int(ARG_S(0), ARG_LEN(0), 10, &i);
        *ret = value_int(i);
        return true;
}

static bool fn_to_decimal(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);
        int64_t i;

        fmt_value(text, TEMPLATE_OUTPUT_MAX, ARG(0));
        if (number_parse_int(text->str, text->len, 8, &i) != NUMBER_OK)
                i = 0;
        *ret = value_int64(i);
        return true;
}

static uint64_t whole(const TemplateCall *call, size_t i)
{
        return (uint64_t) cast_int(ARG(i));
}

static bool fn_add(TemplateCall *call, Value *ret)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < call->n_args; i++)
                sum += whole(call, i);
        *ret = value_int64((int64_t) sum);
        return true;
}

static bool fn_add1(TemplateCall *call, Value *ret)
{
        *ret = value_int64((int64_t) (whole(call, 0) + 1));
        return true;
}

static bool fn_sub(TemplateCall *call, Value *ret)
{
        *ret = value_int64((int64_t) (whole(call, 0) - whole(call, 1)));
        return true;
}

static bool fn_mul(TemplateCall *call, Value *ret)
{
        uint64_t product = whole(call, 0);

        for (size_t i = 1; i < call->n_args; i++)
                product *= whole(call, i);
        *ret = value_int64((int64_t) product);
        return true;
}

static bool fn_div(TemplateCall *call, Value *ret)
{
        int64_t a = cast_int(ARG(0)), b = cast_int(ARG(1));

        if (b == 0)
                return template_call_fail(call, "division by zero");
        *ret = value_int64(b == -1 ? (int64_t) (0 - (uint64_t) a) : a / b);
        return true;
}

static bool fn_mod(TemplateCall *call, Value *ret)
{
        int64_t a = cast_int(ARG(0)), b = cast_int(ARG(1));

        if (b == 0)
                return template_call_fail(call, "division by zero");
        *ret = value_int64(b == -1 ? 0 : a % b);
        return true;
}

static bool fn_max(TemplateCall *call, Value *ret)
{
        *ret = value_int64(cast_int(ARG(0)));
        for (size_t i = 1; i < call->n_args; i++)
                ret->i = MAX(ret->i, cast_int(ARG(i)));
        return true;
}

static bool fn_min(TemplateCall *call, Value *ret)
{
        *ret = value_int64(cast_int(ARG(0)));
        for (size_t i = 1; i < call->n_args; i++)
                ret->i = MIN(ret->i, cast_int(ARG(i)));
        return true;
}

/* Go's math.Max: NaN wins but for +Inf, and 0 is more than -0 */
static double max_float(double a, double b)
{
        if (isinf(a) && a > 0)
                return a;
        if (isinf(b) && b > 0)
                return b;
        if (isnan(a) || isnan(b))
                return (double) NAN;
        if (a == 0 && b == 0)
                return signbit(a) ? b : a;
        return a > b ? a : b;
}

static bool fn_maxf(TemplateCall *call, Value *ret)
{
        *ret = value_float(cast_float(ARG(0)));
        for (size_t i = 1; i < call->n_args; i++)
                ret->f = max_float(ret->f, cast_float(ARG(i)));
        return true;
}

static bool fn_minf(TemplateCall *call, Value *ret)
{
        *ret = value_float(cast_float(ARG(0)));
        for (size_t i = 1; i < call->n_args; i++)
                ret->f = -max_float(-ret->f, -cast_float(ARG(i)));
        return true;
}

static bool fn_floor(TemplateCall *call, Value *ret)
{
        *ret = value_float(floor(cast_float(ARG(0))));
        return true;
}

static bool fn_ceil(TemplateCall *call, Value *ret)
{
        *ret = value_float(ceil(cast_float(ARG(0))));
        return true;
}

/* As Sprig has it: right for positive numbers, negative ones always go down */
static bool fn_round(TemplateCall *call, Value *ret)
{
        double value = cast_float(ARG(0)), power = pow(10, (double) ARG_I(1));
        double round_on = call->n_args > 2 ? ARG(2).f : 0.5;
        double digit = power * value, whole_part;
        double fraction = modf(digit, &whole_part);

        if (isinf(digit)) /* Go's Modf of an infinity has no fraction but NaN */
                fraction = (double) NAN;
        *ret = value_float((fraction >= round_on ? ceil(digit) : floor(digit)) / power);
        return true;
}

/* The numbers from @start to before @stop; none where the step leads away */
static bool count_up(TemplateCall *call, int64_t start, int64_t stop, int64_t step, Value *ret)
{
        uint64_t distance, stride, n;

        *ret = value_list_new(call->arena, VALUE_INTS, 0);
        if (stop < start ? step >= 0 : step <= 0)
                return true;
        distance = stop < start ? (uint64_t) start - (uint64_t) stop
                                : (uint64_t) stop - (uint64_t) start;
        stride = step < 0 ? 0 - (uint64_t) step : (uint64_t) step;
        n = distance / stride + (distance % stride != 0);
        if (n > SIZE_MAX / sizeof(Value) || !template_call_reserve(call, n * sizeof(Value)))
                return n <= SIZE_MAX / sizeof(Value) ? false
                                                     : template_call_reserve(call, SIZE_MAX / 2);
        if (!template_call_charge(call, n / 8))
                return false;
        *ret = value_list_new(call->arena, VALUE_INTS, n);
        for (uint64_t i = 0; i < n; i++)
                value_list_add(call->arena, ret->list,
                               value_int((int64_t) ((uint64_t) start + i * (uint64_t) step)));
        return true;
}

static bool fn_until(TemplateCall *call, Value *ret)
{
        return count_up(call, 0, ARG_I(0), ARG_I(0) < 0 ? -1 : 1, ret);
}

static bool fn_until_step(TemplateCall *call, Value *ret)
{
        return count_up(call, ARG_I(0), ARG_I(1), ARG_I(2), ret);
}

static bool fn_seq(TemplateCall *call, Value *ret)
{
        int64_t start = 1, end, step, increment;
        GString *text;
        Value list;

        *ret = value_string("");
        if (call->n_args == 0 || call->n_args > 3)
                return true;
        if (call->n_args > 1)
                start = ARG_I(0);
        end = ARG_I(call->n_args - 1);
        step = increment = end < start ? -1 : 1;
        if (call->n_args == 3) {
                step = ARG_I(1);
                if (end < start && step > 0)
                        return true;
        }
        if (!count_up(call, start, (int64_t) ((uint64_t) end + (uint64_t) increment), step, &list))
                return false;
        text = g_string_new(NULL);
        for (size_t i = 0; i < value_list_size(list); i++)
                g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "",
                                       list.list->items[i].i);
        *ret = call_take(call, text);
        return true;
}

#define DECIMAL_STEPS 30 /* of one operation on short numbers */

typedef Decimal *(*DecimalOperation)(const Decimal *a, const Decimal *b);

static bool operand(TemplateCall *call, Value v, Decimal **ret)
{
        double f = cast_float(v);

        if (isnan(f) || isinf(f))
                return template_call_fail(call, "it cannot compute with an infinity or no number");
        *ret = decimal_new(f);
        return true;
}

static bool decimal_steps(TemplateCall *call, Decimal *start, size_t from,
                          DecimalOperation operation, Value *ret)
{
        g_autoptr(Decimal) result = start;

        for (size_t i = from; i < call->n_args; i++) {
                g_autoptr(Decimal) b = NULL;
                Decimal *next;

                if (!operand(call, ARG(i), &b) ||
                    !template_call_charge(call, DECIMAL_STEPS + decimal_size(result) *
                                                                        decimal_size(result)))
                        return false;
                next = operation(result, b);
                if (next == NULL)
                        return template_call_fail(call, "division by zero");
                decimal_free(result);
                result = next;
        }
        *ret = value_float(decimal_to_double(result));
        return true;
}

static bool decimal_function(TemplateCall *call, DecimalOperation operation, Value *ret)
{
        Decimal *start = NULL;

        return operand(call, ARG(0), &start) && decimal_steps(call, start, 1, operation, ret);
}

static bool fn_addf(TemplateCall *call, Value *ret)
{
        return decimal_steps(call, decimal_new(0), 0, decimal_add, ret);
}

static bool fn_add1f(TemplateCall *call, Value *ret)
{
        Decimal *start = NULL;
        g_autoptr(Decimal) one = decimal_new(1);
        g_autoptr(Decimal) result = NULL;

        if (!operand(call, ARG(0), &start))
                return false;
        result = decimal_add(start, one);
        decimal_free(start);
        *ret = value_float(decimal_to_double(result));
        return true;
}

static bool fn_subf(TemplateCall *call, Value *ret)
{
        return decimal_function(call, decimal_sub, ret);
}

static bool fn_mulf(TemplateCall *call, Value *ret)
{
        return decimal_function(call, decimal_mul, ret);
}

static bool fn_divf(TemplateCall *call, Value *ret)
{
        return decimal_function(call, decimal_div, ret);
}

#define GROUP "numbers"

const TemplateFunction template_math_functions[] = {
        { "int", "a", "i", fn_int, 0, GROUP, "Any value as whole number, 0 where it is none",
          "int \"42\"", "42" },
        { "int64", "a", "l", fn_int64, 0, GROUP, "The same as int64", "int64 \"42\"", "42" },
        { "float64", "a", "f", fn_float64, 0, GROUP, "Any value as decimal number",
          "float64 \"1.5\"", "1.5" },
        { "atoi", "s", "i", fn_atoi, 0, GROUP, "Text to whole number, 0 where it is none",
          "atoi \"7\"", "7" },
        { "toDecimal", "a", "l", fn_to_decimal, 0, GROUP, "An octal number as whole number",
          "toDecimal \"777\"", "511" },
        { "add", "a*", "l", fn_add, 0, GROUP, "Sum of whole numbers; texts are read as numbers",
          "add 1 2 \"3\"", "6" },
        { "add1", "a", "l", fn_add1, 0, GROUP, "One more", "add1 1", "2" },
        { "sub", "aa", "l", fn_sub, 0, GROUP, "Difference of whole numbers", "sub 3 1", "2" },
        { "mul", "aa*", "l", fn_mul, 0, GROUP, "Product of whole numbers", "mul 2 3 4", "24" },
        { "div", "aa", "l", fn_div, 0, GROUP, "Quotient, cut off towards zero", "div 7 2", "3" },
        { "mod", "aa", "l", fn_mod, 0, GROUP, "Remainder", "mod 7 2", "1" },
        { "max", "aa*", "l", fn_max, 0, GROUP, "The largest whole number", "max 1 3 2", "3" },
        { "biggest", "aa*", "l", fn_max, 0, GROUP, "Another name of max", NULL, NULL },
        { "min", "aa*", "l", fn_min, 0, GROUP, "The smallest whole number", "min 1 3 2", "1" },
        { "maxf", "aa*", "f", fn_maxf, 0, GROUP, "The largest number", "maxf 1 2.5", "2.5" },
        { "minf", "aa*", "f", fn_minf, 0, GROUP, "The smallest number", "minf 1.5 2", "1.5" },
        { "floor", "a", "f", fn_floor, 0, GROUP, "Rounded down", "floor 1.9", "1" },
        { "ceil", "a", "f", fn_ceil, 0, GROUP, "Rounded up", "ceil 1.1", "2" },
        { "round", "aif*", "f", fn_round, 0, GROUP, "Rounded to so many places", "round 3.14159 2",
          "3.14" },
        { "add1f", "a", "f", fn_add1f, 0, GROUP, "One more, exact in decimals", "add1f 1.5",
          "2.5" },
        { "addf", "a*", "f", fn_addf, 0, GROUP, "Sum, exact in decimals", "addf 0.1 0.2", "0.3" },
        { "subf", "aa*", "f", fn_subf, 0, GROUP, "Difference, exact in decimals", "subf 0.3 0.1",
          "0.2" },
        { "mulf", "aa*", "f", fn_mulf, 0, GROUP, "Product, exact in decimals", "mulf 1.1 3",
          "3.3" },
        { "divf", "aa*", "f", fn_divf, 0, GROUP, "Quotient, to 16 places", "divf 1 4", "0.25" },
        { "until", "i", "I", fn_until, 0, GROUP, "The numbers from 0 to before one", "until 3",
          "[0 1 2]" },
        { "untilStep", "iii", "I", fn_until_step, 0, GROUP, "The same from, to and by a step",
          "untilStep 0 6 2", "[0 2 4]" },
        { "seq", "i*", "s", fn_seq, 0, GROUP, "Numbers as text, like the shell's seq", "seq 1 3",
          "1 2 3" },
        { NULL },
};
