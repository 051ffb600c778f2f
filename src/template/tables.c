#include "template/tables.h"

const TemplateFunction *const template_pure_tables[] = {
        template_builtin_functions,
        NULL,
};
