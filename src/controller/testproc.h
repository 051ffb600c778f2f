#pragma once

/*
 * Testproc: does what the user has set work?
 *
 * A group or a setting may name a test (`test_proc`): is the name known, does somebody listen
 * there, does the certificate hold. Tests look and change nothing.
 */

#include "controller/settings.h"

#define TESTPROC_TIMEOUT_S     15 /* where the file says none */
#define TESTPROC_TIMEOUT_MAX_S 600
#define TESTPROC_FILE_MAX      (1u << 20) /* bytes that `file_exists` searches */

typedef enum TestResult {
        TEST_OK,
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
 * settings_test() - perform the tests of an application's settings
 * @group: only those of this group; NULL: all
 *
 * Tests of what is not shown are left out.
 *
 * Return: (transfer full) [{"group","setting","title","test","result","message"}]; NULL with
 * SETTINGS_ERROR_UNKNOWN where there is no such group
 */
json_t *settings_test(Settings *settings, const char *group, GError **error);

/* NULL-terminated names of the commands there are */
const char *const *testproc_commands(void);
