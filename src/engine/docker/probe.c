/*
 * Probe: waits inside a container until something is true
 *
 *      probe TRIES CONDITION…        up to TRIES looks, 20 ms apart
 *      probe w CONDITION… [c CMD…]   as a health check
 *
 * A condition is `tPORT` or `uPORT`: a listener on the TCP or UDP port that is not on loopback, by
 * the container's own socket tables; or `xN WORD…`: the command of N words ends with 0. All of them
 * true at one look ends it with 0; else 1, wrong usage 2, no readable table 3.
 *
 * A health check's first run waits for as long as it takes, and leaves a mark: a System V message
 * queue, which every container can make for itself, and which goes with it. A run that finds the
 * mark sleeps 30 s, looks once, and tells. With `c`, the command CMD is what is run then, at once:
 * the container's own check, which is so held back until the conditions were true.
 *
 * No library, no writable data, less than a kilobyte without the commands: it runs in any image, with an empty
 * file system.
 */

#include "engine/docker/socket-table.h"

#define AT_FDCWD     (-100)
#define SIGCHLD      17
#define IPC_CREAT    01000
#define MARK_KEY     0x736c7770
#define PAUSE_NS     20000000  /* between two looks at the tables */
#define PAUSE_RUN_NS 250000000 /* after a command that failed */
#define PAUSE_MARK_S 30
#define PATH_MAX     1024

#if defined __x86_64__
enum {
        SYS_read = 0,
        SYS_close = 3,
        SYS_nanosleep = 35,
        SYS_clone = 56,
        SYS_execve = 59,
        SYS_wait4 = 61,
        SYS_msgget = 68,
        SYS_exit_group = 231,
        SYS_openat = 257,
};

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
enum {
        SYS_openat = 56,
        SYS_close = 57,
        SYS_read = 63,
        SYS_exit_group = 94,
        SYS_nanosleep = 101,
        SYS_msgget = 186,
        SYS_clone = 220,
        SYS_execve = 221,
        SYS_wait4 = 260,
};

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

typedef const char *const *Words; /* NULL-terminated */

static __attribute__((noinline)) void sleep_for(long s, long ns)
{
        const long pause[2] = { s, ns };

        system_call(SYS_nanosleep, (long) pause, 0, 0);
}

/* 0: somebody listens, 1: nobody does, 3: that cannot be found out */
static int look_at_port(const char *condition)
{
        char path[] = "/proc/net/tcp6";
        uint32_t state = SOCKET_STATE_LISTEN;
        unsigned port = read_number(condition + 1);
        int six, four;

        if (port == 0 || port > 65535)
                return 2;
        if (condition[0] == 'u') {
                path[10] = 'u';
                path[11] = 'd';
                path[12] = 'p';
                state = SOCKET_STATE_UNCONNECTED;
        }
        six = scan_table(path, port, state);
        path[13] = '\0';
        four = scan_table(path, port, state);
        if (six > 0 || four > 0)
                return 0;
        return six < 0 && four < 0 ? 3 : 1;
}

#ifdef PROBE_COMMANDS
/* How many words of a command follow the `xN`; 0: none */
static __attribute__((noinline)) unsigned words_behind(Words word)
{
        unsigned wanted = (*word)[0] == 'x' ? read_number(*word + 1) : 0;
        unsigned n = 0;

        while (n < wanted && word[n + 1] != 0)
                n++;
        return n;
}

/* Becomes the command, which is searched for as a shell would */
static __attribute__((noinline, noreturn)) void become(Words argv, Words env)
{
        char path[PATH_MAX];
        const char *from = "";
        const char *c = argv[0];

        while (*c != '\0' && *c != '/')
                c++;
        for (Words var = env; *c == '\0' && *var != 0; var++)
                if ((*var)[0] == 'P' && (*var)[1] == 'A' && (*var)[2] == 'T' && (*var)[3] == 'H' &&
                    (*var)[4] == '=')
                        from = *var + 5;
        for (;;) {
                unsigned n = 0;

                while (*from != '\0' && *from != ':' && n < PATH_MAX / 2)
                        path[n++] = *from++;
                if (n > 0)
                        path[n++] = '/';
                for (c = argv[0]; *c != '\0' && n < PATH_MAX - 1; c++)
                        path[n++] = *c;
                path[n] = '\0';
                system_call(SYS_execve, (long) path, (long) argv, (long) env);
                if (*from == '\0')
                        break;
                from++;
        }
        for (;;)
                system_call(SYS_exit_group, 127, 0, 0);
}

/* 0: it ended with 0, else 1 */
static int run(Words argv, unsigned n, Words env)
{
        int status = 1;
        long pid = system_call(SYS_clone, SIGCHLD, 0, 0);

        if (pid == 0) {
                ((const char **) argv)[n] = 0; /* our copy of the stack */
                become(argv, env);
        }
        system_call(SYS_wait4, pid, (long) &status, 0);
        if (status == 0)
                return 0;
        sleep_for(0, PAUSE_RUN_NS);
        return 1;
}
#endif

static __attribute__((noinline)) int look(Words word, Words env)
{
        int result = 0;

        for (; *word != 0 && (*word)[0] != 'c' && result == 0; word++) {
#ifdef PROBE_COMMANDS
                unsigned n = words_behind(word);

                if (n > 0) {
                        result = run(word + 1, n, env);
                        word += n;
                        continue;
                }
#endif
                result = look_at_port(*word);
        }
        return result;
}

static int probe(long *stack)
{
        Words argv = (Words) (stack + 1);
        Words env = (Words) (stack + stack[0] + 2);
#ifdef PROBE_COMMANDS
        Words own; /* the container's own check, behind the `c` */
#endif
        unsigned n_tries;
        int result;

        if (stack[0] < 3)
                return 2;
#ifdef PROBE_COMMANDS
        for (own = argv + 2; *own != 0 && (*own)[0] != 'c'; own++)
                own += words_behind(own);
#endif
        n_tries = read_number(argv[1]); /* 0: health check */
        if (n_tries == 0 && system_call(SYS_msgget, MARK_KEY, 0, 0) >= 0) {
#ifdef PROBE_COMMANDS
                if (*own != 0)
                        become(own + 1, env);
#endif
                sleep_for(PAUSE_MARK_S, 0);
                n_tries = 1;
        }
        for (;;) {
                result = look(argv + 2, env);
                if (result == 0 || result == 2 || n_tries == 1)
                        break;
                n_tries -= n_tries > 0;
                sleep_for(0, PAUSE_NS);
        }
        if (result == 0 && n_tries == 0)
                system_call(SYS_msgget, MARK_KEY, IPC_CREAT | 0600, 0);
#ifdef PROBE_COMMANDS
        if (result == 0 && *own != 0)
                become(own + 1, env);
#endif
        return result;
}

__attribute__((used, noreturn)) void probe_main(long *stack);

void probe_main(long *stack)
{
        for (;;)
                system_call(SYS_exit_group, probe(stack), 0, 0);
}
