#pragma once

/*
 * Image: whether a workload's image is pulled, built, or taken as it is
 */

#include "controller/controller.h"

typedef enum ImageFetch {
        FETCH_NOT, /* it is here and does */
        FETCH_PULL,
        FETCH_BUILD,
        FETCH_REFUSED, /* it is not here, and nobody may get it */
} ImageFetch;

typedef struct ImageQuestion {
        bool is_here;
        bool is_fetched; /* pulled or built by this deployment */
        bool has_build;
        bool is_always;     /* the document wants a fresh one each time */
        PullPolicy asked;   /* by the command: PULL_MISSING is what it says without a word */
        const char *policy; /* `pull_policy` of the document; "" or NULL: none */
        int64_t age_us;     /* since it was pulled or built last; -1: not known */
} ImageQuestion;

/* @ret_reason: for people; a constant */
ImageFetch image_decide(const ImageQuestion *question, const char **ret_reason);

/* How long a pulled image does under this `pull_policy`: daily, weekly, every_12h; 0: it names no
 * time */
int64_t image_refresh_us(const char *policy);
