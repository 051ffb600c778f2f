#pragma once

/*
 * HTTP: requests to the engine and the world, on the main loop
 *
 * One HttpClient carries any number of requests side by side on one GMainContext,
 * over unix sockets, TCP, and TLS with client certificates; connections are kept and
 * used again. No handler is ever called from inside http_send(), http_cancel() or
 * http_client_free(), and handlers may call all of them. A body that ends before its
 * announced end is an error, not a short body. Proxies of the environment, redirects
 * and .netrc are not followed: who is asked is who was named.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a peer can make grow */
#define HTTP_HEADERS_MAX          ((size_t) 64 * 1024)         /* bytes of a reply's headers */
#define HTTP_BODY_MAX             ((size_t) 4 * 1024 * 1024)   /* collected body, default */
#define HTTP_CONNECT_MAX_US       ((int64_t) 15 * 1000 * 1000) /* until the connection is there */
#define HTTP_IDLE_CONNECTIONS_MAX 64                           /* kept for the next request */

typedef enum HttpError {
        HTTP_ERROR_REQUEST, /* not a request that could be sent: URL, header */
        HTTP_ERROR_CONNECT, /* no connection: refused, no such host, no such socket */
        HTTP_ERROR_TLS,     /* certificates: ours, or the peer's */
        HTTP_ERROR_CUT,     /* the connection ended before the reply did */
        HTTP_ERROR_TIMEOUT,
        HTTP_ERROR_TOO_LARGE, /* more headers or body than allowed */
        HTTP_ERROR_FAILED,
} HttpError;

#define HTTP_ERROR (http_error_quark())
GQuark http_error_quark(void);

typedef struct HttpClient HttpClient;
typedef struct HttpCall HttpCall; /* a request under way; belongs to the client */

/* How a request ended. Borrowed for the call of the handler. */
typedef struct HttpResult {
        const GError *error; /* HTTP_ERROR; NULL when a whole reply has arrived */
        int os_errno;        /* of a failed connect; 0 where there is none */
        long status;         /* 0: no reply */
        const char *body;    /* what was not streamed, 0-terminated; never NULL */
        size_t body_size;
} HttpResult;

typedef struct HttpHandlers {
        void (*on_headers)(long status, gpointer user);                /* once, before any data */
        void (*on_data)(const char *data, size_t size, gpointer user); /* NULL: collect it */
        void (*on_done)(const HttpResult *result, gpointer user);      /* last, exactly once */
} HttpHandlers;

/* Everything is borrowed for the call of http_send(), except what says otherwise */
typedef struct HttpRequest {
        const char *method;    /* GET */
        const char *url;       /* http:// or https:// */
        const char *unix_path; /* connect here instead of to the URL's host; or NULL */
        const char *ca_file;   /* PEM files, or NULL */
        const char *cert_file, *key_file;
        bool insecure;               /* take any certificate */
        const char *const *headers;  /* "Name: value", NULL-terminated; or NULL */
        GBytes *body;                /* or NULL; a reference is kept */
        size_t body_max;             /* of a collected reply; 0: HTTP_BODY_MAX. A reply with an
                                           error status (400 and up) is collected, never streamed */
        int64_t deadline_us;         /* for the whole reply, monotonic; 0: none */
        int64_t headers_deadline_us; /* for its headers, monotonic; 0: none */
        int64_t stall_max_s;         /* end it after so long without a byte; 0: never */
} HttpRequest;

/* @context: NULL for the default one; a reference is kept */
HttpClient *http_client_new(GMainContext *context);

/* Requests under way end without a call of their handlers. NULL is fine. */
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/**
 * http_send() - begin a request
 * @handlers: copied
 *
 * Return: the call, valid until its on_done has returned or it is cancelled
 */
HttpCall *http_send(HttpClient *client, const HttpRequest *request, const HttpHandlers *handlers,
                    gpointer user);

/* No further handler is called; the connection is closed. NULL is fine. */
void http_cancel(HttpClient *client, HttpCall *call);

/**
 * http_get() - fetch a page, as `state.ready` does
 * @timeout_us: for the whole reply
 *
 * At most HTTP_BODY_MAX of the body is taken; result->status is what the server said, also where
 * that is 404 or a redirect, and also with an error where only the body was too long or too slow.
 *
 * Return: as http_send()
 */
HttpCall *http_get(HttpClient *client, const char *url, bool insecure, int64_t timeout_us,
                   void (*on_done)(const HttpResult *result, gpointer user), gpointer user);
