#include "controller/waiting.h"

#include "base/timefmt.h"

#define TELL_AGAIN_S 5

struct Waiting {
        const UpObserver *observer;
        char *(*describe)(gpointer user);
        gpointer user;
        int64_t begun_us;
        guint timer;
        bool has_told;
};

static void say(const Waiting *waiting, const char *text)
{
        if (waiting->observer != NULL && waiting->observer->on_progress != NULL)
                waiting->observer->on_progress(NULL, -1, NULL, text, waiting->observer->user);
}

static void tell(Waiting *waiting)
{
        g_autofree char *what = waiting->describe(waiting->user), *text = NULL;
        int64_t s = (g_get_monotonic_time() - waiting->begun_us) / US_PER_S;

        if (what == NULL)
                return;
        text = waiting->has_told ? g_strdup_printf("waiting %d s %s", (int) s, what)
                                 : g_strdup_printf("waiting %s", what);
        waiting->has_told = true;
        say(waiting, text);
}

static gboolean on_timer(gpointer user)
{
        Waiting *waiting = user;

        tell(waiting);
        waiting->timer = g_timeout_add_seconds(TELL_AGAIN_S, on_timer, waiting);
        return G_SOURCE_REMOVE;
}

Waiting *waiting_begin(const UpObserver *observer, unsigned after_s,
                       char *(*describe)(gpointer user), gpointer user)
{
        Waiting *waiting = g_new0(Waiting, 1);

        waiting->observer = observer;
        waiting->describe = describe;
        waiting->user = user;
        waiting->begun_us = g_get_monotonic_time();
        if (after_s == 0)
                tell(waiting);
        waiting->timer = g_timeout_add_seconds(after_s == 0 ? TELL_AGAIN_S : after_s, on_timer,
                                               waiting);
        return waiting;
}

void waiting_end(Waiting *waiting)
{
        if (waiting == NULL)
                return;
        g_source_remove(waiting->timer);
        if (waiting->has_told)
                say(waiting, NULL);
        g_free(waiting);
}
