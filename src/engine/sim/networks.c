/* Networks, and the containers on them */

#include <string.h>

#include "engine/sim/internal.h"

static NetworkInfo *find(const SimEngine *engine, const char *name)
{
        for (guint i = 0; i < engine->networks->len; i++) {
                NetworkInfo *network = engine->networks->pdata[i];

                if (strcmp(network->name, name) == 0 || strcmp(network->id, name) == 0)
                        return network;
        }
        return NULL;
}

NetworkInfo *sim_network_new(SimEngine *engine, const char *name, char **labels)
{
        NetworkInfo *network = g_new0(NetworkInfo, 1);

        network->id = g_strdup_printf("%060xface", ++engine->next_id);
        network->name = g_strdup(name);
        network->driver = g_strdup("bridge");
        network->scope = g_strdup("local");
        network->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        if (labels != NULL)
                sim_add_labels(network->labels, labels);
        g_ptr_array_add(engine->networks, network);
        return network;
}

/* ---- Containers on them ---- */

bool sim_box_join(SimEngine *engine, SimBox *box, const char *const *pairs,
                  const char **ret_missing)
{
        for (size_t i = 0; pairs[i] != NULL; i += 2) {
                const NetworkInfo *network = find(engine, pairs[i]);
                ContainerNetwork joined;

                if (network == NULL) {
                        *ret_missing = pairs[i];
                        return false;
                }
                joined = (ContainerNetwork){ .name = g_strdup(network->name),
                                             .id = g_strdup(network->id),
                                             .address = g_strdup(""),
                                             .address6 = g_strdup(""),
                                             .mac_address = g_strdup("") };
                g_array_append_val(box->shown->networks, joined);
        }
        box->fixed = g_strdupv((char **) pairs);
        return true;
}

static void set_address(ContainerNetwork *network, char *address)
{
        g_free(network->address);
        network->address = address;
}

void sim_box_set_addresses(SimEngine *engine, SimBox *box, bool is_up)
{
        for (guint i = 0; i < box->shown->networks->len; i++) {
                ContainerNetwork *network = &g_array_index(box->shown->networks, ContainerNetwork,
                                                           i);
                const char *fixed = box->fixed[2 * i + 1];

                if (!is_up)
                        set_address(network, g_strdup(""));
                else if (fixed[0] != '\0')
                        set_address(network, g_strdup(fixed));
                else
                        set_address(network, g_strdup_printf("10.77.%u.%u", i,
                                                             ++engine->n_addresses % 250 + 2));
        }
}

static bool uses(const SimBox *box, const char *id, const char *address)
{
        if (box->is_gone || box->shown->state != CONTAINER_RUNNING)
                return false;
        for (guint i = 0; i < box->shown->networks->len; i++) {
                const ContainerNetwork *network = &g_array_index(box->shown->networks,
                                                                 ContainerNetwork, i);

                if (strcmp(network->id, id) == 0 &&
                    (address == NULL || strcmp(network->address, address) == 0))
                        return true;
        }
        return false;
}

bool sim_box_has_rival(const SimEngine *engine, const SimBox *box)
{
        for (guint i = 0; i < box->shown->networks->len; i++) {
                const char *fixed = box->fixed[2 * i + 1];
                const char *id = g_array_index(box->shown->networks, ContainerNetwork, i).id;

                for (guint j = 0; fixed[0] != '\0' && j < engine->boxes->len; j++) {
                        if (engine->boxes->pdata[j] != box &&
                            uses(engine->boxes->pdata[j], id, fixed))
                                return true;
                }
        }
        return false;
}

/* ---- Answers ---- */

static void list(SimEngine *engine, EngineCall *call, const char *name, char **labels)
{
        g_autoptr(GPtrArray) found = g_ptr_array_new();

        for (guint i = 0; i < engine->networks->len; i++) {
                NetworkInfo *network = engine->networks->pdata[i];

                if (sim_has_labels(network->labels, labels) &&
                    (name == NULL || name[0] == '\0' || strcmp(network->name, name) == 0))
                        g_ptr_array_add(found, network);
        }
        sim_reply_final(engine, call, &(EngineReply){ .networks = found });
}

static void create(SimEngine *engine, EngineCall *call, const char *name, char **labels)
{
        NetworkInfo *there = find(engine, name);

        if (there != NULL && !sim_has_labels(there->labels, labels)) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT,
                                "a network of that name is there already");
                return;
        }
        sim_reply_final(
                engine, call,
                &(EngineReply){ .was_created = there == NULL,
                                .id = there != NULL ? there->id
                                                    : sim_network_new(engine, name, labels)->id });
}

static void remove_one(SimEngine *engine, EngineCall *call, const char *id)
{
        NetworkInfo *network = find(engine, id);

        for (guint i = 0; network != NULL && i < engine->boxes->len; i++) {
                if (uses(engine->boxes->pdata[i], network->id, NULL)) {
                        sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT,
                                        "the network is in use");
                        return;
                }
        }
        if (network != NULL)
                g_ptr_array_remove(engine->networks, network);
        sim_reply_final(engine, call, &(EngineReply){ 0 });
}

void sim_answer_network(SimEngine *engine, EngineCall *call, EngineOp op, const char *id,
                        const char *name, char **labels)
{
        if (op == ENGINE_NETWORK_LIST)
                list(engine, call, name, labels);
        else if (op == ENGINE_NETWORK_CREATE)
                create(engine, call, name, labels);
        else
                remove_one(engine, call, id);
}
