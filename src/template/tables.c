#include "template/tables.h"

const TemplateFunction *const template_pure_tables[] = {
        template_builtin_functions,  template_string_functions,
        template_case_functions,     template_cut_functions,
        template_split_functions,    template_list_functions,
        template_dict_functions,     template_value_functions,
        template_math_functions,     template_json_functions,
        template_encoding_functions, template_regex_functions,
        template_path_functions,     template_date_functions,
        template_control_functions,  NULL,
};
