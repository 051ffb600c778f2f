#include "format/compose/loader.h"

#include <string.h>

#include "base/json.h"

typedef struct World {
        const char *const *files;       /* path, text, …, NULL */
        const char *const *environment; /* name, value, …, NULL */
} World;

static const char *find(const char *const *pairs, const char *key)
{
        for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i += 2) {
                if (strcmp(pairs[i], key) == 0)
                        return pairs[i + 1];
        }
        return NULL;
}

static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        const char *text = find(((const World *) user)->files, path);

        if (text == NULL) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
                return false;
        }
        *ret_text = g_strdup(text);
        *ret_size = strlen(text);
        return true;
}

static const char *get_environment(const char *name, gpointer user)
{
        return find(((const World *) user)->environment, name);
}

static ComposeDocument *load(const char *text, const World *world, char **ret_findings)
{
        FormatWorld format_world = { read_file, get_environment, (gpointer) world };
        FormatOptions options = { .purpose = FORMAT_UP,
                                  .working_dir = "/srv/shop",
                                  .world = world != NULL ? &format_world : NULL };
        FormatSource source = { "compose.yml", text, strlen(text), 0 };
        g_autoptr(DiagList) diags = diag_list_new();
        ComposeDocument *document = compose_load(&source, 1, &options, diags);

        g_assert_true((document == NULL) == diag_has_errors(diags));
        diag_list_sort(diags);
        *ret_findings = diag_list_to_text(diags, false);
        return document;
}

static void test_keys_newer_than_the_reference_and_own_ones_are_kept(void)
{
        g_autofree char *findings = NULL, *yaml = NULL;
        g_autoptr(ComposeDocument) document = load("services:\n"
                                                   "  a:\n"
                                                   "    image: x\n"
                                                   "    x-slipway: {timeout: 5, words: [a, $$b]}\n"
                                                   "    pre_start:\n"
                                                   "    - image: y\n"
                                                   "      command: migrate now\n"
                                                   "      per_replica: false\n"
                                                   "    - user: root\n"
                                                   "    models: [m]\n"
                                                   "models: {m: {model: ai/m}}\n"
                                                   "x-top: $$1.5\n",
                                                   NULL, &findings);

        g_assert_cmpstr(findings, ==, "");
        yaml = compose_effective(document, false);
        g_assert_cmpstr(yaml, ==,
                        "name: shop\n"
                        "services:\n"
                        "  a:\n"
                        "    image: x\n"
                        "    networks:\n"
                        "      default: null\n"
                        "    pre_start:\n"
                        "      - command:\n"
                        "          - migrate\n"
                        "          - now\n"
                        "        image: \"y\"\n"
                        "      - command: null\n"
                        "        user: root\n"
                        "    models:\n"
                        "      m: null\n"
                        "    x-slipway:\n"
                        "      timeout: 5\n"
                        "      words:\n"
                        "        - a\n"
                        "        - \"$$b\"\n"
                        "networks:\n"
                        "  default:\n"
                        "    name: shop_default\n"
                        "    ipam: {}\n"
                        "models:\n"
                        "  m:\n"
                        "    model: ai/m\n"
                        "x-top: \"$$1.5\"\n");
}

static void test_values_know_where_they_were_written(void)
{
        static const char *const files[] = {
                "/srv/shop/base.yml",
                "services:\n"
                "  base:\n"
                "    image: from-base\n"
                "    labels: [a=1]\n",
                NULL,
        };
        World world = { .files = files };
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument) document = load("services:\n"
                                                   "  web:\n"
                                                   "    extends: {file: base.yml, service: base}\n"
                                                   "    hostname: own\n"
                                                   "    ports: ['80:81']\n",
                                                   &world, &findings);
        const ComposeNode *service = compose_get(compose_get(document->root, "services"), "web");
        const ComposeNode *target = compose_get(compose_get(service, "ports")->items[0], "target");

        g_assert_cmpstr(findings, ==, "");
        g_assert_cmpstr(compose_get(service, "image")->pos.file, ==, "/srv/shop/base.yml");
        g_assert_cmpuint(compose_get(service, "image")->pos.line, ==, 3);
        g_assert_cmpuint(compose_get(service, "image")->pos.col, ==, 12);
        g_assert_cmpuint(compose_get_pair(service, "image")->pos.col, ==, 5);
        g_assert_cmpstr(compose_get(service, "hostname")->pos.file, ==, "compose.yml");
        g_assert_cmpuint(target->pos.line, ==, 5);
        g_assert_cmpuint(target->pos.col, ==, 13);
        g_assert_cmpuint(target->width, ==, 7);
        g_assert_cmpuint(compose_get(compose_get(service, "labels"), "a")->pos.line, ==, 4);
}

static void test_a_part_of_a_file_has_the_lines_of_the_whole(void)
{
        static const char text[] = "services:\n"
                                   "  a: {imag: x}\n";
        FormatOptions options = { .purpose = FORMAT_UP, .working_dir = "/srv/shop" };
        FormatSource source = { "release.yml", text, strlen(text), 41 };
        g_autoptr(DiagList) diags = diag_list_new();

        g_assert_null(compose_load(&source, 1, &options, diags));
        diag_list_sort(diags);
        g_assert_cmpstr(diag_list_at(diags, 1)->name, ==, "compose-key");
        g_assert_cmpuint(diag_list_at(diags, 1)->pos.line, ==, 42);
        g_assert_cmpuint(diag_list_at(diags, 1)->pos.col, ==, 7);
}

