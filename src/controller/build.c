#include "controller/build.h"

#include <gio/gio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "engine/engine.h"

#define CLIENT "docker"

/* ---- Arguments ---- */

typedef struct Arguments {
        const BuildRequest *request;
        GPtrArray *argv, *env;
        const char *context;
        const char *input;
        bool needs_buildkit;
        char *trouble;
} Arguments;

static void add(Arguments *args, const char *flag, const char *value)
{
        g_ptr_array_add(args->argv, g_strdup(flag));
        if (value != NULL)
                g_ptr_array_add(args->argv, g_strdup(value));
}

static void refuse(Arguments *args, const char *key, const char *why)
{
        if (args->trouble == NULL)
                args->trouble = g_strdup_printf("build.%s: %s", key, why);
}

/* (transfer full) a scalar as its text; NULL for anything else */
static char *scalar(const json_t *value)
{
        if (json_is_string(value))
                return g_strdup(json_string_value(value));
        if (json_is_integer(value))
                return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (json_is_boolean(value))
                return g_strdup(json_is_true(value) ? "true" : "false");
        if (json_is_real(value)) {
                char text[G_ASCII_DTOSTR_BUF_SIZE];

                return g_strdup(g_ascii_dtostr(text, sizeof text, json_real_value(value)));
        }
        return NULL;
}

typedef struct OptionRow OptionRow;
struct OptionRow {
        const char *key; /* of `build:` */
        const char *flag;
        void (*put)(Arguments *args, const OptionRow *row, const json_t *value);
        bool needs_buildkit;
};

static void text(Arguments *args, const OptionRow *row, const json_t *value)
{
        g_autofree char *word = scalar(value);

        if (word == NULL)
                refuse(args, row->key, "not a text");
        else if (word[0] != '\0')
                add(args, row->flag, word);
}

static void flag(Arguments *args, const OptionRow *row, const json_t *value)
{
        g_autofree char *word = scalar(value);
        bool is_on = false;

        if (word == NULL || !text_parse_bool(word, &is_on))
                refuse(args, row->key, "neither true nor false");
        else if (is_on)
                add(args, row->flag, NULL);
}

/* Attestations know more values than yes and no: `mode=max` */
static void attestation(Arguments *args, const OptionRow *row, const json_t *value)
{
        g_autofree char *word = scalar(value);
        g_autofree char *argument = g_strdup_printf("%s=%s", row->flag, word == NULL ? "" : word);

        add(args, argument, NULL);
}

static void list(Arguments *args, const OptionRow *row, const json_t *value)
{
        size_t i;
        json_t *item;

        if (json_is_string(value))
                add(args, row->flag, json_string_value(value));
        else if (!json_is_array(value))
                refuse(args, row->key, "not a list");
        json_array_foreach(value, i, item) {
                if (json_is_string(item))
                        add(args, row->flag, json_string_value(item));
        }
}

static void platforms(Arguments *args, const OptionRow *row, const json_t *value)
{
        g_autoptr(GString) all = g_string_new(NULL);
        size_t i;
        json_t *item;

        json_array_foreach(value, i, item)
                g_string_append_printf(all, "%s%s", i > 0 ? "," : "", json_string_value(item));
        if (all->len > 0)
                add(args, row->flag, all->str);
}

/* A map, or a list of `NAME=VALUE` */
static void pairs(Arguments *args, const OptionRow *row, const json_t *value)
{
        const char *key;
        json_t *item;

        if (!json_is_object(value)) {
                list(args, row, value);
                return;
        }
        json_object_foreach((json_t *) value, key, item) {
                g_autofree char *word = scalar(item);
                g_autofree char *pair = g_strdup_printf("%s=%s", key, word == NULL ? "" : word);

                add(args, row->flag, pair);
        }
}

/* `host=address`; the client wants a colon */
static void hosts(Arguments *args, const OptionRow *row, const json_t *value)
{
        const char *key;
        size_t i;
        json_t *item;

        json_array_foreach(value, i, item) {
                g_autofree char *pair = g_strdup(json_string_value(item));
                char *equals = pair == NULL ? NULL : strchr(pair, '=');

                if (equals != NULL)
                        *equals = ':';
                if (pair != NULL)
                        add(args, row->flag, pair);
        }
        json_object_foreach((json_t *) value, key, item) {
                g_autofree char *word = scalar(item);
                g_autofree char *pair = g_strdup_printf("%s:%s", key, word == NULL ? "" : word);

                add(args, row->flag, pair);
        }
}

