#pragma once

/*
 * Arena: memory that is freed all at once
 *
 * What is parsed once and never changed (a document, a template, the model) lives
 * in an arena: no free function for each type, no ownership to think about inside.
 * Out of memory ends the program, as everywhere in GLib.
 */

#include <glib.h>
#include <stdarg.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

/**
 * arena_alloc() - memory that lives as long as the arena
 * @size: in bytes; 0 gives a valid pointer to nothing
 *
 * Return: zeroed memory, aligned for any type
 */
void *arena_alloc(Arena *arena, size_t size);

/* n zeroed elements of a type; a product that overflows ends the program */
#define arena_new0(arena, Type, n) ((Type *) arena_alloc_n((arena), sizeof(Type), (n)))
void *arena_alloc_n(Arena *arena, size_t size, size_t n);

/* Copies into the arena. NULL stays NULL; strndup copies at most @len bytes and adds the NUL. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t len);
void *arena_memdup(Arena *arena, const void *data, size_t size);
char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Copies a NULL-terminated list, too; never NULL */
const char *const *arena_strdupv(Arena *arena, const char *const *texts);

/* The bytes that the arena holds from the system, for limits and benchmarks */
size_t arena_size(const Arena *arena);

/* Forgets everything in it but keeps the first block: for one render after the other */
void arena_reset(Arena *arena);
