#include "controller/settings.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "store/testing.h"

#define T(text)                                                                                    \
        {                                                                                          \
                .raw = (text), .pos = { "app.yml", __LINE__, 1 }                                   \
        }
#define POS .pos = { "app.yml", __LINE__, 1 }
#define CMD(command, at)                                                                           \
        {                                                                                          \
                .name = (command), .value_at = (at), POS                                           \
        }

static Setting hosts[] = {
        { .name = "host_a", POS },
        { .name = "host_b", POS },
        { .name = "host_c", .default_value = T("c.example.com"), POS },
};

static Setting features[] = {
        { .name = "feature_x", .default_value = T("1"), POS },
        { .name = "feature_y", POS },
};

static Setting basic[] = {
        { .name = "title", .type = SETTING_TEXT, .default_value = T("Shop"), POS },
        { .name = "greeting",
          .type = SETTING_TEXT,
          .value = T("Welcome to {{repl ConfigOption \"title\"}}"),
          .default_value = T("Hi"),
          POS },
        { .name = "empty_value",
          .type = SETTING_TEXT,
          .value = T("{{repl ConfigOption \"none\"}}"),
          .default_value = T("fallback"),
          POS },
        { .name = "password", .type = SETTING_PASSWORD, .value_cmd = CMD("gen", 0), POS },
        { .name = "token",
          .type = SETTING_TEXT,
          .default_cmd = CMD("gen", 0),
          .default_value = T("unused"),
          POS },
        { .name = "url",
          .type = SETTING_TEXT,
          .value = T("db://u:{{repl ConfigOption \"password\"}}@db"),
          POS },
        { .name = "tls", .type = SETTING_BOOL, POS },
        { .name = "debug", .type = SETTING_BOOL, .default_value = T("true"), POS },
        { .name = "hosting",
          .type = SETTING_SELECT_ONE,
          .default_value = T("host_a"),
          .children = hosts,
          .n_children = G_N_ELEMENTS(hosts),
          POS },
        { .name = "features",
          .type = SETTING_SELECT_MANY,
          .children = features,
          .n_children = G_N_ELEMENTS(features),
          POS },
        { .name = "logo", .type = SETTING_FILE, POS },
        { .name = "fixed", .type = SETTING_TEXT, .value = T("as it is"), .readonly = true, POS },
        { .name = "once", .type = SETTING_TEXT, .write_once = true, POS },
        { .name = "notes", .type = SETTING_TEXTAREA, POS },
        { .name = "head", .type = SETTING_HEADING, .title = T("A heading"), POS },
        { .name = "files", .type = SETTING_FILE, .multiple = true, POS },
        { .name = "echoed", .type = SETTING_TEXT, .value_cmd = CMD("say", 0), POS },
        { .name = "said", .type = SETTING_FILE, .data_cmd = CMD("say", 0), POS },
};

static Setting tls_items[] = {
        { .name = "cert", .type = SETTING_FILE, .required = true, POS },
        { .name = "cipher", .type = SETTING_TEXT, .required = true, .when = T("debug!=1"), POS },
};

static SettingGroup groups[] = {
        { .name = "basic", .settings = basic, .n_settings = G_N_ELEMENTS(basic), POS },
        { .name = "tls",
          .when = T("tls=1"),
          .settings = tls_items,
          .n_settings = G_N_ELEMENTS(tls_items),
          POS },
};

static const char *random_args[] = { "24", "[a-z]" };
static const char *echo_args[] = { "hello", "world" };

static Command commands[] = {
        { .name = "gen", .cmd = "random", .args = random_args, .n_args = 2, POS },
        { .name = "say", .cmd = "echo", .args = echo_args, .n_args = 2, POS },
};

static const Application shop = {
        .file = "app.yml",
        .groups = groups,
        .n_groups = G_N_ELEMENTS(groups),
        .commands = commands,
        .n_commands = G_N_ELEMENTS(commands),
};

/* Knows three actions: a setting's value, what is not known yet, and a failure */
static SettingsRendered fake_render(gpointer user, Settings *settings, const char *name,
                                    const char *text, const json_t *data, GString *out,
                                    unsigned *ret_line, unsigned *ret_column, char **ret_message)
{
        static const char option[] = "{{repl ConfigOption \"";
        const char *at = text;

        while (*at != '\0') {
                if (g_str_has_prefix(at, option)) {
                        const char *end = strchr(at + strlen(option), '"');
                        g_autofree char *other = g_strndup(at + strlen(option),
                                                           end - at - strlen(option));
                        const char *value = "";

                        if (settings_get(settings, other, &value) == SETTINGS_NOT_YET)
                                return SETTINGS_RENDER_UNRESOLVED;
                        g_string_append(out, value);
                        at = strstr(at, "}}") + 2;
                } else if (g_str_has_prefix(at, "{{repl Later}}")) {
                        if (!*(bool *) user)
                                return SETTINGS_RENDER_UNRESOLVED;
                        g_string_append(out, "now");
                        at += strlen("{{repl Later}}");
                } else if (g_str_has_prefix(at, "{{repl Fail}}")) {
                        *ret_line = 1;
                        *ret_column = at - text + 1;
                        *ret_message = g_strdup("no such function");
                        return SETTINGS_RENDER_FAILED;
                } else {
                        g_string_append_c(out, *at++);
                }
        }
        return SETTINGS_RENDERED;
}

