/*
 * Reads JSON lines from its standard input and answers them, as `slipway eval --batch` does
 */

#include "functions/eval.h"

int main(int argc, char **argv)
{
        g_autoptr(ContextFile) context = NULL;
        g_autoptr(GError) error = NULL;

        if (argc != 2) {
                fprintf(stderr, "usage: batch CONTEXT.json < LINES\n");
                return 2;
        }
        context = context_file_load(argv[1], &error);
        if (context == NULL) {
                fprintf(stderr, "%s\n", error->message);
                return 1;
        }
        return eval_batch(stdin, stdout, context) ? 0 : 1;
}
