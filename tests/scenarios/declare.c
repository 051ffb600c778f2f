#include <stdlib.h>
#include <string.h>

#include "scenario.h"

static bool complain(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool complain(GError **error, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, SCENARIO_ERROR, 0, text);
        return false;
}

static int find(const Scenario *scenario, const char *id)
{
        return application_find(scenario->app, id);
}

/* The rest of a line as one text */
static char *rest(char **words)
{
        return g_strjoinv(" ", words);
}

/* ---- Workloads ---- */

static void add_publication(Scenario *scenario, Workload *workload, EventType type,
                            int64_t timeout_s)
{
        Publication *all = arena_new0(scenario->arena, Publication, workload->n_publications + 1);

        for (size_t i = 0; i < workload->n_publications; i++)
                all[i] = workload->publications[i];
        all[workload->n_publications++] = (Publication){ .type = type,
                                                         .timeout_s = timeout_s,
                                                         .data.raw = "" };
        workload->publications = all;
}

static bool declare_publishes(Scenario *scenario, Workload *workload, char ***words, GError **error)
{
        EventType type;

        while (**words != NULL && event_type_from_string(**words, &type)) {
                int64_t timeout_s = EVENT_TIMEOUT_DEFAULT_S;

                (*words)++;
                if (**words != NULL && g_ascii_isdigit((**words)[0]))
                        timeout_s = atoi(*(*words)++);
                else if (g_strcmp0(**words, "never") == 0 && (*words)++)
                        timeout_s = EVENT_TIMEOUT_NEVER;
                add_publication(scenario, workload, type, timeout_s);
        }
        return workload->n_publications > 0 ||
               complain(error, "what does %s publish?", workload->id);
}

/* after any|all WORKLOAD.EVENT…; `?` behind it: it is not required */
static bool declare_after(Scenario *scenario, Workload *workload, char ***words, GError **error)
{
        workload->start_rule = g_strcmp0(**words, "all") == 0 ? START_ALL : START_ANY;
        for ((*words)++; **words != NULL && strchr(**words, '.') != NULL; (*words)++) {
                g_auto(GStrv) parts = g_strsplit(**words, ".", 2);
                int parent = find(scenario, parts[0]);
                Parent *all = arena_new0(scenario->arena, Parent, workload->n_parents + 1);
                EventType type;
                unsigned p = 0;
                bool is_optional = g_str_has_suffix(parts[1], "?");

                if (is_optional)
                        parts[1][strlen(parts[1]) - 1] = '\0';
                if (parent < 0 || !event_type_from_string(parts[1], &type))
                        return complain(error, "%s: no such event", **words);
                while (p < scenario->app->workloads[parent].n_publications &&
                       scenario->app->workloads[parent].publications[p].type != type)
                        p++;
                if (p == scenario->app->workloads[parent].n_publications)
                        return complain(error, "%s is not published", **words);
                for (size_t i = 0; i < workload->n_parents; i++)
                        all[i] = workload->parents[i];
                all[workload->n_parents++] = (Parent){ .workload = (unsigned) parent,
                                                       .publication = p,
                                                       .is_optional = is_optional };
                workload->parents = all;
        }
        return true;
}

static bool declare_restart(Workload *workload, char ***words, GError **error)
{
        static const char *const policies[] = { "no", "always", "on-failure", "unless-stopped" };

        for (unsigned i = 0; i < G_N_ELEMENTS(policies); i++) {
                if (g_strcmp0(**words, policies[i]) != 0)
                        continue;
                workload->restart.is_set = true;
                workload->restart.policy = (RestartPolicy) i;
                (*words)++;
                if (**words != NULL && g_ascii_isdigit((**words)[0]))
                        workload->restart.max = atoi(*(*words)++);
                return true;
        }
        return complain(error, "no such restart policy");
}

static bool declare_success(Scenario *scenario, Workload *workload, char ***words)
{
        int *codes = arena_new0(scenario->arena, int, 8);

        if (g_strcmp0(**words, "any") == 0) {
                workload->success.any = true;
                (*words)++;
                return true;
        }
        while (**words != NULL && g_ascii_isdigit((**words)[0]) && workload->success.n < 8)
                codes[workload->success.n++] = atoi(*(*words)++);
        workload->success.codes = codes;
        return true;
}

