#pragma once

/*
 * World: what the engine has of an application when a command begins
 */

#include "base/arena.h"
#include "controller/labels.h"
#include "core/core.h"
#include "engine/engine.h"
#include "store/store.h"

typedef struct World {
        GPtrArray *containers; /* of Container: ours, of this application */
        GPtrArray *others;     /* of Container: everybody else's; only if asked for */
        GPtrArray *views;      /* of CoreContainer *, one for each of @containers, at its index */
        GHashTable *volumes;   /* name → VolumeInfo: all that the engine has */
        GPtrArray *networks;   /* of NetworkInfo: likewise */
        GArray *swaps;         /* of CoreSwap: begun by an earlier command and not ended */
        GHashTable *policies;  /* id → restart policy that a swapped container had */
        Arena *arena;          /* of the views and swaps */
        int64_t engine_started_wall_ns; /* 0: unknown */
        EngineInfo *info;
} World;

/**
 * world_load() - ask the engine and the store, in one round of requests
 * @with_others: strangers, too, for those who need to know what is taken
 *
 * Blocks, running the default main context. Return: NULL with the engine's error
 */
World *world_load(Engine *engine, Store *store, const char *app, bool with_others, GError **error);
void world_free(World *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* Of the i-th container; borrowed */
CoreContainer *world_view(const World *world, guint i);

/* Our container of this id, or NULL; borrowed */
Container *world_find(const World *world, const char *id);

/* The container that serves for the service, as core_current() has it; NULL: none */
const CoreContainer *world_current(const World *world, const char *workload);

/* The network of this name (one of them, where *ret_n tells that there are several), or NULL;
 * borrowed */
const NetworkInfo *world_network(const World *world, const char *name, unsigned *ret_n);

/* (transfer full) the host ports and addresses that a container holds, NULL-terminated */
char **world_claims(const Container *container);

/* What inspect says, as the core sees it. @engine_started_wall_ns: 0: unknown */
Observation observe(const Container *container, int64_t engine_started_wall_ns);
