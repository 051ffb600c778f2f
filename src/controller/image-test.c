#include "controller/image.h"

#include "base/timefmt.h"

#define HOURS(n) ((n) *3600 * US_PER_S)

static void test_who_gets_an_image(void)
{
        static const struct {
                ImageQuestion question;
                ImageFetch want;
        } rows[] = {
                /* without a word */
                { { .is_here = true }, FETCH_NOT },
                { { .is_here = false }, FETCH_PULL },
                { { .is_here = true, .is_always = true }, FETCH_PULL },
                { { .is_here = true, .is_always = true, .is_fetched = true }, FETCH_NOT },
                /* as the command says */
                { { .is_here = true, .asked = PULL_ALWAYS }, FETCH_PULL },
                { { .is_here = true, .asked = PULL_NEVER, .is_always = true }, FETCH_NOT },
                { { .is_here = false, .asked = PULL_NEVER }, FETCH_REFUSED },
                /* as the document says */
                { { .is_here = true, .policy = "always" }, FETCH_PULL },
                { { .is_here = true, .policy = "always", .asked = PULL_NEVER }, FETCH_NOT },
                { { .is_here = false, .policy = "never" }, FETCH_REFUSED },
                { { .is_here = true, .policy = "never", .is_always = true }, FETCH_NOT },
                { { .is_here = true, .policy = "never", .asked = PULL_ALWAYS }, FETCH_PULL },
                { { .is_here = false, .policy = "missing" }, FETCH_PULL },
                { { .is_here = true, .policy = "missing" }, FETCH_NOT },
                { { .is_here = true, .policy = "daily", .age_us = HOURS(23) }, FETCH_NOT },
                { { .is_here = true, .policy = "daily", .age_us = HOURS(25) }, FETCH_PULL },
                { { .is_here = true, .policy = "weekly", .age_us = HOURS(25) }, FETCH_NOT },
                { { .is_here = true, .policy = "every_1h30m", .age_us = HOURS(2) }, FETCH_PULL },
                { { .is_here = true, .policy = "every_2h", .age_us = -1 }, FETCH_PULL },
                { { .is_here = true, .policy = "daily", .asked = PULL_NEVER, .age_us = -1 },
                  FETCH_NOT },
                /* with `build:` */
                { { .is_here = false, .has_build = true }, FETCH_BUILD },
                { { .is_here = true, .has_build = true }, FETCH_NOT },
                { { .is_here = true, .has_build = true, .asked = PULL_ALWAYS }, FETCH_NOT },
                { { .is_here = false, .has_build = true, .asked = PULL_NEVER }, FETCH_BUILD },
                { { .is_here = false, .has_build = true, .policy = "never" }, FETCH_BUILD },
                { { .is_here = false, .has_build = true, .policy = "missing" }, FETCH_PULL },
                { { .is_here = true, .has_build = true, .policy = "build" }, FETCH_BUILD },
                { { .is_here = true, .has_build = true, .policy = "build", .is_fetched = true },
                  FETCH_NOT },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                const char *reason = NULL;

                g_test_message("row %zu", i);
                g_assert_cmpint(image_decide(&rows[i].question, &reason), ==, rows[i].want);
                g_assert_nonnull(reason);
        }
}

static void test_times_of_policies(void)
{
        g_assert_cmpint(image_refresh_us("every_1w2d"), ==, HOURS(9 * 24));
        g_assert_cmpint(image_refresh_us("every_90s"), ==, 90 * US_PER_S);
        g_assert_cmpint(image_refresh_us("every_soon"), ==, 0);
        g_assert_cmpint(image_refresh_us("always"), ==, 0);
        g_assert_cmpint(image_refresh_us(NULL), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/image/who-gets-it", test_who_gets_an_image);
        g_test_add_func("/image/times", test_times_of_policies);
        return g_test_run();
}
