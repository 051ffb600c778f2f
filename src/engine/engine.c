#include "engine/engine.h"

G_DEFINE_QUARK(slipway - engine - error - quark, engine_error)

const char *engine_op_to_string(EngineOp op)
{
        static const char *const ops[] = {
#define X(name, text) text,
                ENGINE_OPS(X)
#undef X
        };

        return ops[op];
}

const char *container_state_to_string(ContainerState state)
{
        static const char *const states[] = { "created",  "running", "paused", "restarting",
                                              "removing", "exited",  "dead" };

        return states[state];
}

static GHashTable *labels_copy(GHashTable *labels)
{
        GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        GHashTableIter iter;
        gpointer key, value;

        g_hash_table_iter_init(&iter, labels);
        while (g_hash_table_iter_next(&iter, &key, &value))
                g_hash_table_insert(copy, g_strdup(key), g_strdup(value));
        return copy;
}

/* ---- Containers ---- */

static void port_clear(gpointer data)
{
        g_free(((BoundPort *) data)->host_ip);
}

static void mount_clear(gpointer data)
{
        ContainerMount *mount = data;

        g_free(mount->type);
        g_free(mount->name);
        g_free(mount->source);
        g_free(mount->target);
}

static void network_clear(gpointer data)
{
        ContainerNetwork *network = data;

        g_free(network->name);
        g_free(network->id);
        g_free(network->address);
        g_free(network->address6);
        g_free(network->mac_address);
}

Container *container_new(void)
{
        Container *container = g_new0(Container, 1);

        container->id = g_strdup("");
        container->name = g_strdup("");
        container->image = g_strdup("");
        container->image_id = g_strdup("");
        container->error = g_strdup("");
        container->restart_policy = g_strdup("no");
        container->address = g_strdup("");
        container->network_mode = g_strdup("");
        container->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        container->ports = g_array_new(false, true, sizeof(BoundPort));
        container->mounts = g_array_new(false, true, sizeof(ContainerMount));
        g_array_set_clear_func(container->ports, port_clear);
        g_array_set_clear_func(container->mounts, mount_clear);
        container->networks = g_array_new(false, true, sizeof(ContainerNetwork));
        g_array_set_clear_func(container->networks, network_clear);
        return container;
}

void container_free(Container *container)
{
        if (container == NULL)
                return;
        g_free(container->id);
        g_free(container->name);
        g_free(container->image);
        g_free(container->image_id);
        g_free(container->error);
        g_free(container->restart_policy);
        g_free(container->address);
        g_free(container->network_mode);
        g_hash_table_unref(container->labels);
        g_array_unref(container->ports);
        g_array_unref(container->mounts);
        g_array_unref(container->networks);
        g_free(container);
}

Container *container_copy(const Container *container)
{
        Container *copy = g_memdup2(container, sizeof *container);

        copy->id = g_strdup(container->id);
        copy->name = g_strdup(container->name);
        copy->image = g_strdup(container->image);
        copy->image_id = g_strdup(container->image_id);
        copy->error = g_strdup(container->error);
        copy->restart_policy = g_strdup(container->restart_policy);
        copy->address = g_strdup(container->address);
        copy->network_mode = g_strdup(container->network_mode);
        copy->labels = labels_copy(container->labels);
        copy->ports = g_array_copy(container->ports); /* elements and clear function are ours */
        g_array_set_clear_func(copy->ports, port_clear);
        for (guint i = 0; i < copy->ports->len; i++) {
                BoundPort *port = &g_array_index(copy->ports, BoundPort, i);

                port->host_ip = g_strdup(port->host_ip);
        }
        copy->mounts = g_array_copy(container->mounts);
        g_array_set_clear_func(copy->mounts, mount_clear);
        for (guint i = 0; i < copy->mounts->len; i++) {
                ContainerMount *mount = &g_array_index(copy->mounts, ContainerMount, i);

                mount->type = g_strdup(mount->type);
                mount->name = g_strdup(mount->name);
                mount->source = g_strdup(mount->source);
                mount->target = g_strdup(mount->target);
        }
        copy->networks = g_array_copy(container->networks);
        g_array_set_clear_func(copy->networks, network_clear);
        for (guint i = 0; i < copy->networks->len; i++) {
                ContainerNetwork *network = &g_array_index(copy->networks, ContainerNetwork, i);

                network->name = g_strdup(network->name);
                network->id = g_strdup(network->id);
                network->address = g_strdup(network->address);
                network->address6 = g_strdup(network->address6);
                network->mac_address = g_strdup(network->mac_address);
        }
        return copy;
}

