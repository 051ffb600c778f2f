#pragma once

/*
 * Socket table: who listens, as /proc/net/tcp, tcp6, udp and udp6 tell
 *
 * Read byte by byte and without a library, because the same reader is part of the
 * probe that runs inside containers (probe.c). Columns: number, local address:port,
 * remote address:port, state, all hexadecimal (the heading has no upper-case digits); an address is one (IPv4) or four (IPv6)
 * words in the machine's byte order, which is little-endian wherever we run.
 */

#include <stdbool.h>
#include <stdint.h>

#define SOCKET_STATE_LISTEN      0x0a /* TCP */
#define SOCKET_STATE_UNCONNECTED 0x07 /* UDP: bound, takes from anybody */

typedef struct SocketScan {
        uint32_t port;     /* looked for */
        uint32_t state;    /* that counts as listening */
        uint32_t column;   /* of the line: 1 local address, 3 state */
        uint32_t n_digits; /* of the address */
        bool in_word;
        bool in_port;   /* behind the colon */
        uint32_t value; /* of the number under way */
        uint32_t words[4];
        uint32_t line_port;
} SocketScan;

/* The address is one that only the container itself reaches: 127.0.0.0/8, ::1, and 127.0.0.0/8
 * written as an IPv6 address */
static inline bool socket_scan_is_loopback(const SocketScan *scan)
{
        const uint32_t *w = scan->words;

        if (scan->n_digits <= 8)
                return (w[0] & 0xff) == 127;
        if ((w[0] | w[1]) != 0)
                return false;
        return (w[2] == 0 && w[3] == 0x01000000) || (w[2] == 0xffff0000 && (w[3] & 0xff) == 127);
}

static inline void socket_scan_digit(SocketScan *scan, uint32_t digit)
{
        scan->value = scan->value << 4 | digit;
        if (scan->column != 1)
                return;
        if (scan->in_port) {
                scan->line_port = scan->value;
        } else if (scan->n_digits < 32) {
                scan->words[scan->n_digits / 8] = scan->value;
                scan->n_digits++;
                if (scan->n_digits % 8 == 0)
                        scan->value = 0;
        }
}

/* Takes the next byte of a table; true when it ended the state of a listener on the port */
static inline bool socket_scan_byte(SocketScan *scan, char c)
{
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t) (c - '0')
                         : c >= 'A' && c <= 'F' ? (uint32_t) (c - 'A' + 10)
                                                : 16;

        if (c == ' ' || c == '\n') {
                bool found = scan->in_word && scan->column == 3 && scan->value == scan->state &&
                             scan->line_port == scan->port && !socket_scan_is_loopback(scan);

                scan->column += scan->in_word;
                scan->in_word = false;
                if (c == '\n') {
                        scan->column = 0;
                        scan->n_digits = 0;
                }
                return found;
        }
        if (!scan->in_word) {
                scan->in_word = true;
                scan->in_port = false;
                scan->value = 0;
        }
        if (c == ':') {
                scan->in_port = true;
                scan->value = 0;
        } else if (digit < 16) {
                socket_scan_digit(scan, digit);
        }
        return false;
}
