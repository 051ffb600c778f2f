#include "controller/outside.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/commands.h"

/* ---- Pages ---- */

static const char page[] =
        "HTTP/1.1 203 Fine\r\nContent-Length: 10\r\nConnection: close\r\n\r\n192.0.2.1\n";

/* Serves one connection of the listening socket, then closes that, too */
static gpointer serve_once(gpointer data)
{
        int listener = GPOINTER_TO_INT(data);
        int fd = accept(listener, NULL, NULL);
        char request[2048];

        g_assert_cmpint(read(fd, request, sizeof request), >, 0);
        g_assert_cmpint(write(fd, page, strlen(page)), ==, strlen(page));
        close(fd);
        close(listener);
        return NULL;
}

static void test_a_page_is_fetched(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_autofree char *body = NULL;
        g_autofree char *url = NULL;
        g_autoptr(GError) error = NULL;
        GThread *server;
        long status;

        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, size), ==, 0);
        g_assert_cmpint(listen(fd, 1), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *) &address, &size), ==, 0);
        url = g_strdup_printf("http://127.0.0.1:%u/", ntohs(address.sin_port));
        server = g_thread_new("server", serve_once, GINT_TO_POINTER(fd));
        g_assert_true(outside_fetch(NULL, url, 10 * G_USEC_PER_SEC, &status, &body, &error));
        g_assert_no_error(error);
        g_assert_cmpint(status, ==, 203);
        g_assert_cmpstr(body, ==, "192.0.2.1\n");

        g_thread_join(server);
        g_assert_false(outside_fetch(NULL, url, 10 * G_USEC_PER_SEC, &status, &body, &error));
        g_assert_nonnull(error);
        g_clear_error(&error);
        g_assert_false(outside_fetch(NULL, "nonsense", G_USEC_PER_SEC, &status, &body, &error));
        g_assert_nonnull(error);
}

/* ---- Commands in a container ---- */

/* An engine that notes what it is asked and answers from idle, as it is told here */
typedef struct FakeEngine {
        Engine engine;
        GString *trace;
        bool has_image, never_exits;
        EngineOp fails; /* ENGINE_INFO: nothing does */
        int exit_code;
        GPtrArray *calls;
} FakeEngine;

struct EngineCall {
        FakeEngine *engine;
        EngineOp op;
        EngineReplyFunc reply;
        gpointer user;
        guint source;
};

static void end_call(EngineCall *call)
{
        if (call->source != 0)
                g_source_remove(call->source);
        g_ptr_array_remove(call->engine->calls, call);
        g_free(call);
}

static void exit_container(FakeEngine *engine)
{
        for (guint i = 0; i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];
                EngineReply exited = { .op = ENGINE_WAIT,
                                       .is_final = true,
                                       .exit_code = engine->exit_code };

                if (call->op == ENGINE_WAIT) {
                        call->reply(&exited, call->user);
                        end_call(call);
                        return;
                }
        }
}

static void give_output(EngineCall *call)
{
        EngineReply out = { .op = ENGINE_LOGS, .data = " result\n", .size = 8 };
        EngineReply err = { .op = ENGINE_LOGS, .data = "trouble\n", .size = 8, .is_stderr = true };

        call->reply(&out, call->user);
        call->reply(&err, call->user);
}

static gboolean on_idle(gpointer data)
{
        EngineCall *call = data;
        FakeEngine *engine = call->engine;
        EngineReply reply = { .op = call->op, .is_final = call->op != ENGINE_WAIT };
        g_autoptr(GError) error = NULL;
        EngineOp op = call->op;

        call->source = 0;
        if (op == ENGINE_IMAGE_INSPECT && !engine->has_image)
                error = g_error_new(ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, "no such image");
        else if (op == engine->fails && op != ENGINE_INFO)
                error = g_error_new(ENGINE_ERROR, ENGINE_ERROR_FAILED, "the engine says no");
        reply.error = error;
        reply.is_open = op == ENGINE_WAIT;
        if (op == ENGINE_LOGS)
                give_output(call);
        call->reply(&reply, call->user);
        if (reply.is_final)
                end_call(call);
        if (op == ENGINE_START && error == NULL && !engine->never_exits)
                exit_container(engine);
        return G_SOURCE_REMOVE;
}