static void ulimits(Arguments *args, const OptionRow *row, const json_t *value)
{
        const char *key;
        json_t *item;

        json_object_foreach((json_t *) value, key, item) {
                g_autofree char *pair = NULL;

                if (json_is_object(item))
                        pair = g_strdup_printf("%s=%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, key,
                                               json_int_at(item, "soft", 0),
                                               json_int_at(item, "hard", 0));
                else
                        pair = g_strdup_printf("%s=%" JSON_INTEGER_FORMAT, key,
                                               json_integer_value(item));
                add(args, row->flag, pair);
        }
}

/* What the client itself reads must not be shadowed by a build argument of the name */
static bool is_of_client(const char *name)
{
        static const char *const own[] = { "PATH", "HOME", "TMPDIR", NULL };

        return g_strv_contains(own, name) || g_str_has_prefix(name, "DOCKER_") ||
               g_str_has_prefix(name, "BUILDKIT_") || g_str_has_prefix(name, "LD_");
}

/* On the command line every user of the machine could read a value */
static void argument(Arguments *args, const OptionRow *row, const char *name, const char *value)
{
        g_autofree char *pair = g_strdup_printf("%s=%s", name, value == NULL ? "" : value);

        if (value != NULL && is_of_client(name)) {
                add(args, row->flag, pair);
                return;
        }
        add(args, row->flag, name);
        if (value != NULL)
                g_ptr_array_add(args->env, g_steal_pointer(&pair));
}

static void arguments(Arguments *args, const OptionRow *row, const json_t *value)
{
        const char *key;
        size_t i;
        json_t *item;

        json_object_foreach((json_t *) value, key, item) {
                g_autofree char *word = scalar(item);

                argument(args, row, key, word);
        }
        json_array_foreach(value, i, item) {
                g_auto(GStrv) parts = g_strsplit(
                        json_is_string(item) ? json_string_value(item) : "", "=", 2);

                if (parts[0] != NULL)
                        argument(args, row, parts[0], parts[1]);
        }
}

static void secret(Arguments *args, const char *source, const char *target)
{
        const Application *app = args->request->app;
        g_autofree char *name = g_strdup_printf("SLIPWAY_BUILD_SECRET_%u", args->env->len);
        g_autofree char *word = NULL;

        for (size_t i = 0; i < app->n_resources; i++) {
                const Resource *resource = &app->resources[i];

                if (resource->kind != RESOURCE_SECRET || strcmp(resource->key, source) != 0)
                        continue;
                if (resource->data == NULL ||
                    memchr(resource->data, '\0', resource->size) != NULL) {
                        refuse(args, "secrets",
                               "a secret must be a text that stands in a file or the environment");
                        return;
                }
                g_ptr_array_add(args->env, g_strdup_printf("%s=%.*s", name, (int) resource->size,
                                                           resource->data));
                word = g_strdup_printf("id=%s,env=%s", target, name);
                add(args, "--secret", word);
                return;
        }
        refuse(args, "secrets", "the document has no such secret");
}

static void secrets(Arguments *args, const OptionRow *row, const json_t *value)
{
        size_t i;
        json_t *item;

        json_array_foreach(value, i, item) {
                const char *source = json_is_string(item) ? json_string_value(item)
                                                          : json_string_at(item, "source", "");

                secret(args, source, json_string_at(item, "target", source));
        }
}

static void context(Arguments *args, const OptionRow *row, const json_t *value)
{
        args->context = json_string_value(value);
}

static bool is_local(const char *context)
{
        return strstr(context, "://") == NULL && !g_str_has_prefix(context, "git@") &&
               !g_str_has_prefix(context, "github.com/");
}

static void dockerfile(Arguments *args, const OptionRow *row, const json_t *value)
{
        const char *file = json_string_value(value);
        const char *where = json_string_at(args->request->build->options, "context", ".");
        g_autofree char *path = NULL;

        if (file == NULL || file[0] == '\0')
                return;
        path = g_path_is_absolute(file) || !is_local(where) ? g_strdup(file)
                                                            : g_build_filename(where, file, NULL);
        add(args, "--file", path);
}

static void dockerfile_inline(Arguments *args, const OptionRow *row, const json_t *value)
{
        args->input = json_string_value(value);
        if (args->input != NULL)
                add(args, "--file", "-");
}

static void impossible(Arguments *args, const OptionRow *row, const json_t *value)
{
        if (!json_is_null(value) && !json_is_false(value))
                refuse(args, row->key, "`docker build` has no word for it");
}

