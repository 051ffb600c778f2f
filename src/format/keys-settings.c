/* Keys of settings and their tests */

#include "format/keys-private.h"

static const char *const command_ids[] = { "random", "echo", "cert", "publicip", "raw", NULL };
static const char *const affixes[] = { "left", "right", NULL };
static const char *const statuses[] = { "success", "warn", "error", NULL };
static const char *const test_commands[] = {
        "resolve_host",
        "github_app_auth",
        "aws_auth",
        "certificate_verify",
        "smtp_auth",
        "file_exists",
        "regex_match",
        "ldap_auth",
        "validate_json",
        "ldap_config_validate",
        "cert",
        "random",
        "echo",
        "publicip",
        "tcp_port_accept",
        "http_status_code",
        "system",
        NULL,
};
static const char *const requirement_commands[] = {
        "scheduler",      "raw",      "disk_space_available", "disk_space_total",
        "port_available", "tcp_dial", "http_request",         NULL,
};

/* ---- Tests ---- */

static const KeySpec message_keys[] = {
        { "id", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "key of a translation" },
        { "default_message", KEY_STR, T_NO, .flags = KEY_REQUIRED, TEXT(Message, text),
          .help = "the text; `{{.arg}}` stands for an argument" },
        { "args", KEY_MAP_ANY, T_YES, .field = FIELD_MAP, .offset = offsetof(Message, keys),
          .help = "the text's arguments: templates that see `.Result` and the like" },
        { NULL },
};
const ObjectSpec message_object = { "message", "text, or text with translation and arguments",
                                    message_keys, IN(Message) };

static const KeySpec condition_keys[] = {
        { "error", KEY_BOOL, T_NO, NODE(RawCondition, error),
          .help = "whether the command could not be run" },
        { "status_code", KEY_INT, T_NO, NODE(RawCondition, status_code),
          .help = "the command's exit status" },
        { "bool_expr", KEY_STR, T_YES, TEXT(RawCondition, bool_expr),
          .help = "boolean text; sees `.Results`, `.Result`, `.StatusCode`, `.Error`" },
        { NULL },
};
static const ObjectSpec condition_object = { "condition",
                                             "when a result holds: all of what is given",
                                             condition_keys, IN(RawCondition) };

static const KeySpec result_keys[] = {
        { "status", KEY_STR, T_NO, RULE_WORD, KEY_REQUIRED, TEXT(RawResult, status),
          WORDS(statuses, "unknown-value"), .help = "`success`, `warn` or `error`" },
        { "message", KEY_MESSAGE, T_NO, .object = &message_object, .flags = KEY_REQUIRED,
          OBJECT(RawResult, message), .help = "what people are told" },
        { "condition", KEY_OBJECT, T_NO, .object = &condition_object, OBJECT(RawResult, condition),
          .help = "absent: always" },
        { NULL },
};
const ObjectSpec result_object = { "result",
                                   "what an outcome means; the first whose condition holds counts",
                                   result_keys, IN(RawResult) };

static const KeySpec custom_command_keys[] = {
        { "id", KEY_STR, T_NO, RULE_WORD, KEY_REQUIRED, STR(RawTestCommand, id),
          WORDS(requirement_commands, "unknown-value"),
          .help = "which command: `scheduler` runs a container of this document, `raw` one of its "
                  "own" },
        { "timeout", KEY_INT, T_NO, INT(RawTestCommand, timeout_s), .fallback = "15",
          .help = "seconds; -1: none" },
        { "data", KEY_ANY, T_YES, NODE(RawTestCommand, data),
          .help = "`scheduler`: `component` and `container`, and `cmd`, `entrypoint`, "
                  "`config_files`, `ports` that stand in place of the container's; `raw`: `cmd` "
                  "and "
                  "any key of a container" },
        { NULL },
};
const ObjectSpec custom_command_object = { "custom_command", "a container that is run as a test",
                                           custom_command_keys, IN(RawTestCommand) };

static const KeySpec test_proc_keys[] = {
        { "display_name", KEY_STR, T_YES, TEXT(RawTest, t.display_name),
          .help = "label of the button" },
        { "command", KEY_STR, T_NO, RULE_WORD, STR(RawTest, t.command),
          WORDS(test_commands, "unknown-value"), .help = "which test: `resolve_host`, …" },
        { "custom_command", KEY_OBJECT, T_NO, .object = &custom_command_object,
          OBJECT(RawTest, custom), .help = "a container as the test; stands above `command`" },
        { "results", KEY_OBJECTS, T_NO, .object = &result_object,
          OBJECTS(RawTest, results, n_results),
          .help = "what outcomes of the custom command mean; absent: exit 0 is a success" },
        { "timeout", KEY_UINT, T_NO, INT(RawTest, t.timeout_s), .fallback = "15",
          .help = "seconds" },
        { "arg_fields", KEY_STRS, T_NO, STRS(RawTest, t.arg_fields, t.n_arg_fields),
          .help = "settings whose values are arguments, in order" },
        { "args", KEY_STRS, T_YES, TEXTS(RawTest, t.args), .help = "further arguments" },
        { "run_on_save", KEY_STR, T_NO, RULE_TEXT_BOOL, TEXT(RawTest, t.run_on_save),
          .fallback = "false",
          .help = "boolean text: a change of these settings is refused where the test fails" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(RawTest, t.when),
          .help = "whether the test is offered" },
        { NULL },
};
static const ObjectSpec test_proc_object = { "test_proc",
                                             "a test that settings can be put to",
                                             test_proc_keys,
                                             .size = sizeof(RawTest),
                                             .pos_offset = offsetof(RawTest, t.pos),
                                             .is_set_offset = offsetof(RawTest, t.is_set) };

