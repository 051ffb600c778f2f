/* CREATE and UPDATE of services */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/change.h"
#include "engine/swarm/internal.h"
#include "engine/swarm/probe.h"
#include "engine/swarm/state.h"

#define PUT_TRIES_MAX 20 /* the service was changed by somebody else, or by the engine itself */

static void change_free(gpointer data)
{
        Change *change = data;

        objects_done(&change->objects);
        swarm_body_free(change->body);
        canary_free(change->canary);
        spec_free(change->spec);
        g_strfreev(change->labels);
        json_decref(change->service);
        g_free(change);
}

Change *change_new(EngineCall *call)
{
        Change *change = g_new0(Change, 1);

        call->state = change;
        call->state_free = change_free;
        return change;
}

const char *change_service(const Change *change)
{
        return json_string_at(change->service, "ID", "");
}

/* ---- Create ---- */

static bool make_body(EngineCall *call, const Spec *spec, const char *const *labels, GError **error)
{
        const SwarmEngine *engine = swarm_of(call);
        Change *change = call->state;

        g_clear_pointer(&change->objects.list, g_ptr_array_unref);
        g_clear_pointer(&change->body, swarm_body_free);
        g_clear_pointer(&call->newest_key, g_free);
        change->body = swarm_body_new(&(SwarmBodyOptions){ .name = call->name,
                                                           .spec = spec,
                                                           .labels = labels,
                                                           .without_ipvs = engine->without_ipvs,
                                                           .hash_key = engine->hash_key },
                                      &call->newest, &call->newest_key, error);
        if (change->body != NULL)
                change->objects.list = g_ptr_array_ref(change->body->objects);
        return change->body != NULL;
}

static bool take_body(EngineCall *call, const EngineRequest *request, GError **error)
{
        const Spec *spec = request->spec;
        Change *change = change_new(call);

        g_assert(spec != NULL);
        change->objects.labels = swarm_object_labels(request->labels);
        if (probe_is_needed(spec) && !spec->health.is_set) {
                change->spec = spec_copy(spec);
                change->labels = g_strdupv((char **) request->labels);
        }
        return make_body(call, spec, request->labels, error);
}

/* ---- The check that the image brings along ---- */

static int64_t check_us(const json_t *check, const char *key)
{
        return json_int_at(check, key, 0) / NS_PER_US;
}

/* Our probes take the place of it: it is put behind them, and keeps its meaning */
static void take_own_check(Spec *spec, const json_t *check)
{
        const json_t *test = json_object_get(check, "Test");
        size_t n = json_array_size(test);
        const char **words = arena_new0(spec->arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++) {
                const char *word = json_string_value(json_array_get(test, i));

                words[i] = arena_strdup(spec->arena, word != NULL ? word : "");
        }
        if (n < 2 || g_str_equal(words[0], "NONE"))
                return;
        spec->health = (SpecHealth){
                .is_set = true,
                .test = words,
                .n_test = n,
                .interval_us = check_us(check, "Interval"),
                .timeout_us = check_us(check, "Timeout"),
                .start_period_us = check_us(check, "StartPeriod"),
                .retries = json_int_at(check, "Retries", 0),
        };
}

static void on_own_check(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *check = json_at(answer->json, "Config.Healthcheck");
        g_autoptr(GError) error = NULL;

        /* A manager that has not the image does not know: then there is only ours */
        if (answer->error == NULL && json_is_object(check)) {
                take_own_check(change->spec, check);
                if (!make_body(call, change->spec, (const char *const *) change->labels, &error)) {
                        call_fail(call, error);
                        return;
                }
        }
        objects_ensure(call, &change->objects);
}

static void begin_with(EngineCall *call, void (*func)(EngineCall *call))
{
        Change *change = call->state;
        g_autofree char *image = NULL;
        g_autofree char *path = NULL;

        change->objects.done = func;
        if (!call_knows(call))
                return;
        if (change->spec == NULL) {
                objects_ensure(call, &change->objects);
                return;
        }
        image = docker_escape_image(change->spec->image);
        path = g_strconcat("/images/", image, "/json", NULL);
        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_own_check });
}

