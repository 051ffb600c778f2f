#include "controller/commands.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/settings-private.h"
#include "crypto/cert.h"
#include "crypto/secret.h"

#define RANDOM_LENGTH        16
#define RANDOM_CHARSET       "[_A-Za-z0-9]"
#define PUBLIC_IP_TIMEOUT_US (10 * US_PER_S)

/* Where the authority of this installation stands in the store; no application has such a name */
#define INSTALLATION_APP "@installation"
#define AUTHORITY_NAME   "certificate-authority"

static const char *const public_ip_urls[] = { "https://api.ipify.org", "https://ifconfig.me/ip",
                                              "https://checkip.amazonaws.com", NULL };

G_DEFINE_QUARK(slipway - command - error - quark, command_error)

static char **G_GNUC_PRINTF(2, 3) fail_argument(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        if (error != NULL)
                *error = g_error_new_valist(COMMAND_ERROR, COMMAND_ERROR_ARGUMENT, format,
                                            arguments);
        va_end(arguments);
        return NULL;
}

/* An argument, or the default where it is missing or empty */
static const char *argument(const Command *command, size_t i, const char *fallback)
{
        return i < command->n_args && command->args[i] != NULL && *command->args[i] != '\0'
                       ? command->args[i]
                       : fallback;
}

static char **one_result(char *text)
{
        char **results = g_new0(char *, 2);

        results[0] = text;
        return results;
}

/* ---- random ---- */

char *command_charset(const char *text)
{
        size_t length = strlen(text);
        g_autoptr(GString) set = g_string_new(NULL);
        bool is_class = length > 2 && text[0] == '[' && text[length - 1] == ']';
        const char *at = is_class ? text + 1 : text;
        const char *end = is_class ? text + length - 1 : text + length;

        for (; at < end; at++) {
                guchar from = *at, to = *at;

                if (is_class && at + 2 < end && at[1] == '-') {
                        to = (guchar) at[2];
                        at += 2;
                }
                for (int c = from; c <= to; c++) {
                        if (c < 0x20 || c > 0x7e)
                                return NULL;
                        if (strchr(set->str, c) == NULL)
                                g_string_append_c(set, c);
                }
                if (from > to)
                        return NULL;
        }
        return set->len > 0 ? g_string_free(g_steal_pointer(&set), false) : NULL;
}

static char **run_random(const Command *command, Store *store, const SettingsHost *host,
                         GError **error)
{
        const char *length_text = argument(command, 0, G_STRINGIFY(RANDOM_LENGTH));
        g_autofree char *charset = command_charset(argument(command, 1, RANDOM_CHARSET));
        guint64 length;

        if (!text_parse_uint(length_text, &length) || length == 0 || length > SECRET_TEXT_MAX)
                return fail_argument(error, "the length is a number from 1 to %d, not `%s`",
                                     SECRET_TEXT_MAX, length_text);
        if (charset == NULL)
                return fail_argument(error,
                                     "the characters are given as `[A-Za-z0-9]` or one by one, in "
                                     "ASCII");
        return one_result(secret_random_text(length, charset));
}

/* ---- echo ---- */

static char **run_echo(const Command *command, Store *store, const SettingsHost *host,
                       GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < command->n_args; i++) {
                if (i > 0)
                        g_string_append_c(text, ' ');
                g_string_append(text, command->args[i]);
        }
        return one_result(g_string_free(g_steal_pointer(&text), false));
}

/* ---- cert ---- */

/* The authority of this installation, made when it is first needed */
static SettingValue *authority(Store *store, bool is_dry_run, GError **error)
{
        g_autoptr(SettingValue) value = NULL;
        g_autoptr(GError) fault = NULL;
        g_autofree char *name = NULL;

        value = store_setting_get(store, INSTALLATION_APP, AUTHORITY_NAME, "made", &fault);
        if (fault != NULL) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return NULL;
        }
        if (value != NULL)
                return g_steal_pointer(&value);

        value = g_new0(SettingValue, 1);
        value->name = g_strdup(AUTHORITY_NAME);
        value->origin = g_strdup("made");
        value->is_secret = true;
        name = g_strdup_printf("Slipway %s", store_installation(store));
        if (!cert_authority_new(name, &value->data, &value->value, error))
                return NULL;
        if (!is_dry_run && !store_setting_set(store, INSTALLATION_APP, value, error))
                return NULL;
        return g_steal_pointer(&value);
}

/* Names separated by commas, blanks around them dropped */
static char **split_names(const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, ",", -1);
        GPtrArray *names = g_ptr_array_new();

        for (size_t i = 0; parts[i] != NULL; i++) {
                g_strstrip(parts[i]);
                if (*parts[i] != '\0')
                        g_ptr_array_add(names, g_strdup(parts[i]));
        }
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, false);
}

