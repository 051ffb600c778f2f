#include "format/doubts.h"

#include <string.h>

#include "base/text.h"

/* A cycle of more containers is not spelled out. */
#define CYCLE_SHOWN 12

static bool is_given(const Text *text)
{
        return text->raw != NULL && text->raw[0] != '\0';
}

/* Whether a boolean text is false whatever the settings are */
static bool is_off(const Text *when)
{
        bool is_true;

        return is_given(when) && text_parse_bool(when->raw, &is_true) && !is_true;
}

static unsigned width_of(const Text *text)
{
        return text->raw == NULL ? 1 : MAX(g_utf8_strlen(text->raw, -1), 1);
}

/* ---- Order ---- */

/* A parent that never starts; where the workload itself never starts there is one */
static unsigned stuck_parent(const Application *app, const bool *is_stuck, unsigned i)
{
        const Workload *w = &app->workloads[i];

        for (size_t j = 0; j < w->n_parents; j++) {
                if (is_stuck[w->parents[j].workload])
                        return w->parents[j].workload;
        }
        g_assert_not_reached();
}

static void tell_cycle(Reader *r, const Application *app, const bool *is_stuck, unsigned start)
{
        g_autoptr(GString) text = g_string_new(NULL);
        unsigned at = start, n = 0;

        do {
                if (n++ < CYCLE_SHOWN)
                        g_string_append_printf(text, "%s waits for ", app->workloads[at].id);
                at = stuck_parent(app, is_stuck, at);
        } while (at != start);
        g_string_append_printf(text, "%s%s", n > CYCLE_SHOWN ? "… waits for " : "",
                               app->workloads[start].id);
        report(&r->reporter, "cycle", app->workloads[start].parents[0].pos, 1, NULL,
               "%s: nobody starts %s", text->str, n == 1 ? "it" : "them");
}

/* From each workload that never starts, parents lead to a cycle: each cycle is told once */
static void check_cycles(Reader *r, const Application *app, const bool *is_stuck)
{
        g_autofree unsigned *walk = g_new0(unsigned, app->n_workloads + 1);

        for (unsigned i = 0; i < app->n_workloads; i++) {
                unsigned at = i;

                if (!is_stuck[i])
                        continue;
                while (walk[at] == 0) {
                        walk[at] = i + 1;
                        at = stuck_parent(app, is_stuck, at);
                }
                if (walk[at] == i + 1)
                        tell_cycle(r, app, is_stuck, at);
        }
}

/* Several events start it. Where publishers can be switched off they are alternatives. */
static void check_parents(Reader *r, const Application *app, const Workload *w)
{
        const Parent *first = NULL, *other = NULL;

        for (size_t i = 0; i < w->n_parents; i++) {
                const Parent *parent = &w->parents[i];

                if (is_given(&app->workloads[parent->workload].when))
                        return;
                if (&app->workloads[parent->workload] == w)
                        continue; /* it runs already when this one fires */
                if (first == NULL)
                        first = parent;
                else if (parent->workload != first->workload ||
                         parent->publication != first->publication)
                        other = parent;
        }
        if (other == NULL)
                return;
        report(&r->reporter, "first-event-wins", other->pos, 1, NULL,
               "%s is started by %s or by %s, by whichever event comes first; to wait for both, "
               "let one start the other",
               w->id, app->workloads[first->workload].id, app->workloads[other->workload].id);
}

static void check_events(Reader *r, const Workload *w, const RawContainer *raw)
{
        for (size_t i = 0; i < raw->n_events; i++) {
                const RawEvent *event = &raw->events[i];

                if (event->pos.line == 0)
                        continue; /* an empty item, which was told */
                if (!is_given(&event->trigger))
                        report(&r->reporter, "unknown-trigger", event->pos, 1, NULL,
                               "an event of %s without `trigger`; it never fires", w->id);
                if (event->n_subscriptions == 0)
                        report(&r->reporter, "unheard-event", event->pos, 1, NULL,
                               "nobody hears this event of %s; it starts nothing", w->id);
                for (size_t j = 0; j < event->n_subscriptions; j++) {
                        if (event->subscriptions[j].pos.line != 0 &&
                            !is_given(&event->subscriptions[j].action))
                                report(&r->reporter, "unknown-action", event->subscriptions[j].pos,
                                       1, NULL,
                                       "a subscription without `action`; write `action: start`");
                }
        }
}

