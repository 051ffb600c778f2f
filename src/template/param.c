#include "template/param.h"

static const Param params[] = {
        { 's', VALUE_STRING, false, "text" },
        { 'a', VALUE_MISSING, true, "anything" },
        { 'v', VALUE_MISSING, true, "anything" },
        { 'b', VALUE_BOOL, false, "true or false" },
        { 'i', VALUE_INT, false, "a whole number" },
        { 'l', VALUE_INT64, false, "a whole number (int64)" },
        { 'u', VALUE_UINT64, false, "a whole number (uint64)" },
        /* uint32: no value here has that type, only constants will do */
        { 'w', VALUE_TYPE_COUNT, false, "a whole number as it is written" },
        { 'f', VALUE_FLOAT64, false, "a decimal number" },
        { 'L', VALUE_LIST, true, "a list" },
        { 'S', VALUE_STRINGS, true, "a list of texts" },
        { 'I', VALUE_INTS, true, "a list of whole numbers" },
        { 'M', VALUE_MAP, true, "a dictionary" },
        { 'N', VALUE_STRING_MAP, true, "a dictionary of texts" },
        { 't', VALUE_TIME, false, "a time" },
        { 'd', VALUE_DURATION, false, "a duration" },
        { 'c', VALUE_CERTIFICATE, false, "a certificate" },
        { 'V', VALUE_VERSION, true, "a version" },
        { 'o', VALUE_LOCATION, true, "a time zone" },
};

const Param *param_find(char letter)
{
        for (size_t i = 0; i < G_N_ELEMENTS(params); i++)
                if (params[i].letter == letter)
                        return &params[i];
        g_assert_not_reached();
}

static const char *in_words(char letter)
{
        return param_find(letter)->words;
}

Value param_zero(const Param *param)
{
        if (param->letter == 'a')
                return value_nil();
        return (Value){ .type = param->type };
}

bool param_validate(TemplateRender *r, const Node *node, char letter, Value v, Value *ret)
{
        const Param *param;

        *ret = v;
        if (letter == 'v')
                return true;
        param = param_find(letter);
        if (v.type == VALUE_MISSING) {
                if (!param->can_be_nil)
                        return RENDER_FAIL(r, node, "there is no value here, but %s is needed",
                                           param->words);
                *ret = param_zero(param);
                return true;
        }
        if (letter == 'a' || v.type == param->type)
                return true;
        return RENDER_FAIL(r, node, "%s is needed here, but this is %s", param->words,
                           value_type_in_words((ValueType) v.type));
}

/* A number where the parameter does not say what kind it wants: its spelling decides */
static bool ideal_number(TemplateRender *r, const Node *node, Value *ret)
{
        const NumberNode *number = node->number;

        if (number->is_complex)
                *ret = value_complex(r->arena, number->re, number->im);
        else if (number->is_float && number->looks_float)
                *ret = value_float(number->f);
        else if (number->is_int)
                *ret = value_int(number->i);
        else
                return RENDER_FAIL(
                        r, node,
                        "this number is too large: whole numbers go up to %" G_GINT64_FORMAT,
                        G_MAXINT64);
        return true;
}

static bool number_as(TemplateRender *r, char letter, const Node *node, Value *ret)
{
        const NumberNode *number = node->number;

        switch (letter) {
        case 'i':
        case 'l':
        case 'd':
                *ret = (Value){ .type = param_find(letter)->type, .i = number->i };
                if (number->is_int)
                        return true;
                break;
        case 'u':
        case 'w':
                *ret = value_uint64(number->u);
                if (number->is_uint)
                        return true;
                break;
        case 'f':
                *ret = value_float(number->f);
                if (number->is_float)
                        return true;
                break;
        case 'a':
        case 'v':
                return ideal_number(r, node, ret);
        default:
                break;
        }
        return RENDER_FAIL(r, node, "%s is needed here, but this is a number", in_words(letter));
}

bool param_constant(TemplateRender *r, char letter, const Node *node, Value *ret)
{
        char natural = node->type == NODE_BOOL ? 'b' : 's';

        if (node->type == NODE_NUMBER)
                return number_as(r, letter, node, ret);
        *ret = node->value;
        if (letter == natural || letter == 'a' || letter == 'v')
                return true;
        return RENDER_FAIL(r, node, "%s is needed here, but this is %s", in_words(letter),
                           in_words(natural));
}
