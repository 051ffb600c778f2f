/*
 * Probe: waits inside a container until a port listens
 *
 *      probe t|u PORT TRIES
 *
 * Reads the container's own socket tables, up to TRIES times with 20 ms in between:
 * a listener on the port that is not on loopback ends it with 0, none with 1, wrong
 * usage with 2, no readable table with 3. No library, no writable data, less than a
 * kilobyte: it runs in any image, with an empty file system.
 */

#include "engine/docker/socket-table.h"

#define AT_FDCWD (-100)
#define PAUSE_NS 20000000

#if defined __x86_64__
enum { SYS_read = 0, SYS_close = 3, SYS_nanosleep = 35, SYS_exit_group = 231, SYS_openat = 257 };

static __attribute__((noinline)) long system_call(long n, long a, long b, long c)
{
        register long d __asm__("r10") = 0;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(n), "D"(a), "S"(b), "d"(c), "r"(d)
                         : "rcx", "r11", "memory");
        return result;
}

/* The stack holds argc, argv[0], argv[1] … when the kernel enters a program */
__asm__(".globl _start\n"
        "_start:\n"
        "       xor %ebp, %ebp\n"
        "       mov %rsp, %rdi\n"
        "       and $-16, %rsp\n"
        "       call probe_main\n"
        "       ud2\n");
#elif defined __aarch64__
enum { SYS_openat = 56, SYS_close = 57, SYS_read = 63, SYS_exit_group = 94, SYS_nanosleep = 101 };

static __attribute__((noinline)) long system_call(long n, long a, long b, long c)
{
        register long x8 __asm__("x8") = n;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = 0;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
        return x0;
}

__asm__(".globl _start\n"
        "_start:\n"
        "       mov x29, #0\n"
        "       mov x0, sp\n"
        "       bl probe_main\n"
        "       brk #1\n");
#else
#error "the probe has no system calls for this machine"
#endif

/* 1: it listens, 0: it does not, -1: no such table */
static __attribute__((noinline)) int scan_table(const char *path, uint32_t port, uint32_t state)
{
        SocketScan scan;
        char buffer[1024];
        long fd = system_call(SYS_openat, AT_FDCWD, (long) path, 0);
        long n;
        int found = 0;

        if (fd < 0)
                return -1;
        scan.column = 0; /* the rest is set by the heading's line */
        scan.in_word = false;
        scan.port = port;
        scan.state = state;
        while (found == 0 && (n = system_call(SYS_read, fd, (long) buffer, sizeof buffer)) > 0)
                for (long i = 0; i < n; i++)
                        found |= socket_scan_byte(&scan, buffer[i]);
        system_call(SYS_close, fd, 0, 0);
        return found;
}

static unsigned read_number(const char *text)
{
        unsigned value = 0;

        while (*text >= '0' && *text <= '9' && value < 1000000)
                value = value * 10 + (unsigned) (*text++ - '0');
        return *text == '\0' ? value : 0;
}

static int probe(long *stack)
{
        const char *const *argv = (const char *const *) (stack + 1);
        const long pause[2] = { 0, PAUSE_NS };
        char path[] = "/proc/net/tcp6";
        uint32_t state = SOCKET_STATE_LISTEN;
        unsigned port, n_tries;

        if (stack[0] != 4)
                return 2;
        port = read_number(argv[2]);
        n_tries = read_number(argv[3]);
        if (port == 0 || port > 65535)
                return 2;
        if (argv[1][0] == 'u') {
                path[10] = 'u';
                path[11] = 'd';
                path[12] = 'p';
                state = SOCKET_STATE_UNCONNECTED;
        }
        for (;;) {
                int six, four;

                path[13] = '6';
                six = scan_table(path, port, state);
                path[13] = '\0';
                four = scan_table(path, port, state);
                if (six > 0 || four > 0)
                        return 0;
                if (six < 0 && four < 0)
                        return 3;
                if (n_tries-- <= 1)
                        return 1;
                system_call(SYS_nanosleep, (long) pause, 0, 0);
        }
}

__attribute__((used, noreturn)) void probe_main(long *stack);

void probe_main(long *stack)
{
        for (;;)
                system_call(SYS_exit_group, probe(stack), 0, 0);
}