void doubts_check_order(Reader *r, const Application *app, RawContainer *const *raws)
{
        g_autofree bool *is_stuck = order_find_stuck(app);
        g_autofree bool *is_publisher = g_new0(bool, app->n_workloads + 1);

        check_cycles(r, app, is_stuck);
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                check_events(r, w, raws[i]);
                if (w->n_parents > 1 && !is_stuck[i])
                        check_parents(r, app, w);
                for (size_t j = 0; j < w->n_parents; j++)
                        is_publisher[w->parents[j].workload] = true;
        }
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                if (is_publisher[i] && is_off(&w->when))
                        report(&r->reporter, "publisher-off", w->when.pos, width_of(&w->when), NULL,
                               "%s is switched off, so its events never fire; what all of whose "
                               "publishers are off starts at once",
                               w->id);
        }
}

/* ---- Ports ---- */

typedef struct Claim {
        const Workload *workload;
        const Port *port;
} Claim;

static bool is_same_or_any(const Text *a, const Text *b)
{
        return !is_given(a) || !is_given(b) || strcmp(a->raw, b->raw) == 0;
}

/* How sure it is that two ports are wanted at the same time */
typedef enum Collision {
        COLLISION_NONE,
        COLLISION_POSSIBLE, /* an ephemeral container that nothing orders may still have its own */
        COLLISION_CERTAIN,
} Collision;

/* An ephemeral container gives its port back when it ends. Who is ordered behind it is taken to
 * start after that; who is not may start while it runs. */
static Collision collide(const Dominance *dominance, const Application *app, const Claim *a,
                         const Claim *b)
{
        unsigned i = a->workload - app->workloads, j = b->workload - app->workloads;

        if (is_given(&a->port->when) || is_given(&b->port->when) || is_given(&a->workload->when) ||
            is_given(&b->workload->when))
                return COLLISION_NONE; /* perhaps one or the other */
        if (!is_same_or_any(&a->port->interface, &b->port->interface))
                return COLLISION_NONE;
        if (i == j ||
            (a->workload->kind == WORKLOAD_SERVICE && b->workload->kind == WORKLOAD_SERVICE))
                return COLLISION_CERTAIN;
        if (a->workload->kind == WORKLOAD_SERVICE)
                return dominance_is_before(dominance, j, i)   ? COLLISION_NONE
                       : dominance_is_before(dominance, i, j) ? COLLISION_CERTAIN
                                                              : COLLISION_POSSIBLE;
        if (b->workload->kind == WORKLOAD_SERVICE)
                return collide(dominance, app, b, a);
        return dominance_is_before(dominance, i, j) || dominance_is_before(dominance, j, i)
                       ? COLLISION_NONE
                       : COLLISION_POSSIBLE;
}

/* The ports of a document by number and protocol */
typedef struct Ports {
        Reader *reader;
        const Application *app;
        Dominance *dominance; /* made when it is asked for first */
        GHashTable *claims;   /* "number/protocol" → GArray of Claim */
} Ports;

static void check_claim(Ports *ports, const Workload *w, const Port *port)
{
        const char *type = is_given(&port->type) ? port->type.raw : "tcp";
        g_autofree char *key = g_strdup_printf("%s/%s", port->public_port.raw, type);
        GArray *all = g_hash_table_lookup(ports->claims, key);
        Claim claim = { w, port };
        Collision collision = COLLISION_NONE;
        const Claim *other;

        if (all == NULL) {
                all = g_array_new(false, false, sizeof(Claim));
                g_hash_table_insert(ports->claims, g_steal_pointer(&key), all);
        }
        /* the first one is enough, and keeps a file of equal ports linear */
        other = all->len > 0 ? &g_array_index(all, Claim, 0) : NULL;
        if (other != NULL && ports->dominance == NULL)
                ports->dominance = dominance_new(ports->app);
        if (other != NULL)
                collision = collide(ports->dominance, ports->app, other, &claim);
        switch (collision) {
        case COLLISION_NONE:
                g_array_append_val(all, claim);
                return;
        case COLLISION_POSSIBLE:
                report(&ports->reader->reporter, "port-perhaps-taken", port->public_port.pos,
                       width_of(&port->public_port), NULL,
                       "%s and %s both want host port %s (the first in line %u), and nothing makes "
                       "one wait for the other",
                       other->workload->id, w->id, port->public_port.raw,
                       other->port->public_port.pos.line);
                return;
        case COLLISION_CERTAIN:
                report(&ports->reader->reporter, "port-taken", port->public_port.pos,
                       width_of(&port->public_port), NULL,
                       "%s and %s both want host port %s (the first in line %u)",
                       other->workload->id, w->id, port->public_port.raw,
                       other->port->public_port.pos.line);
                return;
        }
}

static bool is_literal(const Text *text)
{
        return is_given(text) && !text_has_template(text->raw);
}

static void check_ports(Ports *ports, const Workload *w)
{
        for (size_t i = 0; i < w->n_ports; i++) {
                if (is_literal(&w->ports[i].public_port) && !is_off(&w->ports[i].when) &&
                    !is_off(&w->when))
                        check_claim(ports, w, &w->ports[i]);
        }
}

