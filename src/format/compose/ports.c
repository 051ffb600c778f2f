#include "format/compose/ports.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/values.h"

typedef struct Range {
        guint64 first, last;
} Range;

static bool parse_range(const char *text, Range *ret_range)
{
        const char *dash = strchr(text, '-');
        g_autofree char *first = dash != NULL ? g_strndup(text, dash - text) : g_strdup(text);

        if (!text_parse_uint(first, &ret_range->first))
                return false;
        ret_range->last = ret_range->first;
        if (dash != NULL && !text_parse_uint(dash + 1, &ret_range->last))
                return false;
        return ret_range->first <= ret_range->last && ret_range->last <= 65535;
}

/* host address, host port, container port; cut at the last colons, as addresses have some */
static void split_parts(const char *text, char **ret_ip, char **ret_host, char **ret_container)
{
        const char *last = strrchr(text, ':');
        const char *middle = last == NULL ? NULL : g_strrstr_len(text, last - text, ":");

        *ret_container = g_strdup(last != NULL ? last + 1 : text);
        *ret_host = last == NULL     ? g_strdup("")
                    : middle != NULL ? g_strndup(middle + 1, last - middle - 1)
                                     : g_strndup(text, last - text);
        *ret_ip = middle != NULL ? g_strndup(text, middle - text) : g_strdup("");
}

static const char *check_ip(char *ip)
{
        size_t len = strlen(ip);

        if (ip[0] == '[' && ip[len - 1] == ']') {
                memmove(ip, ip + 1, len - 2);
                ip[len - 2] = '\0';
        } else if (strchr(ip, ':') != NULL) {
                return "an IPv6 address stands in brackets: `[::1]:8080:80`";
        }
        return ip[0] == '\0' || value_is_ip(ip) ? NULL : "the host's part is not an IP address";
}

static void append_port(Arena *arena, ComposeNode *list, const ComposeNode *at, const char *ip,
                        guint64 target, const char *published, const char *protocol)
{
        ComposeNode *port = node_new_map(arena, at);

        node_set_text(arena, port, "mode", "ingress");
        if (ip[0] != '\0')
                node_set_text(arena, port, "host_ip", ip);
        node_set(arena, port, "target", node_new_int(arena, target, at));
        if (published[0] != '\0')
                node_set_text(arena, port, "published", published);
        node_set_text(arena, port, "protocol", protocol);
        node_append(arena, list, port);
}

/* The reference sorts a range by its text, `80/tcp`: 10 before 8, and 8 before 80. That is the order
 * of the numbers with zeros behind them, and of those the shorter first. */
static int compare_by_text(gconstpointer a, gconstpointer b)
{
        guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;
        bool is_shorter = left < right;

        while (left != 0 && left < 10000)
                left *= 10;
        while (right != 0 && right < 10000)
                right *= 10;
        if (left != right)
                return left < right ? -1 : 1;
        return is_shorter ? -1 : 1;
}

static void append_range(Arena *arena, ComposeNode *list, const ComposeNode *at, const char *ip,
                         Range targets, bool has_host, Range hosts, const char *protocol)
{
        g_autoptr(GArray) order = g_array_new(false, false, sizeof(guint64));

        for (guint64 port = targets.first; port <= targets.last; port++)
                g_array_append_val(order, port);
        g_array_sort(order, compare_by_text);
        for (size_t i = 0; i < order->len; i++) {
                guint64 target = g_array_index(order, guint64, i);
                guint64 host = hosts.first + target - targets.first;
                g_autofree char *published = g_strdup_printf("%" G_GUINT64_FORMAT, host);

                if (order->len == 1 && hosts.first != hosts.last) {
                        g_free(published);
                        published = g_strdup_printf("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
                                                    hosts.first, hosts.last);
                }
                append_port(arena, list, at, ip, target, has_host ? published : "", protocol);
        }
}

bool ports_expand(Arena *arena, const ComposeNode *item, ComposeNode *list,
                  const char **ret_problem)
{
        static const char *const protocols[] = { "tcp", "udp", "sctp", NULL };
        g_autofree char *ip = NULL, *host = NULL, *container = NULL, *protocol = NULL;
        Range targets, hosts = { 0 };
        char *slash;

        split_parts(item->text, &ip, &host, &container);
        slash = strchr(container, '/');
        protocol = g_ascii_strdown(slash != NULL && slash[1] != '\0' ? slash + 1 : "tcp", -1);
        if (slash != NULL)
                *slash = '\0';
        *ret_problem = check_ip(ip);
        if (*ret_problem != NULL)
                return false;
        if (!g_strv_contains(protocols, protocol))
                *ret_problem = "the protocol is `tcp`, `udp` or `sctp`";
        else if (container[0] == '\0')
                *ret_problem = "the container's port is missing";
        else if (!parse_range(container, &targets) || targets.first == 0 ||
                 (host[0] != '\0' && !parse_range(host, &hosts)))
                *ret_problem = "a port is a number from 1 to 65535, or two with a `-`: such as "
                               "`8080:80`, `127.0.0.1:8080:80` or `8000-8009:80-89/udp`";
        else if (host[0] != '\0' && targets.first != targets.last &&
                 targets.last - targets.first != hosts.last - hosts.first)
                *ret_problem = "the two ranges are not of the same length";
        if (*ret_problem != NULL)
                return false;
        append_range(arena, list, item, ip, targets, host[0] != '\0', hosts, protocol);
        return true;
}