static bool declare_workload(Scenario *scenario, char **words, GError **error)
{
        Application *app = scenario->app;
        Workload *workload = &app->workloads[app->n_workloads];
        ScenarioWorkload *more = &scenario->workloads[app->n_workloads];
        bool ok = true;

        if (words[1] == NULL || app->n_workloads == SCENARIO_WORKLOADS_MAX)
                return complain(error, "a name is wanted, and not too many");
        workload->kind = strcmp(words[0], "service") == 0 ? WORKLOAD_SERVICE : WORKLOAD_EPHEMERAL;
        workload->id = arena_strdup(scenario->arena, words[1]);
        workload->component = workload->container = workload->image_name = workload->id;
        more->key = g_strdup_printf("%.6s000001", words[1]);
        app->n_workloads++;
        for (words += 2; ok && *words != NULL;) {
                const char *word = *words++;

                if (strcmp(word, "publishes") == 0)
                        ok = declare_publishes(scenario, workload, &words, error);
                else if (strcmp(word, "after") == 0)
                        ok = declare_after(scenario, workload, &words, error);
                else if (strcmp(word, "restart") == 0)
                        ok = declare_restart(workload, &words, error);
                else if (strcmp(word, "success") == 0)
                        ok = declare_success(scenario, workload, &words);
                else if (strcmp(word, "hold") == 0)
                        workload->on_unknown = ON_UNKNOWN_HOLD;
                else if (strcmp(word, "claims") == 0 && *words != NULL)
                        more->claims[0] = g_strdup(*words++);
                else
                        ok = complain(error, "%s: what is that?", word);
        }
        return ok;
}

/* ---- What is there ---- */

/* there web#1 running|created|exited CODE [made-up] [try N] [key K] [called NAME] [claims C] */
static bool declare_there(Scenario *scenario, char **words, GError **error)
{
        ScenarioContainer *container = &scenario->containers[scenario->n_containers];
        g_auto(GStrv) parts = words[1] == NULL ? NULL : g_strsplit(words[1], "#", 2);
        int index = parts == NULL ? -1 : find(scenario, parts[0]);
        bool is_run;

        if (parts == NULL || words[2] == NULL || scenario->n_containers == SCENARIO_CONTAINERS_MAX)
                return complain(error, "there ID#N STATE …");
        scenario->n_containers++;
        is_run = index >= 0 && scenario->app->workloads[index].kind == WORKLOAD_EPHEMERAL;
        container->id = g_strdup(words[1]);
        container->workload_id = g_strdup(parts[0]);
        container->name = g_strdup_printf("shop-%s", parts[0]);
        container->run_key = g_strdup(is_run ? scenario->workloads[index].key : "");
        container->try_number = is_run ? 1 : 0;
        container->seen.engine_started_wall_ns = scenario->engine_started_ns;
        container->seen.started_wall_ns = (SCENARIO_WALL_US - 500 * G_TIME_SPAN_SECOND) * 1000;
        if (index >= 0)
                scenario->workloads[index].n_containers++;
        for (words += 2; *words != NULL; words++) {
                if (strcmp(*words, "created") == 0) {
                        container->seen.presence = PRESENCE_CREATED;
                        container->seen.started_wall_ns = 0;
                } else if (strcmp(*words, "running") == 0) {
                        container->seen.presence = PRESENCE_RUNNING;
                } else if (strcmp(*words, "exited") == 0 && words[1] != NULL) {
                        container->seen.presence = PRESENCE_EXITED;
                        container->seen.exit_code = atoi(*++words);
                        container->seen.finished_wall_ns = (SCENARIO_WALL_US -
                                                            400 * G_TIME_SPAN_SECOND) *
                                                           1000;
                } else if (strcmp(*words, "made-up") == 0) {
                        /* It had been started by the engine that went down. */
                        container->seen.started_wall_ns = scenario->engine_started_ns -
                                                          60 * (int64_t) 1000000000;
                        container->seen.finished_wall_ns = scenario->engine_started_ns + 1000000;
                } else if (strcmp(*words, "young") == 0) {
                        container->seen.started_wall_ns = scenario->engine_started_ns +
                                                          3 * (int64_t) 1000000000;
                        container->seen.finished_wall_ns = scenario->engine_started_ns +
                                                           5 * (int64_t) 1000000000;
                } else if (strcmp(*words, "set-back") == 0) {
                        /* The clock was set back while the engine was down, and it made the end up. */
                        container->seen.started_wall_ns = scenario->engine_started_ns +
                                                          600 * (int64_t) 1000000000;
                        container->seen.finished_wall_ns = scenario->engine_started_ns + 1000000;
                } else if (strcmp(*words, "attested") == 0) {
                        container->seen.is_attested = true;
                } else if (strcmp(*words, "try") == 0 && words[1] != NULL) {
                        container->try_number = atoi(*++words);
                } else if (strcmp(*words, "key") == 0 && words[1] != NULL) {
                        g_free(container->run_key);
                        container->run_key = g_strdup(*++words);
                } else if (strcmp(*words, "claims") == 0 && words[1] != NULL) {
                        container->claims[0] = arena_strdup(scenario->arena, *++words);
                } else if (strcmp(*words, "called") == 0 && words[1] != NULL) {
                        g_free(container->name);
                        container->name = g_strdup(*++words);
                } else {
                        return complain(error, "%s: what is that?", *words);
                }
        }
        return true;
}

