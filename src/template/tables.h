#pragma once

/*
 * Tables: the pure functions, a table to a subject
 */

#include "template/template.h"

extern const TemplateFunction template_string_functions[];
