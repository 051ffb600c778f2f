#include "engine/docker/error.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/docker/internal.h"

typedef enum OpMask {
        ANY_OP = 0,
        PULL_ONLY,
        CREATE_ONLY,
        START_ONLY,
} OpMask;

typedef struct Meaning {
        OpMask only;
        long status;       /* 0: any */
        const char *words; /* lower case, somewhere in the engine's */
        EngineError code;
        const char *sentence;
} Meaning;

/* The first that fits. The engine has few error codes: its words tell more. */
static const Meaning meanings[] = {
        { ANY_OP, 403, "address already in use", ENGINE_ERROR_CONFLICT,
          "the container's IP address is in use on that network" },
        { ANY_OP, 0, "port is already allocated", ENGINE_ERROR_PORT_TAKEN,
          "a host port that it publishes is in use by another container" },
        { ANY_OP, 0, "address already in use", ENGINE_ERROR_PORT_TAKEN,
          "a host port that it publishes is in use by another program" },
        { ANY_OP, 0, "ports are not available", ENGINE_ERROR_PORT_TAKEN,
          "a host port that it publishes is in use" },
        { ANY_OP, 0, "does not have a leader", ENGINE_ERROR_UNREACHABLE,
          "the Swarm has no leader just now" },
        { ANY_OP, 0, "rpc error: code = unavailable", ENGINE_ERROR_UNREACHABLE,
          "the Swarm's leader cannot be reached just now" },
        { ANY_OP, 0, "rpc error: code = deadlineexceeded", ENGINE_ERROR_UNREACHABLE,
          "the Swarm's leader does not answer just now" },
        { ANY_OP, 0, "no space left on device", ENGINE_ERROR_NO_SPACE,
          "the engine's disk is full" },
        { ANY_OP, 0, "disk quota exceeded", ENGINE_ERROR_NO_SPACE,
          "the engine's disk quota is used up" },
        { PULL_ONLY, 0, "toomanyrequests", ENGINE_ERROR_DENIED,
          "the registry allows no more pulls for now" },
        { PULL_ONLY, 0, "too many requests", ENGINE_ERROR_DENIED,
          "the registry allows no more pulls for now" },
        { PULL_ONLY, 0, "manifest unknown", ENGINE_ERROR_NOT_FOUND,
          "the registry has no such image" },
        { PULL_ONLY, 0, "no matching manifest", ENGINE_ERROR_NOT_FOUND,
          "the registry has this image for other kinds of machine only" },
        { PULL_ONLY, 0, "pull access denied", ENGINE_ERROR_DENIED,
          "the registry has no such image, or does not give it to these credentials" },
        { PULL_ONLY, 0, "unauthorized", ENGINE_ERROR_DENIED,
          "the registry does not take the credentials" },
        { PULL_ONLY, 0, "authentication required", ENGINE_ERROR_DENIED,
          "the registry wants credentials" },
        { PULL_ONLY, 0, "no basic auth credentials", ENGINE_ERROR_DENIED,
          "the registry wants credentials" },
        { PULL_ONLY, 0, "denied: ", ENGINE_ERROR_DENIED, "the registry refuses it" },
        { PULL_ONLY, 0, "no such host", ENGINE_ERROR_FAILED,
          "the engine cannot reach the registry" },
        { PULL_ONLY, 0, "connection refused", ENGINE_ERROR_FAILED,
          "the engine cannot reach the registry" },
        { PULL_ONLY, 0, "network is unreachable", ENGINE_ERROR_FAILED,
          "the engine cannot reach the registry" },
        { PULL_ONLY, 0, "timeout", ENGINE_ERROR_FAILED, "the engine cannot reach the registry" },
        { PULL_ONLY, 0, "dial tcp", ENGINE_ERROR_FAILED, "the engine cannot reach the registry" },
        { PULL_ONLY, 0, "not found", ENGINE_ERROR_NOT_FOUND, "the registry has no such image" },
        { CREATE_ONLY, 404, "no such image", ENGINE_ERROR_NOT_FOUND,
          "the engine does not have the image" },
        { CREATE_ONLY, 409, "already in use by container", ENGINE_ERROR_CONFLICT,
          "the container's name is taken" },
        /* the container itself is there */
        { START_ONLY, 404, "network ", ENGINE_ERROR_BAD_REQUEST,
          "the engine does not have a network that it joins" },
        { ANY_OP, 409, "already in use by container", ENGINE_ERROR_CONFLICT, "the name is taken" },
        { ANY_OP, 409, "is not running", ENGINE_ERROR_CONFLICT, "the container does not run" },
        { ANY_OP, 0, "executable file not found", ENGINE_ERROR_BAD_REQUEST,
          "the command to run is not in the image" },
        { ANY_OP, 400, "", ENGINE_ERROR_BAD_REQUEST, "the engine does not take this" },
        { ANY_OP, 401, "", ENGINE_ERROR_DENIED, "the engine wants credentials" },
        { ANY_OP, 403, "", ENGINE_ERROR_BAD_REQUEST, "the engine does not allow this" },
        { ANY_OP, 404, "", ENGINE_ERROR_NOT_FOUND, "the engine does not have it" },
        { ANY_OP, 409, "", ENGINE_ERROR_CONFLICT, "it is in use or being changed" },
        { ANY_OP, 0, "", ENGINE_ERROR_FAILED, "the engine failed" },
};

