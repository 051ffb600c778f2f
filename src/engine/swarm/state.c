#include "engine/swarm/state.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/labels.h"

/* ---- One task ---- */

typedef struct StateName {
        const char *name;
        TaskPhase phase;
} StateName;

static const StateName state_names[] = {
        { "new", TASK_COMING },        { "allocated", TASK_COMING },  { "pending", TASK_COMING },
        { "assigned", TASK_COMING },   { "accepted", TASK_COMING },   { "preparing", TASK_COMING },
        { "ready", TASK_COMING },      { "starting", TASK_STARTING }, { "running", TASK_RUNNING },
        { "complete", TASK_COMPLETE }, { "failed", TASK_FAILED },     { "rejected", TASK_REJECTED },
        { "shutdown", TASK_STOPPED },  { "remove", TASK_STOPPED },    { "orphaned", TASK_LOST },
};

static TaskPhase phase_from(const char *word)
{
        for (size_t i = 0; i < G_N_ELEMENTS(state_names); i++)
                if (g_str_equal(word, state_names[i].name))
                        return state_names[i].phase;
        return TASK_COMING;
}

static bool has_ended(TaskPhase phase)
{
        return phase == TASK_COMPLETE || phase == TASK_FAILED || phase == TASK_REJECTED ||
               phase == TASK_STOPPED;
}

TaskPhase swarm_task_phase(const json_t *task, GHashTable *down)
{
        TaskPhase phase = phase_from(json_string_at(task, "Status.State", ""));
        const char *node = json_string_at(task, "NodeID", "");

        /* What its node said last is old: it may have ended there, or gone on */
        if (down != NULL && !has_ended(phase) && node[0] != '\0' &&
            g_hash_table_contains(down, node))
                return TASK_LOST;
        return phase;
}

bool swarm_task_has_started(const json_t *task)
{
        TaskPhase phase = phase_from(json_string_at(task, "Status.State", ""));

        return phase != TASK_COMING && phase != TASK_REJECTED &&
               json_string_at(task, "Status.ContainerStatus.ContainerID", "")[0] != '\0' &&
               !g_str_has_prefix(swarm_task_words(task), "starting container failed");
}

bool swarm_task_is_wanted(const json_t *task)
{
        const char *desired = json_string_at(task, "DesiredState", "");

        return phase_from(desired) <= TASK_COMPLETE; /* of a job: complete */
}

const char *swarm_task_words(const json_t *task)
{
        return json_string_at(task, "Status.Err", "");
}

static int64_t task_ns(const json_t *task, const char *path)
{
        int64_t wall_ns;

        return time_from_rfc3339(json_string_at(task, path, ""), &wall_ns) ? MAX(wall_ns, 0) : 0;
}

/* ---- The service ---- */

bool swarm_service_is_job(const json_t *service)
{
        const json_t *mode = json_at(service, "Spec.Mode");
        const char *run = json_string_value(
                json_object_get(json_at(service, "Spec.Labels"), SWARM_LABEL_RUN));

        return json_is_object(json_object_get(mode, "ReplicatedJob")) ||
               json_is_object(json_object_get(mode, "GlobalJob")) ||
               (run != NULL && run[0] != '\0'); /* see swarm_body_avoid_job() */
}

int64_t swarm_service_wanted(const json_t *service)
{
        const json_t *mode = json_at(service, "Spec.Mode");
        const json_t *job = json_object_get(mode, "ReplicatedJob");

        if (json_is_object(job))
                return json_int_at(job, "TotalCompletions", json_int_at(job, "MaxConcurrent", 1));
        if (json_is_object(json_object_get(mode, "Replicated")))
                return json_int_at(mode, "Replicated.Replicas", 1);
        return -1;
}

bool swarm_task_is_stale(const json_t *service, const json_t *task)
{
        const json_t *now = json_at(service, "JobStatus.JobIteration.Index");
        const json_t *its = json_at(task, "JobIteration.Index");

        /* The engine leaves out an iteration of 0 */
        return swarm_service_is_job(service) && json_is_integer(now) &&
               json_integer_value(now) != (its == NULL ? 0 : json_integer_value(its));
}