/* Files of former times ask for 1024 bits: they get the least that is safe */
static char **run_cert(const Command *command, Store *store, const SettingsHost *host,
                       GError **error)
{
        const char *bits_text = argument(command, 0, "0");
        g_auto(GStrv) domains = split_names(argument(command, 1, "example.com"));
        g_auto(GStrv) addresses = split_names(argument(command, 2, ""));
        g_autoptr(SettingValue) ca = NULL;
        g_autofree char *key = NULL, *cert = NULL;
        char **results;
        guint64 bits;

        if (!text_parse_uint(bits_text, &bits) || bits > COMMAND_CERT_BITS_MAX)
                return fail_argument(error, "the bits of the key are a number up to %d, not `%s`",
                                     COMMAND_CERT_BITS_MAX, bits_text);
        ca = authority(store, (host != NULL && host->is_dry_run) || store_is_readonly(store),
                       error);
        if (ca == NULL || !cert_issue(ca->data, ca->value, MAX(bits, COMMAND_CERT_BITS_MIN),
                                      (const char *const *) domains,
                                      (const char *const *) addresses, &key, &cert, error))
                return NULL;
        results = g_new0(char *, 4);
        results[0] = g_steal_pointer(&key);
        results[1] = g_steal_pointer(&cert);
        results[2] = g_strdup(ca->value);
        return results;
}

/* ---- publicip ---- */

static bool is_address(const char *text)
{
        struct in6_addr address;

        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static char **run_public_ip(const Command *command, Store *store, const SettingsHost *host,
                            GError **error)
{
        const char *const *urls = host != NULL && host->public_ip_urls != NULL
                                          ? host->public_ip_urls
                                          : public_ip_urls;
        g_autoptr(GString) faults = g_string_new(NULL);

        if (host == NULL || host->fetch == NULL) {
                g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE,
                                    "the public address cannot be asked for here");
                return NULL;
        }
        for (size_t i = 0; urls[i] != NULL; i++) {
                g_autoptr(GError) fault = NULL;
                g_autofree char *body = NULL;
                long status = 0;

                if (!host->fetch(host->user, urls[i], PUBLIC_IP_TIMEOUT_US, &status, &body,
                                 &fault)) {
                        g_string_append_printf(faults, "%s%s: %s", faults->len > 0 ? "; " : "",
                                               urls[i], fault->message);
                        continue;
                }
                g_strstrip(body);
                if (status == 200 && is_address(body))
                        return one_result(g_steal_pointer(&body));
                g_string_append_printf(faults, "%s%s: no address in its answer (status %ld)",
                                       faults->len > 0 ? "; " : "", urls[i], status);
        }
        g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE,
                    "the public address could not be found out (%s); without a network, set the "
                    "value by hand",
                    faults->str);
        return NULL;
}

/* ---- raw ---- */

static char **run_raw(const Command *command, Store *store, const SettingsHost *host,
                      GError **error)
{
        char *output;

        if (host == NULL || host->run_raw == NULL) {
                g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE,
                                    "commands cannot be run in a container here");
                return NULL;
        }
        output = host->run_raw(host->user, command, error);
        return output != NULL ? one_result(g_strstrip(output)) : NULL;
}

/* ---- All of them ---- */

static const struct {
        const char *name;
        char **(*run)(const Command *command, Store *store, const SettingsHost *host,
                      GError **error);
        size_t n_args_max;
        bool makes_secrets;
} kinds[] = {
        { "cert", run_cert, 3, true },           { "echo", run_echo, G_MAXSIZE, false },
        { "publicip", run_public_ip, 0, false }, { "random", run_random, 2, true },
        { "raw", run_raw, G_MAXSIZE, true },
};

static int find_kind(const Command *command)
{
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
                if (g_strcmp0(kinds[i].name, command->cmd) == 0)
                        return i;
        }
        return -1;
}

const char *const *command_kinds(void)
{
        static const char *names[G_N_ELEMENTS(kinds) + 1];

        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
                names[i] = kinds[i].name;
        return names;
}

bool command_makes_secrets(const Command *command)
{
        int i = find_kind(command);

        return i >= 0 && kinds[i].makes_secrets;
}

char **command_run(const Command *command, Store *store, const SettingsHost *host, GError **error)
{
        int kind = find_kind(command);
        char **results;

        if (kind < 0) {
                const char *closest = text_closest(command->cmd != NULL ? command->cmd : "",
                                                   command_kinds());
                g_autofree char *names = g_strjoinv(", ", (char **) command_kinds());

                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN,
                            "the command `%s` has the unknown `cmd` `%s`; %s%s", command->name,
                            command->cmd != NULL ? command->cmd : "",
                            closest != NULL ? "did you mean " : "there are ",
                            closest != NULL ? closest : names);
                return NULL;
        }
        if (command->n_args > kinds[kind].n_args_max) {
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_ARGUMENT,
                            "the command `%s`: `%s` takes at most %zu arguments", command->name,
                            command->cmd, kinds[kind].n_args_max);
                return NULL;
        }
        results = kinds[kind].run(command, store, host, error);
        if (results == NULL)
                g_prefix_error(error, "the command `%s`: ", command->name);
        return results;
}
