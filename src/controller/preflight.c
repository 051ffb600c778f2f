#include "controller/preflight.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "controller/controller.h"
#include "model/spec.h"

static bool G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
        va_list args;
        g_autofree char *message = NULL;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED, message);
        return false;
}

/* ---- Placement ---- */

/* What the node has under this name; NULL: not known here */
static const char *attribute_of(const NodeInfo *node, const char *name)
{
        static const char label[] = "node.labels.";

        if (g_ascii_strcasecmp(name, "node.id") == 0)
                return node->id;
        if (g_ascii_strcasecmp(name, "node.hostname") == 0)
                return node->hostname;
        if (g_ascii_strcasecmp(name, "node.ip") == 0)
                return node->address;
        if (g_ascii_strcasecmp(name, "node.role") == 0)
                return node->is_manager ? "manager" : "worker";
        if (g_ascii_strncasecmp(name, label, strlen(label)) == 0) {
                const char *value = g_hash_table_lookup(node->labels, name + strlen(label));

                return value == NULL ? "" : value;
        }
        return NULL;
}

bool preflight_satisfies(const NodeInfo *node, const char *constraint)
{
        const char *op = strstr(constraint, "==");
        bool is_equal = op != NULL;
        g_autofree char *name = NULL, *wanted = NULL;
        const char *value;

        if (op == NULL)
                op = strstr(constraint, "!=");
        if (op == NULL)
                return true; /* the engine says what is wrong with it */
        name = g_strstrip(g_strndup(constraint, op - constraint));
        wanted = g_strstrip(g_strdup(op + 2));
        value = attribute_of(node, name);
        return value == NULL || (g_ascii_strcasecmp(value, wanted) == 0) == is_equal;
}

static bool can_run(const NodeInfo *node, const json_t *constraints)
{
        const json_t *constraint;
        size_t i;

        if (strcmp(node->state, "ready") != 0 || strcmp(node->availability, "active") != 0)
                return false;
        json_array_foreach((json_t *) constraints, i, constraint) {
                if (json_is_string(constraint) &&
                    !preflight_satisfies(node, json_string_value(constraint)))
                        return false;
        }
        return true;
}

static bool check_placement(const Workload *workload, const GPtrArray *nodes, GError **error)
{
        const Spec *spec = workload->fixed;
        const json_t *placement, *constraints;
        g_autofree char *text = NULL;

        placement = spec == NULL ? NULL : json_object_get(spec->deploy, "placement");
        constraints = json_object_get(placement, "constraints");
        for (guint i = 0; i < nodes->len; i++) {
                if (can_run(nodes->pdata[i], constraints))
                        return true;
        }
        if (json_array_size(constraints) == 0)
                return refuse(error,
                              "no node of the Swarm is ready and active: `docker node ls` on a "
                              "manager shows why");
        text = json_dumps(constraints, 0);
        return refuse(error,
                      "%s: no node that is ready satisfies its placement constraints %s; `docker "
                      "node ls` and `docker node inspect NODE` show what the nodes have",
                      workload->id, text);
}

static unsigned n_ready(const GPtrArray *nodes)
{
        unsigned n = 0;

        for (guint i = 0; i < nodes->len; i++)
                n += can_run(nodes->pdata[i], NULL);
        return n;
}

/* ---- IPVS ---- */

static bool is_listed(const char *list)
{
        struct utsname name;
        g_autofree char *path = NULL, *text = NULL;

        if (uname(&name) < 0)
                return false;
        path = g_build_filename("/lib/modules", name.release, list, NULL);
        return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "/ip_vs.ko") != NULL;
}

/* Of other machines it is not known; nodes of one Swarm mostly have the same. */
static bool is_this_kernel(const EngineInfo *info)
{
        struct utsname name;

        return info->kernel != NULL && uname(&name) == 0 && strcmp(info->kernel, name.release) == 0;
}

bool preflight_has_ipvs(void)
{
        return g_file_test("/proc/net/ip_vs", G_FILE_TEST_EXISTS) || is_listed("modules.dep") ||
               is_listed("modules.builtin");
}

/* What needs it: a port of the ingress mesh, or a name that others resolve to a virtual address */
static const char *needs_ipvs(const Workload *workload)
{
        const Spec *spec = workload->fixed;
        const char *mode;

        if (workload->kind == WORKLOAD_EPHEMERAL)
                return NULL;
        if (spec == NULL)
                return workload->n_ports > 0 ? "its ports" : NULL;
        for (size_t i = 0; i < spec->n_ports; i++) {
                if (!spec->ports[i].is_host_mode)
                        return "its ports";
        }
        mode = json_string_at(spec->deploy, "endpoint_mode", "vip");
        return spec->n_networks > 0 && strcmp(mode, "dnsrr") != 0 ? "its virtual address" : NULL;
}

