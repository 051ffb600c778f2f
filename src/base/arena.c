#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks double from 4 KiB to 4 MiB; a larger request gets a block of its own. */
#define BLOCK_MIN ((size_t) 4096)
#define BLOCK_MAX ((size_t) 4 << 20)

/* From this size on a block is made of large pages where the kernel has them: touching 100 MB in
 * small ones for the first time takes as long as reading them as YAML does. */
#define LARGE_PAGE ((size_t) 2 << 20)

typedef struct Block Block;
struct Block {
        Block *next;
        size_t size;
        size_t used;
        void *mapping; /* of a block of large pages, and its length; else NULL */
        size_t mapping_size;
        max_align_t data[];
};

struct Arena {
        Block *current; /* the newest block first */
        size_t next_size;
        size_t total;
};

static size_t align_up(size_t size)
{
        return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

static Block *map_block(size_t size)
{
        size_t length = size + sizeof(Block) + LARGE_PAGE;
        char *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                             0);
        Block *block;
        size_t skip;

        if (mapping == MAP_FAILED)
                g_error("no memory for a block of %zu bytes", size);
        skip = -(uintptr_t) mapping & (LARGE_PAGE - 1);
        (void) madvise(mapping + skip, length - skip, MADV_HUGEPAGE); /* only a hint */
        block = (Block *) (void *) (mapping + skip);
        block->mapping = mapping;
        block->mapping_size = length;
        return block;
}

static Block *block_new(size_t size)
{
        Block *block = size < LARGE_PAGE ? g_malloc0(sizeof(Block) + size) : map_block(size);

        block->size = size;
        return block;
}

static void block_free(Block *block)
{
        if (block->mapping != NULL)
                munmap(block->mapping, block->mapping_size);
        else
                g_free(block);
}

Arena *arena_new(void)
{
        Arena *arena = g_new0(Arena, 1);

        arena->next_size = BLOCK_MIN;
        return arena;
}

static void free_blocks(Block *block)
{
        while (block != NULL) {
                Block *next = block->next;

                block_free(block);
                block = next;
        }
}

void arena_free(Arena *arena)
{
        if (arena == NULL)
                return;
        free_blocks(arena->current);
        g_free(arena);
}

void arena_reset(Arena *arena)
{
        Block *first = arena->current;

        if (first == NULL)
                return;
        free_blocks(first->next);
        first->next = NULL;
        memset(first->data, 0, first->used);
        first->used = 0;
        arena->total = first->size;
}

void *arena_alloc(Arena *arena, size_t size)
{
        Block *block = arena->current;
        void *memory;

        if (size > G_MAXSIZE / 2)
                g_error("an arena was asked for %zu bytes", size);
        size = align_up(size);
        if (block == NULL || block->size - block->used < size) {
                size_t want = MAX(arena->next_size, size);

                /* header and data fill large pages */
                if (want == BLOCK_MAX)
                        want -= MIN(sizeof(Block), want - size);

                block = block_new(want);
                block->next = arena->current;
                arena->current = block;
                arena->total += want;
                arena->next_size = MIN(arena->next_size * 2, BLOCK_MAX);
        }
        memory = (char *) block->data + block->used;
        block->used += size;
        return memory;
}

void *arena_alloc_n(Arena *arena, size_t size, size_t n)
{
        size_t total;

        if (!g_size_checked_mul(&total, size, n))
                g_error("an arena was asked for %zu times %zu bytes", n, size);
        return arena_alloc(arena, total);
}

void *arena_memdup(Arena *arena, const void *data, size_t size)
{
        void *copy = arena_alloc(arena, size);

        if (size > 0)
                memcpy(copy, data, size);
        return copy;
}

char *arena_strndup(Arena *arena, const char *text, size_t len)
{
        char *copy;

        if (text == NULL)
                return NULL;
        len = strnlen(text, len);
        copy = arena_alloc(arena, len + 1);
        memcpy(copy, text, len);
        return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
        return text == NULL ? NULL : arena_memdup(arena, text, strlen(text) + 1);
}

const char *const *arena_strdupv(Arena *arena, const char *const *texts)
{
        size_t n = texts == NULL ? 0 : g_strv_length((char **) texts);
        const char **copy = arena_new0(arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(arena, texts[i]);
        return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        return arena_strdup(arena, text);
}

size_t arena_size(const Arena *arena)
{
        return arena->total;
}
