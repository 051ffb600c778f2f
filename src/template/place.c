#include "template/place.h"

#include <stdbool.h>

static Place advance(Place at, const char *text, size_t from, size_t to)
{
        for (size_t i = from; i < to; i++) {
                if (text[i] == '\n') {
                        at.line++;
                        at.column = 1;
                } else if (((unsigned char) text[i] & 0xC0) != 0x80) {
                        at.column++;
                }
        }
        return at;
}

Place place_at(const char *text, size_t offset)
{
        return advance((Place){ 1, 1 }, text, 0, offset);
}

void places_init(Places *places, const char *text, size_t len)
{
        Place at = { 1, 1 };

        *places = (Places){ .text = text, .len = len, .examined = len };
        places->marks = g_array_sized_new(false, false, sizeof(Place),
                                          (guint) (len / PLACE_STRIDE + 1));
        g_array_append_val(places->marks, at);
        for (size_t i = PLACE_STRIDE; i <= len; i += PLACE_STRIDE) {
                at = advance(at, text, i - PLACE_STRIDE, i);
                g_array_append_val(places->marks, at);
        }
}

void places_done(Places *places)
{
        g_clear_pointer(&places->marks, g_array_unref);
}

Place places_find(Places *places, size_t offset)
{
        size_t to = MIN(offset, places->len), mark = to / PLACE_STRIDE;

        places->examined += to % PLACE_STRIDE;
        return advance(g_array_index(places->marks, Place, mark), places->text, mark * PLACE_STRIDE,
                       to);
}
