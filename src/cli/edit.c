#include "cli/edit.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

/* Through a shell, as other tools do: the variable may hold options */
static bool run_editor(const char *file, GError **error)
{
        const char *editor = g_getenv("VISUAL");
        g_autofree char *script = NULL;
        int status = 0;

        if (editor == NULL || *editor == '\0')
                editor = g_getenv("EDITOR");
        if (editor == NULL || *editor == '\0')
                editor = "vi";
        script = g_strconcat(editor, " \"$1\"", NULL);

        const char *argv[] = { "/bin/sh", "-c", script, editor, file, NULL };

        if (!g_spawn_sync(NULL, (char **) argv, NULL,
                          G_SPAWN_CHILD_INHERITS_STDIN | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL,
                          NULL, NULL, &status, error))
                return false;
        if (g_spawn_check_wait_status(status, NULL))
                return true;
        g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                    "the editor (%s) ended with an error; nothing was changed", editor);
        return false;
}

char *edit_text(const char *text, const char *name, GError **error)
{
        g_autofree char *dir = g_dir_make_tmp("slipway-XXXXXX", error);
        g_autofree char *file = dir == NULL ? NULL : g_build_filename(dir, name, NULL);
        char *edited = NULL;
        size_t size;

        if (dir == NULL)
                return NULL;
        if (g_file_set_contents_full(file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error) &&
            run_editor(file, error))
                edited = cli_read_file(file, EDIT_TEXT_MAX, &size, error);
        g_unlink(file);
        g_rmdir(dir);
        return edited;
}

bool edit_ask_again(Output *output)
{
        static const char question[] = "Edit it again? [Y/n] ";
        char answer[16] = "";

        if (!isatty(STDIN_FILENO) || !output->err.is_terminal)
                return false;
        stream_write(&output->err, question, strlen(question));
        if (fgets(answer, sizeof answer, stdin) == NULL)
                return false;
        return answer[0] != 'n' && answer[0] != 'N';
}
