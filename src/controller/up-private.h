#pragma once

/*
 * Up, inside: what `up`, `plan`, `pull` and `start` have in common
 *
 * All four begin with the same questions: which file, which name, on which engine, with which
 * settings, and what is there already. An Upping holds the answers. up-file.c reads the
 * file, up-settings.c loads settings, up-check.c looks for what forbids it, up-ready.c
 * asks all this in order. What follows is each command's own: up.c, up-plan.c, up-pull.c.
 */

#include "controller/internal.h"
#include "controller/source.h"

typedef struct Upping {
        Controller *controller;     /* borrowed */
        const UpOptions *options;   /* borrowed */
        const UpObserver *observer; /* borrowed; NULL */
        DiagList *diags;            /* borrowed; findings of the file are added */
        bool is_plan;               /* touches nothing, takes no lock */
        bool is_start;              /* of what is stored, without a deployment of its own */

        Sources sources;
        Deployment *before; /* whose text and settings are used; NULL */
        char *project_dir;
        char *name; /* of the application */
        FormatTarget target;
        bool without_ipvs;
        GPtrArray *nodes;          /* of the Swarm; NULL: not asked yet */
        char *swarm_address;       /* of its leading manager, which every node can reach; NULL */
        bool is_release;           /* settings are read first, then Compose rendered with them */
        Application *settings_app; /* of a release: what @settings were loaded from */
        Application *app;
        Scene *scene;
        SettingsHost host;
        Settings *settings;
        World *world;
        StoreLock *lock;
        json_t *warnings; /* texts for people */
} Upping;

void upping_clear(Upping *up);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Upping, upping_clear)

/* ---- up-ready.c ---- */

/**
 * up_get_ready() - everything up to the point at which something is touched
 *
 * Opens store and engine, reads, locks (but for a plan), loads settings, and checks.
 *
 * Return: false with a CONTROLLER_ERROR, which goes through up_refuse()
 */
bool up_get_ready(Upping *up, GError **error);

/* (transfer full) the deployment of what is ready. @number: its own, or what it would be.
 * @on_prepared: of a plan; else NULL */
Deploy *up_deploy(Upping *up, int64_t number, const UpObserver *observer,
                  void (*on_prepared)(Deploy *deploy, unsigned workload));

/* What templates can ask about; the engine is open. False where nobody knows the node's address. */
bool up_set_scene(Upping *up, GError **error);

/* ---- up-file.c ---- */

/**
 * up_read() - the file, or what was deployed: application, name, and what it is to run on
 *
 * The controller uses that engine from now on. Of a release only the settings are read.
 *
 * Return: false with CONTROLLER_ERROR_FILE, _USAGE, _NO_APP or _REFUSED
 */
bool up_read(Upping *up, GError **error);

/* The application anew, for what is known by now; CONTROLLER_ERROR_FILE where it has errors, or no
 * containers */
bool up_parse(Upping *up, GError **error);

/* The name of the (first) file, for people; borrowed */
const char *up_file(const Upping *up);

/* ---- up-settings.c ---- */

/* Loads them and applies what the command gives: all or nothing. Missing or wrong ones are findings
 * and CONTROLLER_ERROR_FILE. Needs the scene. */
bool up_load_settings(Upping *up, GError **error);

/* (transfer full) those that the user has set, as settings_export() has them, secrets included */
json_t *up_user_settings(Settings *settings);

/* From now on what Compose secrets hold is masked like settings that are secret */
void up_mask_secrets(Upping *up);

/* Masks the error: the engine repeats what it was given. Always false, for
 * `return up_refuse(up, error);` */
bool up_refuse(const Upping *up, GError **error);

/* ---- up-check.c: what forbids it. False with a CONTROLLER_ERROR that says what to do. ---- */

bool up_check_rerun(Upping *up, GError **error);    /* --rerun names what the file has */
bool up_check_identity(Upping *up, GError **error); /* what runs under the name is this file's */
bool up_check_foreign(Upping *up,
                      GError **error); /* no stranger has a name, port or address of ours */

bool up_check_paused(Upping *up, GError **error); /* nothing of ours is paused */

/* Nothing that would make it fail on this Swarm; learns the manager's address. True for a host. */
bool up_check_swarm(Upping *up, GError **error);

/* Begins @up->warnings; false where the store cannot be read */
bool up_warn(Upping *up, GError **error);

/* ---- up-pull.c ---- */

/* Images of containers that are off, but `dynamic`: they are to be here, for whoever starts them
 * later. False with the engine's error. */
bool up_pull_dynamic(Upping *up, GError **error);
