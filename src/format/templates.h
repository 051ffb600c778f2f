#pragma once

/*
 * Templates: what a document's templates say, looked at before anything runs
 *
 * Syntax, names of functions, settings and containers, and whether what they ask for is known
 * when they are rendered. Places lead into the scalar, whatever its style.
 */

#include "format/order.h"
#include "template/template.h"

/**
 * templates_check() - check all templates that the reader came by
 * @functions: that they may call; NULL: the names that the format knows
 */
void templates_check(Reader *reader, const Application *app, const TemplateFunctions *functions);

/* (transfer full) the names that the format knows, for who brings no functions */
TemplateFunctions *templates_known_functions(void);
