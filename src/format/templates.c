#include "format/templates.h"

#include <string.h>

/* ---- Names, for who brings no functions ---- */

static bool is_not_rendered(TemplateCall *call, Value *ret)
{
        return template_call_fail(call, "only checked, not rendered");
}

#define NAME(word)                                                                                 \
        {                                                                                          \
                word, "a*", "a", is_not_rendered, 0, NULL, NULL, NULL, NULL                        \
        }

/* Those of the application and those that need a clock, randomness or keys; the pure ones come
 * from the template library */
static const TemplateFunction known_names[] = {
        NAME("ConfigOption"),
        NAME("ConfigOptionData"),
        NAME("ConfigOptionEquals"),
        NAME("ConfigOptionNotEquals"),
        NAME("LicenseFieldValue"),
        NAME("LicenseProperty"),
        NAME("ConsoleSetting"),
        NAME("ConsoleSettingEquals"),
        NAME("ConsoleSettingNotEquals"),
        NAME("LdapCopyAuthFrom"),
        NAME("RunOffline"),
        NAME("DockerInfo"),
        NAME("AppID"),
        NAME("AppVersion"),
        NAME("AppVersionFirst"),
        NAME("AppVersionCurrent"),
        NAME("AppSetting"),
        NAME("NodePrivateIPAddress"),
        NAME("NodePrivateIPAddressFirst"),
        NAME("NodePrivateIPAddressAll"),
        NAME("NodePublicIPAddress"),
        NAME("NodePublicIPAddressFirst"),
        NAME("NodePublicIPAddressAll"),
        NAME("ContainerExposedPort"),
        NAME("ContainerExposedPortFirst"),
        NAME("ContainerExposedPortAll"),
        NAME("ThisNodePrivateIPAddress"),
        NAME("ThisNodePublicIPAddress"),
        NAME("ThisNodeDockerAddress"),
        NAME("ThisHostInterfaceAddress"),
        NAME("HostPrivateIpAddress"),
        NAME("HostPrivateIpAddressAll"),
        NAME("HostPublicIpAddress"),
        NAME("HostPublicIpAddressAll"),
        NAME("ThisHostPrivateIpAddress"),
        NAME("ThisHostPublicIpAddress"),
        NAME("Namespace"),
        NAME("SwarmIngressAddress"),
        NAME("PremkitAPIAddress"),
        NAME("PremkitNetworkName"),
        NAME("StatsdAddress"),
        NAME("StatsdNetworkName"),
        NAME("TrimSpace"),
        NAME("Trim"),
        NAME("Split"),
        NAME("ToLower"),
        NAME("ToUpper"),
        NAME("UrlEncode"),
        NAME("Base64Encode"),
        NAME("Base64Decode"),
        NAME("HumanSize"),
        NAME("ParseBool"),
        NAME("ParseFloat"),
        NAME("ParseInt"),
        NAME("ParseUint"),
        NAME("Add"),
        NAME("Sub"),
        NAME("Mult"),
        NAME("Div"),
        NAME("Now"),
        NAME("NowFmt"),
        NAME("now"),
        NAME("date"),
        NAME("dateInZone"),
        NAME("date_in_zone"),
        NAME("dateModify"),
        NAME("date_modify"),
        NAME("htmlDate"),
        NAME("htmlDateInZone"),
        NAME("ago"),
        NAME("durationRound"),
        NAME("toDate"),
        NAME("unixEpoch"),
        NAME("uuidv4"),
        NAME("randAlpha"),
        NAME("randAlphaNum"),
        NAME("randAscii"),
        NAME("randNumeric"),
        NAME("randBytes"),
        NAME("randInt"),
        NAME("shuffle"),
        NAME("derivePassword"),
        NAME("genPrivateKey"),
        NAME("genCA"),
        NAME("genCAWithKey"),
        NAME("genSelfSignedCert"),
        NAME("genSelfSignedCertWithKey"),
        NAME("genSignedCert"),
        NAME("genSignedCertWithKey"),
        NAME("buildCustomCert"),
        NAME("encryptAES"),
        NAME("decryptAES"),
        NAME("bcrypt"),
        NAME("htpasswd"),
        { NULL },
};

