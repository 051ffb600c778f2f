/*
 * run: plays scenarios to the core
 *
 *   run FILE or FOLDER…          compares; TAP output, one test a file
 *   run --write FILE or FOLDER…  writes the right side down as it is, to be read and agreed with
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

#define LEFT_WIDTH 44
#define LINE_WIDTH 100

/* One line of the timeline, those that continue it included */
typedef struct Step {
        unsigned line;
        char *left; /* `[  3s] exited migrate#1 0` */
        GString *right;
} Step;

static void step_free(gpointer data)
{
        Step *step = data;

        g_free(step->left);
        g_string_free(step->right, true);
        g_free(step);
}

static char *squeeze(const char *text)
{
        g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);
        g_autoptr(GString) out = g_string_new(NULL);

        for (char **word = words; *word != NULL; word++) {
                if (**word != '\0')
                        g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", *word);
        }
        return g_string_free(g_steal_pointer(&out), false);
}

static char **words_of(const char *text)
{
        g_autofree char *flat = squeeze(text);

        return g_strsplit(flat, " ", -1);
}

static void append_right(GString *out, const char *right)
{
        g_auto(GStrv) effects = g_strsplit(right, "; ", -1);
        int column = LEFT_WIDTH + 3;

        for (char **effect = effects; *effect != NULL; effect++) {
                const char *separator = effect[1] == NULL ? "" : ";";
                int size = (int) (strlen(*effect) + strlen(separator)) + 1;

                if (column > LEFT_WIDTH + 3 && column + size > LINE_WIDTH) {
                        g_string_append_printf(out, "\n%*s", LEFT_WIDTH + 2, "");
                        column = LEFT_WIDTH + 3;
                }
                g_string_append_printf(out, " %s%s", *effect, separator);
                column += size;
        }
}

/* Splits a file in its head, which is kept as it is, and its steps */
static GPtrArray *read_steps(const char *text, GString *head, GPtrArray *declarations)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);

        for (unsigned i = 0; lines[i] != NULL; i++) {
                const char *line = lines[i];
                const char *arrow = strstr(line, "->");

                if (line[0] == '[') {
                        Step *step = g_new0(Step, 1);

                        step->line = i + 1;
                        step->left = arrow == NULL ? g_strdup(line)
                                                   : g_strndup(line, (gsize) (arrow - line));
                        step->right = g_string_new(arrow == NULL ? "" : arrow + 2);
                        g_ptr_array_add(steps, step);
                } else if (line[0] == ' ' && steps->len > 0) {
                        g_string_append(((Step *) steps->pdata[steps->len - 1])->right, line);
                } else if (steps->len == 0) {
                        g_string_append_printf(head, "%s\n", line);
                        if (line[0] != '#' && line[0] != '\0')
                                g_ptr_array_add(declarations, g_strdup(line));
                }
        }
        return g_steal_pointer(&steps);
}

static bool parse_left(const char *left, int64_t *ret_at_us, char ***ret_words)
{
        char *end = NULL;
        double at = g_ascii_strtod(left + 1, &end);

        if (end == left + 1 || strncmp(end, "s]", 2) != 0)
                return false;
        *ret_at_us = (int64_t) (at * 1e6 + 0.5);
        *ret_words = words_of(end + 2);
        return (*ret_words)[0] != NULL;
}

/* Plays the steps; with @written they are written there as they are, else compared */
static bool play(Scenario *scenario, GPtrArray *steps, GString *written)
{
        for (guint i = 0; i < steps->len; i++) {
                const Step *step = steps->pdata[i];
                g_autofree char *left = squeeze(step->left);
                g_autofree char *wanted = squeeze(step->right->str);
                g_autofree char *got = NULL;
                g_autofree char *flat = NULL;
                g_autoptr(GError) error = NULL;
                g_auto(GStrv) words = NULL;
                int64_t at_us;

                if (!parse_left(step->left, &at_us, &words)) {
                        printf("# %s:%u: [  3s] WHAT HAPPENS is wanted\n", scenario->file,
                               step->line);
                        return false;
                }
                got = scenario_play(scenario, at_us, words, &error);
                if (got == NULL) {
                        printf("# %s:%u: %s\n", scenario->file, step->line, error->message);
                        return false;
                }
                if (written != NULL) {
                        g_autofree char *what = g_strjoinv(" ", words);
                        g_autofree char *event = g_strdup_printf("[%5gs] %s", (double) at_us / 1e6,
                                                                 what);

                        if (got[0] == '\0') {
                                g_string_append_printf(written, "%s\n", event);
                                continue;
                        }
                        g_string_append_printf(written, "%-*s ->", LEFT_WIDTH - 1, event);
                        append_right(written, got);
                        g_string_append_c(written, '\n');
                        continue;
                }
                flat = squeeze(got);
                if (strcmp(flat, wanted) != 0) {
                        printf("# %s:%u: %s\n#   wanted: %s\n#   got:    %s\n", scenario->file,
                               step->line, left, wanted, flat);
                        return false;
                }
        }
        return true;
}

static bool run_file(const char *file, bool write)
{
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) head = g_string_new(NULL);
        g_autoptr(GPtrArray) declarations = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) steps = NULL;
        g_autoptr(Scenario) scenario = scenario_new(file);
        bool ok;

        if (!g_file_get_contents(file, &text, NULL, &error)) {
                printf("# %s\n", error->message);
                return false;
        }
        steps = read_steps(text, head, declarations);
        for (guint i = 0; i < declarations->len; i++) {
                g_auto(GStrv) words = words_of(declarations->pdata[i]);

                if (!scenario_declare(scenario, words, &error)) {
                        printf("# %s: %s: %s\n", file, (char *) declarations->pdata[i],
                               error->message);
                        return false;
                }
        }
        if (steps->len == 0) {
                printf("# %s: nothing happens\n", file);
                return false;
        }
        scenario_begin(scenario);
        ok = play(scenario, steps, write ? head : NULL);
        return ok && (!write || g_file_set_contents(file, head->str, -1, NULL));
}

static int by_name(gconstpointer a, gconstpointer b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* A folder stands for the stories in it */
static void add_files(GPtrArray *files, const char *path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        if (dir == NULL) {
                g_ptr_array_add(files, g_strdup(path));
                return;
        }
        while ((name = g_dir_read_name(dir)) != NULL) {
                if (g_str_has_suffix(name, ".txt"))
                        g_ptr_array_add(files, g_build_filename(path, name, NULL));
        }
        g_ptr_array_sort(files, by_name);
}

int main(int argc, char **argv)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        bool write = argc > 1 && strcmp(argv[1], "--write") == 0;
        bool ok = true;
        int first = write ? 2 : 1;

        for (int i = first; i < argc; i++)
                add_files(files, argv[i]);
        if (files->len == 0) {
                fprintf(stderr, "run [--write] FILE or FOLDER…\n");
                return 2;
        }
        printf("1..%u\n", files->len);
        for (guint i = 0; i < files->len; i++) {
                g_autofree char *name = g_path_get_basename(files->pdata[i]);
                bool good = run_file(files->pdata[i], write);

                printf("%s %u - %s\n", good ? "ok" : "not ok", i + 1, name);
                ok = ok && good;
        }
        return ok ? 0 : 1;
}
