/*
 * The application's functions
 */

#include <math.h>

#include "base/text.h"
#include "functions/functions.h"
#include "template/call.h"
#include "template/escape.h"
#include "template/number-format.h"
#include "template/number.h"
#include "template/rune.h"

static const FunctionProvider *provider(const TemplateCall *call)
{
        static const FunctionProvider nobody = { 0 };

        return call->user != NULL ? call->user : &nobody;
}

/* What to give for an answer that is a text: nothing known is "" */
static bool answer_text(TemplateCall *call, FunctionAnswer answer, GString *text, Value *ret)
{
        if (answer == FUNCTION_NONE)
                g_string_truncate(text, 0);
        *ret = call_take(call, text);
        if (answer == FUNCTION_NOT_YET)
                return template_call_unresolved(call, "the answer is not known yet");
        return true;
}

typedef FunctionAnswer (*TextByName)(void *user, const char *name, GString *ret);

static FunctionAnswer ask(const TemplateCall *call, TextByName getter, const char *name,
                          GString *text)
{
        return getter == NULL ? FUNCTION_NONE : getter(provider(call)->user, name, text);
}

static bool text_by_name(TemplateCall *call, TextByName getter, Value *ret)
{
        GString *text = g_string_new(NULL);

        return answer_text(call, ask(call, getter, arg_cstring(call, 0), text), text, ret);
}

/* Whether an option has (or has not) a value; one that does not exist is neither */
static bool compare_by_name(TemplateCall *call, TextByName getter, bool wanted, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);
        FunctionAnswer answer = ask(call, getter, arg_cstring(call, 0), text);

        *ret = value_bool(
                answer == FUNCTION_KNOWN &&
                (text->len == ARG_LEN(1) && memcmp(text->str, ARG_S(1), text->len) == 0) == wanted);
        if (answer == FUNCTION_NOT_YET)
                return template_call_unresolved(call, "the answer is not known yet");
        return true;
}

static bool config_option(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->config_option, ret);
}

static bool config_option_data(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->config_option_data, ret);
}

static bool config_option_equals(TemplateCall *call, Value *ret)
{
        return compare_by_name(call, provider(call)->config_option, true, ret);
}

static bool config_option_not_equals(TemplateCall *call, Value *ret)
{
        return compare_by_name(call, provider(call)->config_option, false, ret);
}

static bool console_setting(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->console_setting, ret);
}

static bool console_setting_equals(TemplateCall *call, Value *ret)
{
        return compare_by_name(call, provider(call)->console_setting, true, ret);
}

static bool console_setting_not_equals(TemplateCall *call, Value *ret)
{
        return compare_by_name(call, provider(call)->console_setting, false, ret);
}

static bool license_field(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->license_field, ret);
}

static bool license_property(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->license_property, ret);
}

static bool app_setting(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->app_setting, ret);
}

static bool this_host_interface_address(TemplateCall *call, Value *ret)
{
        return text_by_name(call, provider(call)->this_node_interface, ret);
}

static bool app_id(TemplateCall *call, Value *ret)
{
        const FunctionProvider *p = provider(call);
        GString *text = g_string_new(NULL);
        FunctionAnswer answer = p->app_id == NULL ? FUNCTION_NONE : p->app_id(p->user, text);

        return answer_text(call, answer, text, ret);
}

static bool release(TemplateCall *call, FunctionRelease *ret)
{
        const FunctionProvider *p = provider(call);

        *ret = (FunctionRelease){ 0 };
        if (p->release != NULL && p->release(p->user, ret) == FUNCTION_NOT_YET)
                return template_call_unresolved(call, "the release is not known yet");
        return true;
}

static bool app_version(TemplateCall *call, Value *ret)
{
        FunctionRelease r;
        bool ok = release(call, &r);

        *ret = value_int(r.version);
        return ok;
}

static bool app_version_first(TemplateCall *call, Value *ret)
{
        FunctionRelease r;
        bool ok = release(call, &r);

        *ret = value_int(r.version_first);
        return ok;
}