typedef struct Fixture {
        TestDir t;
        Store *store;
        SettingsHost host;
        bool is_later;
        DiagList *diags;
        Settings *settings;
        GError *error;
} Fixture;

static void load(Fixture *f, const Application *app)
{
        g_clear_pointer(&f->settings, settings_free);
        g_clear_pointer(&f->diags, diag_list_free);
        f->diags = diag_list_new();
        f->settings = settings_load(app, f->store, "shop", &f->host, f->diags, &f->error);
        g_assert_no_error(f->error);
}

static void set_up(Fixture *f, gconstpointer data)
{
        memset(f, 0, sizeof *f);
        test_dir_init(&f->t);
        f->store = test_dir_open(&f->t, false);
        f->host = (SettingsHost){ .user = &f->is_later,
                                  .render = fake_render,
                                  .import_id = "import 1" };
        load(f, &shop);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_assert_no_error(f->error);
        settings_free(f->settings);
        diag_list_free(f->diags);
        store_free(f->store);
        test_dir_done(&f->t);
}

static const char *get(Fixture *f, const char *name)
{
        const char *value;

        g_assert_cmpint(settings_get(f->settings, name, &value), ==, SETTINGS_KNOWN);
        return value;
}

static void set(Fixture *f, const char *name, const char *value)
{
        g_assert_true(settings_set(f->settings, name, value, -1, NULL, &f->error));
        g_assert_no_error(f->error);
}

static void refuse(Fixture *f, const char *name, const char *value, SettingsError code,
                   const char *words)
{
        g_autoptr(GError) error = NULL;

        g_assert_false(settings_set(f->settings, name, value, -1, NULL, &error));
        g_assert_error(error, SETTINGS_ERROR, (int) code);
        g_assert_nonnull(strstr(error->message, words));
}

static void assert_finding(Fixture *f, const char *name, const char *words)
{
        g_autofree char *all = diag_list_to_text(f->diags, false);

        for (size_t i = 0; i < diag_list_size(f->diags); i++) {
                const Diag *diag = diag_list_at(f->diags, i);

                if (strcmp(diag->name, name) == 0 && strstr(diag->message, words) != NULL) {
                        g_assert_cmpuint(diag->pos.line, >, 0);
                        return;
                }
        }
        g_test_message("findings: %s", all);
        g_test_fail();
}

/* ---- Values ---- */

static void test_what_comes_first_counts(Fixture *f, gconstpointer data)
{
        const char *content;
        size_t size;

        g_assert_cmpuint(diag_list_size(f->diags), ==, 0);
        g_assert_cmpstr(get(f, "title"), ==, "Shop");
        g_assert_cmpstr(settings_origin(f->settings, "title"), ==, "default");
        g_assert_cmpstr(get(f, "greeting"), ==, "Welcome to Shop");
        g_assert_cmpstr(settings_origin(f->settings, "greeting"), ==, "value");
        g_assert_cmpstr(get(f, "empty_value"), ==, "fallback");
        g_assert_cmpstr(get(f, "notes"), ==, "");
        g_assert_cmpstr(settings_origin(f->settings, "notes"), ==, "");
        g_assert_cmpuint(strlen(get(f, "password")), ==, 24);
        g_assert_cmpstr(settings_origin(f->settings, "password"), ==, "value_cmd");
        g_assert_cmpstr(get(f, "echoed"), ==, "hello world");
        g_assert_cmpint(settings_get_data(f->settings, "said", &content, &size), ==,
                        SETTINGS_KNOWN);
        g_assert_cmpmem(content, size, "hello world", 11);
        g_assert_cmpstr(settings_origin(f->settings, "token"), ==, "default_cmd");

        set(f, "title", "Store");
        set(f, "password", "chosen by the user");
        g_assert_cmpstr(get(f, "title"), ==, "Store");
        g_assert_true(settings_is_user_set(f->settings, "title"));
        g_assert_cmpstr(get(f, "greeting"), ==, "Welcome to Store");
        g_assert_cmpstr(get(f, "url"), ==, "db://u:chosen by the user@db");

        load(f, &shop);
        g_assert_cmpstr(get(f, "password"), ==, "chosen by the user");
        g_assert_true(settings_unset(f->settings, "title", &f->error));
        g_assert_cmpstr(get(f, "title"), ==, "Shop");
        set(f, "password", "");
        g_assert_cmpstr(settings_origin(f->settings, "password"), ==, "value_cmd");
        const char *value;
        g_assert_cmpint(settings_get(f->settings, "nothing", &value), ==, SETTINGS_UNKNOWN);
}

static void test_switches_and_choices(Fixture *f, gconstpointer data)
{
        g_assert_cmpstr(get(f, "tls"), ==, "0");
        g_assert_cmpstr(get(f, "debug"), ==, "1");
        g_assert_cmpstr(get(f, "hosting"), ==, "host_a");
        g_assert_cmpstr(get(f, "host_a"), ==, "1");
        g_assert_cmpstr(get(f, "host_b"), ==, "0");
        g_assert_cmpstr(get(f, "host_c"), ==, "c.example.com");
        g_assert_cmpstr(get(f, "feature_x"), ==, "1");
        g_assert_cmpstr(get(f, "feature_y"), ==, "0");

        set(f, "tls", "true");
        set(f, "debug", "0");
        set(f, "hosting", "host_b");
        set(f, "feature_y", "T");
        g_assert_cmpstr(get(f, "tls"), ==, "1");
        g_assert_cmpstr(get(f, "debug"), ==, "0");
        g_assert_cmpstr(get(f, "host_a"), ==, "0");
        g_assert_cmpstr(get(f, "host_b"), ==, "1");
        g_assert_cmpstr(get(f, "feature_y"), ==, "1");
}

