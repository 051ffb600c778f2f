#pragma once

/*
 * Testing: a state directory for one test, the store in it, and a disk that fails
 */

#include "store/store.h"

typedef struct TestDir {
        char *base; /* of the test */
        char *dir;  /* the state directory in it; not made yet */
} TestDir;

void test_dir_init(TestDir *dir);
void test_dir_done(TestDir *dir); /* removes all of it */

/* An open store; fails the test where it does not open */
Store *test_dir_open(const TestDir *dir, bool readonly);

/* A fixture of g_test_add(): an open store in a directory of its own, and an error for its functions,
 * which must not be there at the end */
typedef struct TestStore {
        TestDir t;
        Store *store;
        GError *error;
} TestStore;

void test_store_set_up(TestStore *f, gconstpointer data);
void test_store_tear_down(TestStore *f, gconstpointer data);

/* Whether some file below the directory holds the bytes; *ret_path (transfer full) says which */
bool test_dir_contains(const TestDir *dir, const char *bytes, char **ret_path);

/*
 * A disk (a VFS of SQLite) that fails on demand. What was written and not synced is lost in a
 * crash, in part: each write since the last sync is kept, undone or torn in the middle by chance.
 */
typedef enum FaultKind {
        FAULT_NONE,
        FAULT_FULL,  /* from then on writes that make a file longer fail */
        FAULT_ERROR, /* from then on writes and syncs fail */
        FAULT_CRASH, /* at that moment the power goes: nothing works until fault_reboot() */
} FaultKind;

void fault_disk_install(void); /* all databases opened afterwards are on it */

/* At the n-th write or sync from now (0: the next one) */
void fault_disk_arm(FaultKind kind, unsigned after);
bool fault_disk_fired(void);
void fault_disk_reboot(void);
