#pragma once

/*
 * Testproc: does what the user has set work?
 *
 * A group or a setting may name a test (`test_proc`): is the name known, does somebody listen
 * there, does the certificate hold. Tests look and change nothing.
 */

#include "controller/settings.h"

#define TESTPROC_TIMEOUT_S     15         /* where the file says none */
#define TESTPROC_TIMEOUT_MAX_S 600        /* also where the file says that there is no limit */
#define TESTPROC_FILE_MAX      (1u << 20) /* bytes that `file_exists` searches */

typedef enum TestResult {
        TEST_OK,
        TEST_WARNING,
        TEST_FAILED,
        TEST_SKIPPED, /* there is no such command here, or what it needs is not known yet */
} TestResult;

const char *test_result_to_string(TestResult result);

typedef struct TestOutcome {
        TestResult result;
        char *message; /* what was found, or what is wrong; never NULL, secrets masked */
} TestOutcome;

void test_outcome_clear(TestOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestOutcome, test_outcome_clear)

/**
 * testproc_run() - perform one test
 * @command: resolve_host, tcp_port_accept, http_status_code, regex_match, file_exists,
 *           validate_json, certificate_verify
 * @args:    NULL-terminated
 * @host:    its `fetch` is needed for http_status_code; may be NULL
 *
 * Wrong arguments are a test that fails, with the reason.
 */
void testproc_run(const char *command, const char *const *args, int64_t timeout_s,
                  const SettingsHost *host, TestOutcome *ret_outcome);

/**
 * testproc_run_custom() - run the container of a custom command, and say what its end means
 * @name: of a setting, for messages
 *
 * What it wrote, its exit status and why it could not be run are `.Result`, `.StatusCode` and
 * `.Error` in the conditions and messages of the file. The first result whose condition holds
 * counts; where none does the test has failed. Without any, exit 0 is a success.
 */
void testproc_run_custom(Settings *settings, const char *name, const TestProc *proc,
                         TestOutcome *ret_outcome);

/**
 * settings_test() - perform the tests of an application's settings
 * @group: only those of this group; NULL: all
 *
 * Tests of what is not shown are left out.
 *
 * Return: (transfer full) [{"group","setting","title","test","result","message"}]; NULL with
 * SETTINGS_ERROR_UNKNOWN where there is no such group
 */
json_t *settings_test(Settings *settings, const char *group, GError **error);

/**
 * settings_test_saved() - perform the tests that a change must pass (`run_on_save`)
 * @changed: (element-type char *) names of the settings that are another now
 *
 * Those are the tests of the changed settings, of their groups, and those that take their values.
 *
 * Return: (transfer full) as of settings_test()
 */
json_t *settings_test_saved(Settings *settings, const GPtrArray *changed);

/* Whether one of the tests of a group (NULL: of all), or that a change must pass, runs a container */
bool settings_test_needs_engine(Settings *settings, const char *group);
bool settings_test_saved_needs_engine(Settings *settings, const GPtrArray *changed);

/* NULL-terminated names of the commands there are */
const char *const *testproc_commands(void);
