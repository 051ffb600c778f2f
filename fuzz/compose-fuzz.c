/*
 * Fuzz: Compose files → the effective document
 *
 * The input is the files of a project, one after the other: the first is the main one, those behind
 * a line `=== NAME` are what the world has under that name. Whatever the bytes, there is a document
 * or at least one error; and what is printed of a document, read again, is the same document. The
 * second, of odd values mostly, is looked for by `make fuzz`, which may take its time, with
 * FUZZ_ROUND_TRIP in the environment; the corpus is read again in any case.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "compose-again.h"

static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        GHashTable *files = user;
        g_autofree char *name = g_path_get_basename(path);
        const char *text = g_hash_table_lookup(files, name);

        if (text == NULL) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
                return false;
        }
        *ret_text = g_strdup(text);
        *ret_size = strlen(text);
        return true;
}

static const char *get_environment(const char *name, gpointer user)
{
        if (strcmp(name, "BYTES") == 0)
                return "\360\377";
        return strcmp(name, "SET") == 0 ? "value" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
        FormatWorld world = { read_file, get_environment, files };
        g_autofree char *copy = g_strndup((const char *) data, size);
        g_auto(GStrv) parts = g_strsplit(copy, "\n=== ", 8);
        g_autoptr(ComposeDocument) document = NULL;

        for (size_t i = 1; parts[0] != NULL && parts[i] != NULL; i++) {
                char *text = strchr(parts[i], '\n');

                if (text != NULL) {
                        *text = '\0';
                        g_hash_table_insert(files, parts[i], text + 1);
                }
        }
        document = parts[0] == NULL ? NULL : fuzz_load(parts[0], strlen(parts[0]), &world);
        if (document != NULL && g_getenv("FUZZ_ROUND_TRIP") != NULL)
                fuzz_check_again(document);
        return 0;
}