static void test_variables_of_secrets_can_be_asked_for(void)
{
        static const char *const files[] = { "/srv/shop/.env", "TOKEN=from-file\nOTHER=x", NULL };
        static const char *const environment[] = { "SETTING", "from-outside", NULL };
        World world = { files, environment };
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument)
                document = load("services: {a: {image: x, secrets: [s], configs: [c]}}\n"
                                "secrets: {s: {environment: TOKEN}}\n"
                                "configs: {c: {environment: SETTING}}\n",
                                &world, &findings);
        g_autofree char *effective = compose_effective(document, true);

        g_assert_cmpstr(compose_variable(document, "TOKEN"), ==, "from-file");
        g_assert_cmpstr(compose_variable(document, "SETTING"), ==, "from-outside");
        g_assert_null(compose_variable(document, "OTHER"));
        g_assert_null(strstr(effective, "from-file"));
}

static void test_the_environment_has_the_word_over_dotenv(void)
{
        static const char *const files[] = { "/srv/shop/.env", "A=file\nB=file-$A\nC=file", NULL };
        static const char *const environment[] = { "A", "outside", NULL };
        World world = { files, environment };
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument)
                document = load("services: {a: {image: '$A $B $C'}}\n", &world, &findings);

        g_assert_cmpstr(compose_text(compose_get(compose_get(document->root, "services"), "a"),
                                     "image", ""),
                        ==, "outside file-outside file");
}

/* The replacement character, as what goes to the engine would have it */
static void test_an_environment_that_is_no_text_is_read_safely(void)
{
        static const char *const environment[] = { "BAD", "a\360", NULL };
        World world = { .environment = environment };
        g_autofree char *findings = NULL, *effective = NULL;
        g_autoptr(ComposeDocument)
                document = load("services: {a: {image: '$BAD'}}\n", &world, &findings);

        effective = compose_effective(document, true);
        g_assert_nonnull(strstr(effective, "\"image\": \"a\357\277\275\""));
}

static void test_no_world_is_an_empty_one(void)
{
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument) document = load(
                "services: {a: {image: \"x$Y\", env_file: no.env}}\n", NULL, &findings);

        g_assert_null(document);
        g_assert_cmpstr(findings, ==,
                        "compose.yml:1:23: warning: the variable `Y` is not set, so it is empty; "
                        "`${Y:-}` says that this is meant [unset-variable]\n"
                        "    1 | services: {a: {image: \"x$Y\", env_file: no.env}}\n"
                        "      |                       ^~~~~\n"
                        "compose.yml:1:40: error: /srv/shop/no.env can't be read [missing-file]\n"
                        "    1 | services: {a: {image: \"x$Y\", env_file: no.env}}\n"
                        "      |                                        ^~~~~~\n");
}

static void test_secrets_in_env_files_are_not_quoted(void)
{
        static const char *const files[] = { "/srv/shop/.env", "PASS WORD=hush\nX=\"hush", NULL };
        World world = { .files = files };
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument)
                document = load("services: {a: {image: x}}\n", &world, &findings);

        g_assert_null(document);
        g_assert_nonnull(strstr(findings, "/srv/shop/.env:1:1: error: the name `PASS WORD`"));
        g_assert_null(strstr(findings, "hush"));
}

static void test_extends_has_a_limit(void)
{
        g_autoptr(GString) text = g_string_new("services:\n");
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument) document = NULL;

        /* The last one first: when it is read the others are not extended yet */
        for (unsigned i = COMPOSE_EXTENDS_MAX + 10; i > 0; i--)
                g_string_append_printf(text, "  s%u: {extends: s%u}\n", i, i - 1);
        g_string_append(text, "  s0: {image: x}\n");
        document = load(text->str, NULL, &findings);
        g_assert_null(document);
        g_assert_nonnull(strstr(findings, "more than 50 services extend each other in a row"));
}

static void test_aliases_are_counted(void)
{
        g_autoptr(GString) text = g_string_new("x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
        g_autofree char *findings = NULL;
        g_autoptr(ComposeDocument) document = NULL;

        for (char c = 'b'; c <= 'f'; c++)
                g_string_append_printf(text, "x-%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n",
                                       c, c, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
                                       c - 1);
        g_string_append(text, "services: {a: {image: x}}\n");
        document = load(text->str, NULL, &findings);
        g_assert_null(document);
        g_assert_nonnull(strstr(findings, "compose-limit"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/loader/newer", test_keys_newer_than_the_reference_and_own_ones_are_kept);
        g_test_add_func("/loader/positions", test_values_know_where_they_were_written);
        g_test_add_func("/loader/part", test_a_part_of_a_file_has_the_lines_of_the_whole);
        g_test_add_func("/loader/variables", test_variables_of_secrets_can_be_asked_for);
        g_test_add_func("/loader/dotenv", test_the_environment_has_the_word_over_dotenv);
        g_test_add_func("/loader/no-text", test_an_environment_that_is_no_text_is_read_safely);
        g_test_add_func("/loader/no-world", test_no_world_is_an_empty_one);
        g_test_add_func("/loader/secrets", test_secrets_in_env_files_are_not_quoted);
        g_test_add_func("/loader/extends-limit", test_extends_has_a_limit);
        g_test_add_func("/loader/aliases", test_aliases_are_counted);
        return g_test_run();
}