/* What may stand in `data`, which the reference validator does not look into */
static const KeySpec target_keys[] = {
        { "component", KEY_STR, T_NO, TEXT(RawTarget, component), .help = "name of the component" },
        { "container", KEY_STR, T_NO, TEXT(RawTarget, container),
          .help = "image_name of the container" },
        { NULL },
};
static const ObjectSpec target_object = { "replicated", "a container of this document", target_keys,
                                          IN(RawTarget) };

static const KeySpec target_rows[] = {
        { "component", KEY_STR, T_NO, TEXT(RawTestData, flat.component),
          .help = "name of the component" },
        { "container", KEY_STR, T_NO, TEXT(RawTestData, flat.container),
          .help = "image_name of the container" },
        { "replicated", KEY_OBJECT, T_NO, .object = &target_object, OBJECT(RawTestData, nested),
          .help = "the container, nested" },
        { "swarm", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { "kubernetes", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
static const KeySpec raw_rows[] = {
        { "tags", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "tags of the nodes" },
        { "conflicts", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "tags of other nodes" },
        { NULL },
};

/* A container's rows as they may stand in `data`: none is required */
static void add_rows(GArray *rows, const KeySpec *from, const char *const *only)
{
        for (const KeySpec *key = from; key->name != NULL; key++) {
                KeySpec row = *key;

                if (only != NULL && !g_strv_contains(only, key->name))
                        continue;
                row.flags &= ~KEY_REQUIRED;
                g_array_append_val(rows, row);
        }
}

const ObjectSpec *keys_test_data(bool is_raw)
{
        static const char *const overrides[] = { "cmd", "entrypoint", "config_files", "ports",
                                                 NULL };
        static ObjectSpec objects[2];
        static gsize is_made;

        if (g_once_init_enter(&is_made)) {
                for (size_t i = 0; i < G_N_ELEMENTS(objects); i++) {
                        GArray *rows = g_array_new(true, false, sizeof(KeySpec));

                        add_rows(rows, container_object.keys, i == 0 ? overrides : NULL);
                        add_rows(rows, i == 0 ? target_rows : raw_rows, NULL);
                        objects[i] = (ObjectSpec){ "data",
                                                   "what a custom command is given",
                                                   (KeySpec *) g_array_free(rows, false),
                                                   .size = sizeof(RawTestData),
                                                   .pos_offset = offsetof(RawTestData, c.pos),
                                                   .is_set_offset = NO_OFFSET };
                }
                g_once_init_leave(&is_made, 1);
        }
        return &objects[is_raw];
}

/* ---- Settings ---- */

static const KeySpec command_ref_keys[] = {
        { "name", KEY_STR, T_NO, STR(CommandRef, name), .help = "a command of `cmds`" },
        { "value_at", KEY_INT, T_NO, INT(CommandRef, value_at), .fallback = "0",
          .help = "which of its results" },
        { NULL },
};
static const ObjectSpec command_ref_object = { "command reference", "a result of a command",
                                               command_ref_keys, IN_AT(CommandRef) };

static const KeySpec child_item_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawItem, s.name),
          .help = "the option's name; a setting of its own with `select_many`" },
        { "title", KEY_STR, T_YES, TEXT(RawItem, s.title), .help = "a label, for people" },
        { "recommended", KEY_BOOL, T_NO, BOOL(RawItem, s.recommended), .fallback = "false",
          .help = "shown as recommended" },
        { "default", KEY_STR, T_YES, TEXT(RawItem, s.default_value),
          .help = "used while no value is set" },
        { "value", KEY_STR, T_YES, TEXT(RawItem, s.value), .help = "the first value" },
        { NULL },
};
static const ObjectSpec child_item_object = { "option",
                                              "an option of a select",
                                              child_item_keys,
                                              .size = sizeof(RawItem),
                                              .pos_offset = offsetof(RawItem, s.pos),
                                              .is_set_offset = NO_OFFSET };

