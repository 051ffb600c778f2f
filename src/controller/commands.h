#pragma once

/*
 * Commands: what `cmds` of an application file can do
 *
 * `random`, `echo` and `cert` are done here; `publicip` and `raw` need the surroundings that
 * SettingsHost gives. Arguments come from the file and are checked when a command is used.
 */

#include "controller/settings.h"

#define COMMAND_RESULT_MAX    (1u << 20) /* bytes of one result */
#define COMMAND_CERT_BITS_MIN 2048
#define COMMAND_CERT_BITS_MAX 8192

typedef enum CommandError {
        COMMAND_ERROR_UNKNOWN, /* no such command */
        COMMAND_ERROR_ARGUMENT,
        COMMAND_ERROR_OUTSIDE, /* the network or the engine says no */
        COMMAND_ERROR_FAILED,
} CommandError;

#define COMMAND_ERROR (command_error_quark())
GQuark command_error_quark(void);

/**
 * command_run() - do what a command of the file says
 * @store: where the installation's certificate authority is kept (`cert`)
 * @host:  may be NULL
 *
 * Return: (transfer full) its results, NULL-terminated; NULL on failure
 */
char **command_run(const Command *command, Store *store, const SettingsHost *host, GError **error);

/* Whether its results come from randomness or keys: they are secrets then */
bool command_makes_secrets(const Command *command);

/* NULL-terminated names of the commands there are */
const char *const *command_kinds(void);

/* (transfer full) the characters that a charset names: `[A-Za-z0-9_]` is a class, anything else is
 * taken literally; NULL where it is empty or not ASCII */
char *command_charset(const char *text);