/* What the tasks come to */
typedef struct Tally {
        int64_t n_coming, n_starting, n_running; /* of those that are wanted */
        int64_t n_complete, n_failed, n_rejected;
        int64_t n_stopped, n_lost;
        int64_t n_stopping;    /* still run, and are to go */
        int64_t n_tasks;       /* that count */
        bool has_started;      /* one of them, ever */
        const json_t *failed;  /* the newest that failed or was rejected; of a job the first slot */
        const json_t *address; /* one that has addresses */
        int64_t began_ns;      /* the first of those that run; else of the newest */
        int64_t ended_ns;      /* the last end */
        bool is_began_of_living;
} Tally;

static void note_began(Tally *tally, const json_t *task, bool lives)
{
        int64_t created_ns = task_ns(task, "CreatedAt");

        if (!swarm_task_has_started(task) || (tally->is_began_of_living && !lives))
                return;
        if (tally->began_ns == 0 || lives != tally->is_began_of_living)
                tally->began_ns = created_ns;
        else
                tally->began_ns = lives ? MIN(tally->began_ns, created_ns)
                                        : MAX(tally->began_ns, created_ns);
        tally->is_began_of_living = lives;
}

static void note_failure(Tally *tally, const json_t *task, bool is_job)
{
        bool earlier = tally->failed != NULL &&
                       (is_job ? json_int_at(tally->failed, "Slot", 0) <=
                                         json_int_at(task, "Slot", 0)
                               : task_ns(tally->failed, "Status.Timestamp") >=
                                         task_ns(task, "Status.Timestamp"));

        if (!earlier)
                tally->failed = task;
}

static void count(Tally *tally, const json_t *task, TaskPhase phase, bool is_job)
{
        bool is_wanted = is_job || swarm_task_is_wanted(task);

        tally->n_tasks++;
        tally->has_started |= swarm_task_has_started(task);
        note_began(tally, task, is_wanted && (phase == TASK_STARTING || phase == TASK_RUNNING));
        switch (phase) {
        case TASK_COMING:
                tally->n_coming += is_wanted;
                return;
        case TASK_STARTING:
        case TASK_RUNNING:
                tally->n_starting += is_wanted && phase == TASK_STARTING;
                tally->n_running += is_wanted && phase == TASK_RUNNING;
                tally->n_stopping += !is_wanted;
                if (is_wanted && tally->address == NULL)
                        tally->address = task;
                return;
        case TASK_LOST:
                tally->n_lost++;
                return;
        case TASK_COMPLETE:
                tally->n_complete++;
                break;
        case TASK_FAILED:
                tally->n_failed++;
                note_failure(tally, task, is_job);
                break;
        case TASK_REJECTED:
                tally->n_rejected++;
                note_failure(tally, task, is_job);
                break;
        case TASK_STOPPED:
                tally->n_stopped++;
                break;
        }
        tally->ended_ns = MAX(tally->ended_ns, task_ns(task, "Status.Timestamp"));
}

static void set_text(char **field, const char *text)
{
        g_free(*field);
        *field = g_strdup(text);
}

/* A failed task has failed, whatever its exit code says: 0 would be success */
#define EXIT_CODE_UNSAID 128

/* Of a container whose end nobody saw, as when its machine failed, a daemon says this when it is
 * back. Programs seldom do. */
#define EXIT_CODE_UNSEEN 255

static int failed_exit_code(const Tally *tally)
{
        int code = tally->failed == NULL
                           ? 0
                           : (int) json_int_at(tally->failed, "Status.ContainerStatus.ExitCode", 0);

        return code != 0 ? code : EXIT_CODE_UNSAID;
}

static void set_failure(Container *container, const Tally *tally)
{
        if (tally->failed == NULL)
                return;
        set_text(&container->error, swarm_task_words(tally->failed));
        container->exit_code = failed_exit_code(tally);
        container->oom_killed = strstr(container->error, "OOM") != NULL;
}

