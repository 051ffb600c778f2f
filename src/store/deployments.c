/* Deployments: numbered, with their text and inputs sealed */

#include "store/db.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const outcomes[] = {
        [OUTCOME_RUNNING] = "running",       [OUTCOME_SUCCEEDED] = "succeeded",
        [OUTCOME_FAILED] = "failed",         [OUTCOME_INTERRUPTED] = "interrupted",
        [OUTCOME_SUPERSEDED] = "superseded",
};

const char *deployment_outcome_to_string(DeploymentOutcome outcome)
{
        return outcomes[outcome];
}

/* A word that is none of ours is of a newer version: whatever it meant, nothing runs any more */
static DeploymentOutcome outcome_from_string(const char *text)
{
        return (DeploymentOutcome) text_index(text, outcomes, G_N_ELEMENTS(outcomes),
                                              OUTCOME_FAILED);
}

void deployment_free(Deployment *deployment)
{
        if (deployment == NULL)
                return;
        g_free(deployment->app);
        g_free(deployment->file);
        secret_text_free(deployment->text);
        g_free(deployment->reason);
        json_decref(deployment->inputs);
        json_decref(deployment->changes);
        g_free(deployment);
}

/* ---- Writing ---- */

static char *context_of(const char *app, int64_t number, const char *what)
{
        return g_strdup_printf("deployment/%s/%" G_GINT64_FORMAT "/%s", app, number, what);
}

static GBytes *seal_json(Store *store, const char *context, const json_t *value)
{
        char *text;
        GBytes *sealed;

        if (value == NULL)
                return NULL;
        text = json_to_canonical_text(value);
        sealed = secret_seal(store->key, context, text, -1);
        secret_text_free(text);
        return sealed;
}

static bool next_number(Store *store, const char *app, int64_t *ret_number, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error,
                                      "INSERT INTO apps (app, last_deployment) VALUES (?1, 1)"
                                      " ON CONFLICT (app) DO UPDATE"
                                      " SET last_deployment = last_deployment + 1"
                                      " RETURNING last_deployment",
                                      "s", app);
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        g_assert(is_row);
        *ret_number = sqlite3_column_int64(stmt, 0);
        db_done(stmt);
        return true;
}

static bool insert(Store *store, const Deployment *deployment, GError **error)
{
        g_autofree char *text_context = context_of(deployment->app, deployment->number, "text");
        g_autofree char *inputs_context = context_of(deployment->app, deployment->number, "inputs");
        g_autofree char *changes = deployment->changes != NULL
                                           ? json_to_canonical_text(deployment->changes)
                                           : NULL;
        g_autoptr(GBytes) text = secret_seal(store->key, text_context,
                                             deployment->text != NULL ? deployment->text : "", -1);
        g_autoptr(GBytes) inputs = seal_json(store, inputs_context, deployment->inputs);

        return db_run(store, error,
                      "INSERT INTO deployments"
                      " (app, number, file, text, inputs, began_us, outcome, changes)"
                      " VALUES (?, ?, ?, ?, ?, ?, 'running', ?)",
                      "sisbbis", deployment->app, deployment->number,
                      deployment->file != NULL ? deployment->file : "", text, inputs,
                      deployment->began_wall_us, changes);
}

static bool prune(Store *store, const char *app, GError **error)
{
        return db_run(store, error,
                      "DELETE FROM deployments WHERE app = ?1"
                      " AND number <= (SELECT last_deployment FROM apps WHERE app = ?1) - ?2"
                      " AND number <> (SELECT serving FROM apps WHERE app = ?1)",
                      "si", app, (int64_t) STORE_DEPLOYMENTS_MAX);
}

bool store_deployment_begin(Store *store, Deployment *deployment, GError **error)
{
        int64_t number;
        bool ok;

        if (!db_write_begin(store, error))
                return false;
        deployment->began_wall_us = store_now_us();
        ok = db_run(store, error,
                    "UPDATE deployments SET outcome = 'superseded', ended_us = ?2"
                    " WHERE app = ?1 AND outcome = 'running'",
                    "si", deployment->app, deployment->began_wall_us) &&
             next_number(store, deployment->app, &number, error);
        if (ok) {
                deployment->number = number;
                ok = insert(store, deployment, error) && prune(store, deployment->app, error);
        }
        if (!db_write_end(store, ok, error)) {
                g_prefix_error(error, "recording a deployment of %s: ", deployment->app);
                return false;
        }
        return true;
}

