#pragma once

/*
 * URL: Go's net/url, as far as Sprig shows it
 */

#include <glib.h>
#include <stdbool.h>

#include "template/value.h"

typedef struct Url {
        const char *scheme;
        const char *opaque;
        bool has_user;
        bool has_password;
        const char *user;
        const char *password;
        const char *host;     /* with port */
        const char *path;     /* without escapes */
        const char *raw_path; /* as it was, where that is not the usual escape of path */
        const char *query;
        const char *fragment;
        const char *raw_fragment;
        bool force_query; /* ends in a ? */
        bool omit_host;
} Url;

/* In the arena; false where it is none, *ret_error says why (static) */
bool url_parse(Arena *arena, const char *text, Url *ret, const char **ret_error);

void url_string(GString *out, const Url *url);
void url_userinfo(GString *out, const Url *url);

/* The host without port and brackets; in the arena */
const char *url_hostname(Arena *arena, const Url *url);
