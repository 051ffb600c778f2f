#include "format/relations.h"

#include <string.h>

#include "base/text.h"
#include "format/rules.h"
#include "format/scalars.h"

static SourcePos pos_of(const Reader *r, const YamlNode *node)
{
        return (SourcePos){ r->file, node->line, node->col };
}

/* `…; did you mean X?` or nothing; (transfer full) */
static char *guess(const char *closest)
{
        return closest == NULL ? g_strdup("") : g_strdup_printf("; did you mean `%s`?", closest);
}

/* ---- Components and containers ---- */

static bool check_component(Reader *r, const YamlNode *node, const char *name, const Path *path)
{
        const char *comma = strchr(name, ',');
        g_autofree char *cut = comma == NULL ? g_strdup(name) : g_strndup(name, comma - name);
        g_autofree char *hint = NULL;

        /* the reference looks up the part before a comma, and nothing at all for a Swarm */
        if ((comma == NULL && refs_is_swarm(r->refs)) || refs_has_component(r->refs, cut))
                return true;
        if (name[0] == '\0') {
                report(&r->reporter, "componentexists", pos_of(r, node), 1, path,
                       "`component` is missing or empty; it is the name of a component");
                return false;
        }
        hint = guess(report_is_full(&r->reporter) ? NULL : refs_closest_component(r->refs, cut));
        report(&r->reporter, "componentexists", pos_of(r, node), yaml_width(node), path,
               "there is no component `%s`%s", name, hint);
        return false;
}

static bool check_container(Reader *r, const YamlNode *node, const char *component,
                            const char *image, const Path *path)
{
        const char *other;
        g_autofree char *hint = NULL;

        if (!refs_has_component(r->refs, component) ||
            refs_has_container(r->refs, component, image))
                return true;
        if (image[0] == '\0') {
                report(&r->reporter, "containerexists", pos_of(r, node), 1, path,
                       "`container` is missing or empty; it is the image_name of a container of "
                       "component `%s`",
                       component);
                return false;
        }
        other = refs_image_of_name(r->refs, component, image);
        if (other != NULL)
                hint = g_strdup_printf("; a container is referred to by its image_name: `%s`",
                                       other);
        else
                hint = guess(report_is_full(&r->reporter)
                                     ? NULL
                                     : refs_closest_container(r->refs, component, image));
        report(&r->reporter, "containerexists", pos_of(r, node), yaml_width(node), path,
               "component `%s` has no container `%s`%s", component, image, hint);
        return false;
}

static bool check_monitor(Reader *r, const YamlNode *node, const char *text, const Path *path)
{
        const char *comma = strchr(text, ',');
        g_autofree char *component = NULL;

        if (comma == NULL) {
                if (refs_is_swarm(r->refs))
                        return true;
                report(&r->reporter, "componentcontainer", pos_of(r, node), yaml_width(node), path,
                       "`%s` is not of the form `component,image`", text);
                return false;
        }
        component = g_strndup(text, comma - text);
        return check_component(r, node, text, path) &&
               check_container(r, node, component, comma + 1, path);
}

static bool check_volumes_from(Reader *r, const YamlNode *node, const char *name, const Path *path)
{
        g_autofree char *self = NULL;

        if (name[0] == '\0') {
                report(&r->reporter, "required", pos_of(r, node), 1, path,
                       "an empty item; it is the `name` of another container");
                return false;
        }
        if (text_has_template(name))
                return true;
        if (!refs_has_other_name(r->refs, name, r->container)) {
                report(&r->reporter, "containernameexists", pos_of(r, node), yaml_width(node), path,
                       "no other container has the name `%s`; `volumes_from` takes what stands in "
                       "a container's `name`",
                       name);
                return false;
        }
        self = g_strdup_printf("%s:%s", r->component,
                               yaml_text(yaml_get(r->container, "image_name")));
        if (refs_comes_after(r->refs, self, r->container, name))
                return true;
        report(&r->reporter, "requiressubscription", pos_of(r, node), yaml_width(node), path,
               "nothing makes this container start after `%s`; subscribe it, directly or not, to "
               "an event of that container",
               name);
        return false;
}

/* ---- Settings ---- */