const char *container_label(const Container *container, const char *key)
{
        return g_hash_table_lookup(container->labels, key);
}

/* ---- Images, volumes, networks, machines ---- */

Image *image_copy(const Image *image)
{
        Image *copy = g_new0(Image, 1);

        copy->id = g_strdup(image->id);
        copy->tags = g_strdupv(image->tags);
        copy->digests = g_strdupv(image->digests);
        copy->volumes = g_strdupv(image->volumes);
        copy->exposed = g_strdupv(image->exposed);
        copy->tagged_wall_ns = image->tagged_wall_ns;
        return copy;
}

void image_free(Image *image)
{
        if (image == NULL)
                return;
        g_free(image->id);
        g_strfreev(image->tags);
        g_strfreev(image->digests);
        g_strfreev(image->volumes);
        g_strfreev(image->exposed);
        g_free(image);
}

VolumeInfo *volume_info_copy(const VolumeInfo *volume)
{
        VolumeInfo *copy = g_new0(VolumeInfo, 1);

        copy->name = g_strdup(volume->name);
        copy->driver = g_strdup(volume->driver);
        copy->labels = labels_copy(volume->labels);
        return copy;
}

void volume_info_free(VolumeInfo *volume)
{
        if (volume == NULL)
                return;
        g_free(volume->name);
        g_free(volume->driver);
        g_clear_pointer(&volume->labels, g_hash_table_unref);
        g_free(volume);
}

EngineInfo *engine_info_copy(const EngineInfo *info)
{
        EngineInfo *copy = g_memdup2(info, sizeof *info);

        copy->version = g_strdup(info->version);
        copy->api_version = g_strdup(info->api_version);
        copy->id = g_strdup(info->id);
        copy->os = g_strdup(info->os);
        copy->architecture = g_strdup(info->architecture);
        copy->kernel = g_strdup(info->kernel);
        copy->root_dir = g_strdup(info->root_dir);
        copy->bridge_gateway = g_strdup(info->bridge_gateway);
        return copy;
}

void engine_info_free(EngineInfo *info)
{
        if (info == NULL)
                return;
        g_free(info->version);
        g_free(info->api_version);
        g_free(info->id);
        g_free(info->os);
        g_free(info->architecture);
        g_free(info->kernel);
        g_free(info->root_dir);
        g_free(info->bridge_gateway);
        g_free(info);
}

NetworkInfo *network_info_copy(const NetworkInfo *network)
{
        NetworkInfo *copy = g_new0(NetworkInfo, 1);

        copy->id = g_strdup(network->id);
        copy->name = g_strdup(network->name);
        copy->driver = g_strdup(network->driver);
        copy->scope = g_strdup(network->scope);
        copy->labels = labels_copy(network->labels);
        return copy;
}

void network_info_free(NetworkInfo *network)
{
        if (network == NULL)
                return;
        g_free(network->id);
        g_free(network->name);
        g_free(network->driver);
        g_free(network->scope);
        g_clear_pointer(&network->labels, g_hash_table_unref);
        g_free(network);
}

NodeInfo *node_info_copy(const NodeInfo *node)
{
        NodeInfo *copy = g_memdup2(node, sizeof *node);

        copy->id = g_strdup(node->id);
        copy->hostname = g_strdup(node->hostname);
        copy->address = g_strdup(node->address);
        copy->state = g_strdup(node->state);
        copy->availability = g_strdup(node->availability);
        copy->labels = labels_copy(node->labels);
        return copy;
}

void node_info_free(NodeInfo *node)
{
        if (node == NULL)
                return;
        g_free(node->id);
        g_free(node->hostname);
        g_free(node->address);
        g_free(node->state);
        g_free(node->availability);
        g_clear_pointer(&node->labels, g_hash_table_unref);
        g_free(node);
}

/* ---- The interface ---- */

EngineCall *engine_send(Engine *engine, const EngineRequest *request, EngineReplyFunc reply,
                        gpointer user)
{
        return engine->class->send(engine, request, reply, user);
}

void engine_cancel(Engine *engine, EngineCall *call)
{
        if (call != NULL)
                engine->class->cancel(engine, call);
}

void engine_free(Engine *engine)
{
        if (engine != NULL)
                engine->class->free(engine);
}
