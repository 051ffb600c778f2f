#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void test_memory_is_zeroed_and_aligned(void)
{
        g_autoptr(Arena) arena = arena_new();

        for (size_t size = 0; size < 3000; size += 7) {
                char *memory = arena_alloc(arena, size);

                g_assert_cmpuint((uintptr_t) memory % _Alignof(max_align_t), ==, 0);
                for (size_t i = 0; i < size; i++)
                        g_assert_cmpint(memory[i], ==, 0);
                memset(memory, 0xff, size);
        }
}

static void test_large_requests_get_blocks_of_their_own(void)
{
        g_autoptr(Arena) arena = arena_new();
        char *large = arena_alloc(arena, 5 << 20);

        memset(large, 1, 5 << 20);
        g_assert_cmpuint(arena_size(arena), >=, 5 << 20);
}

static void test_copies(void)
{
        g_autoptr(Arena) arena = arena_new();

        g_assert_cmpstr(arena_strdup(arena, "abc"), ==, "abc");
        g_assert_null(arena_strdup(arena, NULL));
        g_assert_cmpstr(arena_strndup(arena, "abcdef", 3), ==, "abc");
        g_assert_cmpstr(arena_strndup(arena, "ab", 30), ==, "ab");
        g_assert_cmpstr(arena_printf(arena, "%d-%s", 7, "x"), ==, "7-x");
}

static void test_reset_zeroes_again(void)
{
        g_autoptr(Arena) arena = arena_new();

        memset(arena_alloc(arena, 100), 0xff, 100);
        memset(arena_alloc(arena, 100000), 0xff, 100000);
        arena_reset(arena);
        for (int round = 0; round < 3; round++) {
                char *memory = arena_alloc(arena, 1000);

                for (int i = 0; i < 1000; i++)
                        g_assert_cmpint(memory[i], ==, 0);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/arena/zeroed-and-aligned", test_memory_is_zeroed_and_aligned);
        g_test_add_func("/arena/large", test_large_requests_get_blocks_of_their_own);
        g_test_add_func("/arena/copies", test_copies);
        g_test_add_func("/arena/reset", test_reset_zeroes_again);
        return g_test_run();
}