static void test_made_values_stay(Fixture *f, gconstpointer data)
{
        g_autofree char *password = g_strdup(get(f, "password"));
        g_autofree char *token = g_strdup(get(f, "token"));

        load(f, &shop);
        g_assert_cmpstr(get(f, "password"), ==, password);
        g_assert_cmpstr(get(f, "token"), ==, token);

        /* another text of the file: only what is to be computed each time is */
        f->host.import_id = "import 2";
        load(f, &shop);
        g_assert_cmpstr(get(f, "password"), ==, password);
        g_assert_cmpstr(get(f, "token"), !=, token);

        /* not even with another command */
        random_args[0] = "30";
        load(f, &shop);
        random_args[0] = "24";
        g_assert_cmpstr(get(f, "password"), ==, password);
}

static void test_a_dry_run_keeps_nothing(Fixture *f, gconstpointer data)
{
        TestDir own;
        Store *store;

        test_dir_init(&own);
        store = test_dir_open(&own, true);
        f->host.is_dry_run = true;

        g_autoptr(Settings)
                settings = settings_load(&shop, store, "shop", &f->host, f->diags, &f->error);
        g_autoptr(json_t) shown = settings_to_json(settings, true);
        const char *value;
        size_t i;
        json_t *item;

        g_assert_no_error(f->error);
        g_assert_cmpuint(diag_list_size(f->diags), ==, 0);
        g_assert_cmpint(settings_get(settings, "password", &value), ==, SETTINGS_KNOWN);
        g_assert_true(settings_set(settings, "title", "Other", -1, NULL, &f->error));
        g_assert_cmpint(settings_get(settings, "greeting", &value), ==, SETTINGS_KNOWN);
        g_assert_cmpstr(value, ==, "Welcome to Other");
        /* another one will be made: it is not shown */
        json_array_foreach(shown, i, item)
                if (strcmp(json_string_at(item, "name", ""), "password") == 0)
                        g_assert_true(json_is_null(json_object_get(item, "value")));
        g_assert_false(g_file_test(own.dir, G_FILE_TEST_EXISTS));
        store_free(store);
        test_dir_done(&own);
}

static void test_what_is_not_known_yet(Fixture *f, gconstpointer data)
{
        Setting items[] = {
                { .name = "a",
                  .type = SETTING_TEXT,
                  .value = T("{{repl Later}}"),
                  .required = true },
                { .name = "b", .type = SETTING_TEXT, .value = T("<{{repl ConfigOption \"a\"}}>") },
        };
        SettingGroup group = { .name = "g", .settings = items, .n_settings = 2 };
        Application app = { .groups = &group, .n_groups = 1 };
        const char *value;

        load(f, &app);
        g_assert_cmpuint(diag_list_size(f->diags), ==, 0);
        g_assert_cmpint(settings_get(f->settings, "b", &value), ==, SETTINGS_NOT_YET);
        f->is_later = true;
        g_assert_cmpstr(get(f, "b"), ==, "<now>");
        g_assert_cmpstr(get(f, "a"), ==, "now");
}

/* ---- Findings ---- */

static void test_circles_are_found(Fixture *f, gconstpointer data)
{
        Setting items[] = {
                { .name = "a",
                  .type = SETTING_TEXT,
                  .value = T("{{repl ConfigOption \"b\"}}"),
                  POS },
                { .name = "b",
                  .type = SETTING_TEXT,
                  .value = T("{{repl ConfigOption \"c\"}}"),
                  POS },
                { .name = "c",
                  .type = SETTING_TEXT,
                  .value = T("{{repl ConfigOption \"a\"}}"),
                  POS },
                { .name = "own",
                  .type = SETTING_TEXT,
                  .value = T("{{repl ConfigOption \"own\"}}"),
                  POS },
        };
        SettingGroup group = { .name = "g", .settings = items, .n_settings = 4 };
        Application app = { .groups = &group, .n_groups = 1 };

        load(f, &app);
        g_assert_cmpuint(diag_count(f->diags, DIAG_ERROR), ==, 2);
        assert_finding(f, "setting-circle", "a → b → c → a");
        assert_finding(f, "setting-circle", "own → own");
        g_assert_cmpstr(get(f, "a"), ==, "");
}

static void test_deep_chains_end(Fixture *f, gconstpointer data)
{
        enum { N = 1000 };
        g_autofree Setting *items = g_new0(Setting, N);
        g_autoptr(Arena) arena = arena_new();
        SettingGroup group = { .name = "g", .settings = items, .n_settings = N };
        Application app = { .groups = &group, .n_groups = 1 };

        for (int i = 0; i < N; i++) {
                items[i].name = arena_printf(arena, "s%d", i);
                items[i].value.raw = arena_printf(arena, "{{repl ConfigOption \"s%d\"}}", i + 1);
                items[i].pos.line = i + 1;
        }
        load(f, &app);
        assert_finding(f, "setting-circle", "deep");
}

