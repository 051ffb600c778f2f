/*
 * No leader: while the managers elect one, each answers with an error
 *
 * What was asked is asked again, for a bounded time, and whoever waits is told. A request that was
 * answered like this may have taken effect: its second answer then says that the name is taken, that
 * the version is out of sequence, or that it is gone, and that is understood where it is sent.
 */

#include <string.h>

#include "base/timefmt.h"
#include "engine/swarm/internal.h"

/* How long one request is asked again. The managers elect after 10 to 20 s, and where two of them
 * stand once more. */
#define LEADER_MAX_US (60 * US_PER_S)

/* What managers say of it, in lower case: their own words, and those of their connections to the
 * leader that is gone */
static const char *const leaderless_words[] = {
        "does not have a leader",
        "no elected cluster leader",
        "lost leader status",
        "losing leader status",
        "node is stopped",
        "not yet part of a raft cluster",
        "trouble connecting to the cluster",
        "context deadline exceeded",
        "context canceled",
        "code = unavailable",
        "code = deadlineexceeded",
        "code = canceled",
        "code = aborted",
        "connection is unavailable",
        "connection error",
        "connection reset",
        "is closing",
};

bool swarm_is_leaderless(long status, const char *words)
{
        g_autofree char *lower = g_ascii_strdown(words, -1);

        if (status < 500 && status != 408)
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(leaderless_words); i++)
                if (strstr(lower, leaderless_words[i]) != NULL)
                        return true;
        return false;
}

/* Of what is the Swarm's, each manager asks the leader; of the rest it answers by itself */
static bool is_of_leader(const char *url)
{
        static const char *const parts[] = { "/services", "/tasks",   "/nodes",
                                             "/configs",  "/secrets", NULL };

        for (size_t i = 0; parts[i] != NULL; i++)
                if (strstr(url, parts[i]) != NULL)
                        return true;
        return false;
}

void swarm_tell(const SwarmEngine *engine, const char *text)
{
        if (engine->on_notice != NULL)
                engine->on_notice(text, engine->notice_user);
}

void swarm_leader_lost(SwarmEngine *engine)
{
        if (engine->is_leaderless)
                return;
        engine->is_leaderless = true;
        swarm_tell(engine,
                   "the Swarm has no leader just now; waiting for its managers to elect one");
}

/* Events of the time between may be lost: whoever watches looks at everything anew */
void swarm_leader_back(SwarmEngine *engine)
{
        g_autoptr(GList) ids = NULL;
        g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(g_free);

        if (!engine->is_leaderless)
                return;
        engine->is_leaderless = false;
        tasks_nodes_changed(engine);
        swarm_tell(engine, "the Swarm has a leader again");
        ids = g_hash_table_get_keys(engine->services);
        for (const GList *at = ids; at != NULL; at = at->next)
                g_ptr_array_add(copies, g_strdup(at->data));
        for (guint i = 0; i < copies->len; i++)
                service_tell(engine, copies->pdata[i], "start");
}

static void set_leaderless(GError **error)
{
        GError *better = g_error_new(
                ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE,
                "the Swarm has no leader; more than half of its managers must "
                "be there: `docker node ls` on one of them shows which are: %s",
                (*error)->message);

        g_clear_error(error);
        *error = better;
}

static bool may_wait(const EngineCall *call, int64_t began_us)
{
        return g_get_monotonic_time() + LEADER_GAP_US <
               MIN(call->deadline_us, began_us + LEADER_MAX_US);
}

int64_t swarm_ask_again(EngineCall *call, const char *url, long status, int64_t began_us,
                        GError **error)
{
        SwarmEngine *engine = swarm_of(call);

        if (*error == NULL) {
                if (is_of_leader(url))
                        swarm_leader_back(engine);
                return 0;
        }
        if (!swarm_is_leaderless(status, (*error)->message)) {
                if (status == 0 && engine->is_leaderless && (*error)->code == ENGINE_ERROR_TIMEOUT)
                        set_leaderless(error);
                return 0;
        }
        swarm_leader_lost(engine);
        if (call->is_over)
                return 0;
        /* Who waits for tasks has a deadline of his own, which a list of them looks after */
        if (call != engine->poll && may_wait(call, began_us))
                return LEADER_GAP_US;
        set_leaderless(error);
        return 0;
}