/* Ends the write of one row that must be there */
static bool end_update(Store *store, bool ok, const char *what, const char *app, int64_t number,
                       GError **error)
{
        if (ok && db_n_changed(store) == 0) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                            "%s has no deployment %" G_GINT64_FORMAT, app, number);
                ok = false;
        }
        if (!db_write_end(store, ok, error)) {
                g_prefix_error(error, "%s: ", what);
                return false;
        }
        return true;
}

bool store_deployment_set_changes(Store *store, const char *app, int64_t number, json_t *changes,
                                  GError **error)
{
        g_autofree char *text = json_to_canonical_text(changes);
        bool ok;

        if (!db_write_begin(store, error))
                return false;
        ok = db_run(store, error,
                    "UPDATE deployments SET changes = ?3 WHERE app = ?1 AND number = ?2", "sis",
                    app, number, text);
        return end_update(store, ok, "recording what a deployment changes", app, number, error);
}

bool store_deployment_end(Store *store, const char *app, int64_t number, DeploymentOutcome outcome,
                          const char *reason, GError **error)
{
        bool ok;

        if (!db_write_begin(store, error))
                return false;
        ok = db_run(store, error,
                    "UPDATE deployments SET outcome = ?3, reason = ?4, ended_us = ?5"
                    " WHERE app = ?1 AND number = ?2",
                    "sissi", app, number, deployment_outcome_to_string(outcome),
                    reason != NULL ? reason : "", store_now_us());
        return end_update(store, ok, "recording the end of a deployment", app, number, error);
}

/* ---- Reading ---- */

#define DEPLOYMENT_COLUMNS "app, number, file, began_us, ended_us, outcome, reason, changes"

static gpointer from_row(Store *store, sqlite3_stmt *stmt, const char *app, GError **error)
{
        Deployment *deployment = g_new0(Deployment, 1);
        const char *changes = (const char *) sqlite3_column_text(stmt, 7);

        deployment->app = db_text(stmt, 0);
        deployment->number = sqlite3_column_int64(stmt, 1);
        deployment->file = db_text(stmt, 2);
        deployment->began_wall_us = sqlite3_column_int64(stmt, 3);
        deployment->ended_wall_us = sqlite3_column_int64(stmt, 4);
        deployment->outcome = outcome_from_string((const char *) sqlite3_column_text(stmt, 5));
        deployment->reason = db_text(stmt, 6);
        deployment->changes = changes != NULL ? json_loads(changes, 0, NULL) : NULL;
        return deployment;
}

static bool open_texts(Store *store, sqlite3_stmt *stmt, Deployment *deployment, GError **error)
{
        g_autofree char *text_context = context_of(deployment->app, deployment->number, "text");
        g_autofree char *inputs_context = context_of(deployment->app, deployment->number, "inputs");
        char *inputs;

        deployment->text = db_open_sealed(store, stmt, 8, text_context, error);
        if (deployment->text == NULL)
                return false;
        if (sqlite3_column_type(stmt, 9) == SQLITE_NULL)
                return true;
        inputs = db_open_sealed(store, stmt, 9, inputs_context, error);
        if (inputs == NULL)
                return false;
        deployment->inputs = json_loads(inputs, 0, NULL);
        secret_text_free(inputs);
        return true;
}

Deployment *store_deployment_get(Store *store, const char *app, int64_t number, GError **error)
{
        g_autoptr(Deployment) deployment = NULL;
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT " DEPLOYMENT_COLUMNS ", text, inputs FROM deployments"
                                      " WHERE app = ?1 AND (number = ?2 OR ?2 = 0)"
                                      " ORDER BY number DESC LIMIT 1",
                                      "si", app, number);
        bool is_row, ok = true;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return NULL;
        if (is_row) {
                deployment = from_row(store, stmt, app, error);
                ok = open_texts(store, stmt, deployment, error);
        }
        db_done(stmt);
        if (!ok)
                return NULL;
        if (deployment == NULL && number == 0)
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                            "%s has never been deployed from this state directory (%s)", app,
                            store->dir);
        else if (deployment == NULL)
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                            "%s has no deployment %" G_GINT64_FORMAT, app, number);
        return g_steal_pointer(&deployment);
}

GPtrArray *store_deployments(Store *store, const char *app, GError **error)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) deployment_free);
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT " DEPLOYMENT_COLUMNS " FROM deployments"
                                      " WHERE app = ? ORDER BY number DESC",
                                      "s", app);

        return db_list(store, list, stmt, from_row, app, error);
}
