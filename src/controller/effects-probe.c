/* PROBE_PORT and EXEC: whether an event is true */

#include "base/text.h"
#include "controller/effects-private.h"

static char *probe_key(const CoreEffect *effect)
{
        return g_strdup_printf("%d/%d", effect->workload, effect->publication);
}

static void forget_probe(Ask *ask)
{
        g_autofree char *key = g_strdup_printf("%d/%d", ask->workload, ask->publication);

        g_hash_table_remove(ask->deploy->probes, key);
}

static void on_probed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (!reply->is_final)
                return;
        forget_probe(ask);
        deploy_post(ask->deploy,
                    &(CoreEvent){ .type = CORE_PROBED,
                                  .workload = ask->workload,
                                  .publication = ask->publication,
                                  .container = ask->container,
                                  .error = effects_error(reply->error),
                                  .message = reply->error != NULL ? reply->error->message
                                                                  : reply->method });
        ask_free(ask);
}

/* `data` names the host port; where no port of the container has that one as public port but one
 * has it as private port, that one is meant. */
static uint16_t private_port(Deploy *deploy, unsigned workload, guint64 port)
{
        const Spec *spec = deploy->items[workload].rendered.spec;
        const Container *up = deploy->scene->up[workload];
        /* Of a range the file names the first: what the first instance has. */
        unsigned instance = deploy->app->workloads[workload].instance;

        for (size_t i = 0; spec != NULL && i < spec->n_ports; i++) {
                if (spec->ports[i].public_port == port + instance)
                        return spec->ports[i].private_port;
        }
        for (guint i = 0; up != NULL && i < up->ports->len; i++) {
                const BoundPort *bound = &g_array_index(up->ports, BoundPort, i);

                if (bound->public_port == port)
                        return bound->private_port;
        }
        return port;
}

void effect_probe(Deploy *deploy, const CoreEffect *effect)
{
        const Publication *publication =
                &deploy->app->workloads[effect->workload].publications[effect->publication];
        g_autofree char *why = NULL;
        g_autofree char *data = render_text(deploy->scene, &publication->data, &why);
        guint64 port;
        Ask *ask;

        if (data == NULL || !text_parse_uint(data, &port) || port == 0 || port > 65535) {
                deploy_post(deploy, &(CoreEvent){ .type = CORE_PROBED,
                                                  .workload = effect->workload,
                                                  .publication = effect->publication,
                                                  .container = effect->container,
                                                  .error = CORE_ERROR_REFUSED,
                                                  .message = why });
                return;
        }
        ask = ask_new(deploy, effect);
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_PROBE_PORT,
                                   .id = effect->container,
                                   .port = private_port(deploy, effect->workload, port),
                                   .proto = PROTO_TCP },
                 on_probed);
        g_hash_table_replace(deploy->probes, probe_key(effect), ask->call);
}

static void on_executed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (!reply->is_final)
                return;
        forget_probe(ask);
        deploy_post(ask->deploy,
                    &(CoreEvent){ .type = CORE_EXECUTED,
                                  .workload = ask->workload,
                                  .publication = ask->publication,
                                  .container = ask->container,
                                  .exit_code = reply->exit_code,
                                  .error = effects_error(reply->error),
                                  .message = reply->error == NULL ? NULL : reply->error->message });
        ask_free(ask);
}

void effect_exec(Deploy *deploy, const CoreEffect *effect)
{
        const Publication *publication =
                &deploy->app->workloads[effect->workload].publications[effect->publication];
        g_auto(GStrv) argv = g_new0(char *, publication->args.n + 1);
        Ask *ask;

        for (size_t i = 0; i < publication->args.n; i++) {
                g_autofree char *why = NULL;

                argv[i] = render_text(deploy->scene, &publication->args.items[i], &why);
                if (argv[i] == NULL) {
                        deploy_post(deploy, &(CoreEvent){ .type = CORE_EXECUTED,
                                                          .workload = effect->workload,
                                                          .publication = effect->publication,
                                                          .container = effect->container,
                                                          .exit_code = -1,
                                                          .error = CORE_ERROR_REFUSED,
                                                          .message = why });
                        return;
                }
        }
        ask = ask_new(deploy, effect);
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_EXEC,
                                   .id = effect->container,
                                   .argv = (const char *const *) argv },
                 on_executed);
        g_hash_table_replace(deploy->probes, probe_key(effect), ask->call);
}

void effect_cancel_probe(Deploy *deploy, const CoreEffect *effect)
{
        g_autofree char *key = probe_key(effect);
        EngineCall *call = g_hash_table_lookup(deploy->probes, key);

        if (call == NULL)
                return;
        g_hash_table_remove(deploy->probes, key);
        for (guint i = 0; i < deploy->asks->len; i++) {
                Ask *ask = deploy->asks->pdata[i];

                if (ask->call == call) {
                        engine_cancel(deploy->engine, call);
                        ask_free(ask);
                        break;
                }
        }
}
