#include "engine/docker/local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "engine/engine.h"

#define PROC_FILE_MAX 65536 /* bytes read of a small file below /proc */

/* How far a process's own start and the engine's word for it lie apart at most */
#define STARTED_TOLERANCE_NS (2 * NS_PER_S)

#define PIDFILE_DEFAULT "/var/run/docker.pid"
#define PIDFILE_MAX     64 /* bytes: a longer one is none */

/* A daemon writes its number within this time after it began: where that seems to be longer, the
 * clock was set. Nothing that it has stamped can be compared with its beginning then. */
#define CLOCK_STEP_NS (10 * NS_PER_S)

/* Files below /proc have no size to ask for. Two zeros stand behind what is read: a list of words
 * ends there. */
static char *read_proc(int64_t pid, const char *name)
{
        g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/%s", pid, name);
        g_autofree char *text = g_malloc(PROC_FILE_MAX + 2);
        size_t size = 0;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got;

        if (fd < 0)
                return NULL;
        while (size < PROC_FILE_MAX && (got = read(fd, text + size, PROC_FILE_MAX - size)) > 0)
                size += (size_t) got;
        close(fd);
        text[size] = text[size + 1] = '\0';
        return g_steal_pointer(&text);
}

static int64_t clock_ns(clockid_t clock)
{
        struct timespec now;

        clock_gettime(clock, &now);
        return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t boot_wall_ns(void)
{
        return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
}

int64_t process_started_wall_ns(int64_t pid)
{
        g_autofree char *stat = read_proc(pid, "stat");
        const char *after = stat != NULL ? strrchr(stat, ')') : NULL;
        guint64 ticks;

        if (after == NULL)
                return 0;
        g_auto(GStrv) fields = g_strsplit(after, " ", 23);

        /* Field 22 of the line; the state, behind the name in brackets, is the third */
        if (g_strv_length(fields) < 21 || !text_parse_uint(fields[20], &ticks))
                return 0;
        return boot_wall_ns() +
               (int64_t) (ticks * (guint64) NS_PER_S / (guint64) sysconf(_SC_CLK_TCK));
}

/* ---- Whether the wall clock was set since it began ---- */

/* The file in which the daemon writes its number when it begins; (transfer full) */
static char *pidfile_of(int64_t pid)
{
        static const char *const options[] = { "--pidfile", "-p" };
        g_autofree char *line = read_proc(pid, "cmdline");
        const char *word = line;

        while (word != NULL && word[0] != '\0') {
                const char *next = word + strlen(word) + 1;

                if (g_str_has_prefix(word, "--pidfile="))
                        return g_strdup(strchr(word, '=') + 1);
                for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
                        if (g_str_equal(word, options[i]) && next[0] != '\0')
                                return g_strdup(next);
                word = next;
        }
        return g_strdup(PIDFILE_DEFAULT);
}

int64_t pidfile_wall_ns(const char *path, int64_t pid)
{
        g_autofree char *text = NULL;
        struct stat st;
        gint64 number;

        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > PIDFILE_MAX ||
            !g_file_get_contents(path, &text, NULL, NULL) ||
            !text_parse_int(g_strstrip(text), &number) || number != pid)
                return 0;
        return st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}

bool clock_was_set(int64_t began_wall_ns, int64_t noted_wall_ns)
{
        return noted_wall_ns != 0 && ABS(noted_wall_ns - began_wall_ns) > CLOCK_STEP_NS;
}

static bool process_is_called(int64_t pid, const char *name)
{
        g_autofree char *comm = read_proc(pid, "comm");

        return comm != NULL && g_str_equal(g_strchomp(comm), name);
}

