/* Networks: made, listed, removed; and found by their names before a container joins them */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/body.h"
#include "engine/docker/internal.h"
#include "engine/docker/reply.h"

/* ---- By name ---- */

char *docker_networks_path(const char *const *names, const char *const *labels)
{
        g_autoptr(json_t) filters = json_object();
        g_autofree char *text = NULL, *query = NULL;
        json_t *by_name = json_array(), *by_label = json_array();

        for (size_t i = 0; names != NULL && names[i] != NULL; i++)
                json_array_append_new(by_name, json_string(names[i]));
        for (size_t i = 0; labels != NULL && labels[i] != NULL; i++)
                json_array_append_new(by_label, json_string(labels[i]));
        if (json_array_size(by_name) > 0)
                json_object_set(filters, "name", by_name);
        if (json_array_size(by_label) > 0)
                json_object_set(filters, "label", by_label);
        json_decref(by_name);
        json_decref(by_label);
        text = json_to_canonical_text(filters);
        query = docker_escape(text);
        return g_strconcat("/networks?filters=", query, NULL);
}

/* The engine's filter takes every name that has this one in it */
const json_t *docker_network_find(const json_t *list, const char *name, size_t *ret_n)
{
        const json_t *found = NULL;
        size_t i;
        json_t *item;

        *ret_n = 0;
        json_array_foreach(list, i, item) {
                if (strcmp(json_string_at(item, "Name", ""), name) != 0)
                        continue;
                found = item;
                ++*ret_n;
        }
        return found;
}

/* ---- Create ---- */

static void put_ipam_block(Body *body, json_t *blocks, const json_t *value)
{
        static const struct {
                const char *key, *field;
        } texts[] = {
                { "subnet", "Subnet" },
                { "ip_range", "IPRange" },
                { "gateway", "Gateway" },
        };
        json_t *block = json_object();
        const json_t *addresses = json_object_get(value, "aux_addresses");

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                body_set_text(body, block, texts[i].field, json_string_at(value, texts[i].key, ""));
        if (json_object_size(addresses) > 0)
                body_set(body, block, "AuxiliaryAddresses",
                         body_read_pairs(body, "ipam.config.aux_addresses", addresses));
        body_append(body, blocks, "ipam.config", block);
}

static void put_ipam(Body *body, const json_t *value)
{
        json_t *ipam = json_object(), *blocks = json_array();
        const json_t *options = json_object_get(value, "options");
        size_t i;
        json_t *item;

        body_set(body, ipam, "Driver", json_string(json_string_at(value, "driver", "default")));
        json_array_foreach(json_object_get(value, "config"), i, item)
                put_ipam_block(body, blocks, item);
        body_set(body, ipam, "Config", blocks);
        if (json_object_size(options) > 0)
                body_set(body, ipam, "Options", body_read_pairs(body, "ipam.options", options));
        body_set(body, body->config, "IPAM", ipam);
}

/* Compose's keys of a network */
static void put_option(Body *body, const char *key, const json_t *value)
{
        static const struct {
                const char *key, *field;
                unsigned since;
        } flags[] = {
                { "attachable", "Attachable", 0 },
                { "enable_ipv4", "EnableIPv4", 47 },
                { "enable_ipv6", "EnableIPv6", 0 },
                { "internal", "Internal", 0 },
        };
        static const char *const elsewhere[] = { "name", "external", "labels", NULL };
        bool is_on;

        if (json_is_null(value) || g_strv_contains(elsewhere, key) || g_str_has_prefix(key, "x-"))
                return;
        for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
                if (strcmp(key, flags[i].key) != 0 || !body_read_bool(body, key, value, &is_on))
                        continue;
                if (flags[i].since > 0)
                        body_needs(body, key, flags[i].since);
                body_set(body, body->config, flags[i].field, json_boolean(is_on));
                return;
        }
        if (strcmp(key, "driver") == 0)
                body_set_text(body, body->config, "Driver", body_read_text(body, key, value));
        else if (strcmp(key, "driver_opts") == 0)
                body_set(body, body->config, "Options", body_read_pairs(body, key, value));
        else if (strcmp(key, "ipam") == 0)
                put_ipam(body, value);
        else
                body_wrong(body, key, "one Docker host does not know this key of a network");
}

json_t *docker_network_body(const char *name, const char *const *labels, const json_t *options,
                            unsigned *ret_newest, char **ret_newest_key, GError **error)
{
        g_autoptr(json_t) object = json_object();
        g_auto(Body) body = { .config = object };
        const char *key;
        json_t *value;

        body_set(&body, object, "Name", json_string(name));
        body_set(&body, object, "CheckDuplicate", json_true()); /* newer engines always do */
        body_set(&body, object, "Labels",
                 body_labels(&body, json_object_get(options, "labels"), labels));
        json_object_foreach((json_t *) options, key, value)
                put_option(&body, key, value);
        if (!body_check(&body, error))
                return NULL;
        *ret_newest = body.newest;
        *ret_newest_key = g_steal_pointer(&body.newest_key);
        return g_steal_pointer(&object);
}

