#include "base/json.h"
#include "functions/functions.h"

static int64_t now_ns(void *user)
{
        int64_t *clock = user;

        *clock += G_GINT64_CONSTANT(1000000000);
        return *clock;
}

static char *render(const char *text, int64_t *clock, FunctionRecord *record)
{
        const FunctionProvider provider = { .user = clock, .now_ns = now_ns };
        GString *out = g_string_new(NULL);

        g_assert_true(functions_render_recorded("t", text, &provider, record, out, NULL));
        return g_string_free(out, false);
}

static void test_a_second_render_gives_the_same(void)
{
        g_autoptr(FunctionRecord) record = function_record_new();
        int64_t clock = 0;
        g_autofree char *one = render("{{repl Now}} {{repl Now}}", &clock, record);
        g_autoptr(json_t) kept = function_record_to_json(record);
        g_autoptr(FunctionRecord) again = function_record_from_json(kept);
        g_autofree char *two = NULL, *three = NULL;

        g_assert_cmpstr(one, ==, "1970-01-01T00:00:01Z 1970-01-01T00:00:02Z");
        two = render("{{repl Now}} {{repl Now}}", &clock, again);
        g_assert_cmpstr(two, ==, one);
        /* One call more is the only one that is made. */
        g_autoptr(FunctionRecord) more = function_record_from_json(kept);
        three = render("{{repl Now}} {{repl Now}} {{repl Now}}", &clock, more);
        g_assert_cmpstr(three, ==,
                        "1970-01-01T00:00:01Z 1970-01-01T00:00:02Z 1970-01-01T00:00:03Z");
}

static void test_what_is_asked_no_longer_is_dropped(void)
{
        g_autoptr(FunctionRecord) record = function_record_new();
        int64_t clock = 0;
        g_autofree char *one = render("{{repl Now}}", &clock, record);
        g_autofree char *two = render("plain", &clock, record);
        g_autoptr(json_t) kept = function_record_to_json(record);

        g_assert_cmpstr(two, ==, "plain");
        g_assert_cmpuint(json_object_size(kept), ==, 0);
}

static void test_foreign_json_is_refused(void)
{
        g_autoptr(json_t) list = json_array(), object = json_pack("{s:i}", "Now", 1);

        g_assert_null(function_record_from_json(NULL));
        g_assert_null(function_record_from_json(list));
        g_assert_null(function_record_from_json(object));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/record/same", test_a_second_render_gives_the_same);
        g_test_add_func("/record/dropped", test_what_is_asked_no_longer_is_dropped);
        g_test_add_func("/record/foreign", test_foreign_json_is_refused);
        return g_test_run();
}
