#include "controller/node.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "controller/controller.h"

/* IPv4 routes: the default one has destination and mask 0, and the preferred of several stands first */
#define ROUTE_FILE  "/proc/net/route"
#define ROUTE_DEST  1
#define ROUTE_MASK  7
#define ROUTE_EMPTY "00000000"

static char *default_route_interface(void)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(ROUTE_FILE, &text, NULL, NULL))
                return NULL;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);

                if (g_strv_length(fields) > ROUTE_MASK &&
                    strcmp(fields[ROUTE_DEST], ROUTE_EMPTY) == 0 &&
                    strcmp(fields[ROUTE_MASK], ROUTE_EMPTY) == 0)
                        return g_strdup(fields[0]);
        }
        return NULL;
}

/* NULL: of the first interface that is up and not loopback */
static char *address_of(const char *interface)
{
        struct ifaddrs *all;
        char *best = NULL;

        if (getifaddrs(&all) < 0)
                return NULL;
        for (const struct ifaddrs *at = all; at != NULL && best == NULL; at = at->ifa_next) {
                char text[INET_ADDRSTRLEN];

                if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET)
                        continue;
                if (interface != NULL ? strcmp(at->ifa_name, interface) != 0
                                      : (at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP))
                        continue;
                inet_ntop(AF_INET, &((struct sockaddr_in *) at->ifa_addr)->sin_addr, text,
                          sizeof text);
                best = g_strdup(text);
        }
        freeifaddrs(all);
        return best;
}

char *node_interface_address(const char *interface)
{
        return address_of(interface);
}

char *node_address(const char *given, const EngineInfo *info, GError **error)
{
        g_autofree char *interface = NULL;
        char *address;

        if (given == NULL || given[0] == '\0')
                given = g_getenv("SLIPWAY_NODE_ADDRESS");
        if (given != NULL && given[0] != '\0') {
                if (g_hostname_is_ip_address(given))
                        return g_strdup(given);
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "the node address `%s` is not an IP address", given);
                return NULL;
        }
        if (info != NULL && !info->is_local) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "the engine is on another machine: say with --node-address by which "
                            "address its containers reach it");
                return NULL;
        }
        interface = default_route_interface();
        address = interface == NULL ? NULL : address_of(interface);
        if (address == NULL)
                address = address_of(NULL);
        if (address == NULL && info != NULL && info->bridge_gateway[0] != '\0')
                address = g_strdup(info->bridge_gateway);
        if (address == NULL)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FAILED,
                            "this host has no address but loopback; give one with --node-address");
        return address;
}
