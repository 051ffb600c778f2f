/*
 * Fuzz: a settings file → values
 *
 * Whatever the bytes, an import changes nothing and says why, or what it made can be exported and
 * imported again, and gives the same values.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "controller/settings.h"

static Setting options[] = { { .name = "one" }, { .name = "two" } };

static Setting items[] = {
        { .name = "text", .type = SETTING_TEXT, .default_value = { .raw = "a" } },
        { .name = "password", .type = SETTING_PASSWORD },
        { .name = "switch", .type = SETTING_BOOL },
        { .name = "choice", .type = SETTING_SELECT_ONE, .children = options, .n_children = 2 },
        { .name = "many", .type = SETTING_SELECT_MANY },
        { .name = "file", .type = SETTING_FILE, .multiple = true },
        { .name = "words", .type = SETTING_TEXT, .multiple = true },
        { .name = "switches", .type = SETTING_BOOL, .multiple = true },
        { .name = "fixed", .type = SETTING_TEXT, .readonly = true },
        { .name = "once", .type = SETTING_TEXT, .write_once = true },
        { .name = "head", .type = SETTING_HEADING },
};

static SettingGroup group = { .name = "g", .settings = items, .n_settings = G_N_ELEMENTS(items) };
static const Application app = { .groups = &group, .n_groups = 1 };
static const SettingsHost host = { .is_dry_run = true };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static Store *store; /* nothing was ever recorded there: it is in memory */
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = NULL;

        if (store == NULL)
                store = store_open("/nonexistent", true, NULL);
        settings = settings_load(&app, store, "a", &host, NULL, NULL);

        g_autofree char *before = settings_hash(settings);

        if (!settings_import(settings, (const char *) data, size, NULL, &error)) {
                g_autofree char *same = settings_hash(settings);

                g_assert_nonnull(error);
                g_assert_cmpstr(before, ==, same);
                return 0;
        }

        g_autofree char *after = settings_hash(settings);
        g_autoptr(json_t) file = settings_export(settings, true);
        g_autofree char *text = json_to_canonical_text(file);
        g_autofree char *masked = settings_mask(settings, text);
        g_autoptr(Settings) again = settings_load(&app, store, "a", &host, NULL, NULL);

        g_assert_nonnull(masked);
        g_assert_true(settings_import(again, text, strlen(text), NULL, &error));

        g_autofree char *hash = settings_hash(again);

        g_assert_cmpstr(after, ==, hash);
        return 0;
}
