#include "engine/docker/docker.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "engine/docker/error.h"
#include "engine/docker/internal.h"

#define HEADERS_MAX_US (30 * US_PER_S) /* until a long request is taken */
#define VERSION_MAX_US (15 * US_PER_S)

/* ---- Calls ---- */

struct DockerStep {
        EngineCall *call;
        HttpCall *http; /* NULL while it waits to be sent again */
        GSource *again;
        int64_t began_us; /* monotonic: when it was sent first */
        const char *method;
        char *url, *auth;
        GBytes *body;
        bool is_archive, is_long, is_stream;
        size_t reply_max;
        size_t index;
        void (*on_headers)(EngineCall *call);
        void (*on_data)(EngineCall *call, const char *data, size_t size);
        void (*on_answer)(EngineCall *call, const DockerAnswer *answer);
};

EngineCall *call_ref(EngineCall *call)
{
        call->n_refs++;
        return call;
}

void call_unref(EngineCall *call)
{
        if (--call->n_refs > 0)
                return;
        g_free(call->id);
        g_free(call->name);
        g_free(call->image);
        g_free(call->auth);
        g_free(call->query);
        json_decref(call->body);
        g_free(call->newest_key);
        g_clear_pointer(&call->archive, g_bytes_unref);
        g_ptr_array_unref(call->steps);
        exec_run_free(call->exec);
        if (call->state_free != NULL)
                call->state_free(call->state);
        g_free(call);
}

static void stop_timer(EngineCall *call)
{
        if (call->timer == NULL)
                return;
        g_source_destroy(call->timer);
        g_clear_pointer(&call->timer, g_source_unref);
}

static void step_stop_timer(DockerStep *step)
{
        if (step->again == NULL)
                return;
        g_source_destroy(step->again);
        g_clear_pointer(&step->again, g_source_unref);
}

static void step_free(DockerStep *step)
{
        step_stop_timer(step);
        g_free(step->url);
        g_free(step->auth);
        g_clear_pointer(&step->body, g_bytes_unref);
        g_free(step);
}

void call_cancel_steps(EngineCall *call)
{
        while (call->steps->len > 0) {
                DockerStep *step = g_ptr_array_steal_index_fast(call->steps, 0);

                http_cancel(call->engine->http, step->http);
                step_free(step);
        }
}

/* Nothing of the call happens any more; drops the engine's reference */
static void call_end(EngineCall *call)
{
        if (call->is_over)
                return;
        call->is_over = true;
        stop_timer(call);
        call_cancel_steps(call);
        g_ptr_array_remove_fast(call->engine->waiting, call);
        g_hash_table_remove(call->engine->calls, call);
        call_unref(call);
}

bool call_reply(EngineCall *call, EngineReply *reply)
{
        EngineReplyFunc func = call->reply;
        gpointer user = call->user;
        g_autoptr(EngineCall) held = call_ref(call);

        g_assert(!call->is_over);
        reply->op = call->op;
        if (reply->is_final)
                call_end(call);
        func(reply, user);
        return !held->is_over;
}

void call_fail(EngineCall *call, const GError *error)
{
        call_reply(call, &(EngineReply){ .error = error, .is_final = true });
}

void call_fail_with(EngineCall *call, EngineError code, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autoptr(GError) error = g_error_new_valist(ENGINE_ERROR, (int) code, format, args);
        va_end(args);
        call_fail(call, error);
}

void call_done(EngineCall *call)
{
        call_reply(call, &(EngineReply){ .is_final = true });
}

bool call_failed(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error != NULL)
                call_fail(call, answer->error);
        else if (answer->json == NULL)
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine's answer (status %ld) is not JSON", answer->status);
        else
                return false;
        return true;
}

typedef struct Later {
        EngineCall *call;
        void (*func)(EngineCall *call);
} Later;

static gboolean on_later(gpointer user)
{
        const Later *later = user;
        void (*func)(EngineCall * call) = later->func;
        g_autoptr(EngineCall) call = call_ref(later->call);

        stop_timer(call);
        func(call);
        return G_SOURCE_REMOVE;
}

