#include <string.h>

#include "fake.h"
#include "run.h"

/* ---- What commands ask the controller for ---- */

static const struct {
        const char *line, *asked;
} asks[] = {
        { "up app.yml",
          "up file=app.yml app=- set= settings=- rerun= timeout=0 deployment=0 pull=0 wait=0 "
          "strict=0 as=slipway up app.yml" },
        { "up app.yml --app a --set x=1 --set y=@f --settings s.json --rerun a/b --rerun c/d "
          "--timeout 60 --pull always --wait --strict",
          "up file=app.yml app=a set=x=1,y=@f settings=s.json rerun=a/b,c/d timeout=60 "
          "deployment=0 pull=1 wait=1 strict=1 as=slipway up app.yml --app a --set x=… --set y=…" },
        { "up shop --deployment 4", "up file=- app=shop .* deployment=4 .*" },
        { "up ./shop", "up file=\\./shop app=- .*" },
        { "plan shop --pull never", "plan file=- app=shop .* pull=2 .*" },
        { "pull app.yaml", "pull file=app.yaml .*" },
        { "down shop", "down shop volumes=0 wait=0 force=0" },
        { "down shop --volumes --wait --force", "down shop volumes=1 wait=1 force=1" },
        { "start shop/web/app", "start shop/web/app" },
        { "stop shop --force", "stop shop wait=0 force=1" },
        { "restart shop", "restart shop" },
        { "status shop", "status shop" },
        { "ps", "ps -" },
        { "ps shop", "ps shop" },
        { "logs shop", "logs shop - follow=0 tail=-1" },
        { "logs shop web/app -f --tail 0", "logs shop web/app follow=1 tail=0" },
        { "events shop -f", "events shop follow=1" },
        { "history shop", "history shop" },
        { "runs shop app/migrate", "runs shop app/migrate" },
        { "resolve shop app/migrate done", "resolve shop app/migrate done" },
        { "doctor", "doctor" },
        { "lint a.yml b.yml --for-up",
          "read a.yml for_up=1 strict=0\nread b.yml for_up=1 strict=0" },
        { "lint --strict a.yml", "read a.yml for_up=0 strict=1" },
        { "graph a.yml", "read a.yml for_up=0 strict=0" },
        { "config shop", "config shop reveal=0" },
        { "config shop --reveal", "config shop reveal=1" },
        { "config shop export --reveal", "export shop reveal=1" },
        { "config shop test", "test shop -" },
        { "config shop test database", "test shop database" },
        { "config shop set a=1 b=@f",
          "change shop set=a=1,b=@f unset= import=-\nplan .* app=shop .*" },
        { "config shop unset a b", "change shop set= unset=a,b import=-\nplan .*" },
        { "config shop set a=1 --apply", "change shop set=a=1 .*\nup file=- app=shop .*" },
        { "registry list", "registries" },
        { "registry add replicated registry.example.com",
          "registry-add replicated registry.example.com - -" },
        { "registry remove replicated", "registry-remove replicated" },
        { "__complete apps", "apps" },
};

static void test_each_command_asks_for_what_was_typed(void)
{
        for (size_t i = 0; i < G_N_ELEMENTS(asks); i++) {
                g_autofree char *want = g_strdup_printf("\\A(new - - -\n)?%s\n\\z", asks[i].asked);

                g_test_message("%s", asks[i].line);
                fake_reset();

                g_autoptr(Ran) ran = run_line(asks[i].line);

                g_assert_cmpint(ran->status, ==, 0);
                assert_match(fake.asked->str, want);
        }
}

/* ---- Exit status and what is said about a failure ---- */

static const struct {
        int code, status;
        const char *err;
} failures[] = {
        { CONTROLLER_ERROR_FILE, 1, "it went wrong\n" },
        { CONTROLLER_ERROR_NO_APP, 1, "it went wrong\n  `slipway ps` shows" },
        { CONTROLLER_ERROR_BUSY, 1, "it went wrong\n" },
        { CONTROLLER_ERROR_REFUSED, 1, "it went wrong\n" },
        { CONTROLLER_ERROR_ENGINE, 1, "`slipway doctor` looks for the cause" },
        { CONTROLLER_ERROR_STORE, 1, "--state-dir names another" },
        { CONTROLLER_ERROR_FAILED, 1, "it went wrong\n" },
        { CONTROLLER_ERROR_INTERRUPTED, 130, "" },
        { CONTROLLER_ERROR_USAGE, 2, "--help` says more" },
};