static bool app_version_current(TemplateCall *call, Value *ret)
{
        FunctionRelease r;
        bool ok = release(call, &r);

        *ret = value_int(r.version_current);
        return ok;
}

static bool run_offline(TemplateCall *call, Value *ret)
{
        const FunctionProvider *p = provider(call);

        *ret = value_bool(p->run_offline != NULL && p->run_offline(p->user));
        return true;
}

/* All answers about a container, or the first of them */
static bool answer_list(TemplateCall *call, FunctionAnswer answer, const GPtrArray *list,
                        bool only_first, Value *ret)
{
        if (answer == FUNCTION_NOT_YET)
                return template_call_unresolved(call, "%s/%s is not up yet", arg_cstring(call, 0),
                                                arg_cstring(call, 1));
        if (only_first) {
                *ret = list->len == 0 ? value_string("")
                                      : value_string_copy(call->arena, list->pdata[0],
                                                          strlen(list->pdata[0]));
                return true;
        }
        *ret = value_list_new(call->arena, VALUE_STRINGS, list->len);
        for (guint i = 0; i < list->len; i++)
                value_list_add(
                        call->arena, ret->list,
                        value_string_copy(call->arena, list->pdata[i], strlen(list->pdata[i])));
        return true;
}

static bool node_addresses(TemplateCall *call, FunctionAddress which, bool only_first, Value *ret)
{
        const FunctionProvider *p = provider(call);
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
        FunctionAnswer answer = FUNCTION_NONE;

        if (p->node_addresses != NULL)
                answer = p->node_addresses(p->user, arg_cstring(call, 0), arg_cstring(call, 1),
                                           which, list);
        return answer_list(call, answer, list, only_first, ret);
}

static bool node_private_address(TemplateCall *call, Value *ret)
{
        return node_addresses(call, FUNCTION_ADDRESS_PRIVATE, true, ret);
}

static bool node_private_addresses(TemplateCall *call, Value *ret)
{
        return node_addresses(call, FUNCTION_ADDRESS_PRIVATE, false, ret);
}

static bool node_public_address(TemplateCall *call, Value *ret)
{
        return node_addresses(call, FUNCTION_ADDRESS_PUBLIC, true, ret);
}

static bool node_public_addresses(TemplateCall *call, Value *ret)
{
        return node_addresses(call, FUNCTION_ADDRESS_PUBLIC, false, ret);
}

static bool exposed_ports(TemplateCall *call, bool only_first, Value *ret)
{
        const FunctionProvider *p = provider(call);
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
        FunctionAnswer answer = FUNCTION_NONE;

        if (p->exposed_ports != NULL)
                answer = p->exposed_ports(p->user, arg_cstring(call, 0), arg_cstring(call, 1),
                                          arg_cstring(call, 2), list);
        return answer_list(call, answer, list, only_first, ret);
}

static bool container_exposed_port(TemplateCall *call, Value *ret)
{
        return exposed_ports(call, true, ret);
}

static bool container_exposed_ports(TemplateCall *call, Value *ret)
{
        return exposed_ports(call, false, ret);
}

static bool this_node(TemplateCall *call, FunctionAddress which, Value *ret)
{
        const FunctionProvider *p = provider(call);
        GString *text = g_string_new(NULL);
        FunctionAnswer answer = FUNCTION_NONE;

        if (p->this_node_address != NULL)
                answer = p->this_node_address(p->user, which, text);
        return answer_text(call, answer, text, ret);
}

static bool this_node_private(TemplateCall *call, Value *ret)
{
        return this_node(call, FUNCTION_ADDRESS_PRIVATE, ret);
}

static bool this_node_public(TemplateCall *call, Value *ret)
{
        return this_node(call, FUNCTION_ADDRESS_PUBLIC, ret);
}

static bool this_node_docker(TemplateCall *call, Value *ret)
{
        return this_node(call, FUNCTION_ADDRESS_DOCKER, ret);
}

static bool swarm(TemplateCall *call, FunctionSwarm what, Value *ret)
{
        const FunctionProvider *p = provider(call);
        GString *text = g_string_new(NULL);
        FunctionAnswer answer = p->swarm == NULL ? FUNCTION_NONE : p->swarm(p->user, what, text);

        return answer_text(call, answer, text, ret);
}