static void test_bad_values_are_found(Fixture *f, gconstpointer data)
{
        Setting items[] = {
                { .name = "a", .type = SETTING_TEXT, .value = T("{{repl Fail}}"), POS },
                { .name = "b", .type = SETTING_TEXT, .value_cmd = CMD("nothing", 0), POS },
                { .name = "c", .type = SETTING_TEXT, .value_cmd = CMD("say", 1), POS },
                { .name = "d", .type = SETTING_TEXT, .default_cmd = CMD("odd", 0), POS },
                { .name = "e",
                  .type = SETTING_SELECT_ONE,
                  .value = T("host_z"),
                  .children = hosts,
                  .n_children = 3,
                  POS },
                { .name = "f", .type = SETTING_TEXT, .required = true, .when = T("perhaps"), POS },
        };
        Command own[] = { commands[1], { .name = "odd", .cmd = "radnom" } };
        SettingGroup group = { .name = "g", .settings = items, .n_settings = 6 };
        Application app = { .groups = &group, .n_groups = 1, .commands = own, .n_commands = 2 };

        load(f, &app);
        assert_finding(f, "setting-value", "`value` of the setting `a`, at 1:1: no such function");
        assert_finding(f, "setting-command", "there is no command `nothing`");
        assert_finding(f, "setting-command", "has 1 results, there is no number 1");
        assert_finding(f, "setting-command", "did you mean random");
        assert_finding(f, "setting-value", "none of its options");
        assert_finding(f, "setting-when", "neither true nor false");
        assert_finding(f, "setting-required", "--set f=VALUE");
        g_assert_cmpuint(diag_count(f->diags, DIAG_ERROR), ==, 6);
}

static void test_required_where_it_is_shown(Fixture *f, gconstpointer data)
{
        g_assert_false(settings_is_visible(f->settings, "cert"));
        set(f, "tls", "1");
        g_assert_true(settings_is_visible(f->settings, "cert"));
        g_assert_false(settings_is_visible(f->settings, "cipher"));
        settings_check(f->settings, f->diags);
        g_assert_cmpuint(diag_count(f->diags, DIAG_ERROR), ==, 1);
        assert_finding(f, "setting-required", "--set cert=@FILE");

        set(f, "cert", "content");
        set(f, "debug", "0");
        load(f, &shop);
        g_assert_cmpuint(diag_count(f->diags, DIAG_ERROR), ==, 1);
        assert_finding(f, "setting-required", "--set cipher=VALUE");
}

/* ---- Changing ---- */

static void test_what_cannot_be_set_is_refused(Fixture *f, gconstpointer data)
{
        static const char twice[] = "only the first counts";

        refuse(f, "titel", "x", SETTINGS_ERROR_UNKNOWN, "did you mean `title`");
        refuse(f, "zzzzzzzz", "x", SETTINGS_ERROR_UNKNOWN, "no setting");
        refuse(f, "fixed", "x", SETTINGS_ERROR_LOCKED, "read-only");
        refuse(f, "head", "x", SETTINGS_ERROR_LOCKED, "heading");
        refuse(f, "tls", "2", SETTINGS_ERROR_VALUE, "0 or 1");
        refuse(f, "feature_x", "on", SETTINGS_ERROR_VALUE, "0 or 1");
        refuse(f, "features", "feature_x", SETTINGS_ERROR_VALUE, "`feature_x`, `feature_y`");
        refuse(f, "hosting", "host_z", SETTINGS_ERROR_VALUE, "`host_a`, `host_b`");
        refuse(f, "title", "\xff", SETTINGS_ERROR_VALUE, "no text");
        set(f, "once", twice);
        refuse(f, "once", "second", SETTINGS_ERROR_LOCKED, "once only");
        set(f, "once", twice); /* the same again is no change */
        g_assert_cmpstr(get(f, "once"), ==, twice);
}

static void test_files(Fixture *f, gconstpointer data)
{
        const char *content;
        size_t size;

        g_assert_true(settings_set(f->settings, "logo", "a\0b\n", 4, "logo.png", &f->error));
        g_assert_cmpstr(get(f, "logo"), ==, "logo.png");
        g_assert_cmpint(settings_get_data(f->settings, "logo", &content, &size), ==,
                        SETTINGS_KNOWN);
        g_assert_cmpmem(content, size, "a\0b\n", 4);

        /* a text from a file loses its line end */
        g_assert_true(settings_set(f->settings, "notes", "a\nb\r\n", -1, "notes.txt", &f->error));
        g_assert_cmpstr(get(f, "notes"), ==, "a\nb");
}

static char *argument_text(const char *text, int fd, GError **error)
{
        g_autoptr(SettingsArgument) argument = settings_argument_parse(text, fd, error);

        return argument == NULL ? NULL
                                : g_strdup_printf("%s|%s|%s", argument->name, argument->value,
                                                  argument->file);
}

static void test_arguments(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *text, *result;
        } cases[] = {
                { "a=b", "a|b|(null)" },     { "a=", "a||(null)" },     { "a=b=c", "a|b=c|(null)" },
                { "a=\\@b", "a|@b|(null)" }, { "a=\\-", "a|-|(null)" }, { "a=\\x", "a|\\x|(null)" },
                { "a=-1", "a|-1|(null)" },
        };
        g_autofree char *path = g_build_filename(f->t.base, "secret.txt", NULL);
        g_autofree char *from_file = g_strdup_printf("a=@%s", path);
        g_autofree char *missing = g_strdup_printf("a=@%s.not", path);

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = argument_text(cases[i].text, -1, &f->error);

                g_assert_cmpstr(got, ==, cases[i].result);
        }
        g_assert_true(g_file_set_contents(path, "line\n", -1, NULL));
        g_autofree char *file = argument_text(from_file, -1, &f->error);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        g_autofree char *input = argument_text("a=-", fd, &f->error);

        close(fd);
        g_assert_cmpstr(file, ==, "a|line\n|secret.txt");
        g_assert_cmpstr(input, ==, "a|line\n|-");

        static const char *const wrong[] = { "hunter2", "=x", "a=-" };

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
                g_assert_null(argument_text(wrong[i], -1, &f->error));
                g_assert_error(f->error, SETTINGS_ERROR, SETTINGS_ERROR_SYNTAX);
                g_assert_null(strstr(f->error->message, "hunter2"));
                g_clear_error(&f->error);
        }
        g_assert_null(argument_text(missing, -1, &f->error));
        g_assert_error(f->error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED);
        g_clear_error(&f->error);
}