static bool applies(const Meaning *meaning, EngineOp op, long status, const char *words)
{
        if (meaning->only == PULL_ONLY && op != ENGINE_IMAGE_PULL)
                return false;
        if (meaning->only == CREATE_ONLY && op != ENGINE_CREATE)
                return false;
        if (meaning->only == START_ONLY && op != ENGINE_START)
                return false;
        return (meaning->status == 0 || meaning->status == status) &&
               strstr(words, meaning->words) != NULL;
}

GError *docker_error_from_words(EngineOp op, long status, const char *words)
{
        g_autofree char *valid = g_utf8_make_valid(words,
                                                   (gssize) strnlen(words, DOCKER_WORDS_MAX));
        g_autofree char *lower = g_ascii_strdown(valid, -1);
        const Meaning *meaning = meanings;

        g_strstrip(valid);
        while (!applies(meaning, op, status, lower))
                meaning++; /* the last applies always */
        if (valid[0] == '\0')
                return g_error_new(ENGINE_ERROR, (int) meaning->code, "%s (status %ld)",
                                   meaning->sentence, status);
        return g_error_new(ENGINE_ERROR, (int) meaning->code, "%s: %s", meaning->sentence, valid);
}

GError *docker_error_from_reply(EngineOp op, long status, const char *body, size_t size)
{
        g_autoptr(json_t) json = json_loadb(body, size, 0, NULL);
        g_autofree char *text = NULL;
        const char *words = json_string_at(json, "message", NULL);

        if (words != NULL)
                return docker_error_from_words(op, status, words);
        text = g_strndup(body, MIN(size, DOCKER_WORDS_MAX));
        return docker_error_from_words(op, status, text);
}

/* What stands in the way of connecting to the socket now; 0: nothing */
static int unix_connect_errno(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd, saved = 0;

        if (strlen(path) >= sizeof address.sun_path)
                return ENAMETOOLONG;
        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return errno;
        if (connect(fd, (struct sockaddr *) &address, sizeof address) < 0)
                saved = errno;
        close(fd);
        return saved;
}

static GError *unix_connect_error(const char *host, const char *path)
{
        int why = unix_connect_errno(path);

        switch (why) {
        case ENOENT:
        case ENOTDIR:
                return g_error_new(ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE,
                                   "no engine at %s: there is no such socket; is Docker installed "
                                   "and running?",
                                   host);
        case ECONNREFUSED:
                return g_error_new(ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE,
                                   "no engine at %s: nobody listens on the socket; the engine has "
                                   "stopped",
                                   host);
        case EACCES:
        case EPERM:
                return g_error_new(ENGINE_ERROR, ENGINE_ERROR_PERMISSION,
                                   "the engine's socket %s may not be used: permission denied; run "
                                   "as root or as a member of the socket's group",
                                   path);
        }
        return g_error_new(ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE, "no connection to %s: %s", host,
                           why != 0 ? g_strerror(why) : "it ended before it began");
}

GError *docker_error_from_transport(const HttpResult *result, const char *host,
                                    const char *unix_path)
{
        EngineError code = ENGINE_ERROR_UNREACHABLE;
        const char *what = "the connection to the engine was lost";

        switch ((HttpError) result->error->code) {
        case HTTP_ERROR_CONNECT:
                if (unix_path != NULL)
                        return unix_connect_error(host, unix_path);
                what = "no engine at";
                break;
        case HTTP_ERROR_TLS:
                what = "the engine and we do not trust each other's certificates:";
                break;
        case HTTP_ERROR_CUT:
                what = "the connection was lost to";
                break;
        case HTTP_ERROR_TIMEOUT:
                code = ENGINE_ERROR_TIMEOUT;
                what = "no answer in time from";
                break;
        case HTTP_ERROR_TOO_LARGE:
        case HTTP_ERROR_FAILED:
                code = ENGINE_ERROR_REPLY;
                what = "an answer that makes no sense came from";
                break;
        case HTTP_ERROR_REQUEST:
                code = ENGINE_ERROR_BAD_REQUEST;
                what = "nothing can be sent to";
                break;
        }
        return g_error_new(ENGINE_ERROR, (int) code, "%s %s: %s", what, host,
                           result->error->message);
}