#define SWARM_FUNCTION(name, what)                                                                 \
        static bool name(TemplateCall *call, Value *ret)                                           \
        {                                                                                          \
                return swarm(call, what, ret);                                                     \
        }

SWARM_FUNCTION(swarm_namespace, FUNCTION_SWARM_NAMESPACE)
SWARM_FUNCTION(swarm_ingress, FUNCTION_SWARM_INGRESS_ADDRESS)
SWARM_FUNCTION(premkit_address, FUNCTION_SWARM_PREMKIT_ADDRESS)
SWARM_FUNCTION(premkit_network, FUNCTION_SWARM_PREMKIT_NETWORK)
SWARM_FUNCTION(statsd_address, FUNCTION_SWARM_STATSD_ADDRESS)
SWARM_FUNCTION(statsd_network, FUNCTION_SWARM_STATSD_NETWORK)

static bool ldap_copy_auth_from(TemplateCall *call, Value *ret)
{
        const FunctionProvider *p = provider(call);
        const json_t *ldap = p->ldap == NULL ? NULL : p->ldap(p->user);
        const json_t *value = json_object_get(ldap, arg_cstring(call, 0));

        if (value == NULL)
                *ret = value_string("");
        else if (json_is_array(value))
                *ret = functions_strings_from_json(call->arena, value);
        else
                *ret = functions_value_from_json(call->arena, value);
        return true;
}

/* What DockerInfo's template may take: it has a limit of its own, which counts as taken, or a loop
 * within a loop would have the product of both */
#define DOCKER_INFO_STEPS 10000

/* A template of its own, in Go's delimiters, over the engine's description; its braces may be left
 * out around a single expression */
static bool docker_info(TemplateCall *call, Value *ret)
{
        const FunctionProvider *p = provider(call);
        const char *format = arg_cstring(call, 0);
        g_autofree char *wrapped = NULL;
        g_auto(GStrv) parts = NULL;
        g_autofree char *text = NULL;
        g_autoptr(TemplateFunctions) functions = template_functions_new(NULL);
        g_auto(TemplateError) error = { 0 };
        TemplateContext context = { .arena = call->arena, .limits.steps = DOCKER_INFO_STEPS };
        GString *out = NULL;
        bool ok;

        if (!template_call_charge(call, DOCKER_INFO_STEPS))
                return false;
        out = g_string_new(NULL);
        if (strstr(format, "{{") == NULL)
                format = wrapped = g_strdup_printf("{{%s}}", format);
        parts = g_strsplit(format, "{{", -1);
        text = g_strjoinv("{{repl ", parts);
        if (p->docker_info != NULL)
                context.dot = functions_value_from_json(call->arena, p->docker_info(p->user));
        ok = template_expand("DockerInfo", text, strlen(text), functions, &context, out, &error);
        *ret = call_take(call, out);
        if (!ok)
                return template_call_fail(call, "in its own template: %s", error.message);
        return true;
}

/* Go's strings.TrimSpace */
static Value trim_space(Value s)
{
        size_t width;

        while (s.len > 0 && rune_is_space(rune_decode(s.s, s.len, &width))) {
                s.s += width;
                s.len -= (uint32_t) width;
        }
        while (s.len > 0 && rune_is_space(rune_decode_last(s.s, s.len, &width)))
                s.len -= (uint32_t) width;
        return s;
}

static bool trim_space_function(TemplateCall *call, Value *ret)
{
        *ret = trim_space(ARG(0));
        return true;
}

static bool in_set(gunichar r, Value set)
{
        size_t width;

        for (size_t i = 0; i < set.len; i += width)
                if (rune_decode(set.s + i, set.len - i, &width) == r)
                        return true;
        return false;
}