static void test_a_settings_file_goes_out_and_in(Fixture *f, gconstpointer data)
{
        g_autoptr(GPtrArray) locked = NULL;
        g_autofree char *before = NULL, *after = NULL;

        set(f, "title", "Tïtle");
        set(f, "tls", "1");
        set(f, "once", "said");
        g_assert_true(settings_set(f->settings, "cert", "PEM", -1, "c.pem", &f->error));

        g_autoptr(json_t) revealed = settings_export(f->settings, true);
        g_autoptr(json_t) hidden = settings_export(f->settings, false);
        g_autofree char *text = json_to_canonical_text(revealed);

        g_assert_cmpstr(json_string_at(revealed, "cert.data", ""), ==, "UEVN");
        g_assert_cmpstr(json_string_at(revealed, "password.value", ""), ==, get(f, "password"));
        g_assert_null(json_at(hidden, "password"));
        g_assert_null(json_at(hidden, "cert"));
        g_assert_cmpstr(json_string_at(hidden, "title.value", ""), ==, "Tïtle");

        before = settings_hash(f->settings);
        set(f, "title", "");
        set(f, "tls", "0");
        after = settings_hash(f->settings);
        g_assert_cmpstr(before, !=, after);
        g_assert_true(settings_import(f->settings, text, strlen(text), &locked, &f->error));
        g_assert_cmpstr(get(f, "title"), ==, "Tïtle");
        g_assert_cmpstr(get(f, "cert"), ==, "c.pem");
        g_clear_pointer(&after, g_free);
        after = settings_hash(f->settings);
        g_assert_cmpstr(before, ==, after);
        g_assert_cmpuint(locked->len, ==, 0); /* `fixed` and `once` have those values already */
        g_assert_false(settings_is_user_set(f->settings, "debug"));

        static const char other[] = "{\"fixed\": {\"value\": \"other\"}}";

        g_clear_pointer(&locked, g_ptr_array_unref);
        g_assert_true(settings_import(f->settings, other, strlen(other), &locked, &f->error));
        g_assert_cmpuint(locked->len, ==, 1);
        g_assert_cmpstr(locked->pdata[0], ==, "fixed");
}

static void test_a_bad_settings_file_changes_nothing(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *text;
                SettingsError code;
                const char *words;
        } cases[] = {
                { "{", SETTINGS_ERROR_SYNTAX, "line 1" },
                { "[]", SETTINGS_ERROR_SYNTAX, "object" },
                { "{\"title\":{\"value\":\"x\"},\"titel\":{\"value\":\"x\"}}",
                  SETTINGS_ERROR_UNKNOWN, "did you mean" },
                { "{\"title\":{\"value\":\"x\"},\"tls\":{\"value\":\"maybe\"}}",
                  SETTINGS_ERROR_VALUE, "0 or 1" },
                { "{\"title\":{\"value\":\"x\"},\"logo\":{\"value\":\"l\",\"data\":\"!\"}}",
                  SETTINGS_ERROR_VALUE, "base64" },
                { "{\"title\":{\"value\":7}}", SETTINGS_ERROR_VALUE, "texts" },
                { "{\"title\":\"x\"}", SETTINGS_ERROR_VALUE, "value" },
                { "{\"title\":{\"value\":\"x\",\"data\":\"eA==\"}}", SETTINGS_ERROR_VALUE,
                  "no file" },
                { "{\"files\":{\"multi_value\":[\"a\"],\"multi_data\":[\"?\"]}}",
                  SETTINGS_ERROR_VALUE, "base64" },
                { "{\"files\":{\"multi_value\":[1]}}", SETTINGS_ERROR_VALUE, "texts" },
                { "{\"title\":{\"value\":\"x\",\"multi_value\":[\"a\"]}}", SETTINGS_ERROR_VALUE,
                  "one value" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_assert_false(settings_import(f->settings, cases[i].text, strlen(cases[i].text),
                                               NULL, &f->error));
                g_assert_error(f->error, SETTINGS_ERROR, (int) cases[i].code);
                g_assert_nonnull(strstr(f->error->message, cases[i].words));
                g_clear_error(&f->error);
                g_assert_cmpstr(get(f, "title"), ==, "Shop");
        }
}

