#include "engine/docker/fake.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

static const Route *find_route(Fake *fake, const char *request)
{
        for (const Route *route = fake->routes; route->request != NULL; route++) {
                guint *n_used = &fake->n_used[route - fake->routes];

                if (!g_str_has_prefix(request, route->request) ||
                    (route->times != 0 && *n_used >= route->times))
                        continue;
                ++*n_used;
                return route;
        }
        return NULL;
}

static void answer(GSocketConnection *connection, const Route *route)
{
        GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
        g_autofree char *text = NULL;
        char byte;

        if (route != NULL && route->reply == NULL) {
                g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection)), &byte, 1,
                                    NULL, NULL);
                return;
        }
        text = g_strdup_printf("HTTP/1.1 %d X\r\nConnection: close\r\n\r\n%s",
                               route == NULL        ? 404
                               : route->status != 0 ? route->status
                                                    : 200,
                               route == NULL ? "{\"message\":\"page not found\"}" : route->reply);
        g_output_stream_write_all(out, text, strlen(text), NULL, NULL, NULL);
}

static void serve(Fake *fake, GSocketConnection *connection)
{
        GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
        g_autoptr(GString) text = g_string_new(NULL);
        const char *end, *length;
        const Route *route;
        char buffer[4096];

        while ((end = strstr(text->str, "\r\n\r\n")) == NULL ||
               ((length = strstr(text->str, "Content-Length: ")) != NULL &&
                text->len - (size_t) (end + 4 - text->str) <
                        g_ascii_strtoull(length + 16, NULL, 10))) {
                gssize n = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL);

                if (n <= 0)
                        return;
                g_string_append_len(text, buffer, n);
        }
        g_mutex_lock(&fake->lock);
        g_string_append_len(fake->requests, text->str, (gssize) strcspn(text->str, "\r"));
        g_string_append_c(fake->requests, '\n');
        g_string_append_printf(fake->bodies, "%s\n", end + 4);
        route = find_route(fake, text->str);
        g_mutex_unlock(&fake->lock);
        answer(connection, route);
}

static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer user)
{
        Fake *fake = user;

        g_atomic_int_inc(&fake->n_active);
        serve(fake, connection);
        g_atomic_int_add(&fake->n_active, -1);
        return true;
}

static gpointer run_fake(gpointer user)
{
        Fake *fake = user;

        g_main_context_push_thread_default(fake->context);
        g_main_loop_run(fake->loop);
        g_main_context_pop_thread_default(fake->context);
        return NULL;
}

Fake *fake_start(const Route *routes)
{
        Fake *fake = g_new0(Fake, 1);
        size_t n = 1;
        g_autoptr(GSocketAddress) address = NULL;
        g_autoptr(GError) error = NULL;

        fake->routes = routes;
        while (routes[n - 1].request != NULL)
                n++;
        fake->n_used = g_new0(guint, n);
        fake->requests = g_string_new(NULL);
        fake->bodies = g_string_new(NULL);
        fake->dir = g_dir_make_tmp("docker-test-XXXXXX", NULL);
        fake->path = g_build_filename(fake->dir, "socket", NULL);
        fake->host = g_strconcat("unix://", fake->path, NULL);
        fake->context = g_main_context_new();
        fake->loop = g_main_loop_new(fake->context, false);
        g_main_context_push_thread_default(fake->context);
        fake->service = g_threaded_socket_service_new(-1);
        address = g_unix_socket_address_new(fake->path);
        g_socket_listener_set_backlog(G_SOCKET_LISTENER(fake->service), 100);
        g_socket_listener_add_address(G_SOCKET_LISTENER(fake->service), address,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                      &error);
        g_assert_no_error(error);
        g_signal_connect(fake->service, "run", G_CALLBACK(on_run), fake);
        g_socket_service_start(fake->service);
        g_main_context_pop_thread_default(fake->context);
        fake->thread = g_thread_new("engine", run_fake, fake);
        return fake;
}

static gboolean on_quit(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_REMOVE;
}

void fake_stop(Fake *fake)
{
        GSource *source = g_idle_source_new();

        engine_free(fake->engine);
        g_source_set_callback(source, on_quit, fake->loop, NULL);
        g_source_attach(source, fake->context);
        g_source_unref(source);
        g_thread_join(fake->thread);
        while (g_atomic_int_get(&fake->n_active) > 0)
                g_thread_yield();
        g_socket_service_stop(fake->service);
        g_socket_listener_close(G_SOCKET_LISTENER(fake->service));
        g_object_unref(fake->service);
        g_main_loop_unref(fake->loop);
        g_main_context_unref(fake->context);
        g_unlink(fake->path);
        g_rmdir(fake->dir);
        g_free(fake->dir);
        g_free(fake->path);
        g_free(fake->host);
        g_free(fake->n_used);
        g_string_free(fake->requests, true);
        g_string_free(fake->bodies, true);
        g_free(fake);
}

/* ---- What a request got ---- */

void seen_reply(const EngineReply *reply, gpointer user)
{
        Seen *seen = user;

        g_assert_false(seen->is_final);
        seen->is_final = reply->is_final;
        seen->n_open += reply->is_open;
        seen->n_lost += reply->error != NULL && !reply->is_final;
        seen->n_progress += reply->progress != NULL;
        if (reply->error != NULL) {
                g_clear_error(&seen->error);
                seen->error = g_error_copy(reply->error);
        }
        if (reply->event != NULL)
                g_string_append_printf(seen->text, "%s %s\n", reply->event->action,
                                       reply->event->id);
        if (reply->data != NULL)
                g_string_append_len(seen->text, reply->data, (gssize) reply->size);
        if (reply->id != NULL)
                seen->id = g_strdup(reply->id);
        seen->exit_code = reply->exit_code;
        if (seen->frees != NULL)
                engine_free(g_steal_pointer(&seen->frees));
}

void seen_done(Seen *seen)
{
        g_clear_error(&seen->error);
        g_string_free(seen->text, true);
        g_free(seen->id);
}

Seen fake_ask(Engine *engine, const EngineRequest *request)
{
        Seen seen = { .text = g_string_new(NULL) };

        engine_send(engine, request, seen_reply, &seen);
        g_assert_false(seen.is_final);
        while (!seen.is_final)
                g_main_context_iteration(NULL, true);
        return seen;
}
