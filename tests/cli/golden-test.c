/*
 * Texts that are checked in: help, and the reference in docs/cli.md
 *
 * With SLIPWAY_UPDATE=1 in the environment they are written anew instead of compared.
 */

#include <string.h>

#include "cli/help.h"

#define BEGIN "<!-- made from the table of commands: begin -->\n"
#define END   "<!-- made from the table of commands: end -->\n"

static const char *source_root;

static bool wants_update(void)
{
        return g_strcmp0(g_getenv("SLIPWAY_UPDATE"), "1") == 0;
}

static void check(const char *name, const char *got)
{
        g_autofree char *file = g_build_filename(source_root, name, NULL);
        g_autofree char *want = NULL;
        g_autoptr(GError) error = NULL;

        if (wants_update())
                g_assert_true(g_file_set_contents(file, got, -1, &error));
        g_file_get_contents(file, &want, NULL, &error);
        g_assert_no_error(error);
        if (strcmp(got, want) != 0)
                g_test_message("%s is stale: SLIPWAY_UPDATE=1 meson test -C build cli/golden",
                               name);
        g_assert_cmpstr(got, ==, want);
}

static void test_help(void)
{
        g_autofree char *all = help_to_text(NULL, HELP_WIDTH, false);
        g_autofree char *up = help_to_text(&cli_command_up, HELP_WIDTH, false);
        g_autofree char *coloured = help_to_text(&cli_command_down, 60, true);

        check("tests/cli/golden/help.txt", all);
        check("tests/cli/golden/help-up.txt", up);
        check("tests/cli/golden/help-down-coloured.txt", coloured);
}

static void test_no_line_of_help_is_too_long(void)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                g_autofree char *text = help_to_text(*at, HELP_WIDTH, false);
                g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

                for (size_t i = 0; lines[i] != NULL; i++) {
                        if (strstr(lines[i], "slipway") == NULL) /* usage and examples stay whole */
                                g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, HELP_WIDTH);
                }
        }
}

static void test_reference(void)
{
        g_autofree char *file = g_build_filename(source_root, "docs/cli.md", NULL);
        g_autofree char *reference = help_to_reference(), *old = NULL, *whole = NULL;
        g_autoptr(GError) error = NULL;
        const char *begin, *end;

        g_file_get_contents(file, &old, NULL, &error);
        g_assert_no_error(error);
        begin = strstr(old, BEGIN);
        end = strstr(old, END);
        g_assert_true(begin != NULL && end > begin);
        whole = g_strdup_printf("%.*s%s\n%s%s", (int) (begin - old), old, BEGIN, reference, end);
        check("docs/cli.md", whole);
}

/* Each result that programs read has its shape in the part that is written by hand */
static void test_reference_has_the_shapes(void)
{
        static const char *const commands[] = { "up",      "plan",   "pull",     "status",
                                                "ps",      "events", "history",  "runs",
                                                "resolve", "doctor", "lint",     "config",
                                                "version", "down",   "registry", "eval" };
        g_autofree char *file = g_build_filename(source_root, "docs/cli.md", NULL);
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));

        const char *shapes = strstr(text, "## JSON");

        g_assert_nonnull(shapes);
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
                g_autofree char *heading = g_strdup_printf("`%s", commands[i]);

                g_test_message("%s", commands[i]);
                g_assert_nonnull(strstr(shapes, heading));
        }
}

static void test_manual(void)
{
        g_autofree char *manual = help_to_manual();

        g_assert_true(g_str_has_prefix(manual, ".TH SLIPWAY 1 "));
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                g_autofree char *heading = g_strdup_printf("\n.SS slipway %s", (*at)->name);

                g_assert_cmpint(strstr(manual, heading) != NULL, ==, (*at)->group != NULL);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        source_root = argv[1];
        g_test_add_func("/golden/help", test_help);
        g_test_add_func("/golden/width", test_no_line_of_help_is_too_long);
        g_test_add_func("/golden/reference", test_reference);
        g_test_add_func("/golden/shapes", test_reference_has_the_shapes);
        g_test_add_func("/golden/manual", test_manual);
        return g_test_run();
}