static void test_changes_belong_together(Fixture *f, gconstpointer data)
{
        SettingsArgument notes = { .name = (char *) "notes", .value = (char *) "n", .size = 1 };
        SettingsArgument title = { .name = (char *) "title", .value = (char *) "Same", .size = 4 };
        SettingsArgument bad = { .name = (char *) "tls", .value = (char *) "?", .size = 1 };
        const SettingsArgument *good_set[] = { &notes, &title, NULL };
        const SettingsArgument *bad_set[] = { &notes, &bad, NULL };
        static const char *const unset[] = { "greeting", "once", NULL };
        static const char text[] = "{\"debug\":{\"value\":\"0\"},\"fixed\":{\"value\":\"x\"}}";
        SettingsChange change = {
                .set = bad_set, .unset = unset, .import = text, .import_size = strlen(text)
        };
        g_autoptr(GPtrArray) changed = NULL, locked = NULL;
        g_autofree char *names = NULL;

        set(f, "title", "Same");
        set(f, "greeting", "Hello");
        g_assert_false(settings_change(f->settings, &change, &changed, &locked, &f->error));
        g_assert_error(f->error, SETTINGS_ERROR, SETTINGS_ERROR_VALUE);
        g_clear_error(&f->error);
        g_assert_cmpstr(get(f, "greeting"), ==, "Hello");
        g_assert_cmpstr(get(f, "notes"), ==, "");
        g_assert_cmpstr(get(f, "debug"), ==, "1");

        change.set = good_set;
        g_assert_true(settings_change(f->settings, &change, &changed, &locked, &f->error));
        g_ptr_array_add(changed, NULL);
        names = g_strjoinv(" ", (char **) changed->pdata);
        g_assert_cmpstr(names, ==, "greeting debug notes");
        g_assert_cmpuint(locked->len, ==, 1);
        load(f, &shop);
        g_assert_cmpstr(get(f, "greeting"), ==, "Welcome to Same");
        g_assert_cmpstr(get(f, "notes"), ==, "n");
        g_assert_cmpstr(get(f, "debug"), ==, "0");
}

static void test_several_files_of_one_setting(Fixture *f, gconstpointer data)
{
        static const char text[] = "{\"files\":{\"value\":\"\",\"multi_value\":[\"a\",\"b\"],"
                                   "\"multi_data\":[\"eA==\",\"eQ==\"]}}";

        g_assert_true(settings_import(f->settings, text, strlen(text), NULL, &f->error));
        load(f, &shop);

        g_autoptr(json_t) root = settings_export(f->settings, true);

        g_assert_cmpuint(json_array_size(json_at(root, "files.multi_value")), ==, 2);
        g_assert_cmpstr(json_string_value(json_array_get(json_at(root, "files.multi_data"), 1)), ==,
                        "eQ==");
}

static const Text multi_texts[] = { T("one"), T("{{repl ConfigOption \"title\"}}") };

static Setting multi_items[] = {
        { .name = "title", .type = SETTING_TEXT, .value = T("two"), POS },
        { .name = "words",
          .type = SETTING_TEXT,
          .multiple = true,
          .multi_value = { .items = multi_texts, .n = 2, .is_set = true },
          .default_value = T("never"),
          POS },
        { .name = "certs", .type = SETTING_FILE, .multiple = true, POS },
        { .name = "switches", .type = SETTING_BOOL, .multiple = true, POS },
        { .name = "key", .type = SETTING_FILE, POS },
};
static SettingGroup multi_groups[] = {
        { .name = "g", .settings = multi_items, .n_settings = G_N_ELEMENTS(multi_items), POS }
};
static const Application multi = { .file = "app.yml", .groups = multi_groups, .n_groups = 1 };

static bool change(Fixture *f, const char *const *texts)
{
        g_autoptr(GPtrArray)
                set = g_ptr_array_new_with_free_func((GDestroyNotify) settings_argument_free);

        for (; *texts != NULL; texts++) {
                SettingsArgument *argument = settings_argument_parse(*texts, -1, &f->error);

                g_assert_no_error(f->error);
                /* as if it came from a file */
                if (g_str_has_prefix(*texts, "certs="))
                        argument->file = g_strdup_printf("%s.pem", argument->value);
                g_ptr_array_add(set, argument);
        }
        g_ptr_array_add(set, NULL);
        return settings_change(
                f->settings,
                &(SettingsChange){ .set = (const SettingsArgument *const *) set->pdata }, NULL,
                NULL, &f->error);
}

static void test_a_setting_takes_several_values(Fixture *f, gconstpointer data)
{
        static const char *const values[] = { "words=a", "title=t", "words=b", "words=c", NULL };
        static const char *const files[] = { "certs=planted-one", "certs=planted-two", NULL };
        static const char *const back[] = { "words=", NULL };
        g_autoptr(GPtrArray) got = NULL;
        const char *content;
        size_t size;

        load(f, &multi);
        g_assert_cmpstr(get(f, "words"), ==, "one\ntwo");
        g_assert_cmpstr(settings_origin(f->settings, "words"), ==, "value");
        g_assert_true(change(f, values));
        g_assert_cmpstr(get(f, "words"), ==, "a\nb\nc");
        g_assert_cmpstr(get(f, "title"), ==, "t");
        g_assert_true(settings_is_user_set(f->settings, "words"));

        g_assert_true(change(f, files));
        load(f, &multi);
        g_assert_cmpstr(get(f, "certs"), ==, "planted-one.pem\nplanted-two.pem");
        g_assert_cmpint(settings_get_data(f->settings, "certs", &content, &size), ==,
                        SETTINGS_KNOWN);
        g_assert_cmpstr(content, ==, "planted-oneplanted-two");
        g_assert_cmpint(settings_get_files(f->settings, "certs", &got), ==, SETTINGS_KNOWN);
        g_assert_cmpuint(got->len, ==, 2);
        g_assert_cmpstr(((SettingsFile *) got->pdata[1])->name, ==, "planted-two.pem");
        g_assert_cmpstr(((SettingsFile *) got->pdata[1])->data, ==, "planted-two");

        g_autofree char *masked = settings_mask(f->settings, "x planted-two y");

        g_assert_cmpstr(masked, ==, "x " SETTINGS_MASK " y");

        /* what is exported is what is imported */
        g_autoptr(json_t) all = settings_export(f->settings, true);
        g_autofree char *text = json_to_canonical_text(all);

        g_assert_true(settings_unset(f->settings, "certs", &f->error));
        g_assert_true(change(f, back));
        g_assert_cmpstr(get(f, "words"), ==, "one\nt");
        g_assert_true(settings_import(f->settings, text, strlen(text), NULL, &f->error));
        g_assert_cmpstr(get(f, "words"), ==, "a\nb\nc");
        g_assert_cmpstr(get(f, "certs"), ==, "planted-one.pem\nplanted-two.pem");
}

