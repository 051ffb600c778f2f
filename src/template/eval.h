#pragma once

/*
 * Eval: what an expression comes to, as Go's text/template evaluates it
 */

#include "template/render.h"

/**
 * eval_pipe() - an expression's value; its variables are declared or set
 * @dot:        what `.` is
 * @ret:        VALUE_MISSING where there is none, or nil
 *
 * Return: false after an error.
 */
bool eval_pipe(TemplateRender *r, Value dot, const PipeNode *pipe, Value *ret);
