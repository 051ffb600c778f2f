#pragma once

/*
 * Eval: templates from the command line
 *
 * The machinery behind `slipway eval` and `slipway explain template`.
 */

#include <stdio.h>

#include "functions/context-file.h"

/* Lines of {"id","template","dot"} in, lines of {"id","ok","output"|"error"} out, with error as
 * {"line","column","message","phase"}; "dot": true gives the file's data as the template's data.
 * False where a line of @in is not that (the message is in the line's error) or @out fails. */
bool eval_batch(FILE *in, FILE *out, const ContextFile *context);

/* (transfer full) what a template gives, or NULL */
char *eval_once(const char *text, const ContextFile *context, TemplateError *ret_error);

/* One template a line, until the end of @in; errors are shown with a caret and do not end it.
 * @prompt: what is written before each line, NULL for none. A line that ends within an action is
 * continued on the next. */
void eval_repl(FILE *in, FILE *out, const char *prompt, const ContextFile *context);

/* (transfer full) an error for a person: message, the line of the text, a caret */
char *eval_error_to_text(const TemplateError *error, const char *text);

/* (transfer full) what there is to say about a function, or about all (@name NULL); where there is
 * none of that name NULL, and *ret_closest (borrowed) is one that was perhaps meant, or NULL */
char *template_explain(const char *name, const char **ret_closest);

/* (transfer full) docs/templates.md: the reference, made from the function tables */
char *template_reference(void);