/* An earlier version of the application took several values of a setting that takes one now */
static void test_listed_values_are_checked_like_one(Fixture *f, gconstpointer data)
{
        static const char bad[] = "{\"switches\":{\"multi_value\":[\"1\",\"maybe\"]}}";
        static const char good[] = "{\"switches\":{\"multi_value\":[\"true\",\"0\"]}}";

        load(f, &multi);
        g_assert_false(settings_import(f->settings, bad, strlen(bad), NULL, &f->error));
        g_assert_error(f->error, SETTINGS_ERROR, SETTINGS_ERROR_VALUE);
        g_assert_nonnull(strstr(f->error->message, "0 or 1"));
        g_clear_error(&f->error);
        g_assert_true(settings_import(f->settings, good, strlen(good), NULL, &f->error));
        g_assert_cmpstr(get(f, "switches"), ==, "1\n0");
}

static void test_an_empty_file_is_none(Fixture *f, gconstpointer data)
{
        static const char blank[] = "{\"key\":{\"value\":\"k.pem\",\"data\":\" \"}}";

        load(f, &multi);
        g_assert_true(settings_import(f->settings, blank, strlen(blank), NULL, &f->error));
        g_assert_false(settings_is_user_set(f->settings, "key"));
        g_assert_true(settings_set(f->settings, "key", "x", -1, "k.pem", &f->error));
        g_assert_true(settings_is_user_set(f->settings, "key"));
        g_assert_true(settings_set(f->settings, "key", "", 0, "k.pem", &f->error));
        g_assert_false(settings_is_user_set(f->settings, "key"));
}

static void test_several_values_of_old_say_nothing(Fixture *f, gconstpointer data)
{
        static const char *const values[] = { "words=a", "words=b", NULL };
        static Setting items[] = { { .name = "words", .type = SETTING_TEXT, POS } };
        static SettingGroup one[] = { { .name = "g", .settings = items, .n_settings = 1, POS } };
        static const Application single = { .file = "app.yml", .groups = one, .n_groups = 1 };

        load(f, &multi);
        g_assert_true(change(f, values));
        load(f, &single);
        set(f, "words", "now");

        g_autoptr(json_t) all = settings_export(f->settings, true);

        g_assert_cmpstr(json_string_value(json_at(all, "words.value")), ==, "now");
        g_assert_null(json_at(all, "words.multi_value"));
}

/* A name from a settings file may be any text: it must not lead out of a directory */
static void test_names_of_files_are_no_paths(Fixture *f, gconstpointer data)
{
        static const char text[] = "{\"certs\":{\"multi_value\":[\"../../etc/passwd\",\"..\",\"\"],"
                                   "\"multi_data\":[\"eA==\",\"eQ==\",\"eg==\"]}}";
        static const char *const want[] = { "passwd", "file", "certs" };
        g_autoptr(GPtrArray) got = NULL;

        load(f, &multi);
        g_assert_true(settings_import(f->settings, text, strlen(text), NULL, &f->error));
        g_assert_cmpint(settings_get_files(f->settings, "certs", &got), ==, SETTINGS_KNOWN);
        g_assert_cmpuint(got->len, ==, G_N_ELEMENTS(want));
        for (guint i = 0; i < got->len; i++)
                g_assert_cmpstr(((SettingsFile *) got->pdata[i])->name, ==, want[i]);
}

/* ---- Secrets ---- */

static void test_secrets_are_masked(Fixture *f, gconstpointer data)
{
        static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n"
                                  "-----END PRIVATE KEY-----\n";

        set(f, "password", "planted-password");
        set(f, "notes", "planted-no-secret");
        set(f, "logo", pem);
        settings_add_secret(f->settings, "planted-extra");
        g_assert_true(settings_is_secret(f->settings, "password"));
        g_assert_true(settings_is_secret(f->settings, "token"));
        g_assert_true(settings_is_secret(f->settings, "logo"));
        g_assert_false(settings_is_secret(f->settings, "title"));
        g_assert_false(settings_is_secret(f->settings, "echoed"));

        g_autofree char *masked = settings_mask(
                f->settings, "a planted-password b planted-passwordplanted-extra "
                             "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC planted-no-secret");

        g_assert_cmpstr(masked, ==,
                        "a " SETTINGS_MASK " b " SETTINGS_MASK SETTINGS_MASK " " SETTINGS_MASK
                        " planted-no-secret");

        g_autoptr(json_t) detail = json_pack("{s:[s, {s:s}], s:i}", "env", "x=planted-password",
                                             "planted-key", "planted-extra", "n", 1);
        g_autoptr(json_t) hidden = settings_mask_json(f->settings, detail);
        g_autofree char *text = json_to_canonical_text(hidden);

        g_assert_null(strstr(text, "planted-password"));
        g_assert_null(strstr(text, "planted-extra"));
        g_assert_nonnull(strstr(text, "planted-key"));

        g_autoptr(json_t) shown = settings_to_json(f->settings, false);
        g_autofree char *list = json_to_canonical_text(shown);
        g_autoptr(json_t) revealed = settings_to_json(f->settings, true);
        g_autofree char *all = json_to_canonical_text(revealed);

        g_assert_null(strstr(list, "planted-password")); /* also not in the address made of it */
        g_assert_nonnull(strstr(list, "db://u:" SETTINGS_MASK "@db"));
        g_assert_nonnull(strstr(all, "db://u:planted-password@db"));
}

