#include "store/testing.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Directories ---- */

void test_dir_init(TestDir *dir)
{
        dir->base = g_dir_make_tmp("slipway-store-XXXXXX", NULL);
        g_assert_nonnull(dir->base);
        dir->dir = g_build_filename(dir->base, "state", NULL);
}

static void remove_tree(const char *path)
{
        g_autoptr(GDir) dir = NULL;
        const char *name;

        if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
                g_unlink(path);
                return;
        }
        g_chmod(path, 0700);
        dir = g_dir_open(path, 0, NULL);
        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                remove_tree(child);
        }
        g_rmdir(path);
}

void test_dir_done(TestDir *dir)
{
        remove_tree(dir->base);
        g_clear_pointer(&dir->base, g_free);
        g_clear_pointer(&dir->dir, g_free);
}

Store *test_dir_open(const TestDir *dir, bool readonly)
{
        g_autoptr(GError) error = NULL;
        Store *store = store_open(dir->dir, readonly, &error);

        g_assert_no_error(error);
        return store;
}

void test_store_set_up(TestStore *f, gconstpointer data)
{
        test_dir_init(&f->t);
        f->store = test_dir_open(&f->t, false);
        f->error = NULL;
}

void test_store_tear_down(TestStore *f, gconstpointer data)
{
        g_assert_no_error(f->error);
        store_free(f->store);
        test_dir_done(&f->t);
}

static bool tree_contains(const char *path, const char *bytes, char **ret_path)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        g_autofree char *content = NULL;
        const char *name;
        gsize size;

        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                if (strstr(name, bytes) != NULL) {
                        *ret_path = g_steal_pointer(&child);
                        return true;
                }
                if (tree_contains(child, bytes, ret_path))
                        return true;
        }
        if (dir != NULL || !g_file_get_contents(path, &content, &size, NULL))
                return false;
        if (memmem(content, size, bytes, strlen(bytes)) == NULL)
                return false;
        *ret_path = g_strdup(path);
        return true;
}

bool test_dir_contains(const TestDir *dir, const char *bytes, char **ret_path)
{
        return tree_contains(dir->dir, bytes, ret_path);
}

/* ---- The disk ---- */

typedef struct Disk {
        sqlite3_vfs vfs;
        sqlite3_vfs *real;
        FaultKind kind;
        unsigned left; /* operations until it fires */
        bool fired;
} Disk;

static Disk disk;

/* A write since the last sync, and what was there before */
typedef struct Pending {
        sqlite3_int64 offset, size_before;
        GBytes *before, *after;
} Pending;

typedef struct FaultFile {
        sqlite3_file base;
        GPtrArray *pending;
        /* the real file follows */
} FaultFile;

static GPtrArray *open_files;

static sqlite3_file *real_of(sqlite3_file *file)
{
        return (sqlite3_file *) ((FaultFile *) file + 1);
}

static void pending_free(gpointer data)
{
        Pending *pending = data;

        g_bytes_unref(pending->before);
        g_bytes_unref(pending->after);
        g_free(pending);
}

static void put(sqlite3_file *real, GBytes *bytes, gsize n, sqlite3_int64 offset)
{
        if (n > 0)
                real->pMethods->xWrite(real, g_bytes_get_data(bytes, NULL), n, offset);
}

/* What becomes of one write that was not synced */
static void settle(sqlite3_file *real, const Pending *pending)
{
        gsize n = g_bytes_get_size(pending->after);

        switch (g_test_rand_int_range(0, 3)) {
        case 0: /* it reached the disk */
                return;
        case 1: /* it did not */
                real->pMethods->xTruncate(real, pending->size_before);
                put(real, pending->before, g_bytes_get_size(pending->before), pending->offset);
                return;
        case 2: /* its first half did */
                put(real, pending->before, g_bytes_get_size(pending->before), pending->offset);
                put(real, pending->after, n / 2, pending->offset);
                return;
        }
}

static void crash(void)
{
        for (guint i = 0; i < open_files->len; i++) {
                FaultFile *file = g_ptr_array_index(open_files, i);

                for (guint j = file->pending->len; j > 0; j--)
                        settle(real_of(&file->base), g_ptr_array_index(file->pending, j - 1));
                g_ptr_array_set_size(file->pending, 0);
        }
}

/* Counts an operation; SQLITE_OK or what it fails with */
static int operate(bool makes_longer)
{
        if (disk.kind != FAULT_NONE && !disk.fired) {
                if (disk.left > 0) {
                        disk.left--;
                        return SQLITE_OK;
                }
                disk.fired = true;
                if (disk.kind == FAULT_CRASH)
                        crash();
        }
        if (!disk.fired)
                return SQLITE_OK;
        if (disk.kind == FAULT_FULL)
                return makes_longer ? SQLITE_FULL : SQLITE_OK;
        return SQLITE_IOERR_WRITE;
}