bool swarm_create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->name[0] == '\0' || strlen(call->name) > SWARM_NAME_MAX) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: the name of a service has 1 to %d characters", call->name,
                            SWARM_NAME_MAX);
                return false;
        }
        return take_body(call, request, error);
}

static void on_created(EngineCall *call, const DockerAnswer *answer)
{
        const char *id = json_string_at(answer->json, "ID", "");
        const Change *change = call->state;
        g_autoptr(json_t) service = NULL;

        /* One that we took to be there has been removed: look again next time */
        if (answer->status == 400 || answer->status == 404)
                objects_forget(swarm_of(call));
        if (call_failed(call, answer))
                return;
        if (id[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY, "the engine's answer to create has no ID");
                return;
        }
        service = json_pack("{s:s, s:O}", "ID", id, "Spec", change->body->spec);
        service_learn(swarm_of(call), service);
        call_reply(call, &(EngineReply){ .id = id, .is_final = true });
}

static void create(EngineCall *call)
{
        const Change *change = call->state;

        swarm_body_set_ids(change->body->spec, swarm_of(call)->objects);
        swarm_volumes_put(swarm_of(call), change->body->spec);
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = "/services/create",
                                              .body = change->body->spec,
                                              .auth = call->auth,
                                              .on_answer = on_created });
}

static void create_job(EngineCall *call, bool is_once)
{
        const Change *change = call->state;

        if (!is_once) {
                swarm_tell(swarm_of(call),
                           "the Swarm's leader would begin a job twice (moby#53632: it has led "
                           "before); the run is made as a service that is not restarted");
                swarm_body_avoid_job(change->body->spec);
        }
        if (!call->is_over)
                create(call);
}

static void create_with_objects(EngineCall *call)
{
        const Change *change = call->state;

        if (change->body->is_job)
                canary_send(call, create_job);
        else
                create(call);
}

void swarm_create_begin(EngineCall *call)
{
        begin_with(call, create_with_objects);
}

/* ---- Changing what is there: look, change, send; again where it has changed meanwhile ---- */

static void on_put(EngineCall *call, const DockerAnswer *answer);

char *service_update_path(const json_t *service)
{
        return g_strdup_printf("/services/%s/update?version=%" G_GINT64_FORMAT,
                               json_string_at(service, "ID", ""),
                               (int64_t) json_int_at(service, "Version.Index", 0));
}

bool service_has_changed(const DockerAnswer *answer)
{
        return answer->error != NULL && strstr(answer->error->message, "out of sequence") != NULL;
}

static void on_to_be_changed(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service = service_answer(call, answer);
        g_autoptr(json_t) spec = NULL;
        g_autofree char *path = NULL, *update = NULL;

        if (service == NULL)
                return;
        json_decref(change->service);
        change->service = json_incref((json_t *) service);
        spec = json_deep_copy(json_object_get(service, "Spec"));
        if (!change->change(call, service, spec)) {
                if (!call->is_over) /* of what was sent before, only the answer may have been lost */
                        change->done(call, change->n_tries > 0);
                return;
        }
        update = service_update_path(service);
        path = g_strconcat(update, change->is_rollback ? "&rollback=previous" : "", NULL);
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .body = spec,
                                              .auth = call->auth,
                                              .on_answer = on_put });
}

void change_send(EngineCall *call)
{
        service_ask(call, on_to_be_changed);
}

static void on_put(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;

        if (service_has_changed(answer) && change->n_tries++ < PUT_TRIES_MAX)
                change_send(call);
        else if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                change->done(call, true);
}

/* ---- Update ---- */

static bool is_nothing_to_change(EngineCall *call)
{
        return call->state == NULL;
}

