#pragma once

/*
 * Text case: upper, lower, title and the programmers' ways to join words
 */

#include <glib.h>

#include "template/value.h"

void text_map(GString *out, Value s, gunichar (*map)(gunichar));
void text_title(GString *out, Value s);
void text_untitle(GString *out, Value s);
void text_swap_case(GString *out, Value s);
/* FooBar from foo_bar */
void text_pascal_case(GString *out, Value s);
/* foo_bar or foo-bar from FooBar */
void text_connected_case(GString *out, Value s, char connector);