static const KeySpec item_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawItem, s.name),
          .help = "the setting's name; one name space for all groups" },
        { "type", KEY_STR, T_NO, RULE_ITEM_TYPE, KEY_REQUIRED, STR(RawItem, type),
          .help = "`text`, `label`, `password`, `file`, `bool`, `select_one`, `select_many`, "
                  "`textarea`, `select` or `heading`" },
        { "title", KEY_STR, T_YES, TEXT(RawItem, s.title), .help = "a label, for people" },
        { "help_text", KEY_STR, T_YES, TEXT(RawItem, s.help_text), .help = "help, for people" },
        { "affix", KEY_STR, T_NO, RULE_WORD, STR(RawItem, s.affix), WORDS(affixes, "unknown-value"),
          .help = "`left` or `right`: two settings in one line" },
        { "default", KEY_STR, T_YES, TEXT(RawItem, s.default_value), .flags = KEY_SECRET,
          .help = "used while no value is set" },
        { "value", KEY_STR, T_YES, TEXT(RawItem, s.value), .flags = KEY_SECRET,
          .help = "the first value; what the user sets stands above it" },
        { "multi_value", KEY_STRS, T_YES, TEXTS(RawItem, s.multi_value), .flags = KEY_SECRET,
          .help = "the first values, with `multiple`" },
        { "multiple", KEY_BOOL, T_NO, BOOL(RawItem, s.multiple), .fallback = "false",
          .help = "several files or values; `ConfigOption` gives them one a line" },
        { "default_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object,
          OBJECT(RawItem, s.default_cmd), .help = "the default is a command's result, made anew" },
        { "value_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object,
          OBJECT(RawItem, s.value_cmd), .help = "the value is a command's result, made once" },
        { "data_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object, OBJECT(RawItem, s.data_cmd),
          .help = "a file's content is a command's result, made once" },
        { "recommended", KEY_BOOL, T_NO, BOOL(RawItem, s.recommended), .fallback = "false",
          .help = "shown as recommended" },
        { "hidden", KEY_BOOL, T_NO, BOOL(RawItem, s.hidden), .fallback = "false",
          .help = "not shown" },
        { "readonly", KEY_BOOL, T_NO, BOOL(RawItem, s.readonly), .fallback = "false",
          .help = "can't be set" },
        { "required", KEY_BOOL, T_NO, BOOL(RawItem, s.required), .fallback = "false",
          .help = "nothing starts until it has a value" },
        { "write_once", KEY_BOOL, T_NO, BOOL(RawItem, s.write_once), .fallback = "false",
          .help = "the first value that is set stays" },
        { "is_excluded_from_support", KEY_BOOL, T_NO, BOOL(RawItem, s.is_excluded_from_support),
          .fallback = "false", .help = "not in support bundles" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(RawItem, s.when),
          .help = "`name=value`, `name!=value`, or boolean text: whether it is shown and "
                  "required" },
        { "props", KEY_MAP_ANY, T_NO, .status = KEY_BESIDE, .help = "attributes of a textarea" },
        { "test_proc", KEY_OBJECT, T_NO, .object = &test_proc_object, OBJECT(RawItem, test),
          .help = "a test of its value" },
        { "filters", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { "items", KEY_OBJECTS, T_NO, .object = &child_item_object,
          OBJECTS(RawItem, children, n_children), .flags = KEY_EXISTS,
          .help = "the options of a select" },
        { NULL },
};
static const ObjectSpec item_object = { "item",
                                        "a setting",
                                        item_keys,
                                        .size = sizeof(RawItem),
                                        .pos_offset = offsetof(RawItem, s.pos),
                                        .is_set_offset = NO_OFFSET };

static const KeySpec group_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawGroup, g.name),
          .help = "the group's name" },
        { "title", KEY_STR, T_YES, TEXT(RawGroup, g.title), .help = "a label, for people" },
        { "description", KEY_STR, T_YES, TEXT(RawGroup, g.description),
          .help = "text, for people" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(RawGroup, g.when),
          .help = "as an item's `when`, for all of them" },
        { "test_proc", KEY_OBJECT, T_NO, .object = &test_proc_object, OBJECT(RawGroup, test),
          .help = "a test of the group" },
        { "filters", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { "items", KEY_OBJECTS, T_NO, .object = &item_object, OBJECTS(RawGroup, items, n_items),
          .flags = KEY_EXISTS, .help = "the settings" },
        { NULL },
};
const ObjectSpec group_object = { "group",
                                  "settings that belong together",
                                  group_keys,
                                  .size = sizeof(RawGroup),
                                  .pos_offset = offsetof(RawGroup, g.pos),
                                  .is_set_offset = NO_OFFSET };

static const KeySpec command_keys[] = {
        { "name", KEY_STR, T_NO, STR(Command, name), .help = "what `value_cmd` refers to" },
        { "cmd", KEY_STR, T_NO, RULE_WORD, STR(Command, cmd), WORDS(command_ids, "unknown-command"),
          .help = "`random`, `echo`, `cert`, `publicip` or `raw`" },
        { "args", KEY_STRS, T_NO, STRS(Command, args, n_args),
          .help = "its arguments; never templates" },
        { "timeout", KEY_ANY, T_NO, INT(Command, timeout_s), .fallback = "15",
          .help = "seconds, of `raw`; -1: none" },
        { "readonly_rootfs", KEY_BOOL, T_NO, BOOL(Command, readonly_rootfs), .fallback = "false",
          .help = "of `raw`" },
        { NULL },
};
const ObjectSpec command_object = { "command",
                                    "run when a file is taken in; makes values of settings",
                                    command_keys, IN_AT(Command) };
