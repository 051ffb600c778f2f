#pragma once

/*
 * Rows: options that several commands have, so that they read the same everywhere
 */

#include "cli/commands.h"

#define ROW_FLAG(name, letter, field, help)                                                        \
        {                                                                                          \
                name, letter, CLI_OPTION_FLAG, offsetof(CliOptions, field), NULL, CLI_WORD_NONE,   \
                        NULL, help                                                                 \
        }
#define ROW_TEXT(name, field, value, word, help)                                                   \
        {                                                                                          \
                name, 0, CLI_OPTION_TEXT, offsetof(CliOptions, field), value, word, NULL, help     \
        }
#define ROW_CHOICE(name, field, choices, help)                                                     \
        {                                                                                          \
                name, 0, CLI_OPTION_TEXT, offsetof(CliOptions, field), choices, CLI_WORD_CHOICE,   \
                        choices, help                                                              \
        }
#define ROW_LIST(name, field, value, word, help)                                                   \
        {                                                                                          \
                name, 0, CLI_OPTION_LIST, offsetof(CliOptions, field), value, word, NULL, help     \
        }
#define ROW_NUMBER(name, field, value, help)                                                       \
        {                                                                                          \
                name, 0, CLI_OPTION_NUMBER, offsetof(CliOptions, field), value, CLI_WORD_TEXT,     \
                        NULL, help                                                                 \
        }

#define ROW_APP                                                                                    \
        ROW_TEXT("app", app, "NAME", CLI_WORD_APP,                                                 \
                 "name of the application; without it, the name that the file gives")
#define ROW_SET                                                                                    \
        ROW_LIST("set", set, "NAME=VALUE", CLI_WORD_TEXT,                                          \
                 "give a setting a value; NAME=@FILE and NAME=- keep secrets off the "             \
                 "command line; may be given again")
#define ROW_SETTINGS                                                                               \
        ROW_TEXT("settings", settings, "FILE", CLI_WORD_FILE,                                      \
                 "take values from a settings file, as `slipway config APP export` writes it")
#define ROW_RERUN                                                                                  \
        ROW_LIST("rerun", rerun, "ID", CLI_WORD_ID,                                                \
                 "run this run-once container again though it has succeeded; may be given "        \
                 "again")
#define ROW_DEPLOYMENT                                                                             \
        ROW_NUMBER("deployment", deployment, "N",                                                  \
                   "go back to the file and the settings of this deployment")
#define ROW_PULL                                                                                   \
        ROW_CHOICE("pull", pull, "missing|always|never",                                           \
                   "when images are pulled; without it, missing")
#define ROW_STRICT ROW_FLAG("strict", 0, strict, "treat warnings about the file as errors")
#define ROW_CONTEXT                                                                                \
        ROW_TEXT("context", context, "FILE", CLI_WORD_FILE, "answer functions from this JSON file")
/* Of Compose files, as `docker compose` has them */
#define ROW_FILES                                                                                  \
        {                                                                                          \
                "file", 'f', CLI_OPTION_LIST, offsetof(CliOptions, files), "FILE", CLI_WORD_FILE,  \
                        NULL,                                                                      \
                        "merge this Compose file over the ones before it; may be given again"      \
        }
#define ROW_PROFILE                                                                                \
        ROW_LIST("profile", profiles, "NAME", CLI_WORD_TEXT,                                       \
                 "Compose services of this profile, too; may be given again")
#define ROW_ENV_FILE                                                                               \
        ROW_LIST("env-file", env_files, "FILE", CLI_WORD_FILE,                                     \
                 "variables of a Compose file from here instead of `.env`; may be given again")
#define ROW_PROJECT_DIR                                                                            \
        ROW_TEXT("project-directory", project_dir, "DIR", CLI_WORD_DIR,                            \
                 "what paths in a Compose file are relative to; without it, its own folder")
#define ROW_COMPOSE ROW_FILES, ROW_PROFILE, ROW_ENV_FILE, ROW_PROJECT_DIR
#define ROW_ENGINE                                                                                 \
        ROW_CHOICE("engine", engine, "docker|swarm",                                               \
                   "run it on one Docker host or on the Swarm; without it, where it ran, or "      \
                   "what the file asks for")
#define ROW_WITHOUT_IPVS                                                                           \
        ROW_FLAG("without-ipvs", 0, without_ipvs,                                                  \
                 "Swarm on kernels without IPVS: names resolve to the tasks, ports are opened on " \
                 "the nodes that run them")
#define ROW_END                                                                                    \
        {                                                                                          \
                NULL                                                                               \
        }
