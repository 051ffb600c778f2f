#include <stdlib.h>
#include <string.h>

#include "scenario.h"

static int find_container(const Scenario *scenario, const char *id)
{
        for (size_t i = 0; id != NULL && i < scenario->n_containers; i++) {
                if (strcmp(scenario->containers[i].id, id) == 0)
                        return (int) i;
        }
        return -1;
}

static int64_t wall_ns(const Scenario *scenario)
{
        return (SCENARIO_WALL_US + scenario->now_us) * 1000;
}

/* ---- Effects as text ---- */

static const char *id_of(const Scenario *scenario, const CoreEffect *effect)
{
        return effect->workload < 0 ? "" : scenario->app->workloads[effect->workload].id;
}

static const char *event_of(const Scenario *scenario, const CoreEffect *effect)
{
        const Workload *workload = &scenario->app->workloads[effect->workload];

        return event_type_to_string(workload->publications[effect->publication].type);
}

static char *end_to_text(const Scenario *scenario, const CoreEffect *effect)
{
        if (effect->outcome == CORE_UNKNOWN)
                return g_strdup_printf("end %s.%d unknown", id_of(scenario, effect),
                                       (int) effect->try_number);
        return g_strdup_printf("end %s.%d %s %d by %s", id_of(scenario, effect),
                               (int) effect->try_number,
                               effect->outcome == CORE_SUCCEEDED ? "succeeded" : "failed",
                               effect->exit_code, effect->evidence);
}

static char *create_to_text(const Scenario *scenario, const CoreEffect *effect)
{
        g_autofree char *usual = g_strdup_printf("shop-%s", id_of(scenario, effect));

        if (effect->try_number > 0)
                return g_strdup_printf("create %s.%d", id_of(scenario, effect),
                                       (int) effect->try_number);
        if (strcmp(effect->name, usual) == 0)
                return g_strdup_printf("create %s", id_of(scenario, effect));
        return g_strdup_printf("create %s as %s", id_of(scenario, effect), effect->name);
}

static char *finish_to_text(const CoreEffect *effect)
{
        static const char *const outcomes[] = { "succeeded", "failed", "interrupted", "unknown" };

        return g_strdup_printf("FINISH %s%s%s", outcomes[effect->outcome],
                               effect->text[0] == '\0' ? "" : ": ", effect->text);
}

/* What a reader of the story wants to know; NULL for what is said by other effects */
static char *to_text(const Scenario *scenario, const CoreEffect *effect)
{
        switch (effect->type) {
        case EFFECT_PREPARE:
        case EFFECT_FACT:
        case EFFECT_CANCEL_PROBE:
                return NULL;
        case EFFECT_PULL:
                return g_strdup_printf("pull %s", id_of(scenario, effect));
        case EFFECT_RECORD_INTENT:
                return g_strdup_printf("intend %s.%d", id_of(scenario, effect),
                                       (int) effect->try_number);
        case EFFECT_CREATE:
                return create_to_text(scenario, effect);
        case EFFECT_WAIT:
                return g_strdup_printf("wait %s", effect->container);
        case EFFECT_RECORD_START:
                return g_strdup_printf("begin %s.%d", id_of(scenario, effect),
                                       (int) effect->try_number);
        case EFFECT_START:
                return g_strdup_printf("start %s", effect->container);
        case EFFECT_RECORD_END:
                return end_to_text(scenario, effect);
        case EFFECT_INSPECT:
                return g_strdup_printf("inspect %s", effect->container);
        case EFFECT_STOP:
                return g_strdup_printf("stop %s", effect->container);
        case EFFECT_REMOVE:
                return g_strdup_printf("%s %s", effect->is_unstarted ? "withdraw" : "remove",
                                       effect->container);
        case EFFECT_RENAME:
                return g_strdup_printf("rename %s %s", effect->container, effect->name);
        case EFFECT_UPDATE:
                return g_strdup_printf("update %s%s", effect->container,
                                       effect->is_forced ? " by force" : "");
        case EFFECT_RESTORE:
                return g_strdup_printf("%s %s", effect->is_rollback ? "roll-back" : "restore",
                                       effect->container);
        case EFFECT_RECORD_SWAP:
                if (effect->container != NULL && strcmp(effect->container, effect->other) == 0)
                        return g_strdup_printf("note-update %s", effect->container);
                return effect->container == NULL
                               ? g_strdup_printf("swap of %s over", id_of(scenario, effect))
                               : g_strdup_printf("swap %s for %s", effect->container,
                                                 effect->other);
        case EFFECT_PROBE_PORT:
        case EFFECT_EXEC:
                return g_strdup_printf("%s %s.%s", effect->type == EFFECT_EXEC ? "exec" : "probe",
                                       id_of(scenario, effect), event_of(scenario, effect));
        case EFFECT_PING:
                return g_strdup("ping");
        case EFFECT_READY_CHECK:
                return g_strdup("ready-check");
        case EFFECT_QUOTE:
                return g_strdup_printf("quote %s", effect->container);
        case EFFECT_FINISH:
                return finish_to_text(effect);
        }
        g_assert_not_reached();
}

