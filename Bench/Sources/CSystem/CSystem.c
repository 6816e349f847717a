#define _GNU_SOURCE
#include "CSystem.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zlib.h>

int system_signal_at_parents_death(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }

int system_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int system_visible_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int system_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

long system_file_system_type(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}

size_t system_deflate_bound(size_t size) { return compressBound(size); }

long system_deflate(unsigned char *to, size_t capacity, const unsigned char *from, size_t size) {
    uLongf length = capacity;
    return compress2(to, &length, from, size, Z_BEST_COMPRESSION) == Z_OK ? (long)length : -1;
}

long system_inflate(unsigned char *to, size_t capacity, const unsigned char *from, size_t size) {
    uLongf length = capacity;
    int status = uncompress(to, &length, from, size);
    return status == Z_OK ? (long)length : status == Z_BUF_ERROR ? -2 : -1;
}

const char *system_zlib_version(void) { return zlibVersion(); }
