#include "engine/swarm/probe.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "probe-image.h" /* made from docker/probe.c */

/* The first look comes so long after the start, and so long after a run that has ended: those that
 * find the program's mark sleep 30 s themselves */
#define PROBE_INTERVAL_NS (100 * US_PER_MS * NS_PER_US)
/* One run waits at most so long before the engine begins another */
#define PROBE_TIMEOUT_NS (600 * NS_PER_S)
/* Failures in a row that make a task unhealthy: more than there will ever be */
#define PROBE_RETRIES INT32_MAX

static bool append_text(json_t *words, const char *text)
{
        return json_array_append_new(words, json_string(text)) == 0;
}

json_t *probe_condition(const SpecProbe *probe)
{
        json_t *words = json_array();
        g_autofree char *first = probe->type == EVENT_EXEC
                                         ? g_strdup_printf("x%zu", probe->n_argv)
                                         : g_strdup_printf("%c%u",
                                                           probe->proto == PROTO_UDP ? 'u' : 't',
                                                           probe->port);
        bool is_good = append_text(words, first);

        for (size_t i = 0; probe->type == EVENT_EXEC && i < probe->n_argv; i++)
                is_good = is_good && append_text(words, probe->argv[i]);
        if (is_good)
                return words;
        json_decref(words);
        return NULL;
}

/* How many words the condition that begins here has */
static size_t condition_length(const char *word)
{
        return word[0] == 'x' ? 1 + (size_t) g_ascii_strtoull(word + 1, NULL, 10) : 1;
}

static bool is_at(const json_t *test, size_t at, const json_t *condition)
{
        for (size_t i = 0; i < json_array_size(condition); i++)
                if (!json_equal(json_array_get(test, at + i), json_array_get(condition, i)))
                        return false;
        return true;
}

bool probe_test_has(const json_t *test, const json_t *condition)
{
        const char *program = json_string_value(json_array_get(test, 1));
        size_t at = 3;

        if (program == NULL || !g_str_equal(program, SWARM_PROBE_PATH) || condition == NULL)
                return false;
        while (at < json_array_size(test)) {
                const char *word = json_string_value(json_array_get(test, at));

                if (word == NULL || word[0] == 'c')
                        return false;
                if (is_at(test, at, condition))
                        return true;
                at += condition_length(word);
        }
        return false;
}

bool probe_has_commands(const Spec *spec)
{
        for (size_t i = 0; i < spec->n_probes; i++)
                if (spec->probes[i].type == EVENT_EXEC)
                        return true;
        return spec->n_probes > 0 && spec->health.n_test > 0;
}

/* The container's own check behind ours. @test: as the engine takes it, with its first word. */
static bool append_own(json_t *words, const SpecHealth *health)
{
        bool is_good = append_text(words, "c");

        if (g_str_equal(health->test[0], "CMD-SHELL"))
                is_good = is_good && append_text(words, "/bin/sh") && append_text(words, "-c");
        for (size_t i = 1; i < health->n_test; i++)
                is_good = is_good && append_text(words, health->test[i]);
        return is_good;
}

static void set_ns(json_t *check, const char *key, int64_t us)
{
        if (us > 0)
                json_object_set_new(check, key, json_integer(us * NS_PER_US));
}

static void set_own_times(json_t *check, const SpecHealth *health)
{
        set_ns(check, "Interval", health->interval_us);
        set_ns(check, "Timeout", health->timeout_us);
        set_ns(check, "StartPeriod", health->start_period_us);
        if (health->retries > 0)
                json_object_set_new(check, "Retries", json_integer(health->retries));
}

static json_t *own_check(const SpecHealth *health)
{
        json_t *check = json_object();
        json_t *test = json_array();
        bool is_good = true;

        if (health->is_disabled)
                is_good = append_text(test, "NONE");
        for (size_t i = 0; !health->is_disabled && i < health->n_test; i++)
                is_good = is_good && append_text(test, health->test[i]);
        json_object_set_new(check, "Test", test);
        set_own_times(check, health);
        if (is_good)
                return check;
        json_decref(check);
        return NULL;
}

static bool has_own_test(const SpecHealth *health)
{
        return health->is_set && !health->is_disabled && health->n_test > 1 &&
               !g_str_equal(health->test[0], "NONE");
}

bool probe_is_needed(const Spec *spec)
{
        return spec->n_probes > 0;
}

json_t *probe_healthcheck(const Spec *spec)
{
        json_t *check, *test;
        bool is_good;

        if (!probe_is_needed(spec))
                return own_check(&spec->health);
        check = json_object();
        test = json_array();
        is_good = append_text(test, "CMD") && append_text(test, SWARM_PROBE_PATH) &&
                  append_text(test, "w");
        for (size_t i = 0; i < spec->n_probes; i++) {
                g_autoptr(json_t) condition = probe_condition(&spec->probes[i]);

                is_good = is_good && condition != NULL && json_array_extend(test, condition) == 0;
        }
        if (has_own_test(&spec->health)) {
                is_good = is_good && append_own(test, &spec->health);
                set_own_times(check, &spec->health);
        } else {
                json_object_set_new(check, "Interval", json_integer(PROBE_INTERVAL_NS));
                json_object_set_new(check, "Timeout", json_integer(PROBE_TIMEOUT_NS));
                json_object_set_new(check, "Retries", json_integer(PROBE_RETRIES));
        }
        json_object_set_new(check, "Test", test);
        if (is_good)
                return check;
        json_decref(check);
        return NULL;
}

const unsigned char *probe_program(bool has_commands, size_t *ret_size)
{
        *ret_size = has_commands ? sizeof probe_commands_image : sizeof probe_image;
        return has_commands ? probe_commands_image : probe_image;
}

const char *probe_architecture(void)
{
        return PROBE_ARCHITECTURE;
}