static void test_short_secrets_are_left(Fixture *f, gconstpointer data)
{
        set(f, "password", "1234567");

        g_autofree char *text = settings_mask(f->settings, "port 1234567");

        g_assert_cmpstr(text, ==, "port 1234567");
}

static void test_no_secret_is_in_a_file(Fixture *f, gconstpointer data)
{
        g_autofree char *password = g_strdup(get(f, "password"));
        g_autofree char *token = g_strdup(get(f, "token"));
        char *path = NULL;

        set(f, "notes", "planted-notes");
        set(f, "logo", "planted-logo");
        for (int is_closed = 0; is_closed < 2; is_closed++) {
                g_assert_false(test_dir_contains(&f->t, password, &path));
                g_assert_false(test_dir_contains(&f->t, token, &path));
                g_assert_false(test_dir_contains(&f->t, "planted", &path));
                g_assert_false(test_dir_contains(&f->t, "cGxhbnRlZC1sb2dv", &path));
                g_clear_pointer(&f->settings, settings_free);
                g_clear_pointer(&f->store, store_free);
        }
}

/* The disk fails in the middle of an import: what is in memory is what is in the store */
static void test_a_broken_import_changes_nothing(Fixture *f, gconstpointer data)
{
        static const char text[] = "{\"notes\":{\"value\":\"x\"},\"title\":{\"value\":\"x\"}}";
        g_autoptr(GPtrArray) locked = NULL;

        set(f, "title", "before");
        fault_disk_arm(FAULT_ERROR, 0);
        g_assert_false(settings_import(f->settings, text, strlen(text), &locked, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
        g_clear_error(&f->error);
        fault_disk_reboot();
        g_assert_cmpstr(get(f, "title"), ==, "before");
        g_assert_cmpstr(get(f, "notes"), ==, "");
}

static void test_a_failing_store_changes_nothing(Fixture *f, gconstpointer data)
{
        g_autoptr(Store) reader = test_dir_open(&f->t, true);
        g_autoptr(Settings)
                settings = settings_load(&shop, reader, "shop", &f->host, NULL, &f->error);
        static const char text[] = "{\"title\":{\"value\":\"x\"}}";
        const char *value;

        g_assert_false(settings_set(settings, "title", "x", -1, NULL, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
        g_clear_error(&f->error);
        g_assert_false(settings_import(settings, text, strlen(text), NULL, &f->error));
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
        g_clear_error(&f->error);
        g_assert_cmpint(settings_get(settings, "title", &value), ==, SETTINGS_KNOWN);
        g_assert_cmpstr(value, ==, "Shop");
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fault_disk_install();
        ADD("/settings/precedence", test_what_comes_first_counts);
        ADD("/settings/types", test_switches_and_choices);
        ADD("/settings/made", test_made_values_stay);
        ADD("/settings/dry-run", test_a_dry_run_keeps_nothing);
        ADD("/settings/not-yet", test_what_is_not_known_yet);
        ADD("/settings/findings/circle", test_circles_are_found);
        ADD("/settings/findings/deep", test_deep_chains_end);
        ADD("/settings/findings/values", test_bad_values_are_found);
        ADD("/settings/findings/required", test_required_where_it_is_shown);
        ADD("/settings/set/refused", test_what_cannot_be_set_is_refused);
        ADD("/settings/set/files", test_files);
        ADD("/settings/set/arguments", test_arguments);
        ADD("/settings/file/back", test_a_settings_file_goes_out_and_in);
        ADD("/settings/file/bad", test_a_bad_settings_file_changes_nothing);
        ADD("/settings/change", test_changes_belong_together);
        ADD("/settings/file/multiple", test_several_files_of_one_setting);
        ADD("/settings/multiple", test_a_setting_takes_several_values);
        ADD("/settings/multiple/no-longer", test_several_values_of_old_say_nothing);
        ADD("/settings/multiple/checked", test_listed_values_are_checked_like_one);
        ADD("/settings/file/empty", test_an_empty_file_is_none);
        ADD("/settings/multiple/names", test_names_of_files_are_no_paths);
        ADD("/settings/secrets/masked", test_secrets_are_masked);
        ADD("/settings/secrets/short", test_short_secrets_are_left);
        ADD("/settings/secrets/files", test_no_secret_is_in_a_file);
        ADD("/settings/store/import", test_a_broken_import_changes_nothing);
        ADD("/settings/store/readonly", test_a_failing_store_changes_nothing);
        return g_test_run();
}
