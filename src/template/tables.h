#pragma once

/*
 * Tables: the pure functions, a table to a subject
 */

#include "template/template.h"

extern const TemplateFunction template_string_functions[];
extern const TemplateFunction template_case_functions[];
extern const TemplateFunction template_cut_functions[];
extern const TemplateFunction template_split_functions[];
extern const TemplateFunction template_list_functions[];
extern const TemplateFunction template_dict_functions[];
extern const TemplateFunction template_value_functions[];
extern const TemplateFunction template_math_functions[];
extern const TemplateFunction template_json_functions[];
extern const TemplateFunction template_encoding_functions[];
extern const TemplateFunction template_regex_functions[];
extern const TemplateFunction template_path_functions[];
extern const TemplateFunction template_date_functions[];
extern const TemplateFunction template_control_functions[];
