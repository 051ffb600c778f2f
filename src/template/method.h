#pragma once

/*
 * Method: what can be asked of times, durations and versions
 */

#include "template/template.h"

/* The method of a type, or NULL. Its params do not count the receiver, which is the call's first
 * argument. One without a body has two results in Go, which a template cannot use. */
const TemplateFunction *method_find(ValueType type, const char *name, size_t len);