/* Every key of `build:`, sorted */
static const OptionRow rows[] = {
        { "additional_contexts", "--build-context", pairs, true },
        { "args", "--build-arg", arguments, false },
        { "cache_from", "--cache-from", list, false },
        { "cache_to", "--cache-to", list, true },
        { "context", NULL, context, false },
        { "dockerfile", NULL, dockerfile, false },
        { "dockerfile_inline", NULL, dockerfile_inline, false },
        { "entitlements", "--allow", list, true },
        { "extra_hosts", "--add-host", hosts, false },
        { "isolation", "--isolation", text, false },
        { "labels", "--label", pairs, false },
        { "network", "--network", text, false },
        { "no_cache", "--no-cache", flag, false },
        { "platforms", "--platform", platforms, true },
        { "privileged", NULL, impossible, false },
        { "provenance", "--provenance", attestation, true },
        { "pull", "--pull", flag, false },
        { "sbom", "--sbom", attestation, true },
        { "secrets", "--secret", secrets, true },
        { "shm_size", "--shm-size", text, false },
        { "ssh", "--ssh", list, true },
        { "tags", "--tag", list, false },
        { "target", "--target", text, false },
        { "ulimits", "--ulimit", ulimits, false },
};

static const OptionRow *row_of(const char *key)
{
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                if (strcmp(rows[i].key, key) == 0)
                        return &rows[i];
        }
        return NULL;
}

static void put_all(Arguments *args)
{
        const char *key;
        json_t *value;

        json_object_foreach(args->request->build->options, key, value) {
                const OptionRow *row = row_of(key);

                if (row == NULL && !g_str_has_prefix(key, "x-"))
                        refuse(args, key, "not a key that can be handed to `docker build`");
                if (row == NULL || json_is_null(value))
                        continue;
                /* A Dockerfile in the document stands for one in a file. */
                if (strcmp(key, "dockerfile") == 0 &&
                    json_object_get(args->request->build->options, "dockerfile_inline") != NULL)
                        continue;
                args->needs_buildkit |= row->needs_buildkit;
                row->put(args, row, value);
        }
}

char **build_arguments(const BuildRequest *request, char ***ret_env, const char **ret_input,
                       GError **error)
{
        Arguments args = { .request = request,
                           .argv = g_ptr_array_new_with_free_func(g_free),
                           .env = g_ptr_array_new_with_free_func(g_free),
                           .context = "." };
        g_autofree char *trouble = NULL;

        add(&args, CLIENT, "build");
        add(&args, "--tag", request->image);
        put_all(&args);
        add(&args, args.context, NULL);
        if (args.needs_buildkit)
                g_ptr_array_add(args.env, g_strdup("DOCKER_BUILDKIT=1"));
        if (request->host != NULL)
                g_ptr_array_add(args.env, g_strdup_printf("DOCKER_HOST=%s", request->host));
        g_ptr_array_add(args.argv, NULL);
        g_ptr_array_add(args.env, NULL);
        trouble = args.trouble;
        if (trouble != NULL) {
                g_ptr_array_unref(args.argv);
                g_ptr_array_unref(args.env);
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, trouble);
                return NULL;
        }
        *ret_input = args.input;
        *ret_env = (char **) g_ptr_array_free(args.env, false);
        return (char **) g_ptr_array_free(args.argv, false);
}

/* ---- The client at work ---- */

struct BuildRun {
        unsigned n_refs; /* its owner, and what is under way */
        bool is_over;    /* nothing is told any more */
        GSubprocess *client;
        GDataInputStream *output;
        GCancellable *cancellable;
        GString *last; /* lines */
        unsigned n_last;
        char *image;
        void (*on_line)(const char *line, gpointer user);
        void (*on_end)(const GError *error, gpointer user);
        gpointer user;
};

static void run_unref(BuildRun *run)
{
        if (--run->n_refs > 0)
                return;
        g_clear_object(&run->client);
        g_clear_object(&run->output);
        g_clear_object(&run->cancellable);
        g_string_free(run->last, true);
        g_free(run->image);
        g_free(run);
}

void build_cancel(BuildRun *run)
{
        if (run == NULL)
                return;
        run->is_over = true;
        g_subprocess_send_signal(run->client, SIGTERM);
        g_cancellable_cancel(run->cancellable);
        run_unref(run);
}

static void end(BuildRun *run, const GError *error)
{
        run->is_over = true;
        run->on_end(error, run->user);
        run_unref(run);
}

