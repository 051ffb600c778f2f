#include <string.h>

#include "cli/help.h"
#include "cli/parse.h"
#include "fake.h"
#include "run.h"

/* ---- What every row of the table must have ---- */

static void test_each_command_is_explained(void)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                const CliCommand *command = *at;
                g_autofree char *text = help_to_text(command, HELP_WIDTH, false);

                g_assert_nonnull(command->run);
                g_assert_cmpuint(command->n_min, <=, command->n_max);
                g_assert_cmpuint(strlen(command->summary), >, 10);
                g_assert_false(g_str_has_suffix(command->summary, "."));
                g_assert_cmpuint(strlen(command->about), >, 10);
                g_assert_nonnull(strstr(text, command->synopsis));
                if (command->group != NULL) {
                        g_assert_nonnull(command->examples);
                        g_assert_nonnull(command->examples[0].command);
                }
                for (unsigned i = 0; i < command->n_min; i++)
                        g_assert_nonnull(command->arguments[i].name);
        }
}

/* Every command under "See also", and every example, begins with a command that there is */
static void test_commands_that_are_named_exist(void)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                g_auto(GStrv)
                        names = g_strsplit((*at)->see_also != NULL ? (*at)->see_also : "", " ", -1);

                for (size_t i = 0; names[i] != NULL; i++)
                        g_assert_nonnull(cli_command_find(names[i]));
                for (const CliExample *e = (*at)->examples; e != NULL && e->command != NULL; e++) {
                        g_auto(GStrv) words = g_strsplit(e->command, " ", -1);

                        g_assert_cmpstr(words[0], ==, "slipway");
                        g_assert_nonnull(cli_command_find(words[1]));
                }
        }
}

/* Up to the first sign, outside of quotes, that a shell would take for itself */
static char *without_shell(const char *example)
{
        const char *at = example;
        bool is_quoted = false;

        for (; *at != '\0' && (is_quoted || strchr("<>|", *at) == NULL); at++)
                is_quoted ^= *at == '\'';
        return g_strchomp(g_strndup(example, at - example));
}

static void test_examples_are_understood(void)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                for (const CliExample *e = (*at)->examples; e != NULL && e->command != NULL; e++) {
                        g_autofree char *line = without_shell(e->command);
                        g_auto(GStrv) argv = NULL;
                        g_auto(Parsed) parsed = { 0 };
                        g_autoptr(GError) error = NULL;

                        g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
                        parse_command_line((const char *const *) argv, &parsed, &error);
                        g_assert_no_error(error);
                }
        }
}

static void test_an_option_is_taken_before_and_behind_the_command(void)
{
        static const char *const lines[] = {
                "--state-dir /s --host tcp://h:1 --node-address 10.0.0.1 -q ps",
                "ps --state-dir /s --host tcp://h:1 --node-address 10.0.0.1 -q",
                "--state-dir /x ps --state-dir=/s --host tcp://h:1 --node-address 10.0.0.1 --quiet",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                fake_reset();
                fake.answer = "[]";

                g_autoptr(Ran) ran = run_line(lines[i]);

                g_assert_cmpint(ran->status, ==, 0);
                assert_match(fake.asked->str, "^new /s tcp://h:1 10\\.0\\.0\\.1$");
                g_assert_cmpstr(ran->err, ==, "");
        }
}

/* Each option of each command is taken, and again with a value that is none for those that have
 * choices or numbers */
static void test_each_option_of_each_command(void)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                for (const CliOption *o = (*at)->options; o != NULL && o->name != NULL; o++) {
                        g_auto(Parsed) parsed = { 0 };
                        g_autoptr(GError) error = NULL;
                        g_autofree char *option = g_strconcat("--", o->name, NULL);
                        g_autofree char *choice = o->choices == NULL
                                                          ? NULL
                                                          : g_strndup(o->choices,
                                                                      strcspn(o->choices, "|"));
                        const char *value = o->type == CLI_OPTION_NUMBER ? "7"
                                            : choice != NULL             ? choice
                                                                         : "x=y";
                        const char *argv[] = { "slipway",
                                               (*at)->name,
                                               "--help",
                                               option,
                                               o->type == CLI_OPTION_FLAG ? NULL : value,
                                               NULL };

                        g_assert_true(parse_command_line(argv, &parsed, &error));
                        g_assert_no_error(error);
                        if (o->type != CLI_OPTION_NUMBER && o->choices == NULL)
                                continue;
                        parsed_clear(&parsed);
                        argv[4] = "nonsense";
                        g_assert_false(parse_command_line(argv, &parsed, &error));
                        assert_match(error->message, option);
                }
        }
}

/* ---- What is said about a wrong command line ---- */

