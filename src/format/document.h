#pragma once

/*
 * Document: a native document as read, before it becomes the model
 *
 * What the model keeps in another form (events, subscriptions, codes) stands here as the author
 * wrote it; the rest is the model's own structs already.
 */

#include "model/application.h"
#include "yaml/yaml.h"

typedef struct RawSubscription {
        Text component, container, action;
        SourcePos pos;
} RawSubscription;

typedef struct RawEvent {
        Text name, trigger, data;
        TextList args;
        int64_t timeout_s;
        RawSubscription *subscriptions;
        size_t n_subscriptions;
        SourcePos pos;
} RawEvent;

typedef struct RawRestart {
        bool is_set;
        Text policy;
        int64_t max;
} RawRestart;

typedef struct RawEnvVar {
        EnvVar var;
        Text static_val;
} RawEnvVar;

typedef struct RawContainer {
        Workload w;
        bool is_ephemeral;
        RawRestart restart;
        RawEvent *events;
        size_t n_events;
        RawEnvVar *env;
        size_t n_env;
        Text on_unknown;
        const YamlNode *success_exit_codes;
        SourcePos pos;
} RawContainer;

typedef struct RawHostCount {
        Text min;
} RawHostCount;

typedef struct RawComponent {
        const char *name;
        Text is_cluster;
        RawHostCount hosts;
        LogConfig logs;
        RawContainer *containers;
        size_t n_containers;
        SourcePos pos;
} RawComponent;

/* What a condition does not say counts as nothing: so their nodes are kept */
typedef struct RawCondition {
        const YamlNode *error, *status_code;
        Text bool_expr;
} RawCondition;

typedef struct RawResult {
        Text status;
        Message message;
        RawCondition condition;
} RawResult;

typedef struct RawTestCommand {
        const char *id;
        int64_t timeout_s;
        const YamlNode *data;
} RawTestCommand;

typedef struct RawTest {
        TestProc t;
        RawTestCommand custom;
        RawResult *results;
        size_t n_results;
} RawTest;

/* `data` of a custom command: which container, and what it has of its own */
typedef struct RawTarget {
        Text component, container;
} RawTarget;

typedef struct RawTestData {
        RawContainer c;
        RawTarget flat, nested;
} RawTestData;

typedef struct RawItem RawItem;
struct RawItem {
        Setting s;
        RawTest test;
        const char *type;
        RawItem *children;
        size_t n_children;
};

typedef struct RawGroup {
        SettingGroup g;
        RawTest test;
        RawItem *items;
        size_t n_items;
} RawGroup;

typedef struct RawReady {
        bool is_set;
        Text command;
        TextList args;
        int64_t timeout_s;
        SourcePos pos;
} RawReady;

typedef struct RawState {
        RawReady ready;
} RawState;

typedef struct RawDocument {
        Application app; /* filled in by and by, then copied into the arena */
        RawState state;
        RawComponent *components;
        size_t n_components;
        RawGroup *groups;
        size_t n_groups;
} RawDocument;