bool swarm_update_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->id[0] == '\0') {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no service was given");
                return false;
        }
        if (request->rollback) {
                change_new(call)->is_rollback = true;
                return true;
        }
        g_assert(request->spec != NULL);
        /* Only the restart policy, to keep the engine from restarting what is being stopped: a
         * service that is stopped has no tasks to restart */
        if (request->spec->image[0] == '\0')
                return true;
        if (!take_body(call, request, error))
                return false;
        ((Change *) call->state)->is_forced = request->force;
        return true;
}

static bool is_same_label(const json_t *one, const json_t *other, const char *label)
{
        return g_strcmp0(json_string_value(json_object_get(one, label)),
                         json_string_value(json_object_get(other, label))) == 0;
}

/* The labels that are not given again stay as they are: who created it, say */
static bool change_to_body(EngineCall *call, const json_t *service, json_t *spec)
{
        Change *change = call->state;
        json_t *now = change->body->spec;
        json_t *labels = json_object_get(now, "Labels");
        const json_t *old = json_object_get(spec, "Labels");
        int64_t force_count = json_int_at(spec, "TaskTemplate.ForceUpdate", 0);
        const char *key;
        json_t *value;

        if (swarm_service_is_job(service)) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "%s is a job: an update would run it again",
                               json_string_at(service, "Spec.Name", ""));
                return false;
        }
        if (change->n_tries == 0)
                change->force_count = force_count + change->is_forced;
        if (is_same_label(old, labels, SWARM_LABEL_BODY) &&
            is_same_label(old, labels, SWARM_LABEL_SPEC) && force_count >= change->force_count &&
            json_object_get(old, SWARM_LABEL_REPLICAS) == NULL)
                return false;
        json_object_foreach((json_t *) old, key, value) {
                if (g_str_has_prefix(key, "slipway.") && !g_str_equal(key, SWARM_LABEL_REPLICAS) &&
                    json_object_get(labels, key) == NULL)
                        json_object_set(labels, key, value);
        }
        json_object_set(now, "Name", json_object_get(spec, "Name"));
        json_object_set_new(json_object_get(now, "TaskTemplate"), "ForceUpdate",
                            json_integer(MAX(force_count, change->force_count)));
        json_object_clear(spec);
        json_object_update(spec, now);
        return true;
}

static void look_at_rollout(EngineCall *call);

static void look_later(EngineCall *call)
{
        Change *change = call->state;

        if (g_get_monotonic_time() > call->deadline_us) {
                call_fail_with(call, ENGINE_ERROR_TIMEOUT, "the update is not complete in time%s%s",
                               json_at(change->service, "UpdateStatus.Message") != NULL ? ": " : "",
                               json_string_at(change->service, "UpdateStatus.Message", ""));
                return;
        }
        call_after(call, change->look_us, look_at_rollout);
        change->look_us = MIN(change->look_us * 5 / 4, SERVICE_LOOK_MAX_US);
}

/* The engine has no word about an update that it has only just taken, and none about one that changed
 * no task */
static bool has_other_tasks(const json_t *service)
{
        const json_t *before = json_at(service, "PreviousSpec.TaskTemplate");

        return before != NULL && !json_equal(before, json_at(service, "Spec.TaskTemplate"));
}

/* Where the engine has no word about it: do the tasks that are wanted have the spec, and run? */
static void on_rollout_tasks(EngineCall *call, const DockerAnswer *answer)
{
        const Change *change = call->state;
        const json_t *template = json_at(change->service, "Spec.TaskTemplate");
        int64_t wanted = swarm_service_wanted(change->service);
        int64_t n_good = 0, n_other = 0;
        size_t i;
        json_t *task;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, task) {
                if (!swarm_task_is_wanted(task))
                        continue;
                if (json_equal(json_object_get(task, "Spec"), template) &&
                    swarm_task_phase(task, NULL) == TASK_RUNNING)
                        n_good++;
                else
                        n_other++;
        }
        if (n_other == 0 && n_good >= MAX(wanted, 0))
                call_done(call);
        else
                look_later(call);
}