static void test_exit_status_follows_from_what_went_wrong(void)
{
        static const char *const lines[] = {
                "up app.yml",
                "plan app.yml",
                "pull app.yml",
                "down a",
                "start a",
                "stop a",
                "restart a",
                "status a",
                "ps",
                "logs a",
                "events a",
                "history a",
                "runs a b",
                "doctor",
                "config a",
                "config a set b=c",
                "config a export",
                "config a test",
                "registry list",
                "resolve a b done",
                "graph a.yml",
                "registry add a b",
                "registry remove a",
        };

        for (size_t l = 0; l < G_N_ELEMENTS(lines); l++) {
                for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
                        g_test_message("%s: %zu", lines[l], i);
                        fake_reset();
                        fake.error = failures[i].code;

                        g_autoptr(Ran) ran = run_line(lines[l]);

                        g_assert_cmpint(ran->status, ==, failures[i].status);
                        g_assert_cmpstr(ran->out, ==, "");
                        assert_match(ran->err, failures[i].err);
                        assert_match(ran->err, "^slipway: ");
                }
        }
}

static void test_an_engine_elsewhere_is_named_in_advice(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_ENGINE;

        g_autoptr(Ran) ran = run_line("--state-dir '/a b' ps --host tcp://h:1");

        assert_match(ran->err, "`slipway --state-dir '/a b' --host tcp://h:1 doctor`");
}

static void test_a_word_that_is_neither_file_nor_application(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_NO_APP;
        fake.message = "there is no application shp";

        g_autoptr(Ran) ran = run_line("up shp");

        assert_match(ran->err, "‘shp’ is no file: there is no application shp");
}

/* ---- up ---- */

static const char failed[] =
        "{\"app\":\"shop\",\"deployment\":3,\"outcome\":\"failed\",\"reason\":\"app/migrate "
        "failed\",\"workloads\":["
        "{\"id\":\"db/postgres\",\"action\":\"start\",\"state\":\"running\"},"
        "{\"id\":\"app/migrate\",\"action\":\"run\",\"state\":\"failed\",\"exit_code\":3,"
        "\"reason\":\"2 tries\",\"runs\":2},"
        "{\"id\":\"web/app\",\"action\":\"start\",\"state\":\"held\"}],\"elapsed_ms\":2100}";

static void test_a_failed_up_says_who_why_and_what_next(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_FAILED;
        fake.message = "deployment 3 of shop failed";
        fake.answer = failed;
        fake.quote = "Traceback:\nno such table \033[2J\n";

        g_autoptr(Ran) ran = run_line("up app.yml --set pw=hunter2");

        g_assert_cmpint(ran->status, ==, 1);
        g_assert_cmpstr(ran->out, ==, "");
        g_assert_cmpstr(ran->err, ==,
                        "db/postgres started\n"
                        "slipway: deployment 3 of shop failed\n"
                        "slipway: app/migrate failed with exit code 3: 2 tries\n"
                        "  | Traceback:\n"
                        "  | no such table \\x1b[2J\n"
                        "  `slipway logs shop app/migrate` shows all of its output\n"
                        "  not started: web/app\n"
                        "  `slipway status shop --why` shows how it is now; when the cause is "
                        "mended, `slipway up app.yml` goes on\n");
}

static void test_an_interrupted_up_says_how_to_go_on(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_INTERRUPTED;

        g_autoptr(Ran) ran = run_line("up app.yml --app a --set pw=hunter2 -q");

        g_assert_cmpint(ran->status, ==, 130);
        g_assert_cmpstr(ran->err, ==,
                        "slipway: interrupted: nothing further starts; run `slipway up app.yml "
                        "--app a` to go on\n");
}

static void test_an_unknown_outcome_is_settled_by_hand(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_FAILED;
        fake.answer = "{\"app\":\"shop\",\"workloads\":[{\"id\":\"app/migrate\",\"state\":"
                      "\"unknown\",\"reason\":\"the host was restarted\"}]}";

        g_autoptr(Ran) ran = run_line("up app.yml");

        assert_match(ran->err, "whether app/migrate has succeeded cannot be known: the host was "
                               "restarted\n  look, then settle it with `slipway resolve shop "
                               "app/migrate done`");
}

