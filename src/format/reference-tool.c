/*
 * Prints the reference page: the build compares it with docs/native-format.md, and
 * `format-reference > docs/native-format.md` renews that file. `format-reference compose` prints
 * the table of docs/compose.md.
 */

#include "format/compose/build.h"
#include "format/format.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
        bool is_compose = argc > 1 && strcmp(argv[1], "compose") == 0;
        g_autofree char *page = is_compose ? compose_reference() : format_reference();

        fputs(page, stdout);
        return 0;
}
