#pragma once

/*
 * Cast: values made into what Sprig's functions want, as spf13/cast does it; what cannot be made
 * into it is 0
 */

#include "template/call.h"

int64_t cast_int(Value v);
double cast_float(Value v);

/* Sprig's idea of empty: nil, 0, false, and whatever has no elements */
bool cast_is_empty(Value v);

/* Any value as a list of texts; nil elements are left out. In the arena; false past a limit. */
bool cast_strings(TemplateCall *call, Value v, Value *ret);

static inline bool is_nothing(Value v)
{
        return v.type == VALUE_MISSING || v.type == VALUE_NIL;
}