static EngineCall *fake_send(Engine *base, const EngineRequest *request, EngineReplyFunc reply,
                             gpointer user)
{
        FakeEngine *engine = (FakeEngine *) base;
        EngineCall *call = g_new0(EngineCall, 1);

        g_string_append_printf(engine->trace, "%s ", engine_op_to_string(request->op));
        if (request->op == ENGINE_CREATE)
                g_string_append_printf(engine->trace, "(%s %s %s: %s) ", request->spec->image,
                                       request->spec->entrypoint[0], request->spec->entrypoint[1],
                                       request->spec->cmd[0]);
        call->engine = engine;
        call->op = request->op;
        call->reply = reply;
        call->user = user;
        call->source = g_idle_add(on_idle, call);
        g_ptr_array_add(engine->calls, call);
        return call;
}

static void fake_cancel(Engine *engine, EngineCall *call)
{
        end_call(call);
}

static const EngineClass fake_class = { .name = "fake", .send = fake_send, .cancel = fake_cancel };

/* "result" or the error's message, then what the engine was asked */
static char *run(FakeEngine *engine, int64_t timeout_s)
{
        static const char *args[] = { "echo", "a", "|", "cat" };
        Command command = {
                .name = "c", .cmd = "raw", .args = args, .n_args = 4, .timeout_s = timeout_s
        };
        g_autoptr(GError) error = NULL;
        g_autofree char *result = NULL;
        char *line;

        engine->engine.class = &fake_class;
        engine->trace = g_string_new(NULL);
        engine->calls = g_ptr_array_new();
        result = outside_run_raw(&engine->engine, NULL, "i", &command, &error);
        g_assert_true((result == NULL) == (error != NULL));
        g_assert_cmpuint(engine->calls->len, ==, 0); /* nothing is left under way */
        g_ptr_array_unref(engine->calls);
        line = g_strdup_printf("%s; %s", result != NULL ? result : error->message,
                               engine->trace->str);
        g_string_free(engine->trace, true);
        return line;
}

#define CREATE "create (" RAW_IMAGE " /bin/bash -c: echo a | cat) "

static void test_a_command_runs_and_its_container_goes(void)
{
        static const struct {
                FakeEngine engine;
                const char *line;
        } cases[] = {
                { { .has_image = true },
                  " result\n; image-inspect " CREATE "wait start logs remove " },
                { { .has_image = false },
                  " result\n; image-inspect image-pull " CREATE "wait start logs remove " },
                { { .has_image = true, .exit_code = 3 },
                  "it exited with 3: trouble; image-inspect " CREATE "wait start logs remove " },
                { { .has_image = false, .fails = ENGINE_IMAGE_PULL },
                  "pulling " RAW_IMAGE ": the engine says no; image-inspect image-pull " },
                { { .has_image = true, .fails = ENGINE_CREATE },
                  "the engine says no; image-inspect " CREATE "remove " },
                { { .has_image = true, .fails = ENGINE_START },
                  "the engine says no; image-inspect " CREATE "wait start remove " },
                { { .has_image = true, .fails = ENGINE_LOGS },
                  "the engine says no; image-inspect " CREATE "wait start logs remove " },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                FakeEngine engine = cases[i].engine;
                g_autofree char *line = run(&engine, 0);

                g_assert_cmpstr(line, ==, cases[i].line);
        }
}

static void test_a_command_has_an_end(void)
{
        FakeEngine engine = { .has_image = true, .never_exits = true };
        g_autofree char *line = run(&engine, 1);

        g_assert_cmpstr(line, ==,
                        "it did not end within 1 s; image-inspect " CREATE "wait start remove ");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/outside/fetch", test_a_page_is_fetched);
        g_test_add_func("/outside/raw", test_a_command_runs_and_its_container_goes);
        g_test_add_func("/outside/raw/late", test_a_command_has_an_end);
        return g_test_run();
}