static void check_listen(Reader *r, const Workload *w)
{
        for (size_t i = 0; i < w->n_publications; i++) {
                const Publication *event = &w->publications[i];
                SourcePos pos = is_given(&event->data) ? event->data.pos : event->pos;

                if (event->type == EVENT_EXEC && event->args.n == 0)
                        report(&r->reporter, "exec-without-command", event->pos, 1, NULL,
                               "an `exec` event of %s without a command in `args`", w->id);
                if (event->type != EVENT_PORT_LISTEN)
                        continue;
                if (!is_given(&event->data))
                        report(&r->reporter, "bad-port", pos, 1, NULL,
                               "a `port-listen` event of %s without a port in `data`", w->id);
                else if (event->listen_port == 0 && is_literal(&event->data) &&
                         !order_is_port_open(w, event->data.raw))
                        report(&r->reporter, "bad-port", pos, width_of(&event->data), NULL,
                               "`%s` is no port; `data` is a number from 1 to 65535",
                               event->data.raw);
                else if (event->listen_port != 0 && w->n_ports > 0 &&
                         !order_has_port(w, event->data.raw))
                        report(&r->reporter, "port-listen-without-port", pos,
                               width_of(&event->data), NULL,
                               "%s has no port %s in `ports`; it is taken for the port in the "
                               "container",
                               w->id, event->data.raw);
        }
}

/* ---- Containers ---- */

/* `…://user:password@…` */
static bool has_url_password(const char *text)
{
        const char *at = strstr(text, "://");
        const char *end, *colon, *sign;

        if (at == NULL)
                return false;
        at += 3;
        end = at + strcspn(at, "/ \t\n");
        sign = memchr(at, '@', end - at);
        colon = sign == NULL ? NULL : memchr(at, ':', sign - at);
        return colon != NULL && colon > at && colon + 1 < sign &&
               g_strstr_len(colon, sign - colon, "{{") == NULL && colon[1] != '$';
}

static bool is_secret_name(const char *name)
{
        static const char *const ends[] = { "PASSWORD", "PASSWD", "PASS",       "_PW",
                                            "PWD",      "SECRET", "SECRET_KEY", "TOKEN",
                                            "API_KEY",  "APIKEY", "PRIVATE_KEY" };
        g_autofree char *upper = g_ascii_strup(name, -1);

        for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
                if (g_str_has_suffix(upper, ends[i]))
                        return true;
        }
        return false;
}

static void check_passwords(Reader *r, const Workload *w)
{
        for (size_t i = 0; i < w->n_env; i++) {
                const EnvVar *var = &w->env[i];

                if (!is_given(&var->value) || !is_given(&var->name))
                        continue;
                if ((is_secret_name(var->name.raw) && !text_has_template(var->value.raw) &&
                     var->value.raw[0] != '/') ||
                    has_url_password(var->value.raw))
                        report(&r->reporter, "plain-password", var->value.pos, 1, NULL,
                               "`%s` holds a password as plain text; take it from a setting of "
                               "type password: {{repl ConfigOption \"…\"}}",
                               var->name.raw);
        }
}

/* A file of a repository needs to be named in full */
static void check_config_file(Reader *r, const ConfigFile *file)
{
        const struct {
                const char *key;
                const Text *text;
        } parts[] = {
                { "owner", &file->owner },
                { "repo", &file->repo },
                { "path", &file->path },
                { "ref", &file->ref },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(parts) && is_given(&file->source); i++) {
                if (!is_given(parts[i].text))
                        report(&r->reporter, "bad-value", file->source.pos, width_of(&file->source),
                               NULL, "a file with a `source` needs `%s` as well", parts[i].key);
        }
}

static void check_container(Reader *r, const Workload *w, const RawContainer *raw)
{
        if (w->kind == WORKLOAD_EPHEMERAL && w->restart.policy == RESTART_ALWAYS)
                report(&r->reporter, "ephemeral-restart-always", raw->restart.policy.pos,
                       width_of(&raw->restart.policy), NULL,
                       "%s is ephemeral but restarts always; it ends after its first success, and "
                       "`on-failure` says so",
                       w->id);
        if (w->kind == WORKLOAD_SERVICE &&
            (raw->success_exit_codes != NULL || is_given(&raw->on_unknown)))
                report(&r->reporter, "service-code", w->pos, 1, NULL,
                       "%s is not ephemeral: `success_exit_codes` and `on_unknown` mean nothing",
                       w->id);
        if (w->ordinal > 0)
                report(&r->reporter, "same-image-twice", w->pos, 1, NULL,
                       "`%s` stands in component `%s` before; references mean all of them, and "
                       "this one is shown as %s",
                       w->container, w->component, w->id);
        if (is_given(&w->version) && strcmp(w->version.raw, "latest") == 0)
                report(&r->reporter, "latest", w->version.pos, width_of(&w->version), NULL,
                       "the tag `latest` may be another image tomorrow");
        for (size_t i = 0; i < w->n_config_files; i++)
                check_config_file(r, &w->config_files[i]);
        check_passwords(r, w);
        check_listen(r, w);
}