static bool check_item_when(Reader *r, const YamlNode *node, const char *text, const Path *path)
{
        const char *split = strstr(text, "!=");
        g_autofree char *name = NULL, *trimmed = NULL, *hint = NULL;
        bool is_true;

        if (text[0] == '\0' || text_has_template(text) || text_parse_bool(text, &is_true))
                return true;
        if (split == NULL)
                split = strchr(text, '=');
        name = split == NULL ? g_strdup(text) : g_strndup(text, split - text);
        if (refs_has_item(r->refs, name))
                return true;
        trimmed = g_strstrip(g_strdup(name));
        if (strcmp(trimmed, name) != 0 && refs_has_item(r->refs, trimmed))
                hint = g_strdup("; write it without blanks");
        else
                hint = guess(report_is_full(&r->reporter) ? NULL
                                                          : refs_closest_item(r->refs, trimmed));
        report(&r->reporter, "configitemwhen", pos_of(r, node), yaml_width(node), path,
               "`%s` names a setting `%s` that does not exist%s", text, name, hint);
        return false;
}

bool relation_check(Reader *r, const KeySpec *key, const YamlNode *node, const char *text,
                    const Path *path)
{
        switch (key->rule) {
        case RULE_MONITOR:
                return check_monitor(r, node, text, path);
        case RULE_VOLUMES_FROM:
                return check_volumes_from(r, node, text, path);
        case RULE_ITEM_WHEN:
                return check_item_when(r, node, text, path);
        case RULE_NAME_UNIQUE:
                if (text[0] == '\0' || text_has_template(text) ||
                    !refs_has_other_name(r->refs, text, r->container))
                        return true;
                report(&r->reporter, "containernameunique", pos_of(r, node), yaml_width(node), path,
                       "another container has the name `%s`, too", text);
                return false;
        case RULE_ID_UNIQUE:
                if (text[0] == '\0' || refs_count_requirements(r->refs, text) < 2)
                        return true;
                report(&r->reporter, "customrequirementidunique", pos_of(r, node), yaml_width(node),
                       path, "another requirement has the id `%s`, too", text);
                return false;
        case RULE_NONE:
        case RULE_APIVERSION:
        case RULE_BOOL:
        case RULE_UINT:
        case RULE_ABSOLUTE_PATH:
        case RULE_IS_EMPTY:
        case RULE_FINGERPRINT:
        case RULE_ITEM_TYPE:
        case RULE_DOCKER_VERSION:
        case RULE_SEMVER_RANGE:
        case RULE_BYTES:
        case RULE_BYTES_OR_RAM:
        case RULE_SHELL_ALIAS:
        case RULE_URL:
        case RULE_TCP_PORT:
        case RULE_LABEL_SCALE:
        case RULE_COLOUR:
        case RULE_RETENTION:
        case RULE_AGGREGATION:
        case RULE_STRATEGY:
        case RULE_NODE_ROLE:
        case RULE_VOLUME_OPTIONS:
        case RULE_MAP_KEYS:
        case RULE_REFERENCE:
        case RULE_HAS_TARGET:
        case RULE_PUBLIC_PORT:
        case RULE_TEXT_BOOL:
        case RULE_TEXT_PORT:
        case RULE_TEXT_UINT:
        case RULE_TEXT_LIMIT:
        case RULE_TEXT_SIZE:
        case RULE_TEXT_MODE:
        case RULE_WORD:
        case RULE_EXIT_CODES:
                return true;
        }
        g_assert_not_reached();
}

/* ---- Lists ---- */

