#include "base/timefmt.h"

static void test_rfc3339_keeps_nanoseconds(void)
{
        int64_t ns;

        g_assert_true(time_from_rfc3339("2026-11-22T01:02:03.123456789Z", &ns));
        g_autofree char *text = time_to_rfc3339(ns);
        g_assert_cmpstr(text, ==, "2026-11-22T01:02:03.123456789Z");

        g_assert_true(time_from_rfc3339("2026-11-22T03:02:03.5+02:00", &ns));
        g_autofree char *moved = time_to_rfc3339(ns);
        g_assert_cmpstr(moved, ==, "2026-11-22T01:02:03.500000000Z");
}

static void test_the_engines_never_is_zero(void)
{
        int64_t ns = 1;

        g_assert_true(time_from_rfc3339("0001-01-01T00:00:00Z", &ns));
        g_assert_cmpint(ns, ==, 0);
        g_assert_false(time_from_rfc3339("yesterday", &ns));
        g_assert_false(time_from_rfc3339("", &ns));
}

static void test_times_that_nanoseconds_do_not_reach_are_none(void)
{
        int64_t ns;

        g_assert_true(time_from_rfc3339("1678-01-01T00:00:00Z", &ns));
        g_assert_true(time_from_rfc3339("2261-12-31T23:59:59.999999999Z", &ns));
        g_assert_false(time_from_rfc3339("1013-03-05T16:46:08Z", &ns));
        g_assert_false(time_from_rfc3339("9999-12-31T23:59:59Z", &ns));
        g_assert_false(time_from_rfc3339("2262-04-11T23:47:16.9Z", &ns));
}

static void test_durations_read_well(void)
{
        static const struct {
                int64_t us;
                const char *text;
        } cases[] = {
                { 40 * US_PER_MS, "40 ms" }, { 2100 * US_PER_MS, "2.1 s" },
                { 90 * US_PER_S, "90 s" },   { 200 * US_PER_S, "3 min" },
                { 7200 * US_PER_S, "2 h" },  { 3 * 86400 * US_PER_S, "3 days" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = duration_to_text(cases[i].us);

                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

static void test_a_clock_that_was_set_back_is_said(void)
{
        g_autofree char *ago = ago_to_text(200 * US_PER_S);
        g_autofree char *ahead = ago_to_text(-200 * US_PER_S);

        g_assert_cmpstr(ago, ==, "3 min ago");
        g_assert_cmpstr(ahead, ==, "3 min ahead of this clock");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/time/rfc3339", test_rfc3339_keeps_nanoseconds);
        g_test_add_func("/time/never", test_the_engines_never_is_zero);
        g_test_add_func("/time/reach", test_times_that_nanoseconds_do_not_reach_are_none);
        g_test_add_func("/time/durations", test_durations_read_well);
        g_test_add_func("/time/ago", test_a_clock_that_was_set_back_is_said);
        return g_test_run();
}