/* ---- What is answered by itself ---- */

static ScenarioContainer *add_container(Scenario *scenario, int index, const char *name,
                                        const char *run_key, int64_t try_number)
{
        ScenarioContainer *container = &scenario->containers[scenario->n_containers++];

        g_assert(scenario->n_containers <= SCENARIO_CONTAINERS_MAX);
        container->id = g_strdup_printf("%s#%u", scenario->app->workloads[index].id,
                                        ++scenario->workloads[index].n_containers);
        container->name = g_strdup(name);
        container->workload_id = g_strdup(scenario->app->workloads[index].id);
        container->run_key = g_strdup(run_key);
        container->try_number = try_number;
        container->seen.presence = PRESENCE_CREATED;
        return container;
}

static void answer(Scenario *scenario, CoreEventType type, int workload, const char *container)
{
        CoreEvent *event = g_new0(CoreEvent, 1);

        event->type = type;
        event->workload = workload;
        event->publication = -1;
        event->container = arena_strdup(scenario->arena, container);
        g_queue_push_tail(scenario->to_answer, event);
}

static void answer_by_itself(Scenario *scenario, const CoreEffect *effect)
{
        if (effect->type == EFFECT_PREPARE)
                answer(scenario, CORE_PREPARED, effect->workload, NULL);
        else if (effect->type == EFFECT_PULL)
                answer(scenario, CORE_PULLED, effect->workload, NULL);
        else if (effect->type == EFFECT_WAIT && scenario->answers_wait)
                answer(scenario, CORE_WAIT_OPEN, effect->workload, effect->container);
        else if (!scenario->answers_create)
                return;
        else if (effect->type == EFFECT_CREATE)
                answer(scenario, CORE_CREATED, effect->workload,
                       add_container(scenario, effect->workload, effect->name, effect->run_key,
                                     effect->try_number)
                               ->id);
        else if (effect->type == EFFECT_REMOVE)
                answer(scenario, CORE_REMOVED, effect->workload, effect->container);
        else if (effect->type == EFFECT_RENAME)
                answer(scenario, CORE_RENAMED, effect->workload, effect->container);
        else if (effect->type == EFFECT_UPDATE)
                answer(scenario, CORE_UPDATED, effect->workload, effect->container);
}

static const char *const *same_ids(const Scenario *scenario, int index)
{
        const char **ids = arena_new0(scenario->arena, const char *, SCENARIO_CONTAINERS_MAX + 1);
        size_t n = 0;

        for (size_t i = 0; i < scenario->n_containers; i++) {
                if (strcmp(scenario->containers[i].workload_id,
                           scenario->app->workloads[index].id) == 0)
                        ids[n++] = scenario->containers[i].id;
        }
        return ids;
}

static void fill_prepared(const Scenario *scenario, int index, Prepared *prepared)
{
        const ScenarioWorkload *more = &scenario->workloads[index];

        prepared->error = more->error;
        prepared->is_off = more->is_off;
        prepared->image_missing = more->image_missing;
        prepared->image_pull_reason = "";
        prepared->may_create_early = scenario->is_early;
        prepared->is_orchestrated = scenario->is_swarm;
        prepared->final_name = arena_printf(scenario->arena, "shop-%s",
                                            scenario->app->workloads[index].id);
        prepared->claims = (const char *const *) more->claims;
        prepared->same = more->same != NULL ? (const char *const *) more->same
                                            : same_ids(scenario, index);
        prepared->changed = more->changed == NULL ? "" : more->changed;
        prepared->changed_in_place = more->is_changed_in_place;
        prepared->is_update_open = more->is_update_open;
        prepared->run_key = more->key;
        prepared->succeeded = more->is_done;
        prepared->succeeded_wall_us = SCENARIO_WALL_US - 180 * G_TIME_SPAN_SECOND;
        prepared->stale_reason = more->stale == NULL ? "" : more->stale;
        prepared->last_try = more->last_try;
        prepared->last_try_number = more->last_try_number;
        prepared->last_try_container = more->last_try_container == NULL ? ""
                                                                        : more->last_try_container;
        prepared->n_failed_before = more->n_unknown;
}