bool network_create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (!docker_name_prepare(call, request, error))
                return false;
        call->body = docker_network_body(call->name, request->labels, request->options,
                                         &call->newest, &call->newest_key, error);
        return call->body != NULL;
}

static void reply_id(EngineCall *call, const char *id, bool was_created)
{
        call_reply(call, &(EngineReply){ .id = id, .was_created = was_created, .is_final = true });
}

/* Whether the network is the one that was asked for: it has all the labels */
static bool has_labels(const json_t *network, const json_t *labels)
{
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) labels, key, value) {
                if (!json_equal(json_object_get(json_object_get(network, "Labels"), key), value))
                        return false;
        }
        return true;
}

static void look_up(EngineCall *call,
                    void (*on_answer)(EngineCall *call, const DockerAnswer *answer))
{
        const char *names[] = { call->name, NULL };
        g_autofree char *path = docker_networks_path(names, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .on_answer = on_answer,
                                              .reply_max = DOCKER_LIST_REPLY_MAX });
}

/* True if the answer settles it: one is there, ours or not */
static bool settled(EngineCall *call, const DockerAnswer *answer)
{
        size_t n;
        const json_t *found = docker_network_find(answer->json, call->name, &n);

        if (n == 0)
                return false;
        if (n > 1)
                call_fail_with(call, ENGINE_ERROR_CONFLICT,
                               "%zu networks have the name %s; remove those that nobody needs", n,
                               call->name);
        else if (has_labels(found, json_object_get(call->body, "Labels")))
                reply_id(call, json_string_at(found, "Id", ""), false);
        else
                call_fail_with(call, ENGINE_ERROR_CONFLICT,
                               "a network %s is there already, and it is another one", call->name);
        return true;
}

static void on_looked_up_again(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer) && !settled(call, answer))
                call_fail_with(call, ENGINE_ERROR_CONFLICT, "the network's name %s was taken",
                               call->name);
}

static void on_network_created(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->status == 409)
                look_up(call, on_looked_up_again);
        else if (!call_failed(call, answer))
                reply_id(call, json_string_at(answer->json, "Id", ""), true);
}

static void on_looked_up(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer) && !settled(call, answer))
                docker_request(call, "POST", "/networks/create", on_network_created);
}

void network_create_begin(EngineCall *call)
{
        if (call_knows(call))
                look_up(call, on_looked_up);
}

/* ---- List ---- */

bool network_list_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        const char *names[] = { call->name, NULL };

        call->query = docker_networks_path(call->name[0] == '\0' ? NULL : names, request->labels);
        return true;
}

static gpointer parse_wanted(EngineCall *call, const json_t *item)
{
        g_autoptr(NetworkInfo) network = docker_network_parse(item, NULL);

        if (network == NULL || (call->name[0] != '\0' && strcmp(network->name, call->name) != 0))
                return NULL;
        return g_steal_pointer(&network);
}

static void on_networks(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GPtrArray) networks = NULL;

        if (call_failed(call, answer))
                return;
        networks = docker_parse_list(call, answer->json, parse_wanted,
                                     (GDestroyNotify) network_info_free);
        call_reply(call, &(EngineReply){ .networks = networks, .is_final = true });
}

void network_list_begin(EngineCall *call)
{
        call_step(call, &(DockerStepRequest){ .path = call->query,
                                              .on_answer = on_networks,
                                              .reply_max = DOCKER_LIST_REPLY_MAX });
}

/* ---- Remove ---- */

/* A removed container's endpoint may go a moment after it */
#define NETWORK_REMOVE_AGAIN_US  (100 * US_PER_MS)
#define NETWORK_REMOVE_TRIES_MAX 20

static void on_network_removed(EngineCall *call, const DockerAnswer *answer)
{
        bool is_used = answer->status == 403 || answer->status == 409;

        if (is_used && ++call->n_tries < NETWORK_REMOVE_TRIES_MAX)
                call_after(call, NETWORK_REMOVE_AGAIN_US, network_remove_begin);
        else if (is_used)
                call_fail_with(call, ENGINE_ERROR_CONFLICT, "the network is in use: %s",
                               answer->error == NULL ? "" : answer->error->message);
        else
                docker_on_done_or_gone(call, answer);
}

void network_remove_begin(EngineCall *call)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/networks/", id, NULL);

        docker_request(call, "DELETE", path, on_network_removed);
}
