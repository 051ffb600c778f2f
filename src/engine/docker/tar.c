#include "engine/docker/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK 512

typedef struct TarHeader {
        char name[100];
        char mode[8];
        char uid[8];
        char gid[8];
        char size[12];
        char mtime[12];
        char checksum[8];
        char type;
        char link[100];
        char magic[8];
        char user[32];
        char group[32];
        char major[8], minor[8];
        char prefix[155];
        char unused[12];
} TarHeader;

G_STATIC_ASSERT(sizeof(TarHeader) == BLOCK);

/* Octal with a final NUL; what has no room for that is big-endian with the first bit set */
static void put_number(char *field, size_t size, guint64 value)
{
        if (value >> (3 * (size - 1)) == 0) {
                char digits[24];

                snprintf(digits, sizeof digits, "%0*" G_GINT64_MODIFIER "o", (int) size - 1, value);
                memcpy(field, digits, size);
                return;
        }
        for (size_t i = size; i-- > 0; value >>= 8)
                field[i] = (char) (value & 0xff);
        field[0] = (char) 0x80;
}

static void put_data(GByteArray *tar, const void *data, size_t size)
{
        static const guint8 zeros[BLOCK];
        size_t odd = size % BLOCK;

        if (size > 0)
                g_byte_array_append(tar, data, (guint) size);
        if (odd > 0)
                g_byte_array_append(tar, zeros, (guint) (BLOCK - odd));
}

static void put_header(GByteArray *tar, const char *path, char type, size_t size, unsigned mode,
                       int64_t uid, int64_t gid, int64_t mtime_s)
{
        TarHeader header = { .type = type, .magic = "ustar" };
        const guint8 *bytes = (const guint8 *) &header;
        unsigned sum = 0;

        memcpy(header.name, path, MIN(strlen(path), sizeof header.name));
        memcpy(header.magic + 6, "00", 2);
        put_number(header.mode, sizeof header.mode, mode);
        put_number(header.uid, sizeof header.uid, (guint64) uid);
        put_number(header.gid, sizeof header.gid, (guint64) gid);
        put_number(header.size, sizeof header.size, size);
        put_number(header.mtime, sizeof header.mtime, (guint64) mtime_s);
        memset(header.checksum, ' ', sizeof header.checksum);
        for (size_t i = 0; i < sizeof header; i++)
                sum += bytes[i];
        snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
        g_byte_array_append(tar, bytes, sizeof header);
}

void tar_add_file(GByteArray *tar, const char *path, const char *data, size_t size, unsigned mode,
                  int64_t uid, int64_t gid, int64_t mtime_s)
{
        path += strspn(path, "/");
        g_assert(strlen(path) <= TAR_PATH_MAX);
        if (strlen(path) > sizeof((TarHeader *) NULL)->name) {
                put_header(tar, "././@LongLink", 'L', strlen(path) + 1, 0644, 0, 0, 0);
                put_data(tar, path, strlen(path) + 1);
        }
        put_header(tar, path, '0', size, mode, uid, gid, mtime_s);
        put_data(tar, data, size);
}

void tar_end(GByteArray *tar)
{
        static const guint8 zeros[2 * BLOCK];

        g_byte_array_append(tar, zeros, sizeof zeros);
}
