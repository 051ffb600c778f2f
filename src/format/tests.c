#include "format/tests.h"

#include <string.h>

#include "format/native.h"
#include "format/scalars.h"

static bool is_given(const Text *text)
{
        return text->raw != NULL && text->raw[0] != '\0';
}

/* ---- What outcomes mean ---- */

static TestVerdict verdict_of(const Text *status)
{
        if (g_strcmp0(status->raw, "success") == 0)
                return TEST_VERDICT_SUCCESS;
        return g_strcmp0(status->raw, "warn") == 0 ? TEST_VERDICT_WARN : TEST_VERDICT_ERROR;
}

static TestRule build_rule(const RawResult *raw)
{
        TestRule rule = { .verdict = verdict_of(&raw->status),
                          .message = raw->message,
                          .bool_expr = raw->condition.bool_expr };

        rule.has_error = raw->condition.error != NULL &&
                         scalar_to_bool(raw->condition.error, &rule.error);
        rule.has_status_code = raw->condition.status_code != NULL &&
                               scalar_to_int(raw->condition.status_code, &rule.status_code);
        return rule;
}

/* ---- The container ---- */

static void read_data(Reader *r, const RawTestCommand *raw, bool is_raw, const Path *path,
                      RawTestData *ret_data)
{
        Reporter reporter = r->reporter;
        const char *component = r->component;
        const YamlNode *container = r->container;
        bool is_beside = r->is_beside;

        r->reporter.is_lenient = true;
        r->is_beside = true;
        r->component = "";
        r->container = raw->data;
        reader_read(r, keys_test_data(is_raw), raw->data, path, ret_data);
        r->reporter = reporter;
        r->is_beside = is_beside;
        r->component = component;
        r->container = container;
}

static void add_config_files(Reader *r, Workload *to, const Workload *from)
{
        size_t n = to->n_config_files + from->n_config_files;
        ConfigFile *all = arena_new0(r->arena, ConfigFile, n);

        if (to->n_config_files > 0)
                memcpy(all, to->config_files, to->n_config_files * sizeof *all);
        if (from->n_config_files > 0)
                memcpy(all + to->n_config_files, from->config_files,
                       from->n_config_files * sizeof *all);
        to->config_files = all;
        to->n_config_files = n;
}

/* It has no place in the start graph, no name that another container could have, and publishes
 * only the ports that the test asks for: the container that it is made after may be running. */
static void stand_alone(Workload *w, const Workload *data)
{
        w->kind = WORKLOAD_EPHEMERAL;
        w->name = w->when = w->dynamic = (Text){ 0 };
        w->publications = NULL;
        w->parents = NULL;
        w->n_publications = w->n_parents = 0;
        w->instance = 0;
        w->ports = data->ports;
        w->n_ports = data->n_ports;
}

static Workload *of_document(Reader *r, const Application *app, const RawTestData *data,
                             const RawTestCommand *raw)
{
        const RawTarget *target = is_given(&data->nested.component) ? &data->nested : &data->flat;
        const char *component = is_given(&target->component) ? target->component.raw : "";
        const char *container = is_given(&target->container) ? target->container.raw : "";
        int i = application_find_container(app, component, container);
        Reporter lenient = r->reporter;
        Workload *w;

        lenient.is_lenient = true;
        if (i < 0) {
                report(&lenient, "unknown-container",
                       (SourcePos){ r->file, raw->data->line, raw->data->col }, 1, NULL,
                       "the test's `data` names the container `%s` of component `%s`, which does "
                       "not exist",
                       container, component);
                return NULL;
        }
        w = arena_memdup(r->arena, &app->workloads[i], sizeof *w);
        if (is_given(&data->c.w.cmd))
                w->cmd = data->c.w.cmd;
        if (data->c.w.entrypoint.is_set)
                w->entrypoint = data->c.w.entrypoint;
        add_config_files(r, w, &data->c.w);
        return w;
}

static Workload *of_its_own(Reader *r, RawTestData *data)
{
        static const RawComponent nowhere = { .name = "test" };

        if (!is_given(&data->c.w.version))
                data->c.w.version = (Text){ "latest", data->c.pos };
        if (data->c.w.source == NULL)
                data->c.w.source = "public";
        native_build_container(r, &nowhere, 0, &data->c);
        data->c.w.id = "test/raw";
        return arena_memdup(r->arena, &data->c.w, sizeof data->c.w);
}

static Workload *build_container(Reader *r, const Application *app, const RawTestCommand *raw,
                                 const Path *path)
{
        bool is_raw = g_strcmp0(raw->id, "raw") == 0;
        RawTestData data = { 0 };
        Workload *w;

        if ((!is_raw && g_strcmp0(raw->id, "scheduler") != 0) || raw->data == NULL)
                return NULL;
        read_data(r, raw, is_raw, path, &data);
        w = is_raw ? of_its_own(r, &data) : of_document(r, app, &data, raw);
        if (w != NULL)
                stand_alone(w, &data.c.w);
        return w;
}

TestProc tests_build(Reader *r, const Application *app, const RawTest *raw, const Path *path)
{
        Path custom = { path, "custom_command", 0 }, data = { &custom, "data", 0 };
        TestProc test = raw->t;

        test.custom = (TestCommand){ .id = raw->custom.id,
                                     .timeout_s = raw->custom.timeout_s,
                                     .container = build_container(r, app, &raw->custom, &data) };
        test.rules = arena_new0(r->arena, TestRule, raw->n_results);
        test.n_rules = raw->n_results;
        for (size_t i = 0; i < raw->n_results; i++)
                test.rules[i] = build_rule(&raw->results[i]);
        return test;
}
