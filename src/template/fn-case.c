/*
 * Sprig's functions on upper and lower case, and on names of many words
 */

#include "template/call.h"
#include "template/rune.h"
#include "template/tables.h"
#include "template/text-case.h"

static bool mapped(TemplateCall *call, gunichar (*map)(gunichar), Value *ret)
{
        GString *text = g_string_new(NULL);

        text_map(text, ARG(0), map);
        return call_give(call, text, ret);
}

static bool fn_upper(TemplateCall *call, Value *ret)
{
        return mapped(call, rune_to_upper, ret);
}

static bool fn_lower(TemplateCall *call, Value *ret)
{
        return mapped(call, rune_to_lower, ret);
}

static bool converted(TemplateCall *call, void (*convert)(GString *, Value), Value *ret)
{
        GString *text = g_string_new(NULL);

        convert(text, ARG(0));
        return call_give(call, text, ret);
}

static bool fn_title(TemplateCall *call, Value *ret)
{
        return converted(call, text_title, ret);
}

static bool fn_untitle(TemplateCall *call, Value *ret)
{
        return converted(call, text_untitle, ret);
}

static bool fn_swapcase(TemplateCall *call, Value *ret)
{
        return converted(call, text_swap_case, ret);
}

static bool fn_camelcase(TemplateCall *call, Value *ret)
{
        return converted(call, text_pascal_case, ret);
}

static bool fn_snakecase(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        text_connected_case(text, ARG(0), '_');
        return call_give(call, text, ret);
}

static bool fn_kebabcase(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        text_connected_case(text, ARG(0), '-');
        return call_give(call, text, ret);
}

#define GROUP "text"

const TemplateFunction template_case_functions[] = {
        { "upper", "s", "s", fn_upper, 0, GROUP, "In upper case", "upper \"abc\"", "ABC" },
        { "lower", "s", "s", fn_lower, 0, GROUP, "In lower case", "lower \"ABC\"", "abc" },
        { "ToUpper", "s", "s", fn_upper, 0, GROUP, "In upper case", "ToUpper \"abc\"", "ABC" },
        { "ToLower", "s", "s", fn_lower, 0, GROUP, "In lower case", "ToLower \"ABC\"", "abc" },
        { "title", "s", "s", fn_title, 0, GROUP, "Each word with a capital", "title \"a few\"",
          "A Few" },
        { "untitle", "s", "s", fn_untitle, 0, GROUP, "Each word with a small letter first",
          "untitle \"A Few\"", "a few" },
        { "swapcase", "s", "s", fn_swapcase, 0, GROUP, "Upper for lower case and the reverse",
          "swapcase \"This Is\"", "tHIS iS" },
        { "snakecase", "s", "s", fn_snakecase, 0, GROUP, "first_name", "snakecase \"FirstName\"",
          "first_name" },
        { "camelcase", "s", "s", fn_camelcase, 0, GROUP, "FirstName", "camelcase \"first_name\"",
          "FirstName" },
        { "kebabcase", "s", "s", fn_kebabcase, 0, GROUP, "first-name", "kebabcase \"FirstName\"",
          "first-name" },
        { NULL },
};
