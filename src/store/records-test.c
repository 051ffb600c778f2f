#include "store/store.h"

#include <string.h>

#include "base/json.h"
#include "store/testing.h"

typedef TestStore Fixture;

static int64_t deploy(Fixture *f, const char *app, const char *text)
{
        Deployment deployment = { .app = (char *) app,
                                  .file = (char *) "app.yml",
                                  .text = (char *) text };

        g_assert_true(store_deployment_begin(f->store, &deployment, &f->error));
        g_assert_cmpint(deployment.began_wall_us, >, 0);
        return deployment.number;
}

/* ---- Deployments ---- */

static void test_a_deployment_comes_back(Fixture *f, gconstpointer data)
{
        g_autoptr(json_t) inputs = json_pack("{s:{s:s}}", "set", "password", "hunter2-planted");
        g_autoptr(json_t) changes = json_pack("[{s:s}]", "workload", "db/postgres");
        Deployment new = { .app = (char *) "shop",
                           .file = (char *) "shop.yml",
                           .text = (char *) "# a file\nname: shop\n",
                           .inputs = inputs };

        g_assert_true(store_deployment_begin(f->store, &new, &f->error));
        g_assert_cmpint(new.number, ==, 1);
        g_assert_true(store_deployment_set_changes(f->store, "shop", 1, changes, &f->error));
        g_assert_true(
                store_deployment_end(f->store, "shop", 1, OUTCOME_FAILED, "db is down", &f->error));

        g_autoptr(Deployment) got = store_deployment_get(f->store, "shop", 0, &f->error);

        g_assert_no_error(f->error);
        g_assert_cmpstr(got->file, ==, "shop.yml");
        g_assert_cmpstr(got->text, ==, new.text);
        g_assert_true(json_equal(got->inputs, inputs));
        g_assert_true(json_equal(got->changes, changes));
        g_assert_cmpstr(deployment_outcome_to_string(got->outcome), ==, "failed");
        g_assert_cmpstr(got->reason, ==, "db is down");
        g_assert_cmpint(got->ended_wall_us, >=, got->began_wall_us);
}

static void test_a_new_deployment_supersedes(Fixture *f, gconstpointer data)
{
        deploy(f, "shop", "1");
        deploy(f, "blog", "1");
        g_assert_cmpint(deploy(f, "shop", "2"), ==, 2);

        g_autoptr(GPtrArray) list = store_deployments(f->store, "shop", &f->error);
        Deployment *newest = g_ptr_array_index(list, 0);
        Deployment *oldest = g_ptr_array_index(list, 1);
        g_autoptr(Deployment) other = store_deployment_get(f->store, "blog", 1, &f->error);

        g_assert_cmpuint(list->len, ==, 2);
        g_assert_cmpint(newest->number, ==, 2);
        g_assert_null(newest->text);
        g_assert_true(newest->outcome == OUTCOME_RUNNING);
        g_assert_cmpint(newest->ended_wall_us, ==, 0);
        g_assert_true(oldest->outcome == OUTCOME_SUPERSEDED);
        g_assert_cmpint(oldest->ended_wall_us, >, 0);
        g_assert_true(other->outcome == OUTCOME_RUNNING);
}

