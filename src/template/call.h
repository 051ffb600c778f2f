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

/* Where @what is in a text from a byte on, or NULL */
static inline const char *call_find(Value s, size_t from, Value what)
{
        return what.len > s.len - from ? NULL : memmem(s.s + from, s.len - from, what.s, what.len);
}

/* The text is copied to the arena and freed */
Value call_take(TemplateCall *call, GString *text);
/* The same, as the call's result; false past the limit of memory */
bool call_give(TemplateCall *call, GString *text, Value *ret);

/* How many bytes a text may have, and the error where one has more; false */
size_t call_output_max(const TemplateCall *call);
bool call_too_large(TemplateCall *call);

/* Appends all arguments from @from on as Print does; false when too large */
bool call_print(TemplateCall *call, GString *out, size_t from, bool indirect);

/* The value as Sprig's strval makes it text: strings as they are, others as %v; in the arena */
Value call_strval(TemplateCall *call, Value v);
