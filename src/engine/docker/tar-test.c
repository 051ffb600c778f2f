#include "engine/docker/tar.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What tar(1) makes of it: one line a file, "mode owner size name" */
static char *listing(GByteArray *tar)
{
        const char *argv[] = {
                "tar", "--numeric-owner", "--utc", "--full-time", "-tvf", NULL, NULL
        };
        g_autofree char *path = NULL, *err = NULL;
        g_autoptr(GError) error = NULL;
        char *out = NULL;
        int fd = g_file_open_tmp("tar-test-XXXXXX", &path, &error);

        g_assert_no_error(error);
        close(fd);
        g_file_set_contents(path, (const char *) tar->data, (gssize) tar->len, &error);
        g_assert_no_error(error);
        argv[5] = path;
        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, NULL,
                     &error);
        g_assert_no_error(error);
        g_assert_cmpstr(err, ==, "");
        unlink(path);
        for (char *at = out; *at != '\0'; at++) /* columns are as wide as tar likes */
                while (at[0] == ' ' && at[1] == ' ')
                        memmove(at, at + 1, strlen(at));
        return out;
}

static void test_tar_reads_what_we_write(void)
{
        g_autoptr(GByteArray) tar = g_byte_array_new();
        g_autofree char *name = g_strnfill(150, 'n');
        g_autofree char *path = g_strconcat("/a/", name, NULL);
        g_autofree char *want = NULL, *got = NULL;
        char block[512];

        memset(block, 'x', sizeof block);
        tar_add_file(tar, "/etc/app.conf", "one\n", 4, 0640, 1000, 100, 86400);
        tar_add_file(tar, "/empty", "", 0, 0644, 0, 0, 86400);
        tar_add_file(tar, "/block", block, sizeof block, 04755, 0, 0, 86400);
        tar_add_file(tar, path, "y", 1, 0600, 3000000000, 0, 86400);
        tar_end(tar);
        g_assert_cmpint(tar->len % 512, ==, 0);
        want = g_strdup_printf("-rw-r----- 1000/100 4 1970-01-02 00:00:00 etc/app.conf\n"
                               "-rw-r--r-- 0/0 0 1970-01-02 00:00:00 empty\n"
                               "-rwsr-xr-x 0/0 512 1970-01-02 00:00:00 block\n"
                               "-rw------- 3000000000/0 1 1970-01-02 00:00:00 a/%s\n",
                               name);
        got = listing(tar);
        g_assert_cmpstr(got, ==, want);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tar/tar_reads_what_we_write", test_tar_reads_what_we_write);
        return g_test_run();
}
