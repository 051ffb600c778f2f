#pragma once

/*
 * Pull: which image is asked for, and how far its download is
 */

#include <jansson.h>
#include <stdbool.h>

/* (transfer full) path and query of the request. Without tag and digest it is the tag latest:
 * the engine would pull every tag there is. */
char *pull_path(const char *image);

typedef struct PullProgress PullProgress;

PullProgress *pull_progress_new(void);
void pull_progress_free(PullProgress *progress);

/* Takes one object of the engine's stream; false where it says nothing about progress */
bool pull_progress_add(PullProgress *progress, const json_t *item);

/* (transfer full) one line for people; @ret_percent of the bytes whose number is known, -1: none */
char *pull_progress_text(const PullProgress *progress, int *ret_percent);