static void judge_job(Container *container, const Tally *tally, int64_t wanted)
{
        int64_t n_active = tally->n_coming + tally->n_starting + tally->n_running;

        if (wanted < 0)
                wanted = tally->n_tasks;
        if (tally->n_tasks > 0 && tally->n_complete >= wanted) {
                container->state = CONTAINER_EXITED;
        } else if (tally->n_lost > 0) {
                container->is_lost = true;
                container->state = CONTAINER_RUNNING;
        } else if (n_active > 0 || tally->n_failed + tally->n_rejected + tally->n_stopped == 0) {
                container->state = tally->has_started ? CONTAINER_RUNNING : CONTAINER_CREATED;
        } else {
                container->state = tally->has_started ? CONTAINER_EXITED : CONTAINER_CREATED;
                container->exit_code = EXIT_CODE_UNSAID; /* where all were told to stop */
                set_failure(container, tally);
        }
        if (container->state != CONTAINER_EXITED)
                return;
        container->finished_wall_ns = tally->ended_ns;
        container->is_attested = container->exit_code != EXIT_CODE_UNSEEN && tally->n_stopped == 0;
}

static void judge_service(Container *container, const Tally *tally, int64_t wanted,
                          const json_t *service)
{
        int64_t n_started = tally->n_starting + tally->n_running;
        bool is_stopped = json_object_get(json_at(service, "Spec.Labels"), SWARM_LABEL_REPLICAS) !=
                          NULL;
        bool has_failed = tally->n_failed + tally->n_rejected + tally->n_lost > 0;

        if (is_stopped) {
                container->state = n_started + tally->n_stopping > 0 ? CONTAINER_RUNNING
                                                                     : CONTAINER_EXITED;
        } else if (wanted == 0 || (n_started >= wanted && n_started > 0)) {
                container->state = CONTAINER_RUNNING;
                return;
        } else if (!tally->has_started) {
                container->state = CONTAINER_CREATED;
                set_failure(container, tally);
        } else if (n_started + tally->n_coming + tally->n_lost == 0) {
                container->state = CONTAINER_EXITED; /* its restart policy starts no other */
                set_failure(container, tally);
        } else {
                container->state = has_failed ? CONTAINER_RESTARTING : CONTAINER_RUNNING;
                set_failure(container, tally);
        }
        if (container->state == CONTAINER_EXITED)
                container->finished_wall_ns = tally->ended_ns;
}

/* A task runs in the engine's sense when its check has passed, be it the spec's or the image's */
static ContainerHealth health_of(const Container *container, const Tally *tally, int64_t wanted,
                                 const json_t *service)
{
        const json_t *test = json_at(service, "Spec.TaskTemplate.ContainerSpec.Healthcheck.Test");
        const char *word = json_string_value(json_array_get(test, 0));

        if (swarm_service_is_job(service) || g_strcmp0(word, "NONE") == 0)
                return HEALTH_NONE;
        if (container->state == CONTAINER_RUNNING && tally->n_running > 0 &&
            tally->n_running >= wanted && tally->n_starting == 0)
                return HEALTH_HEALTHY;
        return strstr(container->error, "unhealthy") != NULL ? HEALTH_UNHEALTHY : HEALTH_STARTING;
}

/* ---- What stands in the spec ---- */

static void read_labels(Container *container, const json_t *labels)
{
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) labels, key, value) {
                if (json_is_string(value))
                        g_hash_table_insert(container->labels, g_strdup(key),
                                            g_strdup(json_string_value(value)));
        }
}

static void read_mounts(Container *container, const json_t *mounts)
{
        size_t i;
        json_t *value;

        json_array_foreach(mounts, i, value) {
                const char *type = json_string_at(value, "Type", "bind");
                const char *source = json_string_at(value, "Source", "");
                ContainerMount mount = {
                        .type = g_strdup(type),
                        .name = g_strdup(g_str_equal(type, "volume") ? source : ""),
                        .source = g_strdup(source),
                        .target = g_strdup(json_string_at(value, "Target", "")),
                };

                g_array_append_val(container->mounts, mount);
        }
}

