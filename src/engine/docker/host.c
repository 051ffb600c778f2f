/* Where the engine is: its host as the user gives it, and the certificates to get there */

#include <string.h>

#include "engine/docker/internal.h"

#define HOST_CHARS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-_:" /* a name or an address */

static bool wants_tls(const DockerOptions *options)
{
        const char *verify = g_getenv("DOCKER_TLS_VERIFY");

        if (options->tls != 0)
                return options->tls > 0;
        return verify != NULL && verify[0] != '\0';
}

static bool take_certificate(const char *dir, const char *name, char **field, GError **error)
{
        *field = g_build_filename(dir, name, NULL);
        if (g_file_test(*field, G_FILE_TEST_IS_REGULAR))
                return true;
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                    "TLS to the engine needs %s, and there is no such file; set DOCKER_CERT_PATH",
                    *field);
        return false;
}

static bool take_certificates(DockerEngine *engine, const DockerOptions *options, GError **error)
{
        const char *dir = options->cert_path != NULL ? options->cert_path
                                                     : g_getenv("DOCKER_CERT_PATH");
        g_autofree char *home = g_build_filename(g_get_home_dir(), ".docker", NULL);

        if (dir == NULL || dir[0] == '\0')
                dir = home;
        return take_certificate(dir, "ca.pem", &engine->ca_file, error) &&
               take_certificate(dir, "cert.pem", &engine->cert_file, error) &&
               take_certificate(dir, "key.pem", &engine->key_file, error);
}

static bool take_tcp(DockerEngine *engine, const DockerOptions *options, GError **error)
{
        const char *rest = engine->host + strlen("tcp://");
        bool tls = wants_tls(options);
        g_autofree char *url = g_strconcat(tls ? "https://" : "http://", rest, NULL);
        g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
        const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
        const char *path = uri != NULL ? g_uri_get_path(uri) : "";
        bool bracket;
        int port;

        if (host == NULL || host[0] == '\0' || host[strspn(host, HOST_CHARS)] != '\0' ||
            g_uri_get_query(uri) != NULL || g_uri_get_userinfo(uri) != NULL ||
            (path[0] != '\0' && !g_str_equal(path, "/"))) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: not the address of an engine; write tcp://HOST:PORT",
                            engine->host);
                return false;
        }
        port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : tls ? 2376 : 2375;
        bracket = strchr(host, ':') != NULL;
        engine->base_url = g_strdup_printf("%s://%s%s%s:%d", tls ? "https" : "http",
                                           bracket ? "[" : "", host, bracket ? "]" : "", port);
        return !tls || take_certificates(engine, options, error);
}

bool docker_engine_take_host(DockerEngine *engine, const DockerOptions *options, GError **error)
{
        if (g_str_has_prefix(engine->host, "unix:///")) {
                engine->unix_path = g_strdup(engine->host + strlen("unix://"));
                engine->base_url = g_strdup("http://docker");
                return true;
        }
        if (g_str_has_prefix(engine->host, "tcp://"))
                return take_tcp(engine, options, error);
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                    "%s: engines are reached by unix:///PATH or tcp://HOST:PORT only",
                    engine->host);
        return false;
}
