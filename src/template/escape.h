#pragma once

/*
 * Escape: text made safe for HTML, JavaScript and URLs, as Go does it
 */

#include <glib.h>

void escape_html(GString *out, const char *s, size_t n);
void escape_js(GString *out, const char *s, size_t n);
/* A query's component: a blank becomes + */
void escape_query(GString *out, const char *s, size_t n);
