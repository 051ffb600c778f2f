#pragma once

/*
 * Change: an operation that changes a service
 *
 * It is looked at, its spec is changed, and sent with the version that was seen; where
 * it has changed meanwhile, again.
 */

#include "engine/swarm/internal.h"

typedef struct Canary Canary;

typedef struct Change {
        Objects objects; /* first: see objects.c */
        SwarmBody *body; /* CREATE, UPDATE */
        Canary *canary;  /* CREATE of a job; else NULL */
        Spec *spec;      /* … where the image's own check is to be looked for; else NULL */
        char **labels;   /* … of the service */
        /* Changes the spec; false: it is as it should be already, or the call has failed */
        bool (*change)(EngineCall *call, const json_t *service, json_t *spec);
        void (*done)(EngineCall *call, bool has_changed);
        unsigned
                n_tries; /* sent again, since what was sent came too late, or its answer was lost */
        unsigned n_left; /* REMOVE: containers that are to go, too */
        json_t *service; /* as it was seen last */
        bool is_forced;  /* UPDATE: also where nothing differs */
        bool is_rollback;    /* UPDATE */
        bool is_as_wanted;   /* UPDATE: it was so already, nothing was sent */
        bool is_unstarted;   /* REMOVE: only if no node has been given a task of it */
        int64_t looked_us;   /* REMOVE of a job: when its tasks were looked at first */
        bool is_unsure;      /* … and whether one may have begun is not known */
        int64_t force_count; /* UPDATE: ForceUpdate is to be this at least */
        bool was_stopped;    /* START */
        int64_t starting_us; /* START: since when all that are wanted start, at least; 0: not yet */
        int64_t look_us;     /* UPDATE: until the next look */
} Change;

/* The call's state from now on */
Change *change_new(EngineCall *call);

/* Looks at the service call->id, and sends what the change makes of it; then calls done */
void change_send(EngineCall *call);

const char *change_service(const Change *change); /* its id */

/* (transfer full) where a service that was seen is changed, unless it has changed since */
char *service_update_path(const json_t *service);
/* Whether what was sent there came too late */
bool service_has_changed(const DockerAnswer *answer);

/* Whether one of them runs, or will, on a node that is there (start-stop.c) */
bool tasks_are_alive(const GPtrArray *tasks, GHashTable *down);

/* REMOVE of the service that was looked at: at once (start-stop.c), or, of a job, when none of its
 * tasks comes any more (withdraw.c) */
void swarm_remove_now(EngineCall *call);
void swarm_remove_job(EngineCall *call);

/* Makes the spec of a job one that wants none; false: it is none of a job (withdraw.c) */
bool job_want_none(json_t *spec);

/* ---- Whether the leader begins a job once (canary.c) ---- */

/* Has a job made that no node can run, and tells whether one task was made of it. Where that cannot
 * be found out the call fails. */
void canary_send(EngineCall *call, void (*done)(EngineCall *call, bool is_once));
void canary_free(Canary *canary);
