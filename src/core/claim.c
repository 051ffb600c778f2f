/* Claims: host ports and addresses that only one container can have */

#include "core/core.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_everywhere(const char *address)
{
        return address[0] == '\0' || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

bool claim_overlaps(const char *one, const char *two)
{
        g_auto(GStrv) a = g_strsplit(one, "/", 4);
        g_auto(GStrv) b = g_strsplit(two, "/", 4);

        if (strcmp(one, two) == 0)
                return true;
        if (g_strv_length(a) != 4 || g_strv_length(b) != 4)
                return false;
        return strcmp(a[0], "port") == 0 && strcmp(b[0], "port") == 0 && strcmp(a[1], b[1]) == 0 &&
               strcmp(a[3], b[3]) == 0 && (is_everywhere(a[2]) || is_everywhere(b[2]));
}

char *claim_port(PortProto proto, const char *host_ip, uint16_t port)
{
        return g_strdup_printf("port/%s/%s/%u", proto == PROTO_UDP ? "udp" : "tcp",
                               host_ip == NULL ? "" : host_ip, port);
}

/* IPv6 has many ways to write one address */
char *claim_address(const char *network, const char *address)
{
        char text[INET6_ADDRSTRLEN];
        struct in6_addr six;

        if (inet_pton(AF_INET6, address, &six) == 1)
                address = inet_ntop(AF_INET6, &six, text, sizeof text);
        return g_strdup_printf("address/%s/%s", network, address);
}

static void add_address(GPtrArray *claims, const char *network, const char *address)
{
        if (address != NULL && address[0] != '\0')
                g_ptr_array_add(claims, claim_address(network, address));
}

char **claims_of_spec(const Spec *spec)
{
        GPtrArray *claims = g_ptr_array_new();

        for (size_t i = 0; i < spec->n_ports; i++) {
                const SpecPort *port = &spec->ports[i];

                if (port->public_port != 0)
                        g_ptr_array_add(claims,
                                        claim_port(port->proto, port->host_ip, port->public_port));
        }
        add_address(claims, spec->network_mode, spec->ipv4_address);
        add_address(claims, spec->network_mode, spec->ipv6_address);
        for (size_t i = 0; i < spec->n_networks; i++) {
                add_address(claims, spec->networks[i].name, spec->networks[i].ipv4_address);
                add_address(claims, spec->networks[i].name, spec->networks[i].ipv6_address);
        }
        g_ptr_array_add(claims, NULL);
        return (char **) g_ptr_array_free(claims, false);
}

char *claim_to_words(const char *claim)
{
        g_auto(GStrv) parts = g_strsplit(claim, "/", 4);

        if (g_strv_length(parts) == 4)
                return g_strdup_printf("the host port %s%s", parts[3],
                                       strcmp(parts[1], "udp") == 0 ? "/udp" : "");
        return g_strdup_printf("the address %s on the network %s", parts[2], parts[1]);
}
