#include "engine/docker/error.h"

#include <string.h>

typedef struct Row {
        EngineOp op;
        long status;
        const char *body;
        EngineError code;
        const char *message; /* starts so */
} Row;

/* The engine's words, as versions 20.10 to 28 say them */
static const Row rows[] = {
        { ENGINE_CREATE, 409,
          "{\"message\":\"Conflict. The container name \\\"/a\\\" is already in use by container "
          "\\\"12\\\". You have to remove (or rename) that container to be able to reuse that "
          "name.\"}",
          ENGINE_ERROR_CONFLICT, "the container's name is taken: Conflict. The container name" },
        { ENGINE_START, 500,
          "{\"message\":\"driver failed programming external connectivity on endpoint a (1f): Bind "
          "for 0.0.0.0:80 failed: port is already allocated\"}",
          ENGINE_ERROR_PORT_TAKEN, "a host port that it publishes is in use by another container" },
        { ENGINE_START, 500,
          "{\"message\":\"driver failed programming external connectivity on endpoint a (1f): "
          "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use\"}",
          ENGINE_ERROR_PORT_TAKEN, "a host port that it publishes is in use by another program" },
        { ENGINE_START, 403, "{\"message\":\"Address already in use\"}", ENGINE_ERROR_CONFLICT,
          "the container's IP address is in use" },
        { ENGINE_CREATE, 500,
          "{\"message\":\"mkdir /var/lib/docker/overlay2/1: no space left on device\"}",
          ENGINE_ERROR_NO_SPACE, "the engine's disk is full: mkdir" },
        { ENGINE_CREATE, 404, "{\"message\":\"No such image: a:1\"}", ENGINE_ERROR_NOT_FOUND,
          "the engine does not have the image: No such image: a:1" },
        { ENGINE_START, 404, "{\"message\":\"network a not found\"}", ENGINE_ERROR_BAD_REQUEST,
          "the engine does not have a network that it joins: network a not found" },
        { ENGINE_START, 404, "{\"message\":\"No such container: a\"}", ENGINE_ERROR_NOT_FOUND,
          "the engine does not have it: No such container: a" },
        { ENGINE_START, 400,
          "{\"message\":\"OCI runtime create failed: exec: \\\"x\\\": executable file not found in "
          "$PATH: unknown\"}",
          ENGINE_ERROR_BAD_REQUEST, "the command to run is not in the image" },
        { ENGINE_CREATE, 400, "{\"message\":\"invalid mount config\"}", ENGINE_ERROR_BAD_REQUEST,
          "the engine does not take this: invalid mount config" },
        { ENGINE_KILL, 409, "{\"message\":\"Container 12 is not running\"}", ENGINE_ERROR_CONFLICT,
          "the container does not run" },
        { ENGINE_VOLUME_REMOVE, 409, "{\"message\":\"remove a: volume is in use - [12]\"}",
          ENGINE_ERROR_CONFLICT, "it is in use or being changed" },
        { ENGINE_IMAGE_PULL, 404,
          "{\"message\":\"pull access denied for a, repository does not exist or may require "
          "'docker login': denied: requested access to the resource is denied\"}",
          ENGINE_ERROR_DENIED, "the registry has no such image, or does not give it" },
        { ENGINE_IMAGE_PULL, 404, "{\"message\":\"manifest for a:9 not found: manifest unknown\"}",
          ENGINE_ERROR_NOT_FOUND, "the registry has no such image" },
        { ENGINE_IMAGE_PULL, 0, "toomanyrequests: You have reached your pull rate limit.",
          ENGINE_ERROR_DENIED, "the registry allows no more pulls for now: toomanyrequests" },
        { ENGINE_IMAGE_PULL, 500,
          "{\"message\":\"Head https://r.example/v2/a/manifests/1: unauthorized: bad login\"}",
          ENGINE_ERROR_DENIED, "the registry does not take the credentials" },
        { ENGINE_IMAGE_PULL, 500,
          "{\"message\":\"Get https://r.example/v2/: no basic auth "
          "credentials\"}",
          ENGINE_ERROR_DENIED, "the registry wants credentials" },
        { ENGINE_IMAGE_PULL, 500,
          "{\"message\":\"Get https://r.example/v2/: dial tcp: lookup r.example: no such host\"}",
          ENGINE_ERROR_FAILED, "the engine cannot reach the registry" },
        { ENGINE_IMAGE_PULL, 0, "no matching manifest for linux/arm64 in the manifest list",
          ENGINE_ERROR_NOT_FOUND, "the registry has this image for other kinds of machine" },
        { ENGINE_INFO, 500, "", ENGINE_ERROR_FAILED, "the engine failed (status 500)" },
        { ENGINE_INFO, 502, "<html>\xff</html>", ENGINE_ERROR_FAILED, "the engine failed: <html>" },
        { ENGINE_INFO, 418, "{\"message\":17}", ENGINE_ERROR_FAILED, "the engine failed: {" },
};

static void test_words_are_given_their_meaning(void)
{
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = docker_error_from_reply(
                        rows[i].op, rows[i].status, rows[i].body, strlen(rows[i].body));

                g_test_message("%s", error->message);
                g_assert_error(error, ENGINE_ERROR, (int) rows[i].code);
                g_assert_true(g_str_has_prefix(error->message, rows[i].message));
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        }
}

static void test_a_flood_of_words_is_cut(void)
{
        g_autofree char *words = g_strnfill(100000, 'w');
        g_autoptr(GError) error = docker_error_from_reply(ENGINE_START, 500, words, 100000);

        g_assert_cmpint(strlen(error->message), <, 2100);
}

static GError *transport_error(HttpError code, const char *path)
{
        g_autoptr(GError) cause = g_error_new_literal(HTTP_ERROR, (int) code, "why");
        HttpResult result = { .error = cause, .body = "" };

        return docker_error_from_transport(&result, path != NULL ? "unix:///x" : "tcp://h:1", path);
}

static void test_why_there_is_no_connection(void)
{
        g_autoptr(GError) missing = transport_error(HTTP_ERROR_CONNECT, "/nonexistent/socket");
        g_autoptr(GError) lost = transport_error(HTTP_ERROR_CUT, "/x");
        g_autoptr(GError) late = transport_error(HTTP_ERROR_TIMEOUT, NULL);
        g_autoptr(GError) large = transport_error(HTTP_ERROR_TOO_LARGE, NULL);
        g_autoptr(GError) remote = transport_error(HTTP_ERROR_CONNECT, NULL);

        g_assert_error(missing, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(missing->message, "is Docker installed and running?"));
        g_assert_error(lost, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_error(late, ENGINE_ERROR, ENGINE_ERROR_TIMEOUT);
        g_assert_error(large, ENGINE_ERROR, ENGINE_ERROR_REPLY);
        g_assert_error(remote, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(remote->message, "tcp://h:1"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/error/" #name, test_##name)
        ADD(words_are_given_their_meaning);
        ADD(a_flood_of_words_is_cut);
        ADD(why_there_is_no_connection);
        return g_test_run();
}
