/* Networks and nodes */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/internal.h"

/* ---- Networks ---- */

/* Overlay, and open to containers beside the services, where the file does not say otherwise */
bool swarm_network_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autoptr(json_t) options = request->options != NULL
                                            ? json_copy((json_t *) request->options)
                                            : json_object();
        g_auto(GStrv) labels = NULL;

        if (!docker_name_prepare(call, request, error))
                return false;
        if (json_string_at(options, "driver", "")[0] == '\0')
                json_object_set_new(options, "driver", json_string("overlay"));
        if (json_object_get(options, "attachable") == NULL)
                json_object_set_new(options, "attachable", json_true());
        labels = swarm_stack_labels(request->labels);
        call->body = docker_network_body(call->name, (const char *const *) labels, options,
                                         &call->newest, &call->newest_key, error);
        if (call->body == NULL)
                return false;
        json_object_set_new(call->body, "Scope", json_string("swarm"));
        return true;
}

#define REMOVE_AGAIN_US (250 * US_PER_MS)

static void on_network_removed(EngineCall *call, const DockerAnswer *answer);

static void remove_network(EngineCall *call)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/networks/", id, NULL);

        docker_request(call, "DELETE", path, on_network_removed);
}

/* The tasks of a service that was removed hold its networks until they have ended */
static void on_network_removed(EngineCall *call, const DockerAnswer *answer)
{
        bool is_used = answer->error != NULL && strstr(answer->error->message, "in use") != NULL;

        if (is_used && g_get_monotonic_time() + REMOVE_AGAIN_US < call->deadline_us)
                call_after(call, REMOVE_AGAIN_US, remove_network);
        else if (is_used)
                call_fail_with(call, ENGINE_ERROR_CONFLICT, "%s", answer->error->message);
        else
                docker_on_done_or_gone(call, answer);
}

void swarm_network_remove_begin(EngineCall *call)
{
        remove_network(call);
}

/* ---- Nodes ---- */

static gpointer parse_node(EngineCall *call, const json_t *root)
{
        NodeInfo *node = g_new0(NodeInfo, 1);
        const char *key;
        json_t *value;

        node->id = g_strdup(json_string_at(root, "ID", ""));
        node->hostname = g_strdup(json_string_at(root, "Description.Hostname", ""));
        node->address = g_strdup(json_string_at(root, "Status.Addr", ""));
        node->state = g_strdup(json_string_at(root, "Status.State", ""));
        node->availability = g_strdup(json_string_at(root, "Spec.Availability", ""));
        node->is_manager = g_str_equal(json_string_at(root, "Spec.Role", ""), "manager");
        node->is_leader = json_bool_at(root, "ManagerStatus.Leader", false);
        node->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        json_object_foreach(json_at(root, "Spec.Labels"), key, value) {
                if (json_is_string(value))
                        g_hash_table_insert(node->labels, g_strdup(key),
                                            g_strdup(json_string_value(value)));
        }
        return node;
}

static bool is_any_unknown(const GPtrArray *nodes)
{
        for (guint i = 0; i < nodes->len; i++)
                if (g_str_equal(((const NodeInfo *) nodes->pdata[i])->state, "unknown"))
                        return true;
        return false;
}

static void on_nodes(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GPtrArray) nodes = NULL;

        if (call_failed(call, answer))
                return;
        nodes = docker_parse_list(call, answer->json, parse_node, (GDestroyNotify) node_info_free);
        /* A new leader learns within seconds which are ready and which are down */
        if (is_any_unknown(nodes) && call->n_tries++ < NODES_UNKNOWN_US / LEADER_GAP_US) {
                call_after(call, LEADER_GAP_US, swarm_nodes_begin);
                return;
        }
        call_reply(call, &(EngineReply){ .nodes = nodes, .is_final = true });
}

void swarm_nodes_begin(EngineCall *call)
{
        call_step(call, &(DockerStepRequest){ .path = "/nodes",
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_nodes });
}
