/*
 * Fuzz: Compose files with every key there is → the effective document
 *
 * The bytes are choices: which keys of the format stand in the file, and with which values that are
 * right, nearly right, or odd. So most inputs come as far as a document, and what is printed of it,
 * read again, is the same document. FUZZ_SHOW in the environment shows the file of an input.
 */

#include <stdint.h>
#include <string.h>

#include "compose-again.h"
#include "format/compose/keys.h"

#define TEXT_MAX 20000 /* bytes of a file: more of the same tells nothing new */

typedef struct Writer {
        const uint8_t *at, *end;
        GString *out;
} Writer;

/* What people write, and what they had better not; in JSON's form, which is YAML's, too */
static const char *const odd[] = {
        "null",   "true",        "-0.0",        "1e39",      "1e-50",  "9007199254740993",
        "\"\"",   "[]",          "{}",          "[\"\"]",    "[null]", "18446744073709551615",
        "\"$$\"", "\"\\ufffe\"", "\"\\u0085\"", "[[1], {}]", ".nan",   "{\"\": \"\"}",
};

static const char *const texts[] = {
        "\"a\"",        "\"b\"",         "\"\"",    "\"/a/../b/\"",        "\"./a\"",
        "\"~\"",        "\"service:b\"", "\"1\"",   "\"a b: c #d\"",       "\"Z\"",
        "\"$$a\"",      "\"${X:-y}\"",   "\"on\"",  "\"${SET}\"",          "\"\\ud7ff\\n\"",
        "\"10.0.0.1\"", "\"none\"",      "\"a:b\"", "\"https://a/b.git\"", "\"C:\\\\a\"",
};
static const char *const bools[] = { "true", "false", "\"yes\"", "off" };
static const char *const ints[] = { "1", "0",  "-1",        "2",   "0x10", "9223372036854775807",
                                    "7", "80", "\"65535\"", "1e3", "1e6",  "\"-5\"" };
static const char *const floats[] = { "0.5", "0",    "1e39", "1e-50", "\"1.5\"",
                                      "3",   "-0.0", "3e-7", "0.1",   "123456789.125" };
static const char *const sizes[] = {
        "64",     "\"64m\"",  "\"1.5 GiB\"",       "0",
        "-1",     "-5",       "9007199254740993",  "9223372036854775807",
        "\"-1\"", "\"0.4k\"", "\"8000000000000m\""
};
static const char *const times[] = { "\"1m30s\"", "\"0s\"",     "\"1.5h\"",
                                     "\"100ms\"", "\"0.4ns\"",  "\"-5s\"",
                                     "\"2w\"",    "\"1us1ns\"", "\"9223372036854775807ns\"" };
static const char *const modes[] = { "\"0440\"", "0440", "288", "\"777777\"", "99999999", "0" };
static const char *const commands[] = {
        "\"sh -c 'a b'\"", "[\"a\", \"b\"]", "[]", "\"\"", "null", "\"a; b\"", "[\"CMD\", \"\"]",
};
/* The last ones only where a text or a number does as well */
static const char *const lists[] = {
        "[\"a\"]",
        "[\"a\", \"b\"]",
        "[]",
        "[\"a=1\", \"a\"]",
        "[\"a:b\"]",
        "[\"a:b:ro\"]",
        "[\"A\", \"a\"]",
        "[\"\"]",
        "\"a\"",
        "[80]",
};
#define N_STRICT_LISTS (G_N_ELEMENTS(lists) - 2)
/* The last ones are lists */
static const char *const maps[] = {
        "{\"a\": \"b\"}",
        "{\"a\": null, \"b\": 1.50}",
        "{\"a=b\": \"\"}",
        "{\"\": 1}",
        "{}",
        "{\"$a\": \"$$a\"}",
        "{\"a b\": \"c\"}",
        "[\"a=b\", \"c\"]",
        "[\"=\", \"a=\"]",
        "[]",
        "[\"SET\", \"X\"]",
        "[\"a=b=c\", \"a=d\"]",
};
#define N_STRICT_MAPS (G_N_ELEMENTS(maps) - 5)
static const char *const hosts[] = {
        "[\"a=1,2\"]",      "{\"a\": \"::1\"}", "[\"a:[::1]\"]", "{\"a\": [\"1\", \"2\"]}",
        "{\"a\": \"1,2\"}", "[\"a=[[1]]\"]",    "[\"a=\"]",      "{\"a\": \"\"}",
};
static const char *const keys_of_ssh[] = { "[\"default\"]", "{\"default\": null}", "[\"a=/b=c\"]",
                                           "{\"a\": null}", "{\"a=b\": \"c\"}",    "{\"a\": \"\"}",
                                           "[\"default=\"]" };
