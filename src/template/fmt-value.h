#pragma once

/*
 * Fmt, values: any value under a verb
 *
 * Lists, dictionaries and structs with what is in them, the texts that types with a String method have
 * of their own, and %!verb(type=value) for a verb that is not for the value.
 */

#include "template/printer.h"
#include "template/value.h"

void fmt_arg(Printer *p, Value v, gunichar verb);