static void note_end(ScenarioWorkload *more, const CoreEffect *effect)
{
        if (strcmp(effect->run_key, more->key) != 0)
                return;
        more->is_done |= effect->outcome == CORE_SUCCEEDED;
        if (effect->try_number == more->last_try_number)
                more->last_try = TRY_ENDED;
}

static void feed(Scenario *scenario, CoreEvent *event)
{
        Prepared prepared = { 0 };

        event->now_us = scenario->now_us;
        event->wall_us = SCENARIO_WALL_US + scenario->now_us;
        if (event->type == CORE_PREPARED) {
                fill_prepared(scenario, event->workload, &prepared);
                event->prepared = &prepared;
        } else if (event->type == CORE_PULLED) {
                scenario->workloads[event->workload].image_missing = false;
        }
        scenario->deadline_us = core_step(scenario->core, event, scenario->effects);
        for (guint i = 0; i < scenario->effects->len; i++) {
                const CoreEffect *effect = &g_array_index(scenario->effects, CoreEffect, i);
                g_autofree char *text = to_text(scenario, effect);

                if (text != NULL)
                        g_string_append_printf(scenario->said, "%s%s",
                                               scenario->said->len > 0 ? "; " : "", text);
                /* The ledger, as far as a later PREPARED asks for it */
                if (effect->type == EFFECT_RECORD_END)
                        note_end(&scenario->workloads[effect->workload], effect);
                answer_by_itself(scenario, effect);
        }
        g_array_set_size(scenario->effects, 0);
}

/* ---- Lines ---- */

typedef struct Word {
        const char *word;
        CoreEventType type;
        enum { OF_NOTHING, OF_CONTAINER, OF_WORKLOAD, OF_EVENT } of;
} Word;

static const Word words_known[] = {
        { "begin", CORE_BEGIN, OF_NOTHING },
        { "created", CORE_CREATED, OF_WORKLOAD },
        { "waits", CORE_WAIT_OPEN, OF_CONTAINER },
        { "started", CORE_STARTED, OF_CONTAINER },
        { "exited", CORE_EXITED, OF_CONTAINER },
        { "observed", CORE_OBSERVED, OF_CONTAINER },
        { "stopped", CORE_STOPPED, OF_CONTAINER },
        { "removed", CORE_REMOVED, OF_CONTAINER },
        { "renamed", CORE_RENAMED, OF_CONTAINER },
        { "updated", CORE_UPDATED, OF_CONTAINER },
        { "probed", CORE_PROBED, OF_EVENT },
        { "executed", CORE_EXECUTED, OF_EVENT },
        { "healthy", CORE_HEALTH, OF_CONTAINER },
        { "ready", CORE_READY, OF_NOTHING },
        { "pong", CORE_PONG, OF_NOTHING },
        { "timer", CORE_TIMER, OF_NOTHING },
        { "engine-lost", CORE_ENGINE_LOST, OF_NOTHING },
        { "engine-back", CORE_ENGINE_BACK, OF_NOTHING },
        { "deadline", CORE_DEADLINE, OF_NOTHING },
        { "interrupt", CORE_INTERRUPT, OF_NOTHING },
};

static bool complain(GError **error, const char *text, const char *word)
{
        g_set_error(error, SCENARIO_ERROR, 0, "%s: %s", word == NULL ? "" : word, text);
        return false;
}

static bool take_target(Scenario *scenario, const Word *word, const char *target,
                        const char *container, CoreEvent *event, GError **error)
{
        g_auto(GStrv) parts = NULL;
        EventType type;

        if (word->of == OF_NOTHING)
                return true;
        if (target == NULL)
                return complain(error, "of whom?", word->word);
        if (word->of == OF_CONTAINER) {
                event->container = arena_strdup(scenario->arena, target);
                return find_container(scenario, target) >= 0 ||
                       complain(error, "no such container", target);
        }
        parts = g_strsplit(target, ".", 2);
        event->workload = application_find(scenario->app, parts[0]);
        if (event->workload < 0)
                return complain(error, "no such workload", target);
        if (word->of == OF_WORKLOAD)
                return true;
        if (parts[1] == NULL || !event_type_from_string(parts[1], &type))
                return complain(error, "no such event", target);
        for (unsigned p = 0; p < scenario->app->workloads[event->workload].n_publications; p++) {
                if (scenario->app->workloads[event->workload].publications[p].type == type)
                        event->publication = (int) p;
        }
        if (container != NULL && find_container(scenario, container) >= 0)
                event->container = arena_strdup(scenario->arena, container);
        /* Whoever of it was made last is who was asked, unless the story says who */
        for (size_t i = 0; event->container == NULL && i < scenario->n_containers; i++) {
                size_t last = scenario->n_containers - 1 - i;

                if (strcmp(scenario->containers[last].workload_id, parts[0]) == 0)
                        event->container = scenario->containers[last].id;
        }
        return event->publication >= 0 || complain(error, "it is not published", target);
}

