/* WATCH: events of services, and what is seen of their tasks, as events of containers */

#include <string.h>

#include "base/json.h"
#include "engine/swarm/internal.h"

/* ---- What is known of services ---- */

void service_learn(SwarmEngine *engine, const json_t *service)
{
        const char *id = json_string_at(service, "ID", "");
        GHashTable *labels;
        const char *key;
        json_t *value;

        if (id[0] == '\0')
                return;
        labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        json_object_foreach(json_at(service, "Spec.Labels"), key, value) {
                if (json_is_string(value))
                        g_hash_table_insert(labels, g_strdup(key),
                                            g_strdup(json_string_value(value)));
        }
        g_hash_table_replace(engine->services, g_strdup(id), labels);
}

/* Whether the service has all the labels that the watch asks for */
static bool concerns(const EngineCall *watch, GHashTable *labels)
{
        size_t i;
        json_t *value;

        json_array_foreach(watch->body, i, value) {
                const char *wanted = json_string_value(value);
                size_t len = strcspn(wanted, "=");
                g_autofree char *key = g_strndup(wanted, len);
                const char *has = g_hash_table_lookup(labels, key);

                if (has == NULL || (wanted[len] == '=' && !g_str_equal(has, wanted + len + 1)))
                        return false;
        }
        return true;
}

static bool tell(EngineCall *watch, const char *id, const char *action)
{
        EngineEvent event = {
                .action = action,
                .id = id,
                .exit_code = -1,
                .health = "",
                .wall_ns = g_get_real_time() * 1000,
        };

        return call_reply(watch, &(EngineReply){ .event = &event });
}

static gint compare_pointers(gconstpointer a, gconstpointer b)
{
        return a < b ? -1 : a > b;
}

void service_tell(SwarmEngine *engine, const char *id, const char *action)
{
        GHashTable *labels = g_hash_table_lookup(engine->services, id);
        g_autoptr(GPtrArray) watches = g_ptr_array_new_with_free_func((GDestroyNotify) call_unref);
        g_autofree char *own_id = g_strdup(id);
        g_autoptr(GList) calls = g_hash_table_get_keys(engine->docker.calls);

        if (labels == NULL)
                return;
        calls = g_list_sort(calls, compare_pointers);
        for (GList *at = calls; at != NULL; at = at->next) {
                EngineCall *call = at->data;

                if (call->op == ENGINE_WATCH && watch_is_open(call) && concerns(call, labels))
                        g_ptr_array_add(watches, call_ref(call));
        }
        for (guint i = 0; i < watches->len; i++)
                if (!((EngineCall *) watches->pdata[i])->is_over)
                        tell(watches->pdata[i], own_id, action);
}

/* ---- The stream ---- */

bool swarm_watch_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autoptr(json_t) filters = json_pack("{s:[s,s]}", "type", "service", "node");
        g_autofree char *text = json_to_canonical_text(filters);

        call->query = docker_escape(text);
        call->body = json_array();
        for (size_t i = 0; request->labels != NULL && request->labels[i] != NULL; i++)
                json_array_append_new(call->body, json_string(request->labels[i]));
        return true;
}

/* A service that we have not met: is it one that is watched? */
static void on_stranger(EngineCall *watch, const DockerAnswer *answer)
{
        SwarmEngine *engine = swarm_of(watch);
        const char *id = json_string_at(answer->json, "ID", "");
        GHashTable *labels;

        if (answer->error != NULL || id[0] == '\0')
                return;
        service_learn(engine, answer->json);
        labels = g_hash_table_lookup(engine->services, id);
        if (concerns(watch, labels))
                tell(watch, id, "start");
}

static bool on_service_event(EngineCall *watch, const char *id, const char *action)
{
        SwarmEngine *engine = swarm_of(watch);
        GHashTable *labels = g_hash_table_lookup(engine->services, id);
        bool is_gone = g_str_equal(action, "remove");
        g_autofree char *escaped = docker_escape(id);
        g_autofree char *path = g_strconcat("/services/", escaped, NULL);

        if (labels == NULL && is_gone)
                return true;
        if (labels == NULL) {
                call_step(watch, &(DockerStepRequest){ .path = path, .on_answer = on_stranger });
                return true;
        }
        return !concerns(watch, labels) || tell(watch, id, is_gone ? "destroy" : "start");
}

bool swarm_on_event(EngineCall *watch, const json_t *item)
{
        const char *type = json_string_at(item, "Type", "");
        const char *id = json_string_at(item, "Actor.ID", "");
        const char *action = json_string_at(item, "Action", "");

        if (g_str_equal(type, "node"))
                tasks_nodes_changed(swarm_of(watch));
        else if (g_str_equal(type, "service") && id[0] != '\0')
                return on_service_event(watch, id, action);
        return true;
}
