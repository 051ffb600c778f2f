#pragma once

/*
 * What settings.c (the list and its findings), settings-values.c (how a value is found),
 * settings-change.c (what the user sets), settings-show.c and settings-mask.c share
 */

#include "controller/settings.h"

typedef enum ItemState {
        ITEM_NEW,
        ITEM_BUSY, /* being computed: asked for now, it is a circle */
        ITEM_KNOWN,
        ITEM_NOT_YET,
} ItemState;

typedef struct Item {
        const Setting *setting;
        const Setting *parent; /* of an option; NULL */
        const SettingGroup *group;
        SettingValue *user;       /* what the user set; NULL */
        SettingValue *user_multi; /* JSON lists of values and base64; NULL, and of one value */

        ItemState state;
        unsigned pass;       /* when it was last found to be not known yet */
        bool is_provisional; /* made by a command in a dry run: another one will be made */
        const char *origin;  /* of the value; static */
        char *value;
        char *data; /* content of a file, data_size bytes and a NUL */
        size_t data_size;
} Item;

struct Settings {
        const Application *app;
        Store *store;
        char *name;
        const SettingsHost *host;
        DiagList *diags;  /* while loading; then NULL */
        GPtrArray *items; /* of Item, in the order of the file */
        GHashTable *by_name;
        GHashTable *results; /* char * origin/command → char ** results, of this load */
        GPtrArray *path;     /* of Item, those being computed */
        unsigned pass;       /* counts questions from outside */
        GPtrArray *changed;  /* of char *, while settings_change() works */
        GPtrArray *extra_secrets;
        GPtrArray *secrets; /* made when asked for */
};

#define ORIGIN_USER        "user"
#define ORIGIN_USER_MULTI  "user-multi"
#define ORIGIN_VALUE_CMD   "value_cmd"
#define ORIGIN_VALUE       "value"
#define ORIGIN_DEFAULT_CMD "default_cmd"
#define ORIGIN_DEFAULT     "default"
#define ORIGIN_DATA_CMD    "data_cmd"

/* The setting or option of this name, NULL where there is none; borrowed */
Item *settings_find(const Settings *settings, const char *name);

/* Its value is masked, and sealed in the store */
bool settings_item_is_secret(const Settings *settings, const Item *item);

/* Its value is computed anew when it is asked for next */
void settings_item_forget(Item *item);

/* What the user has set, as the store has it */
bool settings_read_user_values(Settings *settings, GError **error);

/* A finding, while findings are looked for */
void settings_complain(Settings *settings, const char *name, SourcePos pos, DiagSeverity severity,
                       const char *format, ...) G_GNUC_PRINTF(5, 6);

/* An item of type select_one or select: its value is the name of an option */
bool settings_is_choice(SettingType type);

/* The item with its value computed, as far as it can be */
void settings_compute(Settings *settings, Item *item);

/* (transfer full) a text of the file, rendered; "" where that fails, NULL where it must wait */
char *settings_render_text(Settings *settings, const Item *item, const char *what,
                           const Text *text);

/* (transfer full, element-type SettingsFile) the files that the user has set, where the setting has
 * several */
GPtrArray *settings_multi_files(const Item *item);

/* Whether a `when` holds */
bool settings_when(Settings *settings, const Item *item, const Text *when);

/* Whether the user may set it now; the error says why not */
bool settings_item_may_be_set(Settings *settings, const Item *item, GError **error);

/* Everything that was computed is computed anew */
void settings_invalidate(Settings *settings);