static bool is_down(void)
{
        return disk.fired && disk.kind == FAULT_CRASH;
}

static int fault_close(sqlite3_file *base)
{
        FaultFile *file = (FaultFile *) base;

        g_ptr_array_remove(open_files, file);
        g_ptr_array_unref(file->pending);
        return real_of(base)->pMethods->xClose(real_of(base));
}

static int fault_read(sqlite3_file *file, void *data, int n, sqlite3_int64 offset)
{
        return is_down() ? SQLITE_IOERR_READ
                         : real_of(file)->pMethods->xRead(real_of(file), data, n, offset);
}

static void keep_before(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
        sqlite3_file *real = real_of(file);
        Pending *pending = g_new0(Pending, 1);
        g_autofree guint8 *before = g_malloc0(n);
        gsize n_before = 0;

        real->pMethods->xFileSize(real, &pending->size_before);
        if (offset < pending->size_before) {
                n_before = MIN(n, pending->size_before - offset);
                real->pMethods->xRead(real, before, n_before, offset);
        }
        pending->offset = offset;
        pending->before = g_bytes_new(before, n_before);
        pending->after = g_bytes_new(data, n);
        g_ptr_array_add(((FaultFile *) file)->pending, pending);
}

static int fault_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
        sqlite3_file *real = real_of(file);
        sqlite3_int64 size = 0;
        int rc;

        real->pMethods->xFileSize(real, &size);
        keep_before(file, data, n, offset);
        rc = operate(offset + n > size);
        return rc != SQLITE_OK ? rc : real->pMethods->xWrite(real, data, n, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
        int rc = operate(false);

        return rc != SQLITE_OK ? rc : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
        int rc = operate(false);

        if (rc != SQLITE_OK)
                return SQLITE_IOERR_FSYNC;
        g_ptr_array_set_size(((FaultFile *) file)->pending, 0);
        return SQLITE_OK;
}

static int fault_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
        return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int fault_lock(sqlite3_file *file, int level)
{
        return is_down() ? SQLITE_IOERR_LOCK : real_of(file)->pMethods->xLock(real_of(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
        return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int fault_check_reserved(sqlite3_file *file, int *ret)
{
        return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int fault_control(sqlite3_file *file, int op, void *arg)
{
        return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int fault_sector_size(sqlite3_file *file)
{
        return real_of(file)->pMethods->xSectorSize(real_of(file));
}

/* No promise of a disk that writes whole sectors or keeps its order */
static int fault_characteristics(sqlite3_file *file)
{
        return 0;
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
        return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
        return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
        real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int fault_shm_unmap(sqlite3_file *file, int remove)
{
        return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = fault_close,
        .xRead = fault_read,
        .xWrite = fault_write,
        .xTruncate = fault_truncate,
        .xSync = fault_sync,
        .xFileSize = fault_file_size,
        .xLock = fault_lock,
        .xUnlock = fault_unlock,
        .xCheckReservedLock = fault_check_reserved,
        .xFileControl = fault_control,
        .xSectorSize = fault_sector_size,
        .xDeviceCharacteristics = fault_characteristics,
        .xShmMap = fault_shm_map,
        .xShmLock = fault_shm_lock,
        .xShmBarrier = fault_shm_barrier,
        .xShmUnmap = fault_shm_unmap,
};

static int fault_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                      int *out_flags)
{
        FaultFile *file = (FaultFile *) base;
        int rc;

        base->pMethods = NULL;
        if (is_down())
                return SQLITE_CANTOPEN;
        rc = disk.real->xOpen(disk.real, name, real_of(base), flags, out_flags);
        if (real_of(base)->pMethods == NULL)
                return rc;
        file->pending = g_ptr_array_new_with_free_func(pending_free);
        g_ptr_array_add(open_files, file);
        base->pMethods = &methods;
        return rc;
}

static int fault_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
        int rc = operate(false);

        return rc != SQLITE_OK ? SQLITE_IOERR_DELETE
                               : disk.real->xDelete(disk.real, name, sync_dir);
}

void fault_disk_install(void)
{
        disk.real = sqlite3_vfs_find(NULL);
        disk.vfs = *disk.real;
        disk.vfs.pNext = NULL;
        disk.vfs.zName = "fault";
        disk.vfs.szOsFile = sizeof(FaultFile) + disk.real->szOsFile;
        disk.vfs.xOpen = fault_open;
        disk.vfs.xDelete = fault_delete;
        open_files = g_ptr_array_new();
        g_assert_cmpint(sqlite3_vfs_register(&disk.vfs, 1), ==, SQLITE_OK);
}

void fault_disk_arm(FaultKind kind, unsigned after)
{
        disk.kind = kind;
        disk.left = after;
        disk.fired = false;
}

bool fault_disk_fired(void)
{
        return disk.fired;
}

void fault_disk_reboot(void)
{
        disk.kind = FAULT_NONE;
        disk.fired = false;
}
