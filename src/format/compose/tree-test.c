#include "format/compose/tree.h"

#include <string.h>

static const ComposeNode here = { .pos = { "f", 1, 1 }, .width = 1 };

static void test_members_are_set_and_removed(void)
{
        g_autoptr(Arena) arena = arena_new();
        ComposeNode *map = node_new_map(arena, &here);

        for (unsigned i = 0; i < 100; i++) {
                g_autofree char *key = g_strdup_printf("key%u", i);

                node_set_text(arena, map, key, "value");
        }
        node_set_text(arena, map, "key7", "other");
        g_assert_cmpuint(map->n_pairs, ==, 100);
        g_assert_cmpstr(compose_text(map, "key7", ""), ==, "other");
        for (unsigned i = 0; i < 100; i += 2) {
                g_autofree char *key = g_strdup_printf("key%u", i);

                node_remove(map, key);
        }
        g_assert_cmpuint(map->n_pairs, ==, 50);
        g_assert_cmpstr(map->pairs[3].key, ==, "key7");
        g_assert_null(compose_get(map, "key8"));
        g_assert_null(compose_get(NULL, "key7"));
        g_assert_null(compose_get(compose_get(map, "key7"), "x"));
}

static void test_a_copy_is_its_own(void)
{
        g_autoptr(Arena) arena = arena_new();
        ComposeNode *map = node_new_map(arena, &here), *list = node_new_list(arena, &here), *copy;

        node_append(arena, list, node_new_int(arena, 5, &here));
        node_append(arena, list, node_new_bool(arena, true, &here));
        node_append(arena, list, node_new_bool(arena, false, &here));
        node_set(arena, map, "list", list);
        copy = node_copy(arena, map);
        g_assert_true(node_equal(copy, map));
        g_assert_cmpuint(node_count(copy), ==, 5);
        /* Both have room of their own */
        node_append(arena, compose_get(copy, "list"), node_new_text(arena, "a", &here));
        node_append(arena, list, node_new_text(arena, "b", &here));
        g_assert_cmpstr(compose_get(copy, "list")->items[3]->text, ==, "a");
        g_assert_false(node_equal(copy, map));
}

static void test_order_of_keys_does_not_matter(void)
{
        g_autoptr(Arena) arena = arena_new();
        ComposeNode *a = node_new_map(arena, &here), *b = node_new_map(arena, &here);

        node_set_text(arena, a, "x", "1");
        node_set_text(arena, a, "y", "2");
        node_set_text(arena, b, "y", "2");
        g_assert_false(node_equal(a, b));
        node_set_text(arena, b, "x", "1");
        g_assert_true(node_equal(a, b));
        node_set(arena, b, "x", node_new_int(arena, 1, &here));
        g_assert_false(node_equal(a, b));
}

static void test_paths_match_patterns(void)
{
        Path services = { .key = "services" }, name = { .parent = &services, .key = "a.b" };
        Path ports = { .parent = &name, .key = "ports" }, item = { .parent = &ports, .index = 1 };

        g_assert_true(path_matches(&ports, "services.*.ports"));
        g_assert_true(path_matches(&item, "services.*.ports.[]"));
        g_assert_true(path_matches(&services, "services"));
        g_assert_false(path_matches(&item, "services.*.ports"));
        g_assert_false(path_matches(&item, "services.*.ports.*"));
        g_assert_false(path_matches(&ports, "ports"));
        g_assert_false(path_matches(&ports, "x.services.*.ports"));
        g_assert_false(path_matches(&ports, "services.*.port"));
        g_assert_false(path_matches(NULL, "services"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tree/members", test_members_are_set_and_removed);
        g_test_add_func("/tree/copy", test_a_copy_is_its_own);
        g_test_add_func("/tree/order", test_order_of_keys_does_not_matter);
        g_test_add_func("/tree/patterns", test_paths_match_patterns);
        return g_test_run();
}
