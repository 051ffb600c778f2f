/*
 * Commands that take in what a person types or edits: `config edit`, `registry add`
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "run.h"

/* The next commands read this from stdin */
static void give_stdin(const char *text)
{
        int ends[2];

        g_assert_cmpint(pipe(ends), ==, 0);
        g_assert_cmpint(write(ends[1], text, strlen(text)), ==, (ssize_t) strlen(text));
        close(ends[1]);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
}

static void test_a_password_comes_from_stdin(void)
{
        g_autoptr(Ran) ran = NULL;

        fake_reset();
        give_stdin("hunter2\r\n");
        ran = run_line("registry add r r.example.com --user ops --password-stdin");
        g_assert_cmpint(ran->status, ==, 0);
        assert_match(fake.asked->str, "^registry-add r r\\.example\\.com ops hunter2$");
        assert_no_match(ran->out, "hunter2");
        assert_no_match(ran->err, "hunter2");
}

static void test_a_password_is_not_asked_for_without_a_terminal(void)
{
        g_autoptr(Ran) ran = NULL;

        fake_reset();
        give_stdin("hunter2\n");
        ran = run_line("registry add r r.example.com --user ops");
        g_assert_cmpint(ran->status, ==, 1);
        assert_match(ran->err, "--password-stdin");
        g_assert_cmpstr(fake.asked->str, ==, "");
}

static void test_settings_are_imported_from_stdin(void)
{
        g_autoptr(Ran) ran = NULL;

        fake_reset();
        fake.answer = "{\"changed\":[\"a\"],\"locked\":[\"b\"]}";
        give_stdin("{\"a\":{\"value\":\"1\"}}");
        ran = run_line("config shop import -");
        g_assert_cmpint(ran->status, ==, 0);
        assert_match(fake.asked->str,
                     "^change shop set= unset= import=\\{\"a\":\\{\"value\":\"1\"\\}\\}$");
        assert_match(ran->err, "^warning: left alone, because they cannot be changed: b$");
        assert_match(ran->err, "^changed: a$");
}

/* An editor that notes what it was given and how others may read it */
static char *make_editor(const char *change)
{
        g_autofree char *dir = g_dir_make_tmp("slipway-editor-XXXXXX", NULL);
        g_autofree char *script = NULL;
        char *editor = g_build_filename(dir, "editor", NULL);

        script = g_strdup_printf("#!/bin/sh\nstat -c %%a \"$1\" \"${1%%/*}\" >'%s.seen'\n"
                                 "echo \"$1\" >>'%s.seen'\n%s\n",
                                 editor, editor, change);
        g_assert_true(
                g_file_set_contents_full(editor, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
        g_setenv("VISUAL", editor, true);
        return editor;
}

static void remove_editor(const char *editor)
{
        g_autofree char *seen = g_strconcat(editor, ".seen", NULL);
        g_autofree char *dir = g_path_get_dirname(editor);

        g_unsetenv("VISUAL");
        g_unlink(seen);
        g_unlink(editor);
        g_rmdir(dir);
}

static void test_settings_are_edited(void)
{
        g_autofree char *editor = make_editor("sed -i s/old/new/ \"$1\"");
        g_autofree char *seen_file = g_strconcat(editor, ".seen", NULL), *seen = NULL;
        g_auto(GStrv) lines = NULL;
        g_autoptr(Ran) ran = NULL;

        fake_reset();
        fake.answer = "{\"a\":{\"value\":\"old\"}}";
        ran = run_line("config shop edit");
        g_assert_cmpint(ran->status, ==, 0);
        assert_match(fake.asked->str, "^export shop reveal=1$");
        assert_match(fake.asked->str, "^change shop .*import=\\{$");
        assert_match(fake.asked->str, "\"value\": \"new\"");

        g_assert_true(g_file_get_contents(seen_file, &seen, NULL, NULL));
        lines = g_strsplit(seen, "\n", -1);
        g_assert_cmpstr(lines[0], ==, "600");
        g_assert_cmpstr(lines[1], ==, "700");
        g_assert_false(g_file_test(lines[2], G_FILE_TEST_EXISTS)); /* secrets do not stay */
        remove_editor(editor);
}

static void test_an_editor_that_changes_nothing_or_fails(void)
{
        g_autofree char *idle = make_editor("true"), *failing = NULL;
        g_autoptr(Ran) nothing = NULL, failed = NULL;

        fake_reset();
        fake.answer = "{\"a\":{\"value\":\"old\"}}";
        nothing = run_line("config shop edit");
        g_assert_cmpint(nothing->status, ==, 0);
        assert_match(nothing->err, "^nothing has changed$");
        assert_no_match(fake.asked->str, "^change");
        remove_editor(idle);

        failing = make_editor("echo '{}' >\"$1\"; exit 1");
        failed = run_line("config shop edit");
        g_assert_cmpint(failed->status, ==, 1);
        assert_match(failed->err, "ended with an error; nothing was changed");
        assert_no_match(fake.asked->str, "^change");
        remove_editor(failing);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/settings/password", test_a_password_comes_from_stdin);
        g_test_add_func("/settings/ask", test_a_password_is_not_asked_for_without_a_terminal);
        g_test_add_func("/settings/import", test_settings_are_imported_from_stdin);
        g_test_add_func("/settings/edit", test_settings_are_edited);
        g_test_add_func("/settings/editor", test_an_editor_that_changes_nothing_or_fails);
        return g_test_run();
}
