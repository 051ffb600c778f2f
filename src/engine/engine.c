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
        g_free(container);
}

Container *container_copy(const Container *container)
{
        Container *copy = g_memdup2(container, sizeof *container);
        GHashTableIter iter;
        gpointer key, value;

        copy->id = g_strdup(container->id);
        copy->name = g_strdup(container->name);
        copy->image = g_strdup(container->image);
        copy->image_id = g_strdup(container->image_id);
        copy->error = g_strdup(container->error);
        copy->restart_policy = g_strdup(container->restart_policy);
        copy->address = g_strdup(container->address);
        copy->network_mode = g_strdup(container->network_mode);
        copy->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, &value))
                g_hash_table_insert(copy->labels, g_strdup(key), g_strdup(value));
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
        return copy;
}

const char *container_label(const Container *container, const char *key)
{
        return g_hash_table_lookup(container->labels, key);
}

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