void doubts_check_containers(Reader *r, const Application *app, RawContainer *const *raws)
{
        g_autoptr(GHashTable) claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                             (GDestroyNotify) g_array_unref);
        Ports ports = { r, app, NULL, claims };

        for (size_t i = 0; i < app->n_workloads; i++) {
                check_container(r, &app->workloads[i], raws[i]);
                check_ports(&ports, &app->workloads[i]);
        }
        dominance_free(ports.dominance);
}

/* ---- Settings ---- */

static void check_command_ref(Reader *r, GHashTable *commands, const CommandRef *ref)
{
        if (ref->name == NULL || g_hash_table_contains(commands, ref->name))
                return;
        report(&r->reporter, "unknown-command-name", ref->pos, 1, NULL,
               "`cmds` has no command `%s`", ref->name);
}

static void check_setting_name(Reader *r, GHashTable *names, const Setting *setting)
{
        const Setting *other = g_hash_table_lookup(names, setting->name);

        if (setting->name[0] == '\0')
                return;
        if (other != NULL)
                report(&r->reporter, "duplicate-setting", setting->pos, 1, NULL,
                       "a setting `%s` stands in line %u, too; names are for the whole document",
                       setting->name, other->pos.line);
        g_hash_table_insert(names, (char *) setting->name, (Setting *) setting);
}

/* Tests that the format knows and that are not done; of one that nobody knows the table says so */
static void check_test(Reader *r, const TestProc *test)
{
        static const char *const later[] = { "aws_auth",        "cert",      "echo",
                                             "github_app_auth", "ldap_auth", "ldap_config_validate",
                                             "publicip",        "random",    "smtp_auth",
                                             "system",          NULL };

        static const char *const run[] = { "scheduler", "raw", NULL };
        const char *command = test->custom.id != NULL ? test->custom.id : test->command;

        if (test->is_set && command != NULL &&
            (test->custom.id != NULL ? !g_strv_contains(run, command)
                                     : g_strv_contains(later, command)))
                report(&r->reporter, "no-effect-yet", test->pos, 1, NULL,
                       "the test `%s` has no effect yet", command);
}

static void check_setting(Reader *r, GHashTable *names, GHashTable *commands,
                          const Setting *setting)
{
        const Text *plain = is_given(&setting->value) ? &setting->value : &setting->default_value;

        check_setting_name(r, names, setting);
        check_test(r, &setting->test_proc);
        if (setting->multi_value.n > 0 && !setting->multiple)
                report(&r->reporter, "unknown-value", setting->multi_value.items[0].pos,
                       width_of(&setting->multi_value.items[0]), NULL,
                       "`multi_value` of `%s` means nothing without `multiple: true`",
                       setting->name);
        for (size_t i = 0; i < setting->n_children; i++)
                check_setting_name(r, names, &setting->children[i]);
        check_command_ref(r, commands, &setting->value_cmd);
        check_command_ref(r, commands, &setting->default_cmd);
        check_command_ref(r, commands, &setting->data_cmd);
        if (setting->type == SETTING_PASSWORD && is_given(plain) && !text_has_template(plain->raw))
                report(&r->reporter, "plain-password", plain->pos, 1, NULL,
                       "the password `%s` stands here as plain text; let `value_cmd` make one, or "
                       "leave it to the user",
                       setting->name);
}

void doubts_check_settings(Reader *r, const Application *app)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) commands = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < app->n_commands; i++) {
                if (app->commands[i].name != NULL)
                        g_hash_table_add(commands, (char *) app->commands[i].name);
        }
        for (size_t i = 0; i < app->n_groups; i++) {
                const SettingGroup *group = &app->groups[i];

                check_test(r, &group->test_proc);
                for (size_t j = 0; j < group->n_settings; j++)
                        check_setting(r, names, commands, &group->settings[j]);
        }
        for (size_t i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                for (size_t j = 0; j < w->n_customer_files; j++) {
                        const CustomerFile *file = &w->customer_files[j];
                        const Setting *setting = file->name.raw == NULL
                                                         ? NULL
                                                         : g_hash_table_lookup(names,
                                                                               file->name.raw);

                        if (file->pos.line != 0 &&
                            (setting == NULL || setting->type != SETTING_FILE))
                                report(&r->reporter, "unknown-file", file->pos, 1, NULL,
                                       "no setting of type file has the name `%s`",
                                       file->name.raw != NULL ? file->name.raw : "");
                }
        }
}
