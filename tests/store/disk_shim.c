/*
 * Stands between a process and its files (LD_PRELOAD): writes down every change of a file below one folder, in order and
 * with its content, and fails calls on demand.
 *
 * LB_WATCH  the folder
 * LB_TRACE  where to write the trace (none: nothing is traced)
 *
 * A record: u8 kind, u8 0, u16 length of the name, u16 length of the second name, u16 0, i64 offset or size,
 * u32 length of the data, then names and data. Kinds are letters, see the calls of `note`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum { FAULT_WRITE = 1, FAULT_SYNC = 2, FAULT_TRUNCATE = 4, FAULT_OPEN = 8 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *names[FILES]; /* by descriptor; NULL: not below the folder */
static char *folder;
static size_t folder_length;
static int trace = -1;

static int fault_calls, fault_errno;
static long fault_skip, fault_count, fault_hits;

__attribute__((constructor)) static void start(void) {
    char *watch = getenv("LB_WATCH"), *path = getenv("LB_TRACE");
    if (!watch) return;
    folder = strdup(watch);
    folder_length = strlen(folder);
    if (path) trace = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

/* Let `count` calls of these kinds fail (-1: all) after `skip` of them went well. */
void lb_fault(int calls, int error, long skip, long count) {
    pthread_mutex_lock(&mutex);
    fault_calls = calls;
    fault_errno = error;
    fault_skip = skip;
    fault_count = count;
    fault_hits = 0;
    pthread_mutex_unlock(&mutex);
}

/* How many have failed since. */
long lb_fault_hits(void) { return fault_hits; }

static void die(const char *what) {
    dprintf(2, "disk_shim: %s\n", what);
    _exit(99);
}

static int inside(const char *path) {
    return folder && path && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

static const char *name_of(int fd) { return fd >= 0 && fd < FILES ? names[fd] : NULL; }

static const char *relative(const char *path) {
    if (!inside(path)) die("a file is moved over the folder's border");
    return path[folder_length] ? path + folder_length + 1 : ".";
}

static void put(const void *data, size_t length) {
    const char *at = data;
    while (length) {
        ssize_t done = syscall(SYS_write, trace, at, length);
        if (done <= 0) die("the trace cannot be written");
        at += done;
        length -= done;
    }
}

static void note(char kind, const char *first, const char *second, int64_t offset, const void *data, uint32_t length) {
    if (trace < 0) return;
    uint8_t head[20] = {(uint8_t)kind};
    first = relative(first);
    second = second ? relative(second) : "";
    uint16_t lengths[3] = {(uint16_t)strlen(first), (uint16_t)strlen(second), 0};
    memcpy(head + 2, lengths, 6);
    memcpy(head + 8, &offset, 8);
    memcpy(head + 16, &length, 4);
    put(head, sizeof head);
    put(first, lengths[0]);
    put(second, lengths[1]);
    if (length) put(data, length);
}

/* Whether this call is to fail; the mutex is held. */
static int fails(int call) {
    if (!(fault_calls & call) || !fault_count) return 0;
    if (fault_skip > 0) {
        fault_skip--;
        return 0;
    }
    if (fault_count > 0) fault_count--;
    fault_hits++;
    errno = fault_errno;
    return 1;
}

static int opened(const char *path, int flags, mode_t mode) {
    int watched = inside(path);
    pthread_mutex_lock(&mutex);
    int is_new = watched && (flags & O_CREAT) && faccessat(AT_FDCWD, path, F_OK, 0) != 0;
    if (is_new && fails(FAULT_OPEN)) {
        pthread_mutex_unlock(&mutex);
        return -1;
    }
    int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (watched && fd >= FILES) die("too many descriptors");
    if (fd >= 0 && fd < FILES) {
        free(names[fd]);
        names[fd] = watched ? strdup(path) : NULL;
        if (is_new)
            note('c', path, NULL, 0, NULL, 0);
        else if (watched && (flags & O_TRUNC))
            note('t', path, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&mutex);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(function)                                \
    int function(const char *path, int flags, ...) {  \
        va_list arguments;                            \
        va_start(arguments, flags);                   \
        mode_t mode = mode_of(flags, arguments);      \
        va_end(arguments);                            \
        return opened(path, flags, mode);             \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(function)                                                          \
    int function(int at, const char *path, int flags, ...) {                      \
        va_list arguments;                                                        \
        va_start(arguments, flags);                                               \
        mode_t mode = mode_of(flags, arguments);                                  \
        va_end(arguments);                                                        \
        if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);   \
        if (name_of(at) && flags & (O_CREAT | O_TRUNC)) die("openat from a folder"); \
        return syscall(SYS_openat, at, path, flags, mode);                        \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    pthread_mutex_lock(&mutex);
    if (fd >= 0 && fd < FILES) {
        free(names[fd]);
        names[fd] = NULL;
    }
    pthread_mutex_unlock(&mutex);
    return NEXT(close)(fd);
}

static ssize_t written(int fd, const void *data, size_t length, off_t offset, int positioned) {
    const char *name = name_of(fd);
    if (!name) return positioned ? syscall(SYS_pwrite64, fd, data, length, offset) : syscall(SYS_write, fd, data, length);
    pthread_mutex_lock(&mutex);
    ssize_t done = -1;
    if (!fails(FAULT_WRITE)) {
        if (!positioned) {
            offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
            done = syscall(SYS_write, fd, data, length);
        } else {
            done = syscall(SYS_pwrite64, fd, data, length, offset);
        }
        if (done > 0) note('w', name, NULL, offset, data, done);
    }
    pthread_mutex_unlock(&mutex);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return written(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return written(fd, data, length, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return written(fd, data, length, offset, 1); }

static int truncated(int fd, off_t size) {
    const char *name = name_of(fd);
    pthread_mutex_lock(&mutex);
    int result = name && fails(FAULT_TRUNCATE) ? -1 : syscall(SYS_ftruncate, fd, size);
    if (name && !result) note('t', name, NULL, size, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off_t size) { return truncated(fd, size); }

static int synced(int fd, long call) {
    const char *name = name_of(fd);
    pthread_mutex_lock(&mutex);
    int result = name && fails(FAULT_SYNC) ? -1 : syscall(call, fd);
    if (name && !result) note('s', name, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int renamed(const char *from, const char *to) {
    pthread_mutex_lock(&mutex);
    int result = NEXT(rename)(from, to);
    if (!result && (inside(from) || inside(to))) note('r', from, to, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int rename(const char *from, const char *to) { return renamed(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    if (a != AT_FDCWD || b != AT_FDCWD) die("renameat from a folder");
    return renamed(from, to);
}

static int linked(const char *from, const char *to) {
    pthread_mutex_lock(&mutex);
    int result = NEXT(link)(from, to);
    if (!result && (inside(from) || inside(to))) note('l', from, to, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int link(const char *from, const char *to) { return linked(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    (void)flags;
    if (a != AT_FDCWD || b != AT_FDCWD) die("linkat from a folder");
    return linked(from, to);
}

static int unlinked(const char *path) {
    pthread_mutex_lock(&mutex);
    int result = NEXT(unlink)(path);
    if (!result && inside(path)) note('u', path, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return result;
}

int unlink(const char *path) { return unlinked(path); }
int unlinkat(int at, const char *path, int flags) {
    if (at != AT_FDCWD || flags) return syscall(SYS_unlinkat, at, path, flags);
    return unlinked(path);
}

/* Ways of changing a file that the trace would not show: none of them may be used. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (name_of(fd)) die("writev");
    return syscall(SYS_writev, fd, parts, count);
}
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t length, unsigned flags) {
    if (name_of(to)) die("copy_file_range");
    return syscall(SYS_copy_file_range, from, a, to, b, length, flags);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    if (name_of(to)) die("sendfile");
    return syscall(SYS_sendfile, to, from, offset, count);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    if (name_of(to)) die("sendfile");
    return syscall(SYS_sendfile, to, from, offset, count);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
    if (name_of(fd)) die("posix_fallocate");
    return NEXT(posix_fallocate)(fd, offset, length);
}