static const struct {
        const char *old, *name;
} deprecated[] = {
        { "HostPrivateIpAddress", "NodePrivateIPAddress" },
        { "HostPrivateIpAddressAll", "NodePrivateIPAddressAll" },
        { "HostPublicIpAddress", "NodePublicIPAddress" },
        { "HostPublicIpAddressAll", "NodePublicIPAddressAll" },
        { "ThisHostPrivateIpAddress", "ThisNodePrivateIPAddress" },
        { "ThisHostPublicIpAddress", "ThisNodePublicIPAddress" },
        { "ThisHostInterfaceAddress", "ThisNodePrivateIPAddress" },
};

/* ---- One call ---- */

typedef struct Check {
        Reader *reader;
        Reporter reporter;
        const Application *app;
        const TemplateUse *use;
        const ContainerIndex *containers;
        const Dominance *dominance;
} Check;

static SourcePos place_of(const Check *check, size_t offset)
{
        const YamlStream *stream = check->reader->reporter.stream;
        SourcePos pos = report_is_full(&check->reporter)
                                ? yaml_pos(stream, check->use->node)
                                : yaml_pos_in_scalar(stream, check->use->node, offset);

        pos.file = check->reader->file;
        return pos;
}

static unsigned width_of(const char *text, size_t len)
{
        const char *end = memchr(text, '\n', len);

        return g_utf8_strlen(text, end != NULL ? end - text : (gssize) len);
}

static bool is_one_of(const char *name, const char *const *names)
{
        return g_strv_contains(names, name);
}

static void check_setting(const Check *check, const TemplateCallSite *site)
{
        const char *name = site->n_args > 0 ? site->literals[0] : NULL;
        const char *closest;

        if (name == NULL || refs_has_item(check->reader->refs, name))
                return;
        closest = report_is_full(&check->reporter) ? NULL
                                                   : refs_closest_item(check->reader->refs, name);
        report(&check->reporter, "unknown-setting", place_of(check, site->offset),
               width_of(site->source, site->source_len), NULL, "there is no setting `%s`%s%s%s",
               name, closest != NULL ? "; did you mean `" : "", closest != NULL ? closest : "",
               closest != NULL ? "`?" : "");
}

static const GArray *find_containers(const Check *check, const TemplateCallSite *site)
{
        const char *component = site->literals[0], *image = site->literals[1], *closest;
        const GArray *found = container_index_find(check->containers, component, image);
        const Refs *refs = check->reader->refs;
        g_autofree char *hint = g_strdup("");

        if (found != NULL)
                return found;
        closest = report_is_full(&check->reporter) ? NULL
                  : refs_has_component(refs, component)
                          ? refs_closest_container(refs, component, image)
                          : refs_closest_component(refs, component);
        if (refs_image_of_name(refs, component, image) != NULL)
                closest = refs_image_of_name(refs, component, image);
        if (closest != NULL) {
                g_free(hint);
                hint = g_strdup_printf("; did you mean `%s`?", closest);
        }
        report(&check->reporter, "unknown-container", place_of(check, site->offset),
               width_of(site->source, site->source_len), NULL,
               "there is no container `%s` in a component `%s`%s", image, component, hint);
        return NULL;
}

/* Whether the host port of a private port stands in the file */
static bool has_fixed_port(const Workload *w, const char *private_port)
{
        for (size_t i = 0; private_port != NULL && i < w->n_ports; i++) {
                const Port *port = &w->ports[i];

                if (g_strcmp0(port->private_port.raw, private_port) == 0 &&
                    port->public_port.raw != NULL && port->public_port.raw[0] != '\0')
                        return true;
        }
        return false;
}

