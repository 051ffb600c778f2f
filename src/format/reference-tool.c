/*
 * Prints the reference page: the build compares it with docs/native-format.md, and
 * `format-reference > docs/native-format.md` renews that file
 */

#include "format/format.h"

#include <stdio.h>

int main(void)
{
        g_autofree char *page = format_reference();

        fputs(page, stdout);
        return 0;
}