static gboolean dispatch_later(GSource *source, GSourceFunc callback, gpointer user)
{
        return callback(user);
}

static GSource *timer_new(GMainContext *context, int64_t us, GSourceFunc func, gpointer user,
                          GDestroyNotify destroy)
{
        static GSourceFuncs funcs = { .dispatch = dispatch_later };
        GSource *timer = g_source_new(&funcs, sizeof(GSource));

        g_source_set_callback(timer, func, user, destroy);
        g_source_set_ready_time(timer, g_get_monotonic_time() + us);
        g_source_attach(timer, context);
        return timer;
}

void call_after(EngineCall *call, int64_t us, void (*func)(EngineCall *call))
{
        Later *later = g_new(Later, 1);

        *later = (Later){ .call = call, .func = func };
        stop_timer(call);
        call->timer = timer_new(call->engine->context, us, on_later, later, g_free);
}

/* ---- Steps ---- */

static void on_step_headers(long status, gpointer user)
{
        DockerStep *step = user;
        g_autoptr(EngineCall) call = call_ref(step->call);

        if (step->on_headers != NULL && status < 400)
                step->on_headers(call);
}

static void on_step_data(const char *data, size_t size, gpointer user)
{
        DockerStep *step = user;
        g_autoptr(EngineCall) call = call_ref(step->call);

        step->on_data(call, data, size);
}

static void send_step(DockerStep *step);

static gboolean on_again(gpointer user)
{
        DockerStep *step = user;

        step_stop_timer(step);
        send_step(step);
        return G_SOURCE_REMOVE;
}

/* Whether what was answered does not count, since it is asked for once more */
static bool is_asked_again(DockerStep *step, const HttpResult *result, GError **error)
{
        EngineCall *call = step->call;
        int64_t pause_us = 0;

        step->http = NULL;
        if (call->engine->ask_again != NULL)
                pause_us = call->engine->ask_again(call, step->url, result->status, step->began_us,
                                                   error);
        if (call->is_over || pause_us == 0)
                return call->is_over;
        step->again = timer_new(call->engine->context, pause_us, on_again, step, NULL);
        return true;
}

static void on_step_done(const HttpResult *result, gpointer user)
{
        DockerStep *step = user;
        g_autoptr(EngineCall) call = call_ref(step->call);
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = NULL;
        void (*on_answer)(EngineCall * call, const DockerAnswer *answer) = step->on_answer;
        DockerAnswer answer = {
                .status = result->status,
                .body = result->body,
                .size = result->body_size,
                .index = step->index,
        };

        if (result->error != NULL)
                error = docker_error_from_transport(result, call->engine->host,
                                                    call->engine->unix_path);
        else if (result->status >= 400)
                error = docker_error_from_reply(call->op, result->status, result->body,
                                                result->body_size);
        if (is_asked_again(step, result, &error))
                return;
        g_ptr_array_remove_fast(call->steps, step);
        step_free(step);
        if (error == NULL && result->body_size > 0)
                json = json_loadb(result->body, result->body_size, 0, NULL);
        answer.error = error;
        answer.json = json;
        on_answer(call, &answer);
}

static void set_deadlines(HttpRequest *http, const DockerStep *step)
{
        int64_t now_us = g_get_monotonic_time();
        int64_t deadline_us = step->call->deadline_us;

        if (step->is_stream)
                http->stall_max_s = DOCKER_STALL_MAX_S;
        if (step->is_long)
                http->headers_deadline_us = MIN(now_us + HEADERS_MAX_US, deadline_us);
        if (deadline_us != INT64_MAX)
                http->deadline_us = deadline_us;
}

