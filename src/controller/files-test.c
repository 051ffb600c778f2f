#include "controller/files.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

typedef struct Fixture {
        char *dir;
        Spec *spec;
        Arena *arena;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
        SpecMount *mount;

        fixture->dir = g_dir_make_tmp("files-XXXXXX", NULL);
        fixture->arena = arena_new();
        fixture->spec = spec_new();
        mount = fixture->spec->mounts = arena_new0(fixture->spec->arena, SpecMount, 1);
        *mount = (SpecMount){ .type = MOUNT_VOLUME, .source = "data", .target = "/data" };
        fixture->spec->n_mounts = 1;
        fixture->spec->files = arena_new0(fixture->spec->arena, SpecFile, 2);
        fixture->spec->files[0] = (SpecFile){ "/etc/one", "first", 5, 0640, -1, -1 };
        fixture->spec->files[1] = (SpecFile){ "/etc/two", "a\0b", 3, 0, -1, -1 };
        fixture->spec->n_files = 2;
        fixture->spec->readonly_rootfs = true;
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        g_autofree char *files = g_build_filename(fixture->dir, "files", NULL);

        files_sweep(fixture->dir, "shop", none);
        g_rmdir(files);
        g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
        spec_free(fixture->spec);
        arena_free(fixture->arena);
        g_free(fixture->dir);
}

static unsigned mode(const char *path)
{
        struct stat status;

        g_assert_cmpint(stat(path, &status), ==, 0);
        return status.st_mode & 07777;
}

static void test_files_become_mounts_that_say_the_same(Fixture *fixture, gconstpointer data)
{
        g_autofree char *dir = g_build_filename(fixture->dir, "files", NULL);
        g_autofree char *text = NULL;
        Spec spec;
        gsize size;

        g_assert_true(
                files_mount(fixture->dir, "shop", fixture->spec, fixture->arena, &spec, NULL));
        g_assert_cmpuint(spec.n_files, ==, 0);
        g_assert_cmpuint(spec.n_mounts, ==, 3);
        g_assert_cmpstr(spec.mounts[0].source, ==, "data");
        g_assert_cmpstr(spec.mounts[1].target, ==, "/etc/one");
        g_assert_true(spec.mounts[1].read_only);
        g_assert_cmpuint(mode(spec.mounts[1].source), ==, 0640);
        g_assert_cmpuint(mode(spec.mounts[2].source), ==, 0644);
        g_assert_cmpuint(mode(dir), ==, 0700);
        g_assert_true(g_file_get_contents(spec.mounts[2].source, &text, &size, NULL));
        g_assert_cmpmem(text, size, "a\0b", 3);
}

static void test_what_a_mount_covers_is_mounted(Fixture *fixture, gconstpointer data)
{
        const int64_t gid = geteuid() == 0 ? 7 : getegid();
        SpecFile files[] = {
                { "/run/secrets/s", "x", 1, 0, -1, gid, .resource = "s" },
                { "/running", "x", 1, 0, -1, -1, .resource = "r" },
                { "/data/c", "x", 1, 0, -1, -1, .resource = "c" },
                { "/data/own", "x", 1, 0, -1, -1 },
                { "/tmp/sub/t", "x", 1, 0, -1, -1 },
        };
        static const bool here[] = { true, false, true, false, true };
        static const bool remote[] = { true, false, false, false, true };
        SpecMount mounts[] = {
                { .type = MOUNT_VOLUME, .source = "data", .target = "/data/" },
                { .type = MOUNT_TMPFS, .target = "/tmp" },
        };
        Spec in = *fixture->spec, spec;
        struct stat status;
        const char *why;

        in.readonly_rootfs = false;
        in.options = json_pack("{s:[s]}", "tmpfs", "/run:size=1m");
        in.mounts = mounts;
        in.n_mounts = G_N_ELEMENTS(mounts);
        in.files = files;
        in.n_files = G_N_ELEMENTS(files);
        for (size_t i = 0; i < in.n_files; i++) {
                g_assert_true(files_must_mount(&in, &files[i], true, &why) == here[i]);
                g_assert_true(files_must_mount(&in, &files[i], false, &why) == remote[i]);
        }
        g_assert_true(files_mount(fixture->dir, "shop", &in, fixture->arena, &spec, NULL));
        g_assert_cmpuint(spec.n_files, ==, 2);
        g_assert_cmpstr(spec.files[0].path, ==, "/running");
        g_assert_cmpstr(spec.files[1].path, ==, "/data/own");
        g_assert_cmpuint(spec.n_mounts, ==, 5);
        g_assert_cmpstr(spec.mounts[2].target, ==, "/run/secrets/s");
        g_assert_cmpint(stat(spec.mounts[2].source, &status), ==, 0);
        g_assert_cmpuint(status.st_gid, ==, gid);
        json_decref(in.options);
}

static void test_only_what_is_mounted_stays(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GPtrArray)
                containers = g_ptr_array_new_with_free_func((GDestroyNotify) container_free);
        Container *container = container_new();
        ContainerMount mount = { .type = g_strdup("bind"),
                                 .name = g_strdup(""),
                                 .target = g_strdup("/etc/two") };
        Spec spec;

        g_assert_true(
                files_mount(fixture->dir, "shop", fixture->spec, fixture->arena, &spec, NULL));
        mount.source = g_strdup(spec.mounts[2].source);
        g_array_append_val(container->mounts, mount);
        g_ptr_array_add(containers, container);
        files_sweep(fixture->dir, "shop", containers);
        g_assert_false(g_file_test(spec.mounts[1].source, G_FILE_TEST_EXISTS));
        g_assert_true(g_file_test(spec.mounts[2].source, G_FILE_TEST_EXISTS));
}

static void test_another_file_has_another_name(Fixture *fixture, gconstpointer data)
{
        Spec before, after;

        g_assert_true(
                files_mount(fixture->dir, "shop", fixture->spec, fixture->arena, &before, NULL));
        fixture->spec->files[0].mode = 0600;
        fixture->spec->files[1].data = "a\0c";
        g_assert_true(
                files_mount(fixture->dir, "shop", fixture->spec, fixture->arena, &after, NULL));
        for (size_t i = 1; i <= 2; i++)
                g_assert_cmpstr(before.mounts[i].source, !=, after.mounts[i].source);
        g_assert_cmpuint(mode(before.mounts[1].source), ==, 0640);
}

static void test_a_directory_that_cannot_be_made_is_an_error(Fixture *fixture, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(fixture->dir, "files", NULL);
        Spec spec;

        g_assert_true(g_file_set_contents(path, "", 0, NULL));
        g_assert_false(
                files_mount(fixture->dir, "shop", fixture->spec, fixture->arena, &spec, &error));
        g_assert_nonnull(strstr(error->message, path));
        g_assert_cmpint(g_unlink(path), ==, 0);
}

int main(int argc, char *argv[])
{
        static const struct {
                const char *name;
                void (*test)(Fixture *fixture, gconstpointer data);
        } tests[] = {
                { "become-mounts", test_files_become_mounts_that_say_the_same },
                { "only-mounted-stay", test_only_what_is_mounted_stays },
                { "covered", test_what_a_mount_covers_is_mounted },
                { "another-name", test_another_file_has_another_name },
                { "cannot-be-made", test_a_directory_that_cannot_be_made_is_an_error },
        };

        g_test_init(&argc, &argv, NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
                g_autofree char *path = g_strconcat("/controller/files/", tests[i].name, NULL);

                g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
        }
        return g_test_run();
}