static const struct {
        const char *line, *want;
} wrong[] = {
        { "statsu shop", "there is no command ‘statsu’; did you mean `slipway status`\\?" },
        { "apply app.yml", "did you mean `slipway up`\\?" },
        { "qqqqqqqq", "there is no command ‘qqqqqqqq’; `slipway help` lists them" },
        { "help statsu", "did you mean `slipway help status`\\?" },
        { "up",
          "it needs a FILE or the name of an application.*\n  usage: slipway up \\[FILE\\|APP\\]" },
        { "up a b", "‘b’ is one argument too many" },
        { "up a --st x", "unknown option --st; did you mean --set\\?" },
        { "up a --volumes", "`slipway up` has no option --volumes; `slipway down` has" },
        { "--set a=b up a", "--set is an option of `slipway up` and stands behind it" },
        { "up a --nonsense", "unknown option --nonsense\n" },
        { "up a -x", "unknown option -x\n" },
        { "up a --set", "missing argument for --set" },
        { "up a --timeout ten", "--timeout takes a whole number, not ‘ten’" },
        { "up a --timeout -1", "--timeout takes a whole number, not ‘-1’" },
        { "logs a --tail 1.5", "--tail takes a whole number" },
        { "up a --pull sometimes", "--pull is missing, always or never, not ‘sometimes’" },
        { "up a --pull nevr", "did you mean ‘never’\\?" },
        { "ps --format jsn", "--format is table or json, not ‘jsn’; did you mean ‘json’\\?" },
        { "graph a --format json", "--format is text, dot or mermaid, not ‘json’" },
        { "lint a --format dot", "--format is text, json or sarif" },
        { "lint", "FILE is missing" },
        { "resolve a b maybe", "the verdict is done or rerun, not ‘maybe’" },
        { "resolve a b", "the verdict is missing" },
        { "runs a", "ID is missing" },
        { "version x", "`slipway version` takes no argument, and ‘x’ is one" },
        { "config a sett b=c", "the verb is get, set, .*; did you mean ‘set’\\?" },
        { "config a get", "NAME is missing: slipway config a get NAME" },
        { "config a get b c", "‘c’ is one argument too many" },
        { "config a set b", "‘b’ has no value; write NAME=VALUE" },
        { "registry add x", "HOST is missing" },
        { "registry add x y --password-stdin", "--user is missing" },
        { "completion tcsh", "the shell is bash, zsh or fish, not ‘tcsh’" },
        { "eval a --batch", "with --batch templates come from stdin" },
        { "explain naem", "there is no key ‘naem’; did you mean ‘name’\\?" },
        { "explain name x", "‘x’ is one argument too many" },
        { "\"evil\033[2J\"", "there is no command ‘evil\\\\x1b\\[2J’" },
};

static void test_wrong_usage_says_what_would_be_right(void)
{
        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                fake_reset();

                g_autoptr(Ran) ran = run_line(wrong[i].line);

                g_test_message("%s", wrong[i].line);
                g_assert_cmpint(ran->status, ==, 2);
                g_assert_cmpstr(ran->out, ==, "");
                assert_match(ran->err, "^slipway: ");
                assert_match(ran->err, wrong[i].want);
                assert_no_match(ran->err, "\033");
                g_assert_cmpstr(fake.asked->str, ==, "");
        }
}

static void test_no_command_at_all_shows_the_list(void)
{
        g_autoptr(Ran) nothing = run_line("");
        g_autoptr(Ran) help = run_line("--help");

        g_assert_cmpint(nothing->status, ==, 2);
        g_assert_cmpstr(nothing->out, ==, "");
        g_assert_cmpint(help->status, ==, 0);
        g_assert_cmpstr(nothing->err, ==, help->out);
}

static void test_help_has_three_ways(void)
{
        g_autoptr(Ran) one = run_line("up --help");
        g_autoptr(Ran) two = run_line("help up");
        g_autoptr(Ran) three = run_line("-h up");

        g_assert_cmpint(one->status, ==, 0);
        g_assert_cmpstr(one->out, ==, two->out);
        g_assert_cmpstr(one->out, ==, three->out);
        assert_match(one->out, "--rerun ID");
        g_assert_cmpstr(one->err, ==, "");
}

static void test_options_end_at_two_dashes(void)
{
        fake_reset();
        fake.answer = "{\"workloads\":[]}";

        g_autoptr(Ran) ran = run_line("plan -- -odd/name.yml");

        g_assert_cmpint(ran->status, ==, 0);
        assert_match(fake.asked->str, "^plan file=-odd/name\\.yml ");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fake_reset();
        g_test_add_func("/commands/explained", test_each_command_is_explained);
        g_test_add_func("/commands/named", test_commands_that_are_named_exist);
        g_test_add_func("/commands/examples", test_examples_are_understood);
        g_test_add_func("/parse/global", test_an_option_is_taken_before_and_behind_the_command);
        g_test_add_func("/parse/each", test_each_option_of_each_command);
        g_test_add_func("/parse/wrong", test_wrong_usage_says_what_would_be_right);
        g_test_add_func("/parse/nothing", test_no_command_at_all_shows_the_list);
        g_test_add_func("/parse/help", test_help_has_three_ways);
        g_test_add_func("/parse/dashes", test_options_end_at_two_dashes);
        return g_test_run();
}
