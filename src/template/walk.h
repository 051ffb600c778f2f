#pragma once

/*
 * Walk: texts, actions and control structures, as Go's text/template runs them
 */

#include "template/render.h"

/* Runs the whole template; false after an error */
bool walk_root(TemplateRender *r);
