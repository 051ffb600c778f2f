#pragma once

/*
 * TCP probe: does somebody accept connections there?
 *
 * Connects, makes sure that there really is a peer (a connect to a dead container's
 * address has been seen to succeed without one), and closes. Sends nothing.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct TcpProbe TcpProbe;

/* @error: NULL when the connection was made (G_IO_ERROR otherwise: CONNECTION_REFUSED, TIMED_OUT,
 * HOST_UNREACHABLE …); borrowed */
typedef void (*TcpProbeFunc)(const GError *error, gpointer user);

/**
 * tcp_probe() - try to connect once
 * @context:    where @done is called, never from inside this call; NULL for the default one
 * @host:       an IPv4 or IPv6 address, or a name (it is resolved on a thread of GLib's)
 * @timeout_us: for name and connection together
 *
 * Return: the probe, valid until @done has been called or it is cancelled
 */
TcpProbe *tcp_probe(GMainContext *context, const char *host, uint16_t port, int64_t timeout_us,
                    TcpProbeFunc done, gpointer user);

/* @done is not called any more. NULL is fine. */
void tcp_probe_cancel(TcpProbe *probe);