static void on_rollout(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service = service_answer(call, answer);
        const char *state;
        g_autofree char *filter = NULL;
        g_autofree char *path = NULL;

        if (service == NULL)
                return;
        json_decref(change->service);
        change->service = json_incref((json_t *) service);
        state = json_string_at(service, "UpdateStatus.State", "");
        if (g_str_equal(state, change->is_rollback ? "rollback_completed" : "completed") ||
            (change->is_as_wanted && g_str_equal(state, "rollback_completed")) ||
            (change->is_as_wanted && state[0] == '\0' && !has_other_tasks(service))) {
                call_done(call);
        } else if (g_str_equal(state, "paused") || g_str_equal(state, "rollback_paused") ||
                   g_str_equal(state, "rollback_completed")) {
                call_fail_with(call, ENGINE_ERROR_FAILED, "the update %s: %s",
                               g_str_equal(state, "paused") ? "has stopped half-way"
                                                            : "was rolled back",
                               json_string_at(service, "UpdateStatus.Message", state));
        } else if (state[0] != '\0') {
                look_later(call);
        } else {
                filter = swarm_filter("service", change_service(change));
                path = g_strconcat("/tasks?filters=", filter, NULL);
                call_step(call, &(DockerStepRequest){ .path = path,
                                                      .reply_max = DOCKER_LIST_REPLY_MAX,
                                                      .on_answer = on_rollout_tasks });
        }
}

static void look_at_rollout(EngineCall *call)
{
        service_ask(call, on_rollout);
}

static void on_updated(EngineCall *call, bool has_changed)
{
        Change *change = call->state;

        change->look_us = SERVICE_LOOK_MIN_US;
        change->is_as_wanted = !has_changed;
        if (has_changed)
                look_later(call);
        else
                look_at_rollout(call); /* an earlier command's may be under way */
}

static void update_with_objects(EngineCall *call)
{
        Change *change = call->state;

        swarm_body_set_ids(change->body->spec, swarm_of(call)->objects);
        swarm_volumes_put(swarm_of(call), change->body->spec);
        change->change = change_to_body;
        change->done = on_updated;
        change_send(call);
}

/* What the engine keeps is what the service was before this command's stop of it, and not before its
 * update */
static bool was_only_stopped(const json_t *service)
{
        const json_t *before = json_at(service, "PreviousSpec.Labels");
        const json_t *now = json_at(service, "Spec.Labels");

        return json_object_get(before, SWARM_LABEL_REPLICAS) != NULL &&
               is_same_label(before, now, SWARM_LABEL_DEPLOYMENT);
}

/* The engine takes the one that it keeps, whatever is sent. After that it keeps the other one: sent
 * once more, when only the answer was lost, it would make the update again. */
static bool change_to_previous(EngineCall *call, const json_t *service, json_t *spec)
{
        if (g_str_has_prefix(json_string_at(service, "UpdateStatus.State", ""), "rollback_")) {
                ((Change *) call->state)->n_tries++;
                return false;
        }
        if (json_is_object(json_object_get(service, "PreviousSpec")) && !was_only_stopped(service))
                return true;
        call_fail_with(call, ENGINE_ERROR_CONFLICT,
                       "the Swarm does not keep what %s was before its update",
                       json_string_at(service, "Spec.Name", ""));
        return false;
}

static void roll_back(EngineCall *call)
{
        Change *change = call->state;

        change->change = change_to_previous;
        change->done = on_updated;
        change_send(call);
}

void swarm_update_begin(EngineCall *call)
{
        if (is_nothing_to_change(call))
                call_done(call);
        else if (((const Change *) call->state)->is_rollback)
                roll_back(call);
        else
                begin_with(call, update_with_objects);
}