void relation_check_options(Reader *r, const YamlNode *list, const Path *path)
{
        static const char *const sorts[][7] = {
                { "rw", "ro", NULL },
                { "z", "Z", NULL },
                { "shared", "slave", "private", "rshared", "rslave", "rprivate", NULL },
                { "nocopy", NULL },
        };
        const char *first[G_N_ELEMENTS(sorts)] = { NULL };

        for (size_t i = 0; i < list->n_items; i++) {
                const YamlNode *item = list->items[i];
                size_t sort = 0;

                while (sort < G_N_ELEMENTS(sorts) && !g_strv_contains(sorts[sort], yaml_text(item)))
                        sort++;
                if (sort == G_N_ELEMENTS(sorts)) {
                        report(&r->reporter, "volumeoptions", pos_of(r, item), yaml_width(item),
                               path,
                               "`%s` is no mount option; there are `rw`, `ro`, `z`, `Z`, `nocopy`, "
                               "and `shared`, `slave`, `private`, each also with `r` before it",
                               yaml_text(item));
                        return;
                }
                if (first[sort] != NULL) {
                        report(&r->reporter, "volumeoptions", pos_of(r, item), yaml_width(item),
                               path, "`%s` and `%s` can't both stand here", first[sort],
                               yaml_text(item));
                        return;
                }
                first[sort] = yaml_text(item);
        }
}

bool relation_check_targets(Reader *r, const YamlNode *list, const Path *path)
{
        for (size_t i = 0; i < list->n_items; i++) {
                const YamlNode *targets = yaml_get(list->items[i], "targets");

                if (list->items[i]->kind != YAML_MAPPING && !yaml_is_null(list->items[i]))
                        continue; /* of another type, which is told */
                if (yaml_text(yaml_get(list->items[i], "target"))[0] == '\0' &&
                    (targets == NULL || targets->kind != YAML_SEQUENCE || targets->n_items == 0)) {
                        report(&r->reporter, "hastarget", pos_of(r, list->items[i]), 1, path,
                               "a graph without a metric; name it in `targets`");
                        return false;
                }
        }
        return true;
}

static void tell_codes(Reader *r, const YamlNode *node, const Path *path)
{
        report(&r->reporter, "bad-exit-codes", pos_of(r, node), yaml_width(node), path,
               "`success_exit_codes` is `any` or a list of numbers from 0 to 255, such as "
               "`[0, 3]`");
}

void relation_check_codes(Reader *r, const YamlNode *node, const Path *path)
{
        if (node->kind == YAML_SCALAR && strcmp(node->text, "any") == 0)
                return;
        if (node->kind != YAML_SEQUENCE || node->n_items == 0) {
                tell_codes(r, node, path);
                return;
        }
        for (size_t i = 0; i < node->n_items; i++) {
                Path at = { path, NULL, i };
                int64_t code;

                if (!scalar_to_int(node->items[i], &code) || code < 0 || code > 255)
                        tell_codes(r, node->items[i], &at);
        }
}

/* ---- Objects ---- */

/* The place of a key's value, or of the object where the key is missing */
static const YamlNode *value_or(const YamlNode *node, const char *key)
{
        const YamlNode *value = yaml_get(node, key);

        return value != NULL ? value : node;
}

static void check_subscription(Reader *r, const YamlNode *node, const Path *path)
{
        const char *component = yaml_text(yaml_get(node, "component"));
        const char *container = yaml_text(yaml_get(node, "container"));
        Path at_component = { path, "component", 0 }, at_container = { path, "container", 0 };

        check_component(r, value_or(node, "component"), component, &at_component);
        check_container(r, value_or(node, "container"), component, container, &at_container);
}

static bool is_there(const YamlNode *node)
{
        return node != NULL && !yaml_is_absent(node);
}

/* Which container a command of operators or of support runs in. It is written in several ways;
 * the reference makes one of them, `source.replicated`, and names its keys whatever was written. */
typedef struct Source {
        const YamlNode *component, *container; /* NULL: not given */
        const YamlNode *at;                    /* where a missing one would stand */
        bool is_native;
        const YamlNode *foreign; /* of another scheduler, without its selector */
} Source;

static const YamlNode *without_selector(const YamlNode *node)
{
        bool has_selector = is_there(yaml_get(node, "selector")) ||
                            is_there(yaml_get(node, "selectors"));

        return is_there(node) && !has_selector ? node : NULL;
}

/* The keys of a target without `source` or `replicated` around them; false: none of them */
static bool read_inline(const YamlNode *node, Source *ret)
{
        if (yaml_text(yaml_get(node, "component"))[0] != '\0') {
                *ret = (Source){ yaml_get(node, "component"), yaml_get(node, "container"), node,
                                 true, NULL };
                return true;
        }
        if (yaml_text(yaml_get(node, "service"))[0] != '\0')
                return true;
        if (yaml_text(yaml_get(node, "container"))[0] == '\0' &&
            !is_there(yaml_get(node, "selector")))
                return false;
        ret->foreign = without_selector(node);
        return true;
}