static const char *const short_forms[] = {
        "\"a\"",           "\"a:b\"",     "\"a:/b:ro\"",   "\"80\"",   "80",
        "\"8080:80/udp\"", "\"1-2:3-4\"", "\"./a:/b\"",    "\"a::r\"", "\"127.0.0.1:1-3:80\"",
        "\"[::1]:80:80\"", "\"/b\"",      "\"1000-1200\"",
};
static const char *const names[] = { "a", "b", "default", "c", "A.b_-", "0" };

#define ONE_OF(w, table) one_of((w), (table), G_N_ELEMENTS(table))

/* 0 where the bytes are used up */
static unsigned choose(Writer *w, unsigned n)
{
        return w->at < w->end ? *w->at++ % n : 0;
}

static void one_of(Writer *w, const char *const *table, size_t n)
{
        g_string_append(w->out, table[choose(w, n)]);
}

static void write_object(Writer *w, const ComposeObject *object, unsigned depth);

static void write_word(Writer *w, const ComposeKey *key)
{
        size_t n = g_strv_length((char **) key->words);

        g_string_append_printf(w->out, "\"%s\"", key->words[choose(w, n)]);
}

static void write_objects(Writer *w, const ComposeKey *key, unsigned depth)
{
        unsigned n = 1 + choose(w, 3);

        if ((key->flags & KEY_ONE) != 0 && choose(w, 4) == 0) {
                ONE_OF(w, texts);
                return;
        }
        g_string_append_c(w->out, '[');
        for (unsigned i = 1; i < n; i++) {
                if ((key->flags & KEY_TEXT) != 0 && choose(w, 2) == 0)
                        ONE_OF(w, short_forms);
                else
                        write_object(w, key->object, depth);
                g_string_append(w->out, i + 1 < n ? ", " : "");
        }
        g_string_append_c(w->out, ']');
}

static void write_object_map(Writer *w, const ComposeKey *key, unsigned depth)
{
        unsigned n = choose(w, G_N_ELEMENTS(names));

        if ((key->flags & KEY_LIST) != 0 && choose(w, 4) == 0) {
                ONE_OF(w, lists);
                return;
        }
        g_string_append_c(w->out, '{');
        for (unsigned i = 0; i < n; i++) {
                g_string_append_printf(w->out, "\"%s\": ", names[i]);
                if ((key->flags & KEY_NULLS) != 0 && choose(w, 3) == 0)
                        g_string_append(w->out, "null");
                else if ((key->flags & KEY_NUMBER) != 0 && choose(w, 2) == 0)
                        ONE_OF(w, ints);
                else
                        write_object(w, key->object, depth);
                g_string_append(w->out, i + 1 < n ? ", " : "");
        }
        g_string_append_c(w->out, '}');
}

