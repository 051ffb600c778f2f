#include "engine/docker/socket-table.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/docker/local.h"

/* TCP's listeners come first in their table: what follows are connections */
#define SOCKET_TABLE_MAX ((size_t) 8 * 1024 * 1024)

bool socket_table_has_listener(const char *text, size_t size, uint16_t port, PortProto proto)
{
        SocketScan scan = {
                .port = port,
                .state = proto == PROTO_UDP ? SOCKET_STATE_UNCONNECTED : SOCKET_STATE_LISTEN,
        };

        for (size_t i = 0; i < size; i++)
                if (socket_scan_byte(&scan, text[i]))
                        return true;
        return false;
}

/* 1: it listens, 0: it does not, -1: no such table */
static int look_into(int64_t pid, const char *name, uint16_t port, PortProto proto)
{
        g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/net/%s", pid, name);
        SocketScan scan = {
                .port = port,
                .state = proto == PROTO_UDP ? SOCKET_STATE_UNCONNECTED : SOCKET_STATE_LISTEN,
        };
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char buffer[16384];
        size_t size = 0;
        ssize_t n;
        int found = 0;

        if (fd < 0)
                return -1;
        while (found == 0 && size < SOCKET_TABLE_MAX && (n = read(fd, buffer, sizeof buffer)) > 0) {
                for (ssize_t i = 0; i < n && found == 0; i++)
                        found = socket_scan_byte(&scan, buffer[i]);
                size += (size_t) n;
        }
        close(fd);
        return found;
}

int socket_table_look(int64_t pid, uint16_t port, PortProto proto)
{
        int six = look_into(pid, proto == PROTO_UDP ? "udp6" : "tcp6", port, proto);
        int four = six > 0 ? 1 : look_into(pid, proto == PROTO_UDP ? "udp" : "tcp", port, proto);

        return MAX(six, four);
}