static Source find_source(const YamlNode *node)
{
        const YamlNode *source = yaml_get(node, "source");
        const YamlNode *native = yaml_get(source, "replicated");
        const YamlNode *foreign = yaml_get(source, "kubernetes");
        Source ret = { .at = node };

        if (is_there(native) || is_there(yaml_get(source, "swarm")) || is_there(foreign)) {
                if (is_there(native))
                        ret = (Source){ yaml_get(native, "component"),
                                        yaml_get(native, "container"), native, true, NULL };
                ret.foreign = without_selector(foreign);
                return ret;
        }
        if (source == NULL || !read_inline(source, &ret))
                read_inline(node, &ret);
        return ret;
}

static void check_image(Reader *r, const YamlNode *node, const Path *path)
{
        const YamlNode *image = yaml_get(node, "image");
        Path at = { path, "image", 0 }, below = { &at, "image_name", 0 };

        report(&r->reporter, "required", pos_of(r, is_there(image) ? image : node), 1, &below,
               "the container is missing; name it in `container`");
}

static void check_source(Reader *r, const ObjectSpec *object, const YamlNode *node,
                         const Path *path)
{
        bool is_admin = object == &admin_command_object;
        const YamlNode *image = is_admin ? yaml_get(node, "image") : NULL;
        const YamlNode *flat = is_admin ? yaml_get(node, "component") : NULL;
        Path source = { path, "source", 0 }, native = { &source, "replicated", 0 };
        Path component_path = { &native, "component", 0 };
        Path foreign_path = { &source, "kubernetes", 0 },
             selector = { &foreign_path, "selector", 0 };
        Path container_path = { &native, "container", 0 }, flat_path = { path, "component", 0 };
        Source found = find_source(node);
        const YamlNode *container_at;
        const char *component, *container;

        if (found.foreign != NULL)
                report(&r->reporter, "required", pos_of(r, found.foreign), 1, &selector,
                       "`selector` is missing");
        if (is_admin && found.is_native && yaml_text(flat)[0] == '\0')
                flat = found.component; /* the older key gets the newer one's value */
        if (is_admin && yaml_text(flat)[0] != '\0')
                check_component(r, flat, yaml_text(flat), &flat_path);
        if (!found.is_native) {
                if (is_there(image) && yaml_text(yaml_get(image, "image_name"))[0] == '\0')
                        check_image(r, node, path);
                return;
        }
        component = yaml_text(found.component);
        container = yaml_text(found.container);
        container_at = found.container;
        if (container[0] == '\0' && is_there(yaml_get(image, "image_name"))) {
                container_at = yaml_get(image, "image_name");
                container = yaml_text(container_at);
        }
        if (component[0] == '\0')
                report(&r->reporter, "required", pos_of(r, found.at), 1, &component_path,
                       "`component` is missing or empty; it is the name of a component");
        else
                check_component(r, found.component, component, &component_path);
        check_container(r, container_at != NULL ? container_at : found.at, component, container,
                        &container_path);
        if (is_admin && container[0] == '\0')
                check_image(r, node, path);
}

static void check_public_port(Reader *r, const YamlNode *node, const Path *path)
{
        Path at = { path, "public_port", 0 };

        if (!semver_is_valid(r->api_version) || !semver_is_below(r->api_version, 2, 8) ||
            yaml_text(yaml_get(node, "public_port"))[0] != '\0')
                return;
        report(&r->reporter, "required_minapiversion", pos_of(r, value_or(node, "public_port")), 1,
               &at,
               "`public_port` is missing or empty, which needs a `replicated_api_version` of "
               "2.8.0 or more");
}

void relation_check_object(Reader *r, const ObjectSpec *object, const YamlNode *node,
                           const Path *path)
{
        if (object == &subscription_object)
                check_subscription(r, node, path);
        else if (object == &port_object)
                check_public_port(r, node, path);
        else if (object == &admin_command_object || object == &support_file_object ||
                 object == &support_command_object)
                check_source(r, object, node, path);
}