static void send_step(DockerStep *step)
{
        DockerEngine *engine = step->call->engine;
        const char *headers[] = { step->is_archive ? "Content-Type: application/x-tar"
                                                   : "Content-Type: application/json",
                                  step->auth, NULL };
        HttpRequest http = {
                .method = step->method,
                .url = step->url,
                .unix_path = engine->unix_path,
                .ca_file = engine->ca_file,
                .cert_file = engine->cert_file,
                .key_file = engine->key_file,
                .headers = headers,
                .body = step->body,
                .body_max = step->reply_max,
        };
        HttpHandlers handlers = {
                .on_headers = on_step_headers,
                .on_data = step->on_data != NULL ? on_step_data : NULL,
                .on_done = on_step_done,
        };

        set_deadlines(&http, step);
        engine->n_requests++;
        step->http = http_send(engine->http, &http, &handlers, step);
}

/* (transfer full) what is sent with it; NULL: nothing */
static GBytes *body_of(const DockerStepRequest *request)
{
        char *text;

        if (request->body == NULL)
                return request->archive == NULL ? NULL : g_bytes_ref(request->archive);
        text = json_dumps(request->body, JSON_COMPACT);
        return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

void call_step(EngineCall *call, const DockerStepRequest *request)
{
        DockerEngine *engine = call->engine;
        DockerStep *step = g_new(DockerStep, 1);

        *step = (DockerStep){
                .call = call,
                .began_us = g_get_monotonic_time(),
                .method = request->method,
                .url = g_strdup_printf("%s/v%s%s", engine->base_url, engine->api, request->path),
                .auth = request->auth == NULL
                                ? NULL
                                : g_strdup_printf("X-Registry-Auth: %s", request->auth),
                .body = body_of(request),
                .is_archive = request->archive != NULL,
                .is_long = request->is_long,
                .is_stream = request->is_stream,
                .reply_max = request->reply_max != 0 ? request->reply_max : DOCKER_REPLY_MAX,
                .index = request->index,
                .on_headers = request->on_headers,
                .on_data = request->on_data,
                .on_answer = request->on_answer,
        };
        g_ptr_array_add(call->steps, step);
        send_step(step);
}

/* ---- The API's version ---- */

typedef struct ApiVersion {
        guint64 major, minor;
} ApiVersion;

static bool read_api_version(const char *text, ApiVersion *ret)
{
        g_auto(GStrv) parts = g_strsplit(text, ".", 2);

        return g_strv_length(parts) == 2 && text_parse_uint(parts[0], &ret->major) &&
               text_parse_uint(parts[1], &ret->minor);
}

static bool is_older(ApiVersion a, ApiVersion b)
{
        return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

bool call_knows(EngineCall *call)
{
        ApiVersion theirs = { 0 }, needed = { 1, call->newest };

        read_api_version(call->engine->api, &theirs);
        if (call->newest_key == NULL || !is_older(theirs, needed))
                return true;
        call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                       "%s: the engine does not know this key; it needs API 1.%u, and the engine "
                       "speaks %s",
                       call->newest_key, call->newest, call->engine->api);
        return false;
}

/* (transfer full) the version to speak with an engine that says this of itself */
static char *choose_api(const json_t *root, GError **error)
{
        const char *newest = json_string_at(root, "ApiVersion", "");
        const char *oldest = json_string_at(root, "MinAPIVersion", ENGINE_API_MIN);
        const char *version = json_string_at(root, "Version", "of an unknown version");
        ApiVersion theirs = { 0 }, theirs_min = { 0 }, ours = { 0 }, ours_min = { 0 };

        read_api_version(ENGINE_API_NEWEST, &ours);
        read_api_version(ENGINE_API_MIN, &ours_min);
        if (!read_api_version(newest, &theirs)) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_REPLY,
                                    "what answers there is not a Docker engine: it names no API "
                                    "version");
                return NULL;
        }
        if (is_older(theirs, ours_min)) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_TOO_OLD,
                            "the engine (%s) is too old: it speaks API %s, at least %s (Docker "
                            "20.10) is needed",
                            version, newest, ENGINE_API_MIN);
                return NULL;
        }
        if (read_api_version(oldest, &theirs_min) && is_older(ours, theirs_min)) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_FAILED,
                            "the engine (%s) is newer than this program: it speaks API %s and up, "
                            "we know up to %s",
                            version, oldest, ENGINE_API_NEWEST);
                return NULL;
        }
        return g_strdup(is_older(theirs, ours) ? newest : ENGINE_API_NEWEST);
}