static void test_a_good_up_is_one_line_on_stdout(void)
{
        fake_reset();
        fake.answer = "{\"app\":\"shop\",\"deployment\":3,\"outcome\":\"succeeded\",\"workloads\":["
                      "{\"id\":\"a\",\"action\":\"keep\"},{\"id\":\"b\",\"action\":\"skip\"},"
                      "{\"id\":\"c\",\"action\":\"run\"},{\"id\":\"d\",\"action\":\"keep\"}],"
                      "\"elapsed_ms\":2100}";

        g_autoptr(Ran) loud = run_line("up app.yml");
        g_autoptr(Ran) quiet = run_line("up app.yml -q");
        g_autoptr(Ran) json = run_line("up app.yml --format json");

        g_assert_cmpstr(loud->out, ==,
                        "shop started in 2.1 s, deployment 3: 1 run, 2 kept, 1 skipped\n");
        g_assert_cmpstr(loud->err, ==, "db/postgres started\n");
        g_assert_cmpstr(quiet->err, ==, "");
        assert_match(json->out, "^\\{\"app\":\"shop\",.*\\}\n\\z");
}

static void test_findings_of_a_file_come_on_stderr(void)
{
        fake_reset();
        fake.error = CONTROLLER_ERROR_FILE;
        fake.finding = "a name that drives \033[2J the terminal";
        fake.message = "app.yml cannot be used";

        g_autoptr(Ran) up = run_line("up app.yml");
        g_autoptr(Ran) lint = run_line("lint app.yml");
        g_autoptr(Ran) json = run_line("lint app.yml --format json");

        assert_match(up->err, "app\\.yml: error: a name that drives \\\\x1b\\[2J the terminal");
        g_assert_cmpint(lint->status, ==, 1);
        assert_match(lint->err, "1 error, 0 warnings");
        g_assert_cmpstr(lint->out, ==, "");
        g_assert_cmpint(json->status, ==, 1);
        assert_match(json->out, "^\\[\\{\"file\":\"app.yml\".*\"severity\":\"error\"");
}

/* ---- What is shown ---- */

static void test_plan_and_its_exit_code(void)
{
        fake_reset();
        fake.answer = "{\"app\":\"shop\",\"changes\":true,\"workloads\":["
                      "{\"id\":\"app/migrate\",\"kind\":\"ephemeral\",\"action\":\"skip\","
                      "\"reason\":\"already done, 3 min ago\"},"
                      "{\"id\":\"web/app\",\"kind\":\"service\",\"action\":\"replace\",\"reason\":"
                      "\"image\",\"waits_for\":\"app/migrate to succeed\"}],"
                      "\"warnings\":[\"monitors has no effect yet\"]}";

        g_autoptr(Ran) ran = run_line("plan app.yml --exit-code");

        g_assert_cmpint(ran->status, ==, 3);
        g_assert_cmpstr(ran->out, ==,
                        "WORKLOAD     KIND       ACTION   REASON                   WAITS FOR\n"
                        "app/migrate  ephemeral  skip     already done, 3 min ago\n"
                        "web/app      service    replace  image                    app/migrate to "
                        "succeed\n");
        g_assert_cmpstr(ran->err, ==, "warning: monitors has no effect yet\n");

        fake.answer = "{\"app\":\"shop\",\"changes\":false,\"workloads\":[]}";

        g_autoptr(Ran) same = run_line("plan app.yml --exit-code");

        g_assert_cmpint(same->status, ==, 0);
        g_assert_cmpstr(same->err, ==, "nothing would change\n");
}

static const char status[] =
        "{\"app\":\"shop\",\"state\":\"started\",\"desired\":\"started\",\"reason\":\"\","
        "\"serving_deployment\":3,\"last_deployment\":{\"number\":4,\"outcome\":\"failed\","
        "\"reason\":\"app/migrate exited with 3\"},\"workloads\":["
        "{\"id\":\"app/migrate\",\"kind\":\"ephemeral\",\"state\":\"failed\",\"container\":"
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"exit_code\":3,"
        "\"runs\":2,\"waits_for\":null},"
        "{\"id\":\"web/app\",\"kind\":\"service\",\"state\":\"held\",\"container\":null,"
        "\"exit_code\":null,\"runs\":0,\"waits_for\":\"app/migrate to succeed\"}]}";