/* The first extra argument is the set of characters; others are ignored */
static bool trim(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        size_t width;

        if (call->n_args == 1)
                return trim_space_function(call, ret);
        while (s.len > 0 && in_set(rune_decode(s.s, s.len, &width), ARG(1))) {
                s.s += width;
                s.len -= (uint32_t) width;
        }
        while (s.len > 0 && in_set(rune_decode_last(s.s, s.len, &width), ARG(1)))
                s.len -= (uint32_t) width;
        *ret = s;
        return true;
}

static bool url_encode(TemplateCall *call, Value *ret)
{
        GString *out;

        if (!template_call_reserve(call, ARG_LEN(0) * 3))
                return false;
        out = g_string_new(NULL);
        escape_query(out, ARG_S(0), ARG_LEN(0));
        *ret = call_take(call, out);
        return true;
}

static bool parse_bool(TemplateCall *call, Value *ret)
{
        bool value = false;

        *ret = value_bool(text_parse_bool(arg_cstring(call, 0), &value) && value);
        return true;
}

static bool parse_float(TemplateCall *call, Value *ret)
{
        double f;

        number_parse_float(ARG_S(0), ARG_LEN(0), &f);
        *ret = value_float(f);
        return true;
}

static bool base_arg(TemplateCall *call, int *ret)
{
        int64_t base = call->n_args > 1 ? ARG_I(1) : 10;

        *ret = (int) base;
        return base == 0 || (base >= 2 && base <= 36);
}

static bool parse_int(TemplateCall *call, Value *ret)
{
        int64_t i = 0;
        int base;

        if (base_arg(call, &base))
                number_parse_int(ARG_S(0), ARG_LEN(0), base, &i);
        *ret = value_int64(i);
        return true;
}

static bool parse_uint(TemplateCall *call, Value *ret)
{
        uint64_t u = 0;
        int base;

        if (base_arg(call, &base))
                number_parse_uint(ARG_S(0), ARG_LEN(0), base, &u);
        *ret = value_uint64(u);
        return true;
}

/* A numeric text counts as the number; what is none, as the whole number 0 with *ret_number false */
static Value operand(Value v, bool *ret_number)
{
        double f;
        int64_t i;

        *ret_number = true;
        if (value_is_signed(v))
                return value_int64(v.i);
        if (value_is_unsigned(v))
                return value_uint64(v.u);
        if (v.type == VALUE_FLOAT64)
                return v;
        if (v.type == VALUE_STRING) {
                if (number_parse_int(v.s, v.len, 10, &i) == NUMBER_OK)
                        return value_int64(i);
                if (number_parse_float(v.s, v.len, &f) == NUMBER_OK)
                        return value_float(f);
        }
        *ret_number = false;
        return value_int64(0);
}

static double as_float(Value v)
{
        return v.type == VALUE_FLOAT64 ? v.f : v.type == VALUE_UINT64 ? (double) v.u : (double) v.i;
}

static double float_op(char op, double a, double b)
{
        return op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b;
}

static uint64_t integer_op(char op, uint64_t a, uint64_t b, bool is_unsigned)
{
        switch (op) {
        case '+':
                return a + b;
        case '-':
                return a - b;
        case '*':
                return a * b;
        default:
                if (is_unsigned)
                        return a / b;
                if ((int64_t) b == -1) /* the smallest by -1 wraps, as in Go */
                        return 0 - a;
                return (uint64_t) ((int64_t) a / (int64_t) b);
        }
}

/* Any float makes it float; else whole numbers, unsigned where both are */
static bool arithmetic(TemplateCall *call, char op, Value *ret)
{
        bool a_number, b_number, is_unsigned;
        Value a = operand(ARG(0), &a_number), b = operand(ARG(1), &b_number);
        uint64_t result;

        *ret = value_int64(0);
        if (!a_number)
                return true;
        if (a.type == VALUE_FLOAT64 || b.type == VALUE_FLOAT64) {
                *ret = value_float(float_op(op, as_float(a), as_float(b)));
                return true;
        }
        if (op == '/' && b.u == 0)
                return template_call_fail(call, "division by zero");
        is_unsigned = a.type == VALUE_UINT64 && (b.type == VALUE_UINT64 || !b_number);
        result = integer_op(op, a.u, b.u, is_unsigned);
        *ret = is_unsigned ? value_uint64(result) : value_int64((int64_t) result);
        return true;
}