/* ledger migrate done | stale WHY… | try N intended|started|ended [container ID] [unknown N] */
static bool declare_ledger(Scenario *scenario, char **words, GError **error)
{
        int index = words[1] == NULL ? -1 : find(scenario, words[1]);
        ScenarioWorkload *more;

        if (index < 0)
                return complain(error, "no such workload");
        more = &scenario->workloads[index];
        for (words += 2; *words != NULL; words++) {
                if (strcmp(*words, "done") == 0) {
                        more->is_done = true;
                } else if (strcmp(*words, "stale") == 0) {
                        more->stale = rest(words + 1);
                        return true;
                } else if (strcmp(*words, "try") == 0 && words[1] != NULL) {
                        more->last_try_number = atoi(*++words);
                } else if (strcmp(*words, "intended") == 0) {
                        more->last_try = TRY_INTENDED;
                } else if (strcmp(*words, "started") == 0) {
                        more->last_try = TRY_STARTED;
                } else if (strcmp(*words, "ended") == 0) {
                        more->last_try = TRY_ENDED;
                } else if (strcmp(*words, "container") == 0 && words[1] != NULL) {
                        more->last_try_container = g_strdup(*++words);
                } else if (strcmp(*words, "unknown") == 0 && words[1] != NULL) {
                        more->n_unknown = (unsigned) atoi(*++words);
                } else {
                        return complain(error, "%s: what is that?", *words);
                }
        }
        return true;
}

/* prepared web off | open | missing | error WHY… | changed WHAT [same ID…] | in-place WHAT */
static bool declare_prepared(Scenario *scenario, char **words, GError **error)
{
        int index = words[1] == NULL ? -1 : find(scenario, words[1]);
        ScenarioWorkload *more;

        if (index < 0 || words[2] == NULL)
                return complain(error, "prepared WORKLOAD HOW …");
        more = &scenario->workloads[index];
        if (strcmp(words[2], "off") == 0) {
                more->is_off = true;
        } else if (strcmp(words[2], "open") == 0) {
                more->is_update_open = true;
        } else if (strcmp(words[2], "missing") == 0) {
                more->image_missing = true;
        } else if (strcmp(words[2], "error") == 0) {
                more->error = rest(words + 3);
        } else if (strcmp(words[2], "changed") == 0 && words[3] != NULL) {
                more->changed = g_strdup(words[3]);
                more->same = g_strdupv(words[4] == NULL ? words + 4 : words + 5);
        } else if (strcmp(words[2], "in-place") == 0 && words[3] != NULL) {
                more->changed = g_strdup(words[3]);
                more->is_changed_in_place = true;
        } else {
                return complain(error, "%s: what is that?", words[2]);
        }
        return true;
}

static bool declare_swap(Scenario *scenario, char **words, GError **error)
{
        g_auto(GStrv) parts = words[1] == NULL ? NULL : g_strsplit(words[1], "#", 2);

        if (parts == NULL || words[2] == NULL || scenario->n_swaps == G_N_ELEMENTS(scenario->swaps))
                return complain(error, "swap OLD NEW");
        scenario->swaps[scenario->n_swaps++] = (CoreSwap){
                .workload_id = arena_strdup(scenario->arena, parts[0]),
                .old_id = arena_strdup(scenario->arena, words[1]),
                .new_id = arena_strdup(scenario->arena, words[2])
        };
        return true;
}

bool scenario_declare(Scenario *scenario, char **words, GError **error)
{
        if (strcmp(words[0], "service") == 0 || strcmp(words[0], "run-once") == 0)
                return declare_workload(scenario, words, error);
        if (strcmp(words[0], "there") == 0)
                return declare_there(scenario, words, error);
        if (strcmp(words[0], "ledger") == 0)
                return declare_ledger(scenario, words, error);
        if (strcmp(words[0], "prepared") == 0)
                return declare_prepared(scenario, words, error);
        if (strcmp(words[0], "swap") == 0)
                return declare_swap(scenario, words, error);
        if (strcmp(words[0], "ready-check") == 0) {
                scenario->app->ready.command = READY_TCP_PORT_ACCEPT;
                return true;
        }
        if (strcmp(words[0], "early") == 0)
                return scenario->is_early = true;
        if (strcmp(words[0], "swarm") == 0)
                return scenario->is_swarm = true;
        if (strcmp(words[0], "show") == 0) { /* show waits: nothing is answered by itself */
                scenario->answers_wait = scenario->answers_create = false;
                return true;
        }
        if (strcmp(words[0], "rerun") == 0 && words[1] != NULL && scenario->n_reruns < 3) {
                scenario->rerun[scenario->n_reruns++] = arena_strdup(scenario->arena, words[1]);
                return true;
        }
        return complain(error, "%s: no such word", words[0]);
}