static void test_unknown_deployments_are_said(Fixture *f, gconstpointer data)
{
        g_assert_null(store_deployment_get(f->store, "shop", 0, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
        g_clear_error(&f->error);
        deploy(f, "shop", "1");
        g_assert_null(store_deployment_get(f->store, "shop", 9, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
        g_clear_error(&f->error);
        g_assert_false(store_deployment_end(f->store, "shop", 9, OUTCOME_FAILED, "", &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
        g_clear_error(&f->error);
}

static void test_old_deployments_are_forgotten(Fixture *f, gconstpointer data)
{
        g_assert_true(store_begin(f->store, &f->error));
        deploy(f, "shop", "1");
        deploy(f, "shop", "2");
        g_assert_true(store_app_set_serving(f->store, "shop", 2, &f->error));
        for (int i = 2; i < STORE_DEPLOYMENTS_MAX + 10; i++)
                deploy(f, "shop", "n");
        g_assert_true(store_commit(f->store, &f->error));

        g_autoptr(GPtrArray) list = store_deployments(f->store, "shop", &f->error);
        Deployment *newest = g_ptr_array_index(list, 0);
        Deployment *oldest = g_ptr_array_index(list, list->len - 1);

        g_assert_cmpuint(list->len, ==, STORE_DEPLOYMENTS_MAX + 1);
        g_assert_cmpint(newest->number, ==, STORE_DEPLOYMENTS_MAX + 10);
        g_assert_cmpint(oldest->number, ==, 2); /* it serves */
}

static void test_apps_are_sorted(Fixture *f, gconstpointer data)
{
        g_autofree char *desired = NULL;
        int64_t serving;

        deploy(f, "shop", "");
        deploy(f, "blog", "");
        g_assert_true(store_app_set_serving(f->store, "blog", 1, &f->error));
        g_assert_true(store_app_set_desired(f->store, "blog", "stopped", &f->error));

        g_auto(GStrv) apps = store_apps(f->store, &f->error);
        g_autofree char *names = g_strjoinv(" ", apps);

        g_assert_cmpstr(names, ==, "blog shop");
        g_assert_true(store_app_get(f->store, "blog", &serving, &desired, &f->error));
        g_assert_cmpint(serving, ==, 1);
        g_assert_cmpstr(desired, ==, "stopped");
}

/* ---- Settings ---- */

static void test_a_setting_comes_back(Fixture *f, gconstpointer data)
{
        SettingValue value = { .name = (char *) "cert",
                               .value = (char *) "a.pem",
                               .data = (char *) "Zm9v",
                               .origin = (char *) "user",
                               .is_secret = true };
        SettingValue made = { .name = (char *) "cert",
                              .value = (char *) "b",
                              .origin = (char *) "value_cmd" };

        g_assert_true(store_setting_set(f->store, "shop", &made, &f->error));
        g_assert_true(store_setting_set(f->store, "shop", &value, &f->error));
        value.value = (char *) "c.pem";
        g_assert_true(store_setting_set(f->store, "shop", &value, &f->error));

        g_autoptr(SettingValue)
                got = store_setting_get(f->store, "shop", "cert", "user", &f->error);
        g_autoptr(GPtrArray) list = store_settings(f->store, "shop", &f->error);

        g_assert_cmpstr(got->value, ==, "c.pem");
        g_assert_cmpstr(got->data, ==, "Zm9v");
        g_assert_true(got->is_secret);
        g_assert_cmpuint(list->len, ==, 2);
        g_assert_cmpstr(((SettingValue *) list->pdata[1])->origin, ==, "value_cmd");
        g_assert_false(((SettingValue *) list->pdata[1])->is_secret);
        g_assert_null(((SettingValue *) list->pdata[1])->data);

        g_assert_true(store_setting_unset(f->store, "shop", "cert", "user", &f->error));
        g_assert_null(store_setting_get(f->store, "shop", "cert", "user", &f->error));
        g_assert_no_error(f->error);
}

static void test_drawn_values_stay(Fixture *f, gconstpointer data)
{
        g_autofree char *got = NULL;

        g_assert_true(store_volatile_set(f->store, "shop", "a/b", "randAlpha 8", "xyz", &f->error));
        got = store_volatile_get(f->store, "shop", "a/b", "randAlpha 8", &f->error);
        g_assert_cmpstr(got, ==, "xyz");
        g_assert_null(store_volatile_get(f->store, "shop", "a/c", "randAlpha 8", &f->error));
        g_assert_true(store_volatile_clear(f->store, "shop", "a/b", &f->error));
        g_assert_null(store_volatile_get(f->store, "shop", "a/b", "randAlpha 8", &f->error));
}

/* Planted in every place that may hold a secret, they are in no file: database, log, locks */
static void test_secrets_are_in_no_file(Fixture *f, gconstpointer data)
{
        static const char *const planted[] = { "planted-one",       "planted-two",  "planted-three",
                                               "planted-four",      "planted-five", "planted-six",
                                               "cGxhbnRlZC1zZXZlbg" };
        SettingValue value = { .name = (char *) "password",
                               .value = (char *) planted[0],
                               .data = (char *) planted[6],
                               .origin = (char *) "user" };
        g_autoptr(json_t) inputs = json_pack("{s:{s:s}}", "set", "password", planted[3]);
        Deployment deployment = { .app = (char *) "shop",
                                  .file = (char *) "f",
                                  .text = (char *) planted[4],
                                  .inputs = inputs };
        g_autoptr(StoreLock) lock = store_lock(f->store, "shop", "slipway up", NULL, &f->error);
        char *path = NULL;

        g_assert_nonnull(lock);
        g_assert_true(store_setting_set(f->store, "shop", &value, &f->error));
        g_assert_true(store_volatile_set(f->store, "shop", "w", planted[5], planted[1], &f->error));
        value.value = (char *) planted[2];
        value.is_secret = true;
        g_assert_true(store_setting_set(f->store, "shop", &value, &f->error));
        g_assert_true(store_deployment_begin(f->store, &deployment, &f->error));

        for (int is_closed = 0; is_closed < 2; is_closed++) {
                for (size_t i = 0; i < G_N_ELEMENTS(planted); i++)
                        g_assert_false(test_dir_contains(&f->t, planted[i], &path));
                /* the search finds what is there */
                g_assert_true(test_dir_contains(&f->t, "password", &path));
                g_clear_pointer(&path, g_free);
                g_clear_pointer(&f->store, store_free);
        }
}

/* ---- Runs ---- */

static RunRecord a_run(const char *workload, const char *key, int64_t try_number)
{
        return (RunRecord){ .app = (char *) "shop",
                            .workload = (char *) workload,
                            .run_key = (char *) key,
                            .try_number = try_number,
                            .deployment = 1,
                            .container_name = (char *) "shop-db-1",
                            .image = (char *) "postgres",
                            .image_id = (char *) "",
                            .exit_code = -1 };
}

static void end(Fixture *f, RunRecord *run, RunOutcome outcome, int exit_code)
{
        run->outcome = outcome;
        run->exit_code = exit_code;
        g_assert_true(store_run_ended(f->store, run, &f->error));
}

static void test_a_run_goes_its_way(Fixture *f, gconstpointer data)
{
        char *volumes[] = { (char *) "v1", (char *) "v2", NULL };
        char *digests[] = { (char *) "migrate@sha256:d1", NULL };
        RunRecord run = a_run("db/migrate", "k", 1);

        run.image_digests = digests;
        g_assert_true(store_run_intend(f->store, &run, &f->error));
        {
                g_autoptr(GPtrArray) list = store_runs(f->store, "shop", "db/migrate", NULL, NULL);
                RunRecord *got = list->pdata[0];

                g_assert_true(got->outcome == RUN_INTENDED);
                g_assert_cmpint(got->exit_code, ==, -1);
                g_assert_cmpint(got->intended_wall_us, >, 0);
                g_assert_cmpint(got->started_wall_us, ==, 0);
                g_assert_cmpstr(got->container_id, ==, "");
                g_assert_cmpstr(got->container_name, ==, "shop-db-1");
        }
        run.container_id = (char *) "c0ffee";
        run.image_id = (char *) "sha256:1";
        g_assert_true(store_run_started(f->store, &run, &f->error));
        {
                /* When it started only the engine knows: a guess would be taken for its word. */
                g_autoptr(GPtrArray) list = store_runs(f->store, "shop", NULL, NULL, NULL);
                RunRecord *got = list->pdata[0];

                g_assert_true(got->outcome == RUN_STARTED);
                g_assert_cmpint(got->started_wall_us, ==, 0);
        }
        run.started_wall_us = 5;
        g_assert_true(store_run_started(f->store, &run, &f->error));
        run.started_wall_us = 6;
        run.container_id = (char *) "";
        run.evidence = (char *) "wait";
        run.log_tail = (char *) "done\n";
        run.volumes = volumes;
        end(f, &run, RUN_SUCCEEDED, 0);

        g_autoptr(GPtrArray) list = store_runs(f->store, "shop", "db/migrate", "k", &f->error);
        RunRecord *got = list->pdata[0];

        g_assert_true(got->outcome == RUN_SUCCEEDED);
        g_assert_cmpint(got->exit_code, ==, 0);
        g_assert_cmpstr(got->container_id, ==, "c0ffee");
        g_assert_cmpstr(got->image_id, ==, "sha256:1");
        g_assert_cmpstr(got->evidence, ==, "wait");
        g_assert_cmpstr(got->log_tail, ==, "done\n");
        g_assert_cmpuint(g_strv_length(got->volumes), ==, 2);
        g_assert_cmpstr(got->volumes[1], ==, "v2");
        g_assert_cmpuint(g_strv_length(got->image_digests), ==, 1);
        g_assert_cmpstr(got->image_digests[0], ==, "migrate@sha256:d1");
        g_assert_cmpint(got->started_wall_us, ==, 5);
        g_assert_cmpint(got->ended_wall_us, >, 5);
}

static void test_a_try_is_intended_once(Fixture *f, gconstpointer data)
{
        RunRecord run = a_run("w", "k", 1), other = a_run("w", "k2", 1);

        g_assert_cmpint(store_run_next_try(f->store, "shop", "w", "k", &f->error), ==, 1);
        g_assert_true(store_run_intend(f->store, &run, &f->error));
        g_assert_false(store_run_intend(f->store, &run, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_FAILED);
        g_clear_error(&f->error);
        g_assert_true(store_run_intend(f->store, &other, &f->error));
        g_assert_cmpint(store_run_next_try(f->store, "shop", "w", "k", &f->error), ==, 2);

        run.try_number = 2;
        g_assert_false(store_run_started(f->store, &run, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
        g_clear_error(&f->error);
}

static void test_a_success_stays_one(Fixture *f, gconstpointer data)
{
        RunRecord run = a_run("w", "k", 1);

        g_assert_true(store_run_intend(f->store, &run, &f->error));
        end(f, &run, RUN_UNKNOWN, -1);
        end(f, &run, RUN_SUCCEEDED, 0); /* settled by hand */
        run.outcome = RUN_FAILED;
        g_assert_false(store_run_ended(f->store, &run, &f->error));
        g_clear_error(&f->error);
        g_assert_false(store_run_started(f->store, &run, &f->error));
        g_clear_error(&f->error);

        g_autoptr(GPtrArray) list = store_runs(f->store, "shop", "w", "k", &f->error);

        g_assert_true(((RunRecord *) list->pdata[0])->outcome == RUN_SUCCEEDED);
}

static void test_forgotten_runs_keep_their_number(Fixture *f, gconstpointer data)
{
        RunRecord run = a_run("w", "k", 1), other = a_run("v", "k", 1);

        g_assert_true(store_run_intend(f->store, &run, &f->error));
        g_assert_true(store_run_intend(f->store, &other, &f->error));
        end(f, &run, RUN_SUCCEEDED, 0);
        end(f, &other, RUN_SUCCEEDED, 0);
        g_assert_true(store_runs_forget(f->store, "shop", "w", &f->error));

        g_autoptr(GPtrArray) forgotten = store_runs(f->store, "shop", "w", "k", &f->error);
        g_autoptr(GPtrArray) kept = store_runs(f->store, "shop", "v", "k", &f->error);

        g_assert_true(((RunRecord *) forgotten->pdata[0])->outcome == RUN_FORGOTTEN);
        g_assert_true(((RunRecord *) kept->pdata[0])->outcome == RUN_SUCCEEDED);
        g_assert_cmpint(store_run_next_try(f->store, "shop", "w", "k", &f->error), ==, 2);

        g_assert_true(store_runs_forget(f->store, "shop", NULL, &f->error));
        g_autoptr(GPtrArray) all = store_runs(f->store, "shop", "v", "k", &f->error);

        g_assert_true(((RunRecord *) all->pdata[0])->outcome == RUN_FORGOTTEN);
}

static void test_old_failures_are_forgotten(Fixture *f, gconstpointer data)
{
        RunRecord first = a_run("old", "k", 1), success = a_run("w", "s", 1);

        g_assert_true(store_begin(f->store, &f->error));
        g_assert_true(store_run_intend(f->store, &first, &f->error));
        end(f, &first, RUN_UNKNOWN, -1);
        g_assert_true(store_run_intend(f->store, &success, &f->error));
        end(f, &success, RUN_SUCCEEDED, 0);
        for (int i = 1; i <= STORE_RUNS_MAX + 20; i++) {
                RunRecord run = a_run("w", "k", i);

                g_assert_true(store_run_intend(f->store, &run, &f->error));
                end(f, &run, RUN_FAILED, 1);
        }
        g_assert_true(store_commit(f->store, &f->error));

        g_autoptr(GPtrArray) failed = store_runs(f->store, "shop", "w", "k", &f->error);
        g_autoptr(GPtrArray) kept = store_runs(f->store, "shop", "w", "s", &f->error);
        g_autoptr(GPtrArray) newest = store_runs(f->store, "shop", "old", "k", &f->error);

        /* the one that was intended last was not failed yet when they were counted */
        g_assert_cmpuint(failed->len, <=, STORE_RUNS_MAX + 1);
        g_assert_cmpuint(failed->len, >, STORE_RUNS_MAX - 5);
        g_assert_cmpuint(kept->len, ==, 1);
        g_assert_cmpuint(newest->len, ==, 1); /* a workload's newest is its evidence */
}

static void test_log_tails_have_an_end(Fixture *f, gconstpointer data)
{
        g_autoptr(GString) lines = g_string_new(NULL);
        g_autofree char *wide = g_strnfill(3 * STORE_LOG_BYTES_MAX, 'x');
        const char *const logs[] = { lines->str, wide, "bad \xff byte\n" };
        g_autoptr(GPtrArray) got = NULL;

        for (int i = 0; i < 100; i++)
                g_string_append_printf(lines, "line %d\n", i);
        for (size_t i = 0; i < G_N_ELEMENTS(logs); i++) {
                RunRecord run = a_run("w", "k", i + 1);

                g_assert_true(store_run_intend(f->store, &run, &f->error));
                run.log_tail = (char *) (i == 0 ? lines->str : logs[i]);
                end(f, &run, RUN_FAILED, 1);
        }
        got = store_runs(f->store, "shop", "w", "k", &f->error);

        const char *bad = ((RunRecord *) got->pdata[0])->log_tail;
        const char *wide_tail = ((RunRecord *) got->pdata[1])->log_tail;
        g_auto(GStrv) tail = g_strsplit(((RunRecord *) got->pdata[2])->log_tail, "\n", -1);

        g_assert_true(g_utf8_validate(bad, -1, NULL));
        g_assert_cmpuint(strlen(wide_tail), ==, STORE_LOG_BYTES_MAX);
        g_assert_cmpuint(g_strv_length(tail), ==, STORE_LOG_LINES_MAX + 1);
        g_assert_cmpstr(tail[0], ==, "line 80");
        g_assert_cmpstr(tail[19], ==, "line 99");
}

/* ---- Placements ---- */

static void test_placements_swaps_and_paths(Fixture *f, gconstpointer data)
{
        g_autofree char *hashes = NULL, *swap = NULL, *path = NULL;

        g_assert_true(store_placement_set(f->store, "shop", "w", "c1", "{\"a\":1}", &f->error));
        g_assert_true(store_placement_set(f->store, "shop", "w", "c1", "{\"a\":2}", &f->error));
        hashes = store_placement_get(f->store, "c1", &f->error);
        g_assert_cmpstr(hashes, ==, "{\"a\":2}");
        g_assert_true(store_placement_forget(f->store, "c1", &f->error));
        g_assert_null(store_placement_get(f->store, "c1", &f->error));

        g_assert_true(store_swap_set(f->store, "shop", "w", "{}", &f->error));
        swap = store_swap_get(f->store, "shop", "w", &f->error);
        g_assert_cmpstr(swap, ==, "{}");
        g_assert_true(store_swap_set(f->store, "shop", "w", NULL, &f->error));
        g_assert_null(store_swap_get(f->store, "shop", "w", &f->error));

        g_assert_null(store_host_path_id(f->store, "/data", &f->error));
        g_assert_true(store_host_path_created(f->store, "/data", "1", &f->error));
        g_assert_true(store_host_path_created(f->store, "/data", "2", &f->error));
        path = store_host_path_id(f->store, "/data", &f->error);
        g_assert_cmpstr(path, ==, "2");
}

/* ---- Facts ---- */

static void append(Fixture *f, const char *app, const char *event, json_t *detail)
{
        Fact fact = { .app = (char *) app,
                      .event = (char *) event,
                      .workload = (char *) "w",
                      .deployment = 1,
                      .detail = detail };

        g_assert_true(store_fact_append(f->store, &fact, &f->error));
}

static void test_facts_come_in_order(Fixture *f, gconstpointer data)
{
        g_autoptr(json_t) detail = json_pack("{s:i}", "exit_code", 3);
        int64_t last;

        append(f, "shop", "created", NULL);
        append(f, "blog", "created", NULL);
        append(f, "shop", "started", NULL);
        append(f, "shop", "exited", detail);

        g_autoptr(GPtrArray) all = store_facts(f->store, "shop", 0, 0, &f->error);
        Fact *first = all->pdata[0];
        g_autoptr(GPtrArray) later = store_facts(f->store, "shop", first->id, 1, &f->error);
        Fact *second = later->pdata[0], *third = all->pdata[2];

        g_assert_cmpuint(all->len, ==, 3);
        g_assert_cmpuint(later->len, ==, 1);
        g_assert_cmpstr(first->event, ==, "created");
        g_assert_cmpstr(second->event, ==, "started");
        g_assert_cmpint(second->id, >, first->id);
        g_assert_cmpint(first->wall_ns, >, G_GINT64_CONSTANT(1000000000000000000));
        g_assert_true(json_equal(third->detail, detail));
        g_assert_true(store_facts_last(f->store, "shop", &last, &f->error));
        g_assert_cmpint(last, ==, third->id);
}

static void test_old_facts_are_forgotten(Fixture *f, gconstpointer data)
{
        append(f, "blog", "created", NULL);
        g_assert_true(store_begin(f->store, &f->error));
        for (int i = 0; i < STORE_FACTS_MAX + 200; i++)
                append(f, "shop", "started", NULL);
        g_assert_true(store_commit(f->store, &f->error));

        g_autoptr(GPtrArray) list = store_facts(f->store, "shop", 0, 0, &f->error);
        g_autoptr(GPtrArray) other = store_facts(f->store, "blog", 0, 0, &f->error);

        g_assert_cmpuint(list->len, >=, STORE_FACTS_MAX);
        g_assert_cmpuint(list->len, <, STORE_FACTS_MAX + 64);
        g_assert_cmpint(((Fact *) list->pdata[list->len - 1])->id, ==, STORE_FACTS_MAX + 201);
        g_assert_cmpuint(other->len, ==, 1);
}

#define ADD(name, func)                                                                            \
        g_test_add(name, Fixture, NULL, test_store_set_up, func, test_store_tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/store/deployment/back", test_a_deployment_comes_back);
        ADD("/store/deployment/supersedes", test_a_new_deployment_supersedes);
        ADD("/store/deployment/unknown", test_unknown_deployments_are_said);
        ADD("/store/deployment/limit", test_old_deployments_are_forgotten);
        ADD("/store/apps", test_apps_are_sorted);
        ADD("/store/setting/back", test_a_setting_comes_back);
        ADD("/store/setting/volatile", test_drawn_values_stay);
        ADD("/store/secrets", test_secrets_are_in_no_file);
        ADD("/store/run/way", test_a_run_goes_its_way);
        ADD("/store/run/once", test_a_try_is_intended_once);
        ADD("/store/run/success", test_a_success_stays_one);
        ADD("/store/run/forget", test_forgotten_runs_keep_their_number);
        ADD("/store/run/limit", test_old_failures_are_forgotten);
        ADD("/store/run/log", test_log_tails_have_an_end);
        ADD("/store/placements", test_placements_swaps_and_paths);
        ADD("/store/facts/order", test_facts_come_in_order);
        ADD("/store/facts/limit", test_old_facts_are_forgotten);
        return g_test_run();
}
