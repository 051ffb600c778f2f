/* Arguments: `NAME=VALUE`, `NAME=@FILE`, `NAME=-` */

#include "controller/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"

void settings_argument_free(SettingsArgument *argument)
{
        if (argument == NULL)
                return;
        g_free(argument->name);
        if (argument->value != NULL)
                secret_wipe(argument->value, argument->size);
        g_free(argument->value);
        g_free(argument->file);
        g_free(argument);
}

static bool read_to_end(int fd, const char *what, char **ret_text, size_t *ret_size, GError **error)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        char buffer[8192];
        ssize_t n;

        while ((n = read(fd, buffer, sizeof buffer)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED, "reading %s: %s",
                                    what, g_strerror(errno));
                        return false;
                }
                g_byte_array_append(bytes, (const guint8 *) buffer, n);
                if (bytes->len > SETTINGS_DATA_MAX) {
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_VALUE,
                                    "%s has more than %u bytes", what, SETTINGS_DATA_MAX);
                        return false;
                }
        }
        secret_wipe(buffer, sizeof buffer);
        *ret_size = bytes->len;
        g_byte_array_append(bytes, (const guint8 *) "", 1);
        *ret_text = (char *) g_byte_array_free(g_steal_pointer(&bytes), false);
        return true;
}

static bool read_file(SettingsArgument *argument, const char *path, GError **error)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        bool ok;

        if (fd < 0) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED, "reading %s for %s: %s",
                            path, argument->name, g_strerror(errno));
                return false;
        }
        argument->file = g_path_get_basename(path);
        ok = read_to_end(fd, path, &argument->value, &argument->size, error);
        close(fd);
        return ok;
}

SettingsArgument *settings_argument_parse(const char *text, int stdin_fd, GError **error)
{
        g_autoptr(SettingsArgument) argument = g_new0(SettingsArgument, 1);
        const char *equals = strchr(text, '=');
        const char *value;

        if (equals == NULL || equals == text) {
                /* not the text itself: it may be a secret with its name forgotten */
                g_set_error_literal(error, SETTINGS_ERROR, SETTINGS_ERROR_SYNTAX,
                                    "a setting is given as NAME=VALUE, NAME=@FILE or NAME=-");
                return NULL;
        }
        argument->name = g_strndup(text, equals - text);
        value = equals + 1;
        if (*value == '@')
                return read_file(argument, value + 1, error) ? g_steal_pointer(&argument) : NULL;
        if (strcmp(value, "-") == 0) {
                argument->file = g_strdup("-");
                if (stdin_fd < 0) {
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_SYNTAX,
                                    "only one setting can be read from the standard input; "
                                    "`%s` is the second",
                                    argument->name);
                        return NULL;
                }
                if (!read_to_end(stdin_fd, "the standard input", &argument->value, &argument->size,
                                 error))
                        return NULL;
                return g_steal_pointer(&argument);
        }
        if (value[0] == '\\' && (value[1] == '@' || strcmp(value, "\\-") == 0))
                value++;
        argument->value = g_strdup(value);
        argument->size = strlen(value);
        return g_steal_pointer(&argument);
}