static void take_version(DockerEngine *engine, const json_t *root)
{
        g_free(engine->version);
        g_free(engine->os);
        g_free(engine->architecture);
        g_free(engine->kernel);
        engine->version = g_strdup(json_string_at(root, "Version", ""));
        engine->os = g_strdup(json_string_at(root, "Os", ""));
        engine->architecture = g_strdup(json_string_at(root, "Arch", ""));
        engine->kernel = g_strdup(json_string_at(root, "KernelVersion", ""));
        engine->local = engine_local_find(engine->unix_path, engine->kernel);
}

static GError *judge_version(DockerEngine *engine, const HttpResult *result)
{
        g_autoptr(json_t) root = NULL;
        GError *error = NULL;
        char *api;

        if (result->error != NULL)
                return docker_error_from_transport(result, engine->host, engine->unix_path);
        if (result->status != 200)
                return docker_error_from_reply(ENGINE_INFO, result->status, result->body,
                                               result->body_size);
        root = json_loadb(result->body, result->body_size, 0, NULL);
        api = choose_api(root, &error);
        if (api == NULL)
                return error;
        g_free(engine->api);
        engine->api = api;
        engine->api_is_stale = false;
        take_version(engine, root);
        return NULL;
}

static void on_version(const HttpResult *result, gpointer user)
{
        DockerEngine *engine = user;
        g_autoptr(GError) error = judge_version(engine, result);
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify) call_unref);

        engine->is_negotiating = false;
        for (guint i = 0; i < engine->waiting->len; i++)
                g_ptr_array_add(calls, call_ref(engine->waiting->pdata[i]));
        g_ptr_array_set_size(engine->waiting, 0);
        /* Each may cancel others, or free the engine, which ends them all */
        for (guint i = 0; i < calls->len; i++) {
                EngineCall *call = calls->pdata[i];

                if (call->is_over)
                        continue;
                if (error == NULL)
                        call->engine->find_op(call->op)->begin(call);
                else if (call->op == ENGINE_WATCH)
                        watch_no_engine(call, error);
                else
                        call_fail(call, error);
        }
}

static void negotiate(DockerEngine *engine)
{
        g_autofree char *url = g_strconcat(engine->base_url, "/version", NULL);
        HttpRequest request = {
                .url = url,
                .unix_path = engine->unix_path,
                .ca_file = engine->ca_file,
                .cert_file = engine->cert_file,
                .key_file = engine->key_file,
                .deadline_us = g_get_monotonic_time() + VERSION_MAX_US,
        };

        engine->is_negotiating = true;
        engine->n_requests++;
        http_send(engine->http, &request, &(HttpHandlers){ .on_done = on_version }, engine);
}

void docker_engine_forget_version(DockerEngine *engine)
{
        engine->api_is_stale = true;
}

void call_begin(EngineCall *call)
{
        DockerEngine *engine = call->engine;

        if (engine->api != NULL && !engine->api_is_stale) {
                call->engine->find_op(call->op)->begin(call);
                return;
        }
        g_ptr_array_add(engine->waiting, call);
        if (!engine->is_negotiating)
                negotiate(engine);
}

/* ---- The engine ---- */

static void fail_prepare(EngineCall *call)
{
        call_fail(call, call->state);
}

EngineCall *docker_engine_send(Engine *base, const EngineRequest *request, EngineReplyFunc reply,
                               gpointer user)
{
        DockerEngine *engine = (DockerEngine *) base;
        const DockerOp *op = engine->find_op(request->op);
        EngineCall *call = g_new0(EngineCall, 1);
        GError *error = NULL;

        call->n_refs = 1;
        call->engine = engine;
        call->op = request->op;
        call->reply = reply;
        call->user = user;
        call->id = g_strdup(request->id != NULL ? request->id : "");
        call->name = g_strdup(request->name != NULL ? request->name : "");
        call->image = g_strdup(request->image != NULL ? request->image : "");
        call->auth = g_strdup(request->registry_auth);
        call->steps = g_ptr_array_new();
        call->deadline_us = request->deadline_us != 0 ? request->deadline_us
                            : op->deadline_us != 0    ? g_get_monotonic_time() + op->deadline_us
                                                      : INT64_MAX;
        g_hash_table_add(engine->calls, call);
        if (op->prepare != NULL && !op->prepare(call, request, &error)) {
                if (call->state_free != NULL)
                        call->state_free(call->state);
                call->state = error;
                call->state_free = (GDestroyNotify) g_error_free;
                call_after(call, 0, fail_prepare);
                return call;
        }
        /* Even what fails at once, or needs no step, answers from the loop only */
        call_after(call, 0, call_begin);
        return call;
}

