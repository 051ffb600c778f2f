/* Given: what the words of a command line mean by files, standard input, and `--set` */

#include <string.h>

#include "controller/internal.h"

#define FILE_MAX (64 << 20) /* bytes of an application file */

static bool read_stdin(char **ret_text, gsize *ret_size, GError **error)
{
        g_autoptr(GIOChannel) in = g_io_channel_unix_new(0);

        return g_io_channel_set_encoding(in, NULL, error) == G_IO_STATUS_NORMAL &&
               g_io_channel_read_to_end(in, ret_text, ret_size, error) == G_IO_STATUS_NORMAL;
}

bool controller_slurp(const char *file, char **ret_text, gsize *ret_size, GError **error)
{
        g_autoptr(GError) inner = NULL;
        g_autofree char *text = NULL;
        bool is_stdin = strcmp(file, "-") == 0;

        if (!is_stdin && g_file_test(file, G_FILE_TEST_IS_DIR)) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                            "%s is a directory; name the application file in it", file);
                return false;
        }
        if (!(is_stdin ? read_stdin(&text, ret_size, &inner)
                       : g_file_get_contents(file, &text, ret_size, &inner))) {
                const char *why = strstr(inner->message, "”: "); /* behind the file's name */

                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE, "%s: %s", file,
                            why == NULL ? inner->message : why + strlen("”: "));
                return false;
        }
        if (*ret_size > FILE_MAX) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                            "%s has %zu bytes; an application file has at most %d", file, *ret_size,
                            FILE_MAX);
                return false;
        }
        *ret_text = g_steal_pointer(&text);
        return true;
}

GPtrArray *controller_parse_set(const char *const *set, GError **error)
{
        g_autoptr(GPtrArray)
                arguments = g_ptr_array_new_with_free_func((GDestroyNotify) settings_argument_free);
        int stdin_fd = 0;

        for (; set != NULL && *set != NULL; set++) {
                SettingsArgument *argument = settings_argument_parse(*set, stdin_fd, error);

                if (argument == NULL)
                        return NULL;
                if (g_str_has_suffix(*set, "=-"))
                        stdin_fd = -1;
                g_ptr_array_add(arguments, argument);
        }
        g_ptr_array_add(arguments, NULL);
        return g_steal_pointer(&arguments);
}
