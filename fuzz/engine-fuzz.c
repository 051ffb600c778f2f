/*
 * What an engine may send: descriptions, streams of objects, frames, tables, errors
 *
 * The first byte chooses the reader; streams are also read in two pieces, and must
 * give the same as in one.
 */

#include <string.h>

#include "base/timefmt.h"
#include "engine/docker/error.h"
#include "engine/docker/frames.h"
#include "engine/docker/local.h"
#include "engine/docker/pull.h"
#include "engine/docker/reply.h"
#include "engine/swarm/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_descriptions(const char *data, size_t size)
{
        g_autoptr(json_t) root = json_loadb(data, size, 0, NULL);
        g_autoptr(Container) container = NULL;
        g_autoptr(Image) image = NULL;
        g_autoptr(VolumeInfo) volume = NULL;
        g_autoptr(NetworkInfo) network = NULL;
        g_autoptr(EngineInfo) info = NULL;
        g_autofree char *gateway = NULL, *action = NULL;
        EngineEvent event;

        if (root == NULL)
                return;
        container = docker_container_parse(root, NULL);
        if (container != NULL) {
                g_autoptr(Container) copy = container_copy(container);

                g_assert_cmpstr(copy->id, ==, container->id);
        }
        image = docker_image_parse(root, NULL);
        volume = docker_volume_parse(root, NULL);
        network = docker_network_parse(root, NULL);
        info = docker_info_parse(root);
        gateway = docker_gateway_parse(root);
        docker_event_parse(root, &event, &action);
}

/* `{"service": …, "tasks": […]}` */
static void read_service(const char *data, size_t size)
{
        g_autoptr(json_t) root = json_loadb(data, size, 0, NULL);
        const json_t *service = json_object_get(root, "service");
        g_autoptr(GPtrArray) tasks = g_ptr_array_new();
        g_autoptr(GHashTable) down = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Container) container = NULL;
        g_autoptr(GError) error = NULL;
        json_t *task;
        size_t i;

        g_hash_table_add(down, (gpointer) "down");
        json_array_foreach(json_object_get(root, "tasks"), i, task) {
                g_ptr_array_add(tasks, task);
                swarm_task_phase(task, down);
                g_assert_nonnull(swarm_task_words(task));
        }
        container = swarm_container(service, tasks, down, &error);
        g_assert_true((container == NULL) == (error != NULL));
}

static void read_time(const char *data, size_t size)
{
        g_autofree char *text = g_strndup(data, size);
        int64_t ns;

        if (g_utf8_validate(text, -1, NULL) && time_from_rfc3339(text, &ns)) {
                g_autofree char *printed = time_to_rfc3339(ns);
                int64_t again;

                g_assert_true(time_from_rfc3339(printed, &again));
                g_assert_cmpint(again, ==, ns);
        }
}

static bool on_item(const json_t *item, gpointer user)
{
        g_autofree char *text = json_to_canonical_text(item);

        g_string_append(user, text);
        return true;
}

static void read_objects(const char *data, size_t size)
{
        g_autoptr(GString) whole = g_string_new(NULL);
        g_autoptr(GString) pieces = g_string_new(NULL);
        size_t half = size / 2;
        JsonReader reader;
        bool ok_whole, ok_pieces;

        json_reader_init(&reader);
        ok_whole = json_reader_push(&reader, data, size, on_item, whole);
        json_reader_done(&reader);
        json_reader_init(&reader);
        ok_pieces = json_reader_push(&reader, data, half, on_item, pieces) &&
                    json_reader_push(&reader, data + half, size - half, on_item, pieces);
        json_reader_done(&reader);
        g_assert_cmpint(ok_whole, ==, ok_pieces);
        g_assert_cmpstr(whole->str, ==, pieces->str);
}

static bool on_progress(const json_t *item, gpointer user)
{
        g_autofree char *text = NULL;
        int percent;

        pull_progress_add(user, item);
        text = pull_progress_text(user, &percent);
        g_assert_cmpint(percent, >=, -1);
        g_assert_cmpint(percent, <=, 100);
        return true;
}

static void read_progress(const char *data, size_t size)
{
        PullProgress *progress = pull_progress_new();
        JsonReader reader;

        json_reader_init(&reader);
        json_reader_push(&reader, data, size, on_progress, progress);
        json_reader_done(&reader);
        pull_progress_free(progress);
}

static bool on_frame(bool is_stderr, const char *data, size_t size, gpointer user)
{
        g_string_append_c(user, is_stderr ? '2' : '1');
        g_string_append_len(user, data, (gssize) size);
        return true;
}

static void read_frames(const char *data, size_t size)
{
        g_autoptr(GString) output = g_string_new(NULL);
        FrameReader reader = { 0 };

        frame_reader_push(&reader, data, size, on_frame, output);
        g_assert_cmpint(output->len, <=, 2 * size);
}

static void read_words(const char *data, size_t size)
{
        g_autoptr(GError) error = docker_error_from_reply((EngineOp) (size % ENGINE_WATCH),
                                                          400 + (long) (size % 200), data, size);
        g_autofree char *text = g_strndup(data, size);
        g_autofree char *path = pull_path(text);

        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *data = NULL;

        if (size == 0)
                return 0;
        data = g_malloc(size);
        memcpy(data, bytes + 1, size - 1);
        data[size - 1] = '\0';
        switch (bytes[0] % 8) {
        case 0:
                read_descriptions(data, size - 1);
                break;
        case 1:
                read_objects(data, size - 1);
                break;
        case 2:
                read_progress(data, size - 1);
                break;
        case 3:
                read_frames(data, size - 1);
                break;
        case 4:
                socket_table_has_listener(data, size - 1, 80, PROTO_TCP);
                break;
        case 5:
                read_words(data, size - 1);
                break;
        case 6:
                read_service(data, size - 1);
                break;
        case 7:
                read_time(data, size - 1);
                break;
        }
        return 0;
}
