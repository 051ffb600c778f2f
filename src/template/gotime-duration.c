#include "template/gotime-duration.h"

#include <string.h>

/* "1h2m3.5s"; below a second "1.5ms", "0s" */
void gotime_duration_string(GString *out, int64_t ns)
{
        uint64_t u = ns < 0 ? 0 - (uint64_t) ns : (uint64_t) ns, scale = 1;
        const char *unit = "ns";
        int digits = 0;
        char fraction[16];
        int n;

        if (ns == 0) {
                g_string_append(out, "0s");
                return;
        }
        if (ns < 0)
                g_string_append_c(out, '-');
        if (u >= 1000000000) {
                digits = 9;
                scale = 1000000000;
                unit = "s";
                if (u / scale >= 3600)
                        g_string_append_printf(out, "%" G_GUINT64_FORMAT "h", u / scale / 3600);
                if (u / scale >= 60)
                        g_string_append_printf(out, "%" G_GUINT64_FORMAT "m", u / scale / 60 % 60);
                u -= u / scale / 60 * 60 * scale;
        } else if (u >= 1000000) {
                digits = 6;
                scale = 1000000;
                unit = "ms";
        } else if (u >= 1000) {
                digits = 3;
                scale = 1000;
                unit = "µs";
        }
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, u / scale);
        n = g_snprintf(fraction, sizeof fraction, "%0*" G_GUINT64_FORMAT, digits, u % scale);
        while (n > 0 && fraction[n - 1] == '0')
                n--;
        if (digits > 0 && n > 0) {
                g_string_append_c(out, '.');
                g_string_append_len(out, fraction, n);
        }
        g_string_append(out, unit);
}

static bool duration_unit(const char *s, size_t n, uint64_t *ret)
{
        static const struct {
                const char *name;
                uint64_t ns;
        } units[] = {
                { "ns", 1 },          { "us", 1000 },         { "µs", 1000 },
                { "μs", 1000 },       { "ms", 1000000 },      { "s", 1000000000 },
                { "m", 60000000000 }, { "h", 3600000000000 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
                if (strlen(units[i].name) == n && memcmp(units[i].name, s, n) == 0) {
                        *ret = units[i].ns;
                        return true;
                }
        return false;
}

/* One number with its unit, such as 1.5h */
static bool parse_duration_part(const char **s, size_t *n, uint64_t *sum)
{
        static const uint64_t most = (uint64_t) 1 << 63;
        uint64_t v = 0, f = 0, unit;
        double scale = 1;
        size_t i = 0, start;
        bool digits = false;

        for (; i < *n && g_ascii_isdigit((*s)[i]); i++, digits = true) {
                if (v > most / 10)
                        return false;
                v = v * 10 + (uint64_t) ((*s)[i] - '0');
                if (v > most)
                        return false;
        }
        if (i < *n && (*s)[i] == '.') {
                for (i++; i < *n && g_ascii_isdigit((*s)[i]); i++, digits = true) {
                        if (f > (most - 1) / 10)
                                continue;
                        f = f * 10 + (uint64_t) ((*s)[i] - '0');
                        scale *= 10;
                }
        }
        start = i;
        while (i < *n && (*s)[i] != '.' && !g_ascii_isdigit((*s)[i]))
                i++;
        if (!digits || !duration_unit(*s + start, i - start, &unit) || v > most / unit)
                return false;
        v *= unit;
        if (f > 0)
                v += (uint64_t) ((double) f * ((double) unit / scale));
        if (v > most || *sum + v > most)
                return false;
        *sum += v;
        *s += i;
        *n -= i;
        return true;
}

bool gotime_parse_duration(const char *s, size_t n, int64_t *ret_ns)
{
        bool negative = false;
        uint64_t sum = 0;

        *ret_ns = 0;
        if (n > 0 && (*s == '+' || *s == '-')) {
                negative = *s == '-';
                s++;
                n--;
        }
        if (n == 1 && *s == '0')
                return true;
        if (n == 0)
                return false;
        while (n > 0)
                if (!parse_duration_part(&s, &n, &sum))
                        return false;
        if (!negative && sum > INT64_MAX)
                return false;
        *ret_ns = (int64_t) (negative ? 0 - sum : sum);
        return true;
}