static bool check_ipvs(const Application *app, GError **error)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                const char *what = needs_ipvs(&app->workloads[i]);

                if (what != NULL)
                        return refuse(error,
                                      "%s: %s cannot work on this kernel, which has no IPVS (no "
                                      "module ip_vs): the service would look healthy and could not "
                                      "be reached; say --without-ipvs, and names resolve to the "
                                      "tasks and ports are opened on the nodes that run them",
                                      app->workloads[i].id, what);
        }
        return true;
}

/* ---- The whole ---- */

bool preflight_swarm(const Application *app, const EngineInfo *info, const GPtrArray *nodes,
                     const bool *is_done, bool without_ipvs, GError **error)
{
        if (!info->is_swarm_manager)
                return refuse(error, "the engine manages no Swarm: `docker swarm init` makes it a "
                                     "manager, --host names one that is, --engine docker runs the "
                                     "application on this host alone");
        if (info->live_restore)
                return refuse(error, "the engine has live-restore on, with which a Swarm does not "
                                     "work: take `live-restore` out of its daemon.json");
        if (n_ready(nodes) < app->minimum_node_count)
                return refuse(error, "%s asks for %u nodes, and %u are ready", app->file,
                              app->minimum_node_count, n_ready(nodes));
        for (size_t i = 0; i < app->n_workloads; i++) {
                if ((is_done == NULL || !is_done[i]) &&
                    !check_placement(&app->workloads[i], nodes, error))
                        return false;
        }
        return without_ipvs || !is_this_kernel(info) || preflight_has_ipvs() ||
               check_ipvs(app, error);
}

/* ---- Notes ---- */

static void G_GNUC_PRINTF(2, 3) note(json_t *warnings, const char *format, ...)
{
        va_list args;
        g_autofree char *text = NULL;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        json_array_append_new(warnings, json_string(text));
}

/* A health check is one bit (decision 27). */
static void note_events(const Workload *workload, json_t *warnings)
{
        unsigned n = 0;

        for (size_t i = 0; i < workload->n_publications; i++) {
                EventType type = workload->publications[i].type;

                n += type == EVENT_PORT_LISTEN || type == EVENT_EXEC;
        }
        if (n > 1)
                note(warnings,
                     "%s: its %u events of ports and commands are published together, "
                     "when all of them hold",
                     workload->id, n);
}

static bool is_local(const Application *app, const char *volume)
{
        for (size_t i = 0; i < app->n_resources; i++) {
                const Resource *resource = &app->resources[i];
                const char *driver = json_string_at(resource->options, "driver", "local");

                if (resource->kind == RESOURCE_VOLUME && strcmp(resource->name, volume) == 0)
                        return strcmp(driver, "local") == 0 &&
                               json_object_size(
                                       json_object_get(resource->options, "driver_opts")) == 0;
        }
        return true;
}

static void note_volumes(const Application *app, const Workload *workload, json_t *warnings)
{
        const Spec *spec = workload->fixed;
        const json_t *placement = spec == NULL ? NULL : json_object_get(spec->deploy, "placement");

        if (spec == NULL || json_array_size(json_object_get(placement, "constraints")) > 0)
                return;
        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (mount->type == MOUNT_VOLUME && is_local(app, mount->source))
                        note(warnings,
                             "%s: its volume %s is on the node that runs its task; on "
                             "another node it would be empty: a placement constraint "
                             "keeps it where it is",
                             workload->id, mount->source);
        }
}

static void note_ipvs(const Workload *workload, json_t *warnings)
{
        const Spec *spec = workload->fixed;

        for (size_t i = 0; spec != NULL && i < spec->n_ports; i++) {
                if (spec->ports[i].public_port != 0 && !spec->ports[i].is_host_mode)
                        note(warnings,
                             "%s: without IPVS port %u is open on the nodes that run it, "
                             "not on all",
                             workload->id, spec->ports[i].public_port);
        }
}

void preflight_notes(const Application *app, bool without_ipvs, json_t *warnings)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                note_events(&app->workloads[i], warnings);
                note_volumes(app, &app->workloads[i], warnings);
                if (without_ipvs)
                        note_ipvs(&app->workloads[i], warnings);
        }
}
