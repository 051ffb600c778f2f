#include "controller/image.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"

#define HOUR_US (3600 * US_PER_S)

/* "1h30m", "2d", "1w" */
static int64_t read_duration(const char *text)
{
        static const struct {
                char unit;
                int64_t us;
        } units[] = {
                { 's', US_PER_S },     { 'm', 60 * US_PER_S },    { 'h', HOUR_US },
                { 'd', 24 * HOUR_US }, { 'w', 7 * 24 * HOUR_US },
        };
        int64_t total = 0;

        while (*text != '\0') {
                size_t digits = strspn(text, "0123456789");
                g_autofree char *number = g_strndup(text, digits);
                int64_t us = 0;
                guint64 n;

                for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
                        us = text[digits] == units[i].unit ? units[i].us : us;
                if (us == 0 || !text_parse_uint(number, &n) || n > 1000000)
                        return 0;
                total += (int64_t) n * us;
                text += digits + 1;
        }
        return total;
}

int64_t image_refresh_us(const char *policy)
{
        if (policy == NULL)
                return 0;
        if (strcmp(policy, "daily") == 0)
                return 24 * HOUR_US;
        if (strcmp(policy, "weekly") == 0)
                return 7 * 24 * HOUR_US;
        return g_str_has_prefix(policy, "every_") ? read_duration(policy + strlen("every_")) : 0;
}

static bool is_stale(const ImageQuestion *question)
{
        int64_t lasts_us = image_refresh_us(question->policy);

        return lasts_us > 0 && (question->age_us < 0 || question->age_us > lasts_us);
}

static ImageFetch decide_missing(const ImageQuestion *question, const char *policy,
                                 const char **ret_reason)
{
        /* What the document can build it does not ask a registry for, unless it says so. */
        bool wants_pull = policy[0] != '\0' && strcmp(policy, "never") != 0;

        *ret_reason = "it is not here";
        if (question->has_build && (!wants_pull || question->asked == PULL_NEVER)) {
                *ret_reason = "it is not here, and is to be built";
                return FETCH_BUILD;
        }
        return question->asked == PULL_NEVER || strcmp(policy, "never") == 0 ? FETCH_REFUSED
                                                                             : FETCH_PULL;
}

ImageFetch image_decide(const ImageQuestion *question, const char **ret_reason)
{
        const char *policy = question->policy == NULL ? "" : question->policy;
        bool is_only_built = question->has_build && policy[0] == '\0';

        *ret_reason = "";
        if (question->is_fetched)
                return question->is_here ? FETCH_NOT : FETCH_REFUSED;
        if (question->has_build && strcmp(policy, "build") == 0) {
                *ret_reason = "`pull_policy: build`";
                return FETCH_BUILD;
        }
        if (!question->is_here)
                return decide_missing(question, policy, ret_reason);
        if (question->asked == PULL_NEVER || is_only_built)
                return FETCH_NOT;
        *ret_reason = "asked for";
        if (question->asked == PULL_ALWAYS)
                return FETCH_PULL;
        if (strcmp(policy, "never") == 0)
                return FETCH_NOT;
        if (question->is_always || strcmp(policy, "always") == 0)
                return FETCH_PULL;
        *ret_reason = "the one here is older than its `pull_policy` wants it";
        return is_stale(question) ? FETCH_PULL : FETCH_NOT;
}
