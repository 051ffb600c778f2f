#include "engine/docker/frames.h"

#include <string.h>

#include "engine/docker/internal.h"

typedef struct Output {
        GString *out, *err;
        unsigned n_stop_after; /* pieces; 0: never */
        unsigned n;
} Output;

static bool on_frame(bool is_stderr, const char *data, size_t size, gpointer user)
{
        Output *output = user;

        g_string_append_len(is_stderr ? output->err : output->out, data, (gssize) size);
        return ++output->n != output->n_stop_after;
}

static const char framed[] = "\1\0\0\0\0\0\0\5hello"
                             "\2\0\0\0\0\0\0\3err"
                             "\1\0\0\0\0\0\0\0"
                             "\1\0\0\0\0\0\0\2!\n";

static void test_frames_are_read_in_pieces_of_any_size(void)
{
        for (size_t piece = 1; piece < sizeof framed; piece++) {
                Output output = { g_string_new(NULL), g_string_new(NULL), 0, 0 };
                FrameReader reader = { 0 };

                for (size_t at = 0; at < sizeof framed - 1; at += piece)
                        g_assert_true(frame_reader_push(&reader, framed + at,
                                                        MIN(piece, sizeof framed - 1 - at),
                                                        on_frame, &output));
                g_assert_cmpstr(output.out->str, ==, "hello!\n");
                g_assert_cmpstr(output.err->str, ==, "err");
                g_string_free(output.out, true);
                g_string_free(output.err, true);
        }
}

static void test_a_terminals_output_has_no_frames(void)
{
        Output output = { g_string_new(NULL), g_string_new(NULL), 0, 0 };
        FrameReader reader = { .is_raw = true };

        g_assert_true(frame_reader_push(&reader, "\1\0\0\0", 4, on_frame, &output));
        g_assert_cmpint(output.out->len, ==, 4);
        g_string_free(output.out, true);
        g_string_free(output.err, true);
}

static void test_what_is_no_frame_is_refused(void)
{
        static const char *const bad[] = { "\3\0\0\0\0\0\0\1", "\1\1\0\0\0\0\0\1", "HTTP/1.1" };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                Output output = { g_string_new(NULL), g_string_new(NULL), 0, 0 };
                FrameReader reader = { 0 };

                g_assert_false(frame_reader_push(&reader, bad[i], 8, on_frame, &output));
                g_string_free(output.out, true);
                g_string_free(output.err, true);
        }
}

static void test_a_reader_may_stop(void)
{
        Output output = { g_string_new(NULL), g_string_new(NULL), 1, 0 };
        FrameReader reader = { 0 };

        g_assert_true(frame_reader_push(&reader, framed, sizeof framed - 1, on_frame, &output));
        g_assert_cmpstr(output.out->str, ==, "hello");
        g_assert_cmpint(output.err->len, ==, 0);
        g_string_free(output.out, true);
        g_string_free(output.err, true);
}

static bool on_item(const json_t *item, gpointer user)
{
        g_autofree char *text = json_to_canonical_text(item);

        g_string_append(user, text);
        g_string_append_c(user, '\n');
        return true;
}

static void test_objects_one_after_the_other(void)
{
        static const char text[] = "{\"a\":\"}{\\\"\"}\r\n{\"b\":[{}]}{\"c\":1}\n \n{\"d";

        for (size_t piece = 1; piece < sizeof text; piece++) {
                g_autoptr(GString) got = g_string_new(NULL);
                JsonReader reader;

                json_reader_init(&reader);
                for (size_t at = 0; at < sizeof text - 1; at += piece)
                        g_assert_true(json_reader_push(&reader, text + at,
                                                       MIN(piece, sizeof text - 1 - at), on_item,
                                                       got));
                g_assert_cmpstr(got->str, ==, "{\"a\":\"}{\\\"\"}\n{\"b\":[{}]}\n{\"c\":1}\n");
                json_reader_done(&reader);
        }
}

static void check_refused(const char *text, size_t size)
{
        g_autoptr(GString) got = g_string_new(NULL);
        JsonReader reader;

        json_reader_init(&reader);
        g_assert_false(json_reader_push(&reader, text, size, on_item, got));
        json_reader_done(&reader);
}

static void test_no_objects_are_refused(void)
{
        g_autofree char *deep = g_strnfill(100, '[');
        g_autofree char *deep_object = g_strconcat("{\"a\":", deep, NULL);
        g_autofree char *large = g_strnfill(DOCKER_JSON_ITEM_MAX + 1, '{');

        memset(large + 2, 'a', DOCKER_JSON_ITEM_MAX - 1);
        large[1] = '"';
        check_refused("x", 1);
        check_refused("[]", 2);
        check_refused("{]", 2);
        check_refused("{\"a\":1}}", 8);
        check_refused(deep_object, strlen(deep_object));
        check_refused(large, strlen(large));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/frames/" #name, test_##name)
        ADD(frames_are_read_in_pieces_of_any_size);
        ADD(a_terminals_output_has_no_frames);
        ADD(what_is_no_frame_is_refused);
        ADD(a_reader_may_stop);
        ADD(objects_one_after_the_other);
        ADD(no_objects_are_refused);
        return g_test_run();
}