static void write_value(Writer *w, const ComposeKey *key, unsigned depth)
{
        if (choose(w, 32) == 1) {
                ONE_OF(w, odd);
                return;
        }
        switch (key->kind) {
        case KIND_TEXT:
                if (key->words != NULL)
                        write_word(w, key);
                else
                        ONE_OF(w, texts);
                break;
        case KIND_BOOL:
                ONE_OF(w, bools);
                break;
        case KIND_INT:
        case KIND_COUNT:
                ONE_OF(w, ints);
                break;
        case KIND_FLOAT:
                ONE_OF(w, floats);
                break;
        case KIND_BYTES:
                ONE_OF(w, sizes);
                break;
        case KIND_DURATION:
                ONE_OF(w, times);
                break;
        case KIND_MODE:
                ONE_OF(w, modes);
                break;
        case KIND_WORDS:
        case KIND_TEST:
                ONE_OF(w, commands);
                break;
        case KIND_TEXTS:
        case KIND_TEXT_OR_TEXTS:
                one_of(w, lists, key->kind == KIND_TEXTS ? N_STRICT_LISTS : G_N_ELEMENTS(lists));
                break;
        case KIND_LABELS:
        case KIND_ENV:
                ONE_OF(w, maps);
                break;
        case KIND_OPTIONS:
        case KIND_LISTS:
                one_of(w, maps, N_STRICT_MAPS);
                break;
        case KIND_HOSTS:
                ONE_OF(w, hosts);
                break;
        case KIND_SSH:
                ONE_OF(w, keys_of_ssh);
                break;
        case KIND_OBJECT:
                if ((key->flags & KEY_TEXT) != 0 && choose(w, 2) == 0)
                        ONE_OF(w, texts);
                else
                        write_object(w, key->object, depth);
                break;
        case KIND_OBJECTS:
                write_objects(w, key, depth);
                break;
        case KIND_OBJECT_MAP:
                write_object_map(w, key, depth);
                break;
        case KIND_EXTERNAL:
                g_string_append(w->out, choose(w, 2) == 0 ? "true" : "{\"name\": \"x\"}");
                break;
        case KIND_ANY:
                ONE_OF(w, odd);
                break;
        }
}

/* The next key to write: what is required, or one of those that follow */
static size_t next_key(Writer *w, const ComposeObject *object, size_t from)
{
        size_t chosen = from + choose(w, MAX(3, object->n_keys / 2));

        for (size_t i = from; i < MIN(chosen, object->n_keys); i++) {
                if ((object->keys[i].flags & KEY_REQUIRED) != 0)
                        return i;
        }
        return chosen;
}

static void write_object(Writer *w, const ComposeObject *object, unsigned depth)
{
        const char *between = "";

        g_string_append_c(w->out, '{');
        for (size_t i = next_key(w, object, 0); i < object->n_keys && w->out->len < TEXT_MAX;
             i = next_key(w, object, i + 1)) {
                const ComposeKey *key = &object->keys[i];

                if ((key->flags & KEY_DROPPED) != 0) /* other files, which there are not */
                        continue;
                g_string_append_printf(w->out, "%s\"%s\": ", between, key->name);
                write_value(w, key, depth + 1);
                between = depth == 0 ? ",\n    " : ", ";
        }
        if (!object->is_closed && choose(w, 16) == 1) {
                g_string_append_printf(w->out, "%s\"x-a\": ", between);
                ONE_OF(w, odd);
        }
        g_string_append_c(w->out, '}');
}

static void write_services(Writer *w, const ComposeObject *service)
{
        unsigned n = 1 + choose(w, 5) / 3;

        g_string_append(w->out, "services:\n");
        for (unsigned i = 0; i < n; i++) {
                g_string_append_printf(w->out, "  %s:\n    <<: {image: i}\n    <<: ", names[i]);
                write_object(w, service, 0);
                g_string_append_c(w->out, '\n');
        }
}

/* What services refer to */
static const struct {
        const char *name, *usual;
} sections[] = {
        { "networks", "{a: , b: {}}" },
        { "volumes", "{a: , b: {}}" },
        { "secrets", "{a: {file: ./a}, b: {environment: SET}}" },
        { "configs", "{a: {content: x$$}, b: {file: /b}}" },
        { "models", "{a: {model: m}}" },
};

static void write_file(Writer *w)
{
        write_services(w, compose_key(&compose_root, "services")->object);
        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
                unsigned choice = choose(w, 8);

                if (choice == 1)
                        continue;
                g_string_append_printf(w->out, "%s: ", sections[i].name);
                if (choice == 2)
                        write_value(w, compose_key(&compose_root, sections[i].name), 0);
                else
                        g_string_append(w->out, sections[i].usual);
                g_string_append_c(w->out, '\n');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GString) text = g_string_new(NULL);
        Writer writer = { .at = data, .end = data + size, .out = text };
        g_autoptr(ComposeDocument) document = NULL;

        do {
                g_string_append(text, text->len > 0 ? "---\n" : "");
                write_file(&writer);
        } while (text->len < TEXT_MAX && choose(&writer, 2) == 1);
        document = fuzz_load(text->str, text->len, NULL);
        if (document != NULL)
                fuzz_check_again(document);
        return 0;
}