static void test_status_with_and_without_reasons(void)
{
        fake_reset();
        fake.answer = status;

        g_autoptr(Ran) plain = run_line("status shop");
        g_autoptr(Ran) why = run_line("status shop --why");

        g_assert_cmpstr(plain->out, ==,
                        "shop is started\n"
                        "deployment 3 serves; deployment 4, the last, failed: app/migrate exited "
                        "with 3\n"
                        "WORKLOAD     KIND       STATE   EXIT  RUNS  CONTAINER\n"
                        "app/migrate  ephemeral  failed     3     2  0123456789ab\n"
                        "web/app      service    held\n");
        assert_match(why->out, "^web/app .* app/migrate to succeed$");
}

static void test_status_exit_code_asks_for_started(void)
{
        fake_reset();
        fake.answer = status;

        g_autoptr(Ran) started = run_line("status shop --exit-code -q");

        g_assert_cmpint(started->status, ==, 0);
        g_assert_cmpstr(started->out, ==, "");
        fake.answer = "{\"app\":\"shop\",\"state\":\"stopped\",\"reason\":\"web/app exited\"}";

        g_autoptr(Ran) stopped = run_line("status shop --exit-code");
        g_autoptr(Ran) only = run_line("status shop");

        g_assert_cmpint(stopped->status, ==, 1);
        g_assert_cmpstr(stopped->out, ==, "shop is stopped: web/app exited\n");
        g_assert_cmpint(only->status, ==, 0);
}

static void test_json_is_what_the_controller_gave(void)
{
        static const char *const lines[] = { "status a",         "ps",     "history a",
                                             "runs a b",         "plan a", "config a",
                                             "registry list",    "doctor", "up a",
                                             "resolve a b done", "down a", "pull a" };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *line = g_strconcat(lines[i], " --format json", NULL);

                fake_reset();
                fake.answer = "[{\"any\":\"thing \xc2\x9b\"}]";

                g_autoptr(Ran) ran = run_line(line);

                g_assert_cmpint(ran->status, ==, 0);
                g_assert_cmpstr(ran->out, ==, "[{\"any\":\"thing \\u009b\"}]\n");
        }
}

static void test_lines_of_several_containers_have_names(void)
{
        fake_reset();
        fake.output = "one\ntwo \033[1mbold\033[0m";

        g_autoptr(Ran) all = run_line("logs shop");
        g_autoptr(Ran) one = run_line("logs shop web/app");

        g_assert_cmpstr(all->out, ==, "web/app | one\nweb/app | two \033[1mbold\033[0m\n");
        g_assert_cmpstr(all->err, ==, "db/x    | half a line\n");
        g_assert_cmpstr(one->out, ==, "one\ntwo \033[1mbold\033[0m");
        g_assert_cmpstr(one->err, ==, "half a line\n");
}

static void test_facts_are_lines(void)
{
        fake_reset();
        fake.facts = "[{\"time\":\"2026-11-22T01:02:03.000000004Z\",\"deployment\":2,\"event\":"
                     "\"exited\",\"workload\":\"app/migrate\",\"detail\":{\"exit_code\":3,"
                     "\"evidence\":\"wait\"}}]";

        g_autoptr(Ran) text = run_line("events shop");
        g_autoptr(Ran) json = run_line("events shop --format json");

        g_assert_cmpstr(text->out, ==,
                        "2026-11-22 01:02:03  #2    app/migrate  exited             "
                        "exit_code=3 evidence=wait\n");
        assert_match(json->out, "^\\{\"time\":\"2026-11-22T01:02:03\\.000000004Z\",.*\\}\n\\z");
}

static void test_history_and_runs(void)
{
        fake_reset();
        fake.answer = "[{\"number\":2,\"began\":\"2026-11-22T01:02:03.5Z\",\"ended\":"
                      "\"2026-11-22T01:02:05.6Z\",\"outcome\":\"succeeded\",\"reason\":\"\","
                      "\"serving\":true,\"changes\":[{\"workload\":\"db/x\",\"action\":\"keep\"},"
                      "{\"workload\":\"web/app\",\"action\":\"replace\"}],\"file\":\"app.yml\"}]";

        g_autoptr(Ran) history = run_line("history shop");

        g_assert_cmpstr(history->out, ==,
                        "NUMBER  BEGAN (UTC)          TOOK   OUTCOME    SERVES  FILE     CHANGES\n"
                        "     2  2026-11-22 01:02:03  2.1 s  succeeded  yes     app.yml  replace "
                        "web/app\n");
        fake.answer = "[{\"run_key\":\"abcdef0123456789\",\"try\":1,\"deployment\":2,\"outcome\":"
                      "\"failed\",\"exit_code\":3,\"evidence\":\"wait\",\"started\":"
                      "\"2026-11-22T01:02:03Z\",\"seconds\":1.5,\"counts\":false,\"image\":\"x:1\","
                      "\"log_tail\":\"one\\ntwo\\u001b[2J\\n\"}]";

        g_autoptr(Ran) runs = run_line("runs shop app/migrate");

        assert_match(runs->out,
                     "^abcdef01 +1 +2 +failed +3 +2026-11-22 01:02:03 +1\\.5 s +wait +no");
        assert_match(runs->out, "\nabcdef01, try 1:\n  \\| one\n  \\| two\\\\x1b\\[2J\n\\z");
}