static void observe(Scenario *scenario, CoreEvent *event, char **words)
{
        ScenarioContainer *container =
                &scenario->containers[find_container(scenario, event->container)];
        Observation *seen = &container->seen;

        seen->engine_started_wall_ns = scenario->engine_started_ns;
        for (; *words != NULL; words++) {
                if (strcmp(*words, "created") == 0) {
                        seen->presence = PRESENCE_CREATED;
                } else if (strcmp(*words, "running") == 0) {
                        seen->presence = PRESENCE_RUNNING;
                        seen->will_restart = false;
                        if (seen->started_wall_ns == 0)
                                seen->started_wall_ns = wall_ns(scenario);
                } else if (strcmp(*words, "anew") == 0) {
                        seen->started_wall_ns = wall_ns(scenario);
                } else if (strcmp(*words, "restarting") == 0) {
                        seen->will_restart = true;
                } else if (strcmp(*words, "exited") == 0 && words[1] != NULL) {
                        seen->presence = PRESENCE_EXITED;
                        seen->exit_code = atoi(*++words);
                        seen->finished_wall_ns = wall_ns(scenario);
                } else if (strcmp(*words, "attested") == 0) {
                        seen->is_attested = true;
                } else if (strcmp(*words, "made-up") == 0) {
                        seen->finished_wall_ns = scenario->engine_started_ns + 1000000;
                } else if (strcmp(*words, "gone") == 0) {
                        seen->presence = PRESENCE_GONE;
                }
        }
        event->observation = *seen;
}

/* lost, gone, refused WHY…; the code of an exit */
static void take_how(Scenario *scenario, CoreEvent *event, char **words)
{
        if (*words == NULL)
                return;
        if (strcmp(*words, "lost") == 0)
                event->error = CORE_ERROR_LOST;
        else if (strcmp(*words, "gone") == 0)
                event->error = CORE_ERROR_GONE;
        else if (strcmp(*words, "refused") == 0)
                event->error = CORE_ERROR_REFUSED;
        else
                event->exit_code = atoi(*words);
        if (event->error == CORE_ERROR_REFUSED) {
                g_autofree char *why = g_strjoinv(" ", words + 1);

                event->message = arena_strdup(scenario->arena, why);
        }
}

/* For answers that the story gives in words: who started when */
static void note(Scenario *scenario, CoreEvent *event)
{
        int i = find_container(scenario, event->container);

        if (event->type == CORE_CREATED && event->error == CORE_ERROR_NONE) {
                const ScenarioWorkload *more = &scenario->workloads[event->workload];
                bool is_run = scenario->app->workloads[event->workload].kind == WORKLOAD_EPHEMERAL;

                event->container = add_container(scenario, event->workload, "",
                                                 is_run ? more->key : "",
                                                 is_run ? MAX(more->last_try_number, 1) : 0)
                                           ->id;
        } else if (event->type == CORE_STARTED && event->error == CORE_ERROR_NONE) {
                scenario->containers[i].seen.presence = PRESENCE_RUNNING;
                scenario->containers[i].seen.started_wall_ns = wall_ns(scenario);
                event->observation.started_wall_ns = wall_ns(scenario);
        }
}

static bool check_timer(Scenario *scenario, const char *word, int64_t at_us, GError **error)
{
        g_autofree char *due = g_strdup_printf("%g s", (double) scenario->deadline_us / 1e6);

        if (strcmp(word, "timer") == 0 && scenario->deadline_us != at_us)
                return complain(error, due, "the timer is due at another time");
        if (strcmp(word, "timer") != 0 && scenario->deadline_us < at_us)
                return complain(error, due, "a timer was to ring before");
        return true;
}

