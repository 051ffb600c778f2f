/* EXEC: a command in a running container, without input; also what the port probe runs by */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/body.h"
#include "engine/docker/frames.h"
#include "engine/docker/internal.h"

/* The stream of output may end a moment before the engine has noted the exit */
#define EXIT_LOOK_MIN_US (5 * US_PER_MS)
#define EXIT_LOOK_MAX_US (250 * US_PER_MS)

struct ExecRun {
        ExecDoneFunc done;
        char *exec_id;
        GString *output;
        FrameReader frames;
        bool is_garbled;
        int64_t look_us; /* until the next look for the exit code */
};

void exec_run_free(ExecRun *run)
{
        if (run == NULL)
                return;
        g_free(run->exec_id);
        g_string_free(run->output, true);
        g_free(run);
}

static void look_for_exit(EngineCall *call);

static void on_exec_inspected(EngineCall *call, const DockerAnswer *answer)
{
        ExecRun *run = call->exec;
        const json_t *code = json_object_get(answer->json, "ExitCode");

        if (answer->error != NULL) {
                run->done(call, answer->error, -1, run->output);
        } else if (json_is_integer(code) && !json_bool_at(answer->json, "Running", false)) {
                run->done(call, NULL, (int) json_integer_value(code), run->output);
        } else if (g_get_monotonic_time() > call->deadline_us) {
                g_autoptr(GError) error = g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_TIMEOUT,
                                                              "the command has not ended in time");

                run->done(call, error, -1, run->output);
        } else {
                call_after(call, run->look_us, look_for_exit);
                run->look_us = MIN(2 * run->look_us, EXIT_LOOK_MAX_US);
        }
}

static void look_for_exit(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/exec/", call->exec->exec_id, "/json", NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_exec_inspected });
}

static bool on_output(bool is_stderr, const char *data, size_t size, gpointer user)
{
        ExecRun *run = user;

        g_string_append_len(run->output, data,
                            (gssize) MIN(size, DOCKER_EXEC_OUTPUT_MAX - run->output->len));
        return true;
}

static void on_exec_data(EngineCall *call, const char *data, size_t size)
{
        ExecRun *run = call->exec;

        if (!run->is_garbled)
                run->is_garbled = !frame_reader_push(&run->frames, data, size, on_output, run);
}

static void on_exec_ended(EngineCall *call, const DockerAnswer *answer)
{
        ExecRun *run = call->exec;

        if (answer->error != NULL) {
                run->done(call, answer->error, -1, run->output);
        } else if (run->is_garbled) {
                g_autoptr(GError) error = g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_REPLY,
                                                              "the command's output is garbled");

                run->done(call, error, -1, run->output);
        } else {
                look_for_exit(call);
        }
}

static void on_exec_created(EngineCall *call, const DockerAnswer *answer)
{
        ExecRun *run = call->exec;
        g_autoptr(json_t) body = json_pack("{s:b, s:b}", "Detach", 0, "Tty", 0);
        g_autofree char *id = docker_escape(json_string_at(answer->json, "Id", ""));
        g_autofree char *path = g_strconcat("/exec/", id, "/start", NULL);

        if (answer->error != NULL) {
                run->done(call, answer->error, -1, run->output);
                return;
        }
        run->exec_id = g_steal_pointer(&id);
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .body = body,
                                              .is_long = true,
                                              .on_data = on_exec_data,
                                              .on_answer = on_exec_ended });
}

void exec_run(EngineCall *call, const char *id, const json_t *body, ExecDoneFunc done)
{
        g_autofree char *escaped = docker_escape(id);
        g_autofree char *path = g_strconcat("/containers/", escaped, "/exec", NULL);
        ExecRun *run = g_new0(ExecRun, 1);

        run->done = done;
        run->output = g_string_new(NULL);
        run->look_us = EXIT_LOOK_MIN_US;
        exec_run_free(call->exec);
        call->exec = run;
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .body = body,
                                              .on_answer = on_exec_created });
}

json_t *exec_body(const EngineRequest *request)
{
        g_auto(Body) body = { .config = json_object() };
        json_t *root = body.config;

        body_set(&body, root, "AttachStdout", json_true());
        body_set(&body, root, "AttachStderr", json_true());
        body_set(&body, root, "Tty", json_false());
        body_set_texts(&body, root, "Cmd", request->argv, g_strv_length((char **) request->argv));
        body_set(&body, root, "User", json_string(request->user != NULL ? request->user : ""));
        body_set_text(&body, root, "WorkingDir", request->working_dir);
        if (request->env != NULL)
                body_set_texts(&body, root, "Env", request->env,
                               g_strv_length((char **) request->env));
        body_set_flag(&body, root, "Privileged", request->privileged);
        if (body.wrong == NULL)
                return root;
        json_decref(root);
        return NULL;
}

/* ---- The operation ---- */

bool exec_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->id[0] == '\0' || request->argv == NULL || request->argv[0] == NULL) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no container or no command was given");
                return false;
        }
        call->body = exec_body(request);
        if (call->body != NULL)
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "the command is not UTF-8; the engine takes nothing else");
        return false;
}

static void on_exec_done(EngineCall *call, const GError *error, int exit_code,
                         const GString *output)
{
        call_reply(call, &(EngineReply){ .error = error,
                                         .exit_code = exit_code,
                                         .data = output->str,
                                         .size = output->len,
                                         .is_final = true });
}

void exec_begin(EngineCall *call)
{
        exec_run(call, call->id, call->body, on_exec_done);
}
