#pragma once

/*
 * RE2, classes: sets of characters, by name or in brackets
 */

#include "template/re2-translator.h"

/* \pL, \p{Greek}, \P{^Lu} */
bool re2_unicode_class(Translator *t);

/* \d \s \w and their opposites; false where it is none of them */
bool re2_perl_class(Translator *t, bool in_class);

/* [...], with what may stand in it */
bool re2_character_class(Translator *t);
