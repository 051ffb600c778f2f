#pragma once

/*
 * Call: what the bodies of functions have in common
 */

#include <string.h>

#include "template/template.h"

/* Shorthands for arguments whose type the table has checked */
#define ARG(n)     (call->args[n])
#define ARG_S(n)   (call->args[n].s)
#define ARG_LEN(n) ((size_t) call->args[n].len)
#define ARG_I(n)   (call->args[n].i)

/* The text of an argument as a C string in the arena; bytes after a NUL are lost */
static inline const char *arg_cstring(const TemplateCall *call, size_t i)
{
        return value_cstring(call->arena, call->args[i]);
}

/* The text is copied to the arena and freed */
Value call_take(TemplateCall *call, GString *text);

/* Appends all arguments from @from on as Print does; false when too large */
bool call_print(TemplateCall *call, GString *out, size_t from, bool indirect);

/* The value as Sprig's strval makes it text: strings as they are, others as %v; in the arena */
Value call_strval(TemplateCall *call, Value v);