static bool has_port(const Container *container, const BoundPort *port)
{
        for (guint i = 0; i < container->ports->len; i++) {
                const BoundPort *other = &g_array_index(container->ports, BoundPort, i);

                if (other->private_port == port->private_port &&
                    other->public_port == port->public_port && other->proto == port->proto)
                        return true;
        }
        return false;
}

static void read_ports(Container *container, const json_t *ports)
{
        size_t i;
        json_t *value;

        json_array_foreach(ports, i, value) {
                bool is_udp = g_str_equal(json_string_at(value, "Protocol", "tcp"), "udp");
                BoundPort port = {
                        .private_port = (uint16_t) json_int_at(value, "TargetPort", 0),
                        .public_port = (uint16_t) json_int_at(value, "PublishedPort", 0),
                        .proto = is_udp ? PROTO_UDP : PROTO_TCP,
                };

                if (has_port(container, &port))
                        continue;
                port.host_ip = g_strdup("");
                g_array_append_val(container->ports, port);
        }
}

static void read_address(Container *container, const json_t *task)
{
        const json_t *networks = json_object_get(task, "NetworksAttachments");
        size_t i;
        json_t *value;

        json_array_foreach(networks, i, value) {
                const char *address = json_string_value(
                        json_array_get(json_object_get(value, "Addresses"), 0));

                if (address == NULL || strchr(address, ':') != NULL ||
                    json_bool_at(value, "Network.Spec.Ingress", false))
                        continue;
                g_free(container->address);
                container->address = g_strndup(address, strcspn(address, "/"));
                return;
        }
}

static const char *policy_from(const json_t *service)
{
        const char *condition = json_string_at(service, "Spec.TaskTemplate.RestartPolicy.Condition",
                                               "any");

        if (g_str_equal(condition, "none"))
                return "no";
        return g_str_equal(condition, "on-failure") ? "on-failure" : "always";
}

static void read_spec(Container *container, const json_t *service)
{
        const json_t *spec = json_at(service, "Spec.TaskTemplate.ContainerSpec");
        const char *image = json_string_at(spec, "Image", "");

        set_text(&container->name, json_string_at(service, "Spec.Name", ""));
        set_text(&container->image, image);
        set_text(&container->image_id, image);
        set_text(&container->restart_policy, policy_from(service));
        read_labels(container, json_at(service, "Spec.Labels"));
        read_mounts(container, json_object_get(spec, "Mounts"));
        container->created_wall_ns = task_ns(service, "CreatedAt");
}

static void read_places(Container *container, const json_t *service, const GPtrArray *tasks)
{
        read_ports(container, json_at(service, "Endpoint.Ports"));
        for (guint i = 0; i < tasks->len; i++)
                if (swarm_task_is_wanted(tasks->pdata[i]))
                        read_ports(container, json_at(tasks->pdata[i], "Status.PortStatus.Ports"));
}

Container *swarm_container(const json_t *service, const GPtrArray *tasks, GHashTable *down,
                           GError **error)
{
        const char *id = json_string_at(service, "ID", "");
        Container *container;
        bool is_job = swarm_service_is_job(service);
        int64_t wanted = swarm_service_wanted(service);
        Tally tally = { 0 };

        if (id[0] == '\0' || !json_is_object(json_object_get(service, "Spec"))) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_REPLY,
                                    "the engine's description of a service has no ID or no Spec");
                return NULL;
        }
        container = container_new();
        set_text(&container->id, id);
        read_spec(container, service);
        for (guint i = 0; i < tasks->len; i++)
                if (!swarm_task_is_stale(service, tasks->pdata[i]))
                        count(&tally, tasks->pdata[i], swarm_task_phase(tasks->pdata[i], down),
                              is_job);
        if (is_job)
                judge_job(container, &tally, wanted);
        else
                judge_service(container, &tally,
                              wanted < 0 ? tally.n_starting + tally.n_running + tally.n_coming
                                         : wanted,
                              service);
        container->started_wall_ns = tally.began_ns;
        container->restart_count = is_job ? 0 : (int) (tally.n_failed + tally.n_rejected);
        container->health = health_of(container, &tally, wanted, service);
        if (tally.address != NULL)
                read_address(container, tally.address);
        read_places(container, service, tasks);
        return container;
}