char *scenario_play(Scenario *scenario, int64_t at_us, char **words, GError **error)
{
        CoreEvent event = { .workload = -1, .publication = -1 };
        const Word *word = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(words_known); i++) {
                if (strcmp(words_known[i].word, words[0]) == 0)
                        word = &words_known[i];
        }
        if (word == NULL) {
                complain(error, "no such word", words[0]);
                return NULL;
        }
        event.type = word->type;
        if (!check_timer(scenario, words[0], at_us, error) ||
            !take_target(scenario, word, words[1], words[1] == NULL ? NULL : words[2], &event,
                         error))
                return NULL;
        scenario->now_us = at_us;
        if (event.type == CORE_OBSERVED && g_strcmp0(words[2], "lost") != 0)
                observe(scenario, &event, words + 2);
        else
                take_how(scenario, &event, words + (word->of == OF_NOTHING ? 1 : 2));
        if (event.type == CORE_ENGINE_BACK && g_strcmp0(words[1], "restarted") == 0)
                scenario->engine_started_ns = wall_ns(scenario);
        note(scenario, &event);
        g_string_truncate(scenario->said, 0);
        feed(scenario, &event);
        while (!g_queue_is_empty(scenario->to_answer)) {
                g_autofree CoreEvent *own = g_queue_pop_head(scenario->to_answer);

                feed(scenario, own);
        }
        return g_strdup(scenario->said->str);
}

/* ---- Making one ---- */

void scenario_begin(Scenario *scenario)
{
        CoreContainer containers[SCENARIO_CONTAINERS_MAX];
        const char *const *claims;
        bool early[SCENARIO_WORKLOADS_MAX];

        for (size_t i = 0; i < SCENARIO_WORKLOADS_MAX; i++)
                early[i] = scenario->is_early;
        for (size_t i = 0; i < scenario->n_containers; i++) {
                const ScenarioContainer *container = &scenario->containers[i];
                int index = application_find(scenario->app, container->workload_id);

                claims = index < 0 || container->claims[0] != NULL
                                 ? container->claims
                                 : (const char *const *) scenario->workloads[index].claims;
                containers[i] = (CoreContainer){ .id = container->id,
                                                 .name = container->name,
                                                 .workload_id = container->workload_id,
                                                 .run_key = container->run_key,
                                                 .try_number = container->try_number,
                                                 .seen = container->seen,
                                                 .claims = claims };
        }
        scenario->core = core_new(&(CoreConfig){
                .app = scenario->app,
                .deployment = 7,
                .containers = containers,
                .n_containers = scenario->n_containers,
                .swaps = scenario->swaps,
                .n_swaps = scenario->n_swaps,
                .rerun = scenario->rerun,
                .app_slug = "shop",
                .may_create_early = early,
                .may_adopt = true,
        });
}

Scenario *scenario_new(const char *file)
{
        Scenario *scenario = g_new0(Scenario, 1);

        scenario->file = g_strdup(file);
        scenario->arena = arena_new();
        scenario->app = arena_new0(scenario->arena, Application, 1);
        scenario->app->file = scenario->file;
        scenario->app->workloads = arena_new0(scenario->arena, Workload, SCENARIO_WORKLOADS_MAX);
        scenario->answers_wait = scenario->answers_create = true;
        scenario->engine_started_ns = (SCENARIO_WALL_US - 1000 * G_TIME_SPAN_SECOND) * 1000;
        scenario->deadline_us = CORE_NO_DEADLINE;
        scenario->effects = core_effects_new();
        scenario->said = g_string_new(NULL);
        scenario->to_answer = g_queue_new();
        return scenario;
}

void scenario_free(Scenario *scenario)
{
        if (scenario == NULL)
                return;
        core_free(scenario->core);
        for (size_t i = 0; i < SCENARIO_WORKLOADS_MAX; i++) {
                ScenarioWorkload *more = &scenario->workloads[i];

                g_free(more->claims[0]);
                g_free(more->error);
                g_free(more->changed);
                g_free(more->stale);
                g_strfreev(more->same);
                g_free(more->last_try_container);
                g_free(more->key);
        }
        for (size_t i = 0; i < scenario->n_containers; i++) {
                g_free(scenario->containers[i].id);
                g_free(scenario->containers[i].name);
                g_free(scenario->containers[i].workload_id);
                g_free(scenario->containers[i].run_key);
        }
        g_array_unref(scenario->effects);
        g_string_free(scenario->said, true);
        g_queue_free_full(scenario->to_answer, g_free);
        arena_free(scenario->arena);
        g_free(scenario->file);
        g_free(scenario);
}