static void test_doctor_fails_on_errors_only(void)
{
        fake_reset();
        fake.answer = "[{\"check\":\"engine\",\"result\":\"ok\",\"message\":\"API 1.41\"},"
                      "{\"check\":\"disk\",\"result\":\"warning\",\"message\":\"1 GB left\","
                      "\"advice\":\"make room\"}]";

        g_autoptr(Ran) warned = run_line("doctor");

        g_assert_cmpint(warned->status, ==, 0);
        g_assert_cmpstr(
                warned->out, ==,
                "ok       engine: API 1.41\nwarning  disk: 1 GB left\n         make room\n");
        fake.answer = "[{\"check\":\"engine\",\"result\":\"error\",\"message\":\"no answer\"}]";

        g_autoptr(Ran) wrong = run_line("doctor");

        g_assert_cmpint(wrong->status, ==, 1);
}

static void test_one_setting(void)
{
        fake_reset();
        fake.answer = "[{\"name\":\"url\",\"value\":\"https://x\",\"type\":\"text\"}]";

        g_autoptr(Ran) known = run_line("config shop get url");
        g_autoptr(Ran) unknown = run_line("config shop get ulr");

        g_assert_cmpstr(known->out, ==, "https://x\n");
        g_assert_cmpint(unknown->status, ==, 1);
        assert_match(unknown->err, "shop has no setting ‘ulr’; did you mean ‘url’\\?");
}

static void test_names_for_shells(void)
{
        fake_reset();
        fake.answer = "[{\"app\":\"shop\",\"workloads\":[\"db/x\",\"web/app\"]},"
                      "{\"app\":\"evil name\",\"workloads\":[\"$(x)\"]}]";

        g_autoptr(Ran) apps = run_line("__complete apps");
        g_autoptr(Ran) ids = run_line("__complete ids shop");
        g_autoptr(Ran) targets = run_line("__complete targets");

        g_assert_cmpstr(apps->out, ==, "shop\n");
        g_assert_cmpstr(ids->out, ==, "db/x\nweb/app\n");
        g_assert_cmpstr(targets->out, ==, "shop\nshop/db/x\nshop/web/app\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/commands/ask", test_each_command_asks_for_what_was_typed);
        g_test_add_func("/commands/exit", test_exit_status_follows_from_what_went_wrong);
        g_test_add_func("/commands/where", test_an_engine_elsewhere_is_named_in_advice);
        g_test_add_func("/commands/neither", test_a_word_that_is_neither_file_nor_application);
        g_test_add_func("/up/failed", test_a_failed_up_says_who_why_and_what_next);
        g_test_add_func("/up/interrupted", test_an_interrupted_up_says_how_to_go_on);
        g_test_add_func("/up/unknown", test_an_unknown_outcome_is_settled_by_hand);
        g_test_add_func("/up/good", test_a_good_up_is_one_line_on_stdout);
        g_test_add_func("/up/findings", test_findings_of_a_file_come_on_stderr);
        g_test_add_func("/show/plan", test_plan_and_its_exit_code);
        g_test_add_func("/show/status", test_status_with_and_without_reasons);
        g_test_add_func("/show/status-exit", test_status_exit_code_asks_for_started);
        g_test_add_func("/show/json", test_json_is_what_the_controller_gave);
        g_test_add_func("/show/logs", test_lines_of_several_containers_have_names);
        g_test_add_func("/show/events", test_facts_are_lines);
        g_test_add_func("/show/history", test_history_and_runs);
        g_test_add_func("/show/doctor", test_doctor_fails_on_errors_only);
        g_test_add_func("/show/setting", test_one_setting);
        g_test_add_func("/show/complete", test_names_for_shells);
        return g_test_run();
}
