#include "engine/docker/frames.h"

#include <string.h>

#include "engine/docker/internal.h"

#define JSON_DEPTH_MAX 64 /* objects and arrays within one another */

bool frame_reader_push(FrameReader *reader, const char *data, size_t size, FrameFunc func,
                       gpointer user)
{
        const unsigned char *head = reader->header;

        if (reader->is_raw) {
                if (size > 0)
                        func(false, data, size, user);
                return true;
        }
        while (size > 0) {
                size_t n;

                if (reader->n_left > 0) {
                        n = MIN(size, reader->n_left);
                        reader->n_left -= (uint32_t) n;
                        if (!func(head[0] == 2, data, n, user))
                                return true;
                } else {
                        n = MIN(size, sizeof reader->header - reader->n_header);
                        memcpy(reader->header + reader->n_header, data, n);
                        reader->n_header += n;
                }
                data += n;
                size -= n;
                if (reader->n_header == sizeof reader->header) {
                        if (head[0] > 2 || head[1] != 0 || head[2] != 0 || head[3] != 0)
                                return false;
                        reader->n_left = (uint32_t) head[4] << 24 | (uint32_t) head[5] << 16 |
                                         (uint32_t) head[6] << 8 | head[7];
                        reader->n_header = 0;
                }
        }
        return true;
}

void json_reader_init(JsonReader *reader)
{
        *reader = (JsonReader){ .item = g_string_new(NULL) };
}

void json_reader_done(JsonReader *reader)
{
        if (reader->item != NULL)
                g_string_free(reader->item, true);
        reader->item = NULL;
}

/* Follows strings and brackets; false where this cannot be an object any more */
static bool follow(JsonReader *reader, char c)
{
        if (reader->is_escaped) {
                reader->is_escaped = false;
        } else if (reader->in_string) {
                reader->is_escaped = c == '\\';
                reader->in_string = c != '"';
        } else if (c == '"') {
                reader->in_string = true;
        } else if (c == '{' || c == '[') {
                return ++reader->depth <= JSON_DEPTH_MAX;
        } else if (c == '}' || c == ']') {
                reader->depth--;
        }
        return true;
}

bool json_reader_push(JsonReader *reader, const char *data, size_t size, JsonItemFunc func,
                      gpointer user)
{
        for (size_t i = 0; i < size; i++) {
                if (reader->depth == 0 && g_ascii_isspace(data[i]))
                        continue;
                if (reader->depth == 0 && data[i] != '{')
                        return false;
                if (reader->item->len == DOCKER_JSON_ITEM_MAX || !follow(reader, data[i]))
                        return false;
                g_string_append_c(reader->item, data[i]);
                if (reader->depth > 0)
                        continue;

                g_autoptr(json_t) item = json_loadb(reader->item->str, reader->item->len, 0, NULL);

                if (item == NULL)
                        return false;
                g_string_truncate(reader->item, 0);
                if (!func(item, user))
                        return true; /* @reader may be gone */
        }
        return true;
}