static void answer_nobody(const EngineReply *reply, gpointer user)
{
}

EngineCall *docker_call_new(DockerEngine *engine, EngineOp op)
{
        EngineCall *call = g_new0(EngineCall, 1);

        call->n_refs = 1;
        call->engine = engine;
        call->op = op;
        call->reply = answer_nobody;
        call->steps = g_ptr_array_new();
        call->deadline_us = INT64_MAX;
        g_hash_table_add(engine->calls, call);
        return call;
}

void docker_engine_cancel(Engine *base, EngineCall *call)
{
        call_end(call);
}

void docker_engine_done(DockerEngine *engine)
{
        g_autoptr(GList) calls = g_hash_table_get_keys(engine->calls);

        for (GList *at = calls; at != NULL; at = at->next)
                call_end(at->data);
        http_client_free(engine->http);
        g_hash_table_unref(engine->calls);
        g_ptr_array_unref(engine->waiting);
        g_main_context_unref(engine->context);
        g_free(engine->host);
        g_free(engine->unix_path);
        g_free(engine->base_url);
        g_free(engine->ca_file);
        g_free(engine->cert_file);
        g_free(engine->key_file);
        g_free(engine->api);
        g_free(engine->version);
        g_free(engine->os);
        g_free(engine->architecture);
        g_free(engine->kernel);
}

static void docker_free(Engine *base)
{
        docker_engine_done((DockerEngine *) base);
        g_free(base);
}

static const EngineClass docker_class = {
        .name = "docker",
        .send = docker_engine_send,
        .cancel = docker_engine_cancel,
        .free = docker_free,
};

/* ---- The engine's beginning ---- */

bool docker_engine_init(DockerEngine *engine, const EngineClass *class,
                        const DockerOp *(*find_op)(EngineOp op), const DockerOptions *options,
                        GError **error)
{
        static const DockerOptions defaults;
        const char *host;

        if (options == NULL)
                options = &defaults;
        host = options->host != NULL ? options->host : g_getenv("DOCKER_HOST");
        engine->base.class = class;
        engine->find_op = find_op;
        engine->context = g_main_context_ref(options->context != NULL ? options->context
                                                                      : g_main_context_default());
        engine->http = http_client_new(engine->context);
        engine->host = g_strdup(host != NULL && host[0] != '\0' ? host : DOCKER_DEFAULT_HOST);
        engine->calls = g_hash_table_new(NULL, NULL);
        engine->waiting = g_ptr_array_new();
        return docker_engine_take_host(engine, options, error);
}

Engine *docker_engine_new(const DockerOptions *options, GError **error)
{
        DockerEngine *engine = g_new0(DockerEngine, 1);

        if (docker_engine_init(engine, &docker_class, docker_op, options, error))
                return &engine->base;
        docker_free(&engine->base);
        return NULL;
}

char *docker_engine_host(const Engine *engine)
{
        g_assert(engine->class == &docker_class);
        return g_strdup(((const DockerEngine *) engine)->host);
}

void docker_engine_set_distance(Engine *base, DockerDistance distance)
{
        DockerEngine *engine = (DockerEngine *) base;

        g_assert(base->class == &docker_class);
        engine->local = distance == DOCKER_HERE
                                ? engine_local_find(engine->unix_path, engine->kernel)
                                : (EngineLocal){ .shares_kernel = distance == DOCKER_SAME_HOST };
}