static int64_t peer_pid(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct ucred peer = { .pid = 0 };
        socklen_t size = sizeof peer;
        int fd;

        if (strlen(path) >= sizeof address.sun_path)
                return 0;
        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return 0;
        if (connect(fd, (struct sockaddr *) &address, sizeof address) < 0 ||
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                peer.pid = 0;
        close(fd);
        return peer.pid;
}

/* The only process called dockerd; 0 where there is none, or several to choose from */
static int64_t find_dockerd(void)
{
        g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
        const char *name;
        int64_t found = 0;

        while (proc != NULL && (name = g_dir_read_name(proc)) != NULL) {
                gint64 pid;

                if (!text_parse_int(name, &pid) || !process_is_called(pid, "dockerd"))
                        continue;
                if (found != 0)
                        return 0;
                found = pid;
        }
        return found;
}

/* Whether the process sees the file tree that we see; false where we may not know */
static bool process_shares_root(int64_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/root/", pid);
        struct stat theirs, ours;

        return stat(path, &theirs) == 0 && stat("/", &ours) == 0 && theirs.st_dev == ours.st_dev &&
               theirs.st_ino == ours.st_ino;
}

EngineLocal engine_local_find(const char *unix_path, const char *kernel)
{
        EngineLocal local = { 0 };
        struct utsname here;
        g_autofree char *pidfile = NULL;
        int64_t pid;

        if (unix_path == NULL || uname(&here) < 0 || !g_str_equal(here.release, kernel))
                return local;
        local.shares_kernel = true;
        local.started_wall_ns = boot_wall_ns();
        pid = peer_pid(unix_path);
        /* A socket that the service manager opened has the service manager as its peer */
        if (pid == 1 || process_is_called(pid, "systemd"))
                pid = find_dockerd();
        if (pid <= 0 || process_started_wall_ns(pid) == 0)
                return local;
        local.started_wall_ns = process_started_wall_ns(pid);
        pidfile = pidfile_of(pid);
        if (clock_was_set(local.started_wall_ns, pidfile_wall_ns(pidfile, pid)))
                local.started_wall_ns = 0;
        local.is_local = !process_is_called(pid, "ssh") && !process_is_called(pid, "sshd") &&
                         !process_is_called(pid, "socat");
        local.shares_paths = local.is_local && (geteuid() != 0 || process_shares_root(pid));
        return local;
}

bool process_is_of_container(int64_t pid, const char *id, int64_t started_wall_ns)
{
        g_autofree char *groups = NULL;
        int64_t began;

        if (pid <= 0 || id[0] == '\0')
                return false;
        groups = read_proc(pid, "cgroup");
        if (groups == NULL)
                return false;
        if (strstr(groups, id) != NULL)
                return true;
        began = process_started_wall_ns(pid);
        return began != 0 && started_wall_ns != 0 &&
               ABS(began - started_wall_ns) < STARTED_TOLERANCE_NS;
}

/* ---- Host directories ---- */

static bool fail_errno(GError **error, const char *what, const char *path, int why)
{
        EngineError code = why == ENOSPC || why == EDQUOT                  ? ENGINE_ERROR_NO_SPACE
                           : why == EACCES || why == EPERM || why == EROFS ? ENGINE_ERROR_PERMISSION
                                                                           : ENGINE_ERROR_FAILED;

        g_set_error(error, ENGINE_ERROR, (int) code, "%s %s: %s", what, path, g_strerror(why));
        return false;
}

bool host_path_make(const char *path, unsigned mode, int64_t owner, bool *ret_was_created,
                    GError **error)
{
        g_autofree char *parent = g_path_get_dirname(path);
        struct stat there;

        *ret_was_created = false;
        if (stat(path, &there) == 0)
                return true;
        if (errno != ENOENT)
                return fail_errno(error, "looking for the host directory", path, errno);
        if (g_mkdir_with_parents(parent, 0755) < 0)
                return fail_errno(error, "making the host directory", parent, errno);
        if (mkdir(path, 0700) < 0) {
                if (errno == EEXIST)
                        return true; /* somebody was faster */
                return fail_errno(error, "making the host directory", path, errno);
        }
        /* The mode not by mkdir(): the umask shall have no say. A directory that could not be made
         * as asked goes again: the next try must not find it and be content. */
        if ((owner >= 0 && lchown(path, (uid_t) owner, (gid_t) -1) < 0) ||
            chmod(path, mode != 0 ? mode & 07777 : 0755) < 0) {
                fail_errno(error, "setting owner and mode of the host directory", path, errno);
                rmdir(path);
                return false;
        }
        *ret_was_created = true;
        return true;
}