static bool add(TemplateCall *call, Value *ret)
{
        return arithmetic(call, '+', ret);
}

static bool sub(TemplateCall *call, Value *ret)
{
        return arithmetic(call, '-', ret);
}

static bool mult(TemplateCall *call, Value *ret)
{
        return arithmetic(call, '*', ret);
}

static bool divide(TemplateCall *call, Value *ret)
{
        return arithmetic(call, '/', ret);
}

/* Decimal units, four significant digits; the unit is chosen before rounding */
static bool human_size(TemplateCall *call, Value *ret)
{
        static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB" };
        bool is_number;
        double size = as_float(operand(ARG(0), &is_number));
        GString *text = g_string_new(NULL);
        size_t unit = 0;

        while (size >= 1000 && unit + 1 < G_N_ELEMENTS(units)) {
                size /= 1000;
                unit++;
        }
        number_format_float(text, size, 'g', 4);
        g_string_append(text, units[unit]);
        *ret = call_take(call, text);
        return true;
}

#define SETTINGS "settings and license"
#define NODES    "nodes and ports"
#define SWARM    "swarm"
#define TEXT     "application: text and numbers"

const TemplateFunction functions_app[] = {
        { "ConfigOption", "s", "s", config_option, TEMPLATE_FN_SETTING, SETTINGS,
          "The value of a setting; \"\" where there is none of that name",
          "ConfigOption \"hostname\"", "app.example.com" },
        { "ConfigOptionData", "s", "s", config_option_data, TEMPLATE_FN_SETTING, SETTINGS,
          "The content of a setting that is a file", NULL, NULL },
        { "ConfigOptionEquals", "ss", "b", config_option_equals, TEMPLATE_FN_SETTING, SETTINGS,
          "Whether a setting has exactly this value", "ConfigOptionEquals \"http_enabled\" \"1\"",
          "true" },
        { "ConfigOptionNotEquals", "ss", "b", config_option_not_equals, TEMPLATE_FN_SETTING,
          SETTINGS, "Whether a setting has another value; false where there is no such setting",
          "ConfigOptionNotEquals \"http_enabled\" \"1\"", "false" },
        { "LicenseFieldValue", "s", "s", license_field, TEMPLATE_FN_SETTING, SETTINGS,
          "A field of the license", "LicenseFieldValue \"tier\"", "gold" },
        { "LicenseProperty", "s", "s", license_property, TEMPLATE_FN_SETTING, SETTINGS,
          "assignee, channel.name, expiration.date, expiration.policy or license.id",
          "LicenseProperty \"channel.name\"", "Stable" },
        { "ConsoleSetting", "s", "s", console_setting, TEMPLATE_FN_SETTING, SETTINGS,
          "A setting of the console, such as tls.hostname", "ConsoleSetting \"tls.source\"",
          "self-signed" },
        { "ConsoleSettingEquals", "ss", "b", console_setting_equals, TEMPLATE_FN_SETTING, SETTINGS,
          "Whether a setting of the console has exactly this value",
          "ConsoleSettingEquals \"tls.source\" \"self-signed\"", "true" },
        { "ConsoleSettingNotEquals", "ss", "b", console_setting_not_equals, TEMPLATE_FN_SETTING,
          SETTINGS, "Whether a setting of the console has another value",
          "ConsoleSettingNotEquals \"tls.source\" \"self-signed\"", "false" },
        { "LdapCopyAuthFrom", "s", "a", ldap_copy_auth_from, TEMPLATE_FN_SETTING, SETTINGS,
          "A setting of the directory, such as Hostname", "LdapCopyAuthFrom \"Port\"", "389" },
        { "RunOffline", "", "b", run_offline, TEMPLATE_FN_SETTING, SETTINGS,
          "Whether the installation has no way to the internet", "RunOffline", "false" },
        { "DockerInfo", "s", "s", docker_info, TEMPLATE_FN_PLACE, NODES,
          "A field of the engine's description", "DockerInfo \".OSType\"", "linux" },
        { "AppID", "", "s", app_id, TEMPLATE_FN_SETTING, SETTINGS, "The application's id", "AppID",
          "f3a1c9d2e4b5" },
        { "AppVersion", "", "i", app_version, TEMPLATE_FN_RELEASE, SETTINGS,
          "The number of the release that is being rendered", "AppVersion", "17" },
        { "AppVersionFirst", "", "i", app_version_first, TEMPLATE_FN_RELEASE, SETTINGS,
          "The number of the release that was installed first", "AppVersionFirst", "3" },
        { "AppVersionCurrent", "", "i", app_version_current, TEMPLATE_FN_RELEASE, SETTINGS,
          "The number of the release that is installed now", "AppVersionCurrent", "16" },
        { "AppSetting", "s", "s", app_setting, TEMPLATE_FN_RELEASE, SETTINGS,
          "version.label, release.notes, release.date, install.date or release.channel",
          "AppSetting \"release.channel\"", "Beta" },

        { "NodePrivateIPAddress", "ss", "s", node_private_address, TEMPLATE_FN_PLACE, NODES,
          "The private address of the node that runs a container, by component and image",
          "NodePrivateIPAddress \"DB\" \"redis\"", "10.0.0.11" },
        { "NodePrivateIPAddressFirst", "ss", "s", node_private_address, TEMPLATE_FN_PLACE, NODES,
          "The same, of the first node", "NodePrivateIPAddressFirst \"DB\" \"redis\"",
          "10.0.0.11" },
        { "NodePrivateIPAddressAll", "ss", "S", node_private_addresses, TEMPLATE_FN_PLACE, NODES,
          "The same, of all nodes", "NodePrivateIPAddressAll \"DB\" \"redis\" | len", "3" },
        { "NodePublicIPAddress", "ss", "s", node_public_address, TEMPLATE_FN_PLACE, NODES,
          "The public address of the node that runs a container",
          "NodePublicIPAddress \"Web\" \"nginx\"", "198.51.100.5" },
        { "NodePublicIPAddressFirst", "ss", "s", node_public_address, TEMPLATE_FN_PLACE, NODES,
          "The same, of the first node", "NodePublicIPAddressFirst \"Web\" \"nginx\"",
          "198.51.100.5" },
        { "NodePublicIPAddressAll", "ss", "S", node_public_addresses, TEMPLATE_FN_PLACE, NODES,
          "The same, of all nodes", "NodePublicIPAddressAll \"Web\" \"nginx\"", "[198.51.100.5]" },
        { "ContainerExposedPort", "sss", "s", container_exposed_port, TEMPLATE_FN_PLACE, NODES,
          "The host's port for a container's port, by component, image and private port",
          "ContainerExposedPort \"Web\" \"nginx\" \"80\"", "8080" },
        { "ContainerExposedPortFirst", "sss", "s", container_exposed_port, TEMPLATE_FN_PLACE, NODES,
          "The same, of the first node", "ContainerExposedPortFirst \"Web\" \"nginx\" \"80\"",
          "8080" },
        { "ContainerExposedPortAll", "sss", "S", container_exposed_ports, TEMPLATE_FN_PLACE, NODES,
          "The same, of all nodes",
          "ContainerExposedPortAll \"DB\" \"redis\" \"6379\" | join \",\"", "32768,32770,32772" },
        { "ThisNodePrivateIPAddress", "", "s", this_node_private, TEMPLATE_FN_PLACE, NODES,
          "The private address of the node that the text is for", "ThisNodePrivateIPAddress",
          "10.0.0.11" },
        { "ThisNodePublicIPAddress", "", "s", this_node_public, TEMPLATE_FN_PLACE, NODES,
          "Its public address", "ThisNodePublicIPAddress", "203.0.113.11" },
        { "ThisNodeDockerAddress", "", "s", this_node_docker, TEMPLATE_FN_PLACE, NODES,
          "Its address on the engine's bridge", "ThisNodeDockerAddress", "172.17.0.1" },
        { "ThisHostInterfaceAddress", "s", "s", this_host_interface_address, TEMPLATE_FN_PLACE,
          NODES, "Its address on a network interface (deprecated)",
          "ThisHostInterfaceAddress \"eth0\"", "10.0.0.11" },
        { "HostPrivateIpAddress", "ss", "s", node_private_address, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: NodePrivateIPAddress", NULL, NULL },
        { "HostPrivateIpAddressAll", "ss", "S", node_private_addresses, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: NodePrivateIPAddressAll", NULL, NULL },
        { "HostPublicIpAddress", "ss", "s", node_public_address, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: NodePublicIPAddress", NULL, NULL },
        { "HostPublicIpAddressAll", "ss", "S", node_public_addresses, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: NodePublicIPAddressAll", NULL, NULL },
        { "ThisHostPrivateIpAddress", "", "s", this_node_private, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: ThisNodePrivateIPAddress", NULL, NULL },
        { "ThisHostPublicIpAddress", "", "s", this_node_public, TEMPLATE_FN_PLACE, NODES,
          "Deprecated: ThisNodePublicIPAddress", NULL, NULL },

        { "Namespace", "", "s", swarm_namespace, TEMPLATE_FN_SETTING, SWARM,
          "The name of the stack", NULL, NULL },
        { "SwarmIngressAddress", "", "s", swarm_ingress, TEMPLATE_FN_PLACE, SWARM,
          "An address at which the swarm's published ports answer", NULL, NULL },
        { "PremkitAPIAddress", "", "s", premkit_address, TEMPLATE_FN_PLACE, SWARM,
          "The base URL of the integration API", NULL, NULL },
        { "PremkitNetworkName", "", "s", premkit_network, TEMPLATE_FN_PLACE, SWARM,
          "The network on which it is reached", NULL, NULL },
        { "StatsdAddress", "", "s", statsd_address, TEMPLATE_FN_PLACE, SWARM,
          "Host and port of the metrics collector", NULL, NULL },
        { "StatsdNetworkName", "", "s", statsd_network, TEMPLATE_FN_PLACE, SWARM,
          "The network on which it is reached", NULL, NULL },

        { "TrimSpace", "s", "s", trim_space_function, 0, TEXT, "Without blanks at both ends",
          "TrimSpace \"  a \"", "a" },
        { "Trim", "ss*", "s", trim, 0, TEXT,
          "Without blanks at both ends, or without the characters of the second argument; a piped "
          "value is the last argument",
          "Trim \"..a..\" \".\"", "a" },
        { "UrlEncode", "s", "s", url_encode, 0, TEXT, "Text for a URL's query",
          "UrlEncode \"a b&c\"", "a+b%26c" },
        { "HumanSize", "a", "s", human_size, 0, TEXT, "Bytes as people read them: decimal units",
          "HumanSize 2746000", "2.746MB" },
        { "ParseBool", "s", "b", parse_bool, 0, TEXT,
          "1 t T true TRUE True are true, anything else is false", "ParseBool \"t\"", "true" },
        { "ParseFloat", "s", "f", parse_float, 0, TEXT,
          "Text to decimal number; 0 where it is none", "ParseFloat \"2.50\"", "2.5" },
        { "ParseInt", "si*", "l", parse_int, 0, TEXT,
          "Text to whole number, by a base (10); 0 where it is none", "ParseInt \"ff\" 16", "255" },
        { "ParseUint", "si*", "u", parse_uint, 0, TEXT, "The same without sign", "ParseUint \"7\"",
          "7" },
        { "Add", "aa", "a", add, 0, TEXT, "Sum; numeric text counts as a number", "Add \"7\" 2",
          "9" },
        { "Sub", "aa", "a", sub, 0, TEXT, "Difference", "Sub 7 2", "5" },
        { "Mult", "aa", "a", mult, 0, TEXT, "Product", "Mult 7 2", "14" },
        { "Div", "aa", "a", divide, 0, TEXT, "Quotient; of whole numbers cut off towards zero",
          "Div 7 2", "3" },
        { NULL },
};
