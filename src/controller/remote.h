#pragma once

/*
 * Remote: configuration files that come from a repository (`source: github`)
 *
 * A file is fetched once: its `ref` names a commit, so it is the same for ever, and the store keeps
 * it, sealed like a setting. SLIPWAY_GITHUB_URL says where repositories are (the default is
 * REMOTE_URL), SLIPWAY_GITHUB_TOKEN who asks.
 */

#include "model/application.h"
#include "store/store.h"

#define REMOTE_URL       "https://raw.githubusercontent.com"
#define REMOTE_TIMEOUT_S 20

/**
 * remote_fill() - give each such file its contents
 * @app: its config_files are filled in, as if they stood there
 *
 * Return: false where one cannot be had, with its place in the file
 */
bool remote_fill(Application *app, Store *store, GError **error);