static void check_place(const Check *check, const TemplateCallSite *site, bool is_port)
{
        const GArray *found;
        const Workload *user, *target;
        unsigned i;

        if (site->n_args < 2 || site->literals[0] == NULL || site->literals[1] == NULL)
                return;
        found = find_containers(check, site);
        if (found == NULL || check->use->workload < 0)
                return;
        i = g_array_index(found, unsigned, 0);
        user = &check->app->workloads[check->use->workload];
        target = &check->app->workloads[i];
        if (dominance_is_before(check->dominance, i, check->use->workload))
                return;
        if (is_port && user == target) {
                if (!has_fixed_port(target, site->n_args > 2 ? site->literals[2] : NULL))
                        report(&check->reporter, "unordered-port", place_of(check, site->offset),
                               width_of(site->source, site->source_len), NULL,
                               "a container's own host port is not known before it starts; "
                               "give the port a `public_port`");
        } else if (is_port &&
                   !has_fixed_port(target, site->n_args > 2 ? site->literals[2] : NULL)) {
                report(&check->reporter, "unordered-port", place_of(check, site->offset),
                       width_of(site->source, site->source_len), NULL,
                       "nothing makes %s start before %s, and its host port is not known until "
                       "then; subscribe %s to an event of it, or give the port a `public_port`",
                       target->id, user->id, user->id);
        } else if (user != target) {
                report(&check->reporter, "unordered-reference", place_of(check, site->offset),
                       width_of(site->source, site->source_len), NULL,
                       "nothing makes %s start before %s, which asks for it here", target->id,
                       user->id);
        }
}

static bool check_call(const TemplateCallSite *site, void *data)
{
        static const char *const settings[] = { "ConfigOption", "ConfigOptionData",
                                                "ConfigOptionEquals", "ConfigOptionNotEquals",
                                                NULL };
        static const char *const ports[] = { "ContainerExposedPort", "ContainerExposedPortFirst",
                                             "ContainerExposedPortAll", NULL };
        static const char *const addresses[] = {
                "NodePrivateIPAddress",
                "NodePrivateIPAddressFirst",
                "NodePrivateIPAddressAll",
                "NodePublicIPAddress",
                "NodePublicIPAddressFirst",
                "NodePublicIPAddressAll",
                "HostPrivateIpAddress",
                "HostPrivateIpAddressAll",
                "HostPublicIpAddress",
                "HostPublicIpAddressAll",
                NULL,
        };
        const Check *check = data;
        const char *name = site->function->name;

        /* nothing more would be shown, nor change the verdict */
        if (report_is_full(&check->reporter) &&
            (diag_has_errors(check->reporter.diags) || check->reporter.purpose == FORMAT_LINT))
                return false;

        for (size_t i = 0; i < G_N_ELEMENTS(deprecated); i++) {
                if (strcmp(name, deprecated[i].old) == 0)
                        report(&check->reporter, "deprecated", place_of(check, site->offset),
                               strlen(name), NULL, "`%s` is an old name; write `%s`", name,
                               deprecated[i].name);
        }
        if (is_one_of(name, settings))
                check_setting(check, site);
        else if (is_one_of(name, ports))
                check_place(check, site, true);
        else if (is_one_of(name, addresses))
                check_place(check, site, false);
        return true;
}

/* ---- All templates ---- */

static void check_template(const Check *check, const TemplateFunctions *functions)
{
        const YamlNode *node = check->use->node;
        g_auto(TemplateError) error = { 0 };
        g_autoptr(Template) template = template_parse("", node->text, node->len, functions, &error);

        if (template == NULL)
                report(&check->reporter, "template-syntax", place_of(check, error.offset),
                       MAX(width_of(error.text, strlen(error.text)), 1), NULL, "%s", error.message);
        else
                template_foreach_call(template, check_call, (void *) check);
}

TemplateFunctions *templates_known_functions(void)
{
        const TemplateFunction *tables[32];
        size_t n = 0;

        for (; template_pure_tables[n] != NULL; n++) {
                g_assert(n + 2 < G_N_ELEMENTS(tables));
                tables[n] = template_pure_tables[n];
        }
        tables[n++] = known_names;
        tables[n] = NULL;
        return template_functions_new(tables);
}

void templates_check(Reader *reader, const Application *app, const TemplateFunctions *functions)
{
        g_autoptr(TemplateFunctions) known = NULL;
        g_autoptr(ContainerIndex) containers = NULL;
        g_autoptr(Dominance) dominance = NULL;

        if (reader->templates->len == 0)
                return;
        containers = container_index_new(app);
        dominance = dominance_new(app);
        if (functions == NULL)
                functions = known = templates_known_functions();
        for (size_t i = 0; i < reader->templates->len; i++) {
                const TemplateUse *use = &g_array_index(reader->templates, TemplateUse, i);
                Check check = { reader, reader->reporter, app, use, containers, dominance };

                if (use->is_beside) /* it is not rendered, so that nothing can fail */
                        check.reporter.purpose = FORMAT_LINT;

                check_template(&check, functions);
        }
}
