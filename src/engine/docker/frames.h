#pragma once

/*
 * Frames: what the engine's streams are cut into
 *
 * Output of containers without a terminal comes in frames (stream type, three zero
 * bytes, big-endian size, bytes); events and progress come as JSON objects one after
 * the other. Both readers take the bytes in pieces of any size, and hold back no more
 * than a header or one object.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

typedef struct FrameReader {
        bool is_raw; /* a terminal's output: no frames, all of it is stdout */
        unsigned char header[8];
        size_t n_header;
        uint32_t n_left; /* bytes of the frame's body that are still to come */
} FrameReader;

/* False ends the reading */
typedef bool (*FrameFunc)(bool is_stderr, const char *data, size_t size, gpointer user);

/**
 * frame_reader_push() - read on
 * @func: called with each piece of output as it comes, not frame by frame
 *
 * Return: false where the bytes are no frames; true also where @func ended the reading
 */
bool frame_reader_push(FrameReader *reader, const char *data, size_t size, FrameFunc func,
                       gpointer user);

typedef struct JsonReader {
        GString *item; /* of the object under way */
        unsigned depth;
        bool in_string, is_escaped;
} JsonReader;

void json_reader_init(JsonReader *reader);
void json_reader_done(JsonReader *reader);

/* False ends the reading */
typedef bool (*JsonItemFunc)(const json_t *item, gpointer user);

/* Calls @func with each object that is complete. False where the bytes are no JSON objects, or one
 * of them is larger than DOCKER_JSON_ITEM_MAX or nested too deeply. */
bool json_reader_push(JsonReader *reader, const char *data, size_t size, JsonItemFunc func,
                      gpointer user);
