/*
 * Functions that end a rendering, or that give nothing for the safety of the host
 */

#include "template/call.h"
#include "template/tables.h"

/* A file must not read the host's environment or ask its name server: they give nothing */
static bool fn_nothing(TemplateCall *call, Value *ret)
{
        *ret = value_string("");
        return true;
}

static bool fn_fail(TemplateCall *call, Value *ret)
{
        *ret = value_string("");
        return template_call_fail(call, "%s", arg_cstring(call, 0));
}

#define GROUP "control"

const TemplateFunction template_control_functions[] = {
        { "fail", "s", "s", fn_fail, 0, GROUP, "Ends the rendering with a message", NULL, NULL },
        { "env", "s", "s", fn_nothing, 0, GROUP,
          "Nothing: a file must not read the host's environment", "env \"HOME\"", "" },
        { "expandenv", "s", "s", fn_nothing, 0, GROUP,
          "Nothing: a file must not read the host's environment", "expandenv \"$HOME\"", "" },
        { "getHostByName", "s", "s", fn_nothing, 0, GROUP,
          "Nothing: a file must not ask the host's name server", "getHostByName \"localhost\"",
          "" },
        { NULL },
};