static void on_exited(GObject *source, GAsyncResult *result, gpointer user)
{
        BuildRun *run = user;
        g_autoptr(GError) error = NULL;

        (void) g_subprocess_wait_finish(run->client, result, NULL);
        if (!run->is_over && !g_subprocess_get_successful(run->client)) {
                g_strstrip(run->last->str);
                error = g_error_new(ENGINE_ERROR, ENGINE_ERROR_FAILED,
                                    "`docker build` of %s has failed:\n%s", run->image,
                                    run->last->str);
        }
        if (!run->is_over)
                end(run, error);
        run_unref(run);
}

static void keep(BuildRun *run, const char *line)
{
        const char *newline;

        g_string_append_printf(run->last, "%s\n", line);
        run->n_last++;
        while (run->last->len > BUILD_QUOTE_MAX || run->n_last > BUILD_QUOTE_LINES_MAX) {
                newline = strchr(run->last->str, '\n');
                g_string_erase(run->last, 0, newline + 1 - run->last->str);
                run->n_last--;
        }
}

static void on_line(GObject *source, GAsyncResult *result, gpointer user)
{
        BuildRun *run = user;
        g_autofree char *line = g_data_input_stream_read_line_finish(run->output, result, NULL,
                                                                     NULL);

        if (line != NULL && !run->is_over) {
                g_autofree char *valid = g_strchomp(g_utf8_make_valid(line, -1));

                if (valid[0] != '\0') {
                        keep(run, valid);
                        run->on_line(valid, run->user);
                }
        }
        if (line != NULL && !run->is_over)
                g_data_input_stream_read_line_async(run->output, G_PRIORITY_DEFAULT,
                                                    run->cancellable, on_line, run);
        else
                g_subprocess_wait_async(run->client, NULL, on_exited, run);
}

static void on_written(GObject *source, GAsyncResult *result, gpointer user)
{
        BuildRun *run = user;

        (void) g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL);
        (void) g_output_stream_close(G_OUTPUT_STREAM(source), NULL, NULL);
        run_unref(run);
}

static GSubprocess *spawn(char **argv, char **env, bool has_input, GError **error)
{
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE |
                (has_input ? G_SUBPROCESS_FLAGS_STDIN_PIPE : G_SUBPROCESS_FLAGS_NONE));

        for (char **pair = env; *pair != NULL; pair++) {
                g_auto(GStrv) parts = g_strsplit(*pair, "=", 2);

                g_subprocess_launcher_setenv(launcher, parts[0], parts[1], true);
        }
        return g_subprocess_launcher_spawnv(launcher, (const char *const *) argv, error);
}

BuildRun *build_start(const BuildRequest *request, void (*on_each_line)(const char *, gpointer),
                      void (*on_end)(const GError *error, gpointer user), gpointer user,
                      GError **error)
{
        g_autofree char *client = g_find_program_in_path(CLIENT);
        const char *input = NULL;
        g_auto(GStrv) env = NULL, argv = NULL;
        g_autoptr(GSubprocess) process = NULL;
        g_autoptr(GError) inner = NULL;
        BuildRun *run;

        if (client == NULL) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "the image %s must be built, and there is no `docker` command here "
                            "that could do it: install Docker's client, or build it elsewhere and "
                            "push or load it under that name",
                            request->image);
                return NULL;
        }
        argv = build_arguments(request, &env, &input, error);
        if (argv == NULL)
                return NULL;
        process = spawn(argv, env, input != NULL, &inner);
        if (process == NULL) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_FAILED, "%s cannot be started: %s",
                            client, inner->message);
                return NULL;
        }
        run = g_new0(BuildRun, 1);
        run->n_refs = 2; /* the caller's, and that of reading and waiting */
        run->client = g_steal_pointer(&process);
        run->output = g_data_input_stream_new(g_subprocess_get_stdout_pipe(run->client));
        run->cancellable = g_cancellable_new();
        run->last = g_string_new(NULL);
        run->image = g_strdup(request->image);
        run->on_line = on_each_line;
        run->on_end = on_end;
        run->user = user;
        g_data_input_stream_read_line_async(run->output, G_PRIORITY_DEFAULT, run->cancellable,
                                            on_line, run);
        if (input != NULL) {
                run->n_refs++;
                g_output_stream_write_all_async(g_subprocess_get_stdin_pipe(run->client), input,
                                                strlen(input), G_PRIORITY_DEFAULT, NULL, on_written,
                                                run);
        }
        return run;
}
