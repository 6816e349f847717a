// What Swift cannot import: system calls that are variadic or GNU extensions, and zlib's whole-buffer calls (whose own
// module belongs to another package).

#ifndef CSYSTEM_H
#define CSYSTEM_H

#include <stddef.h>

// Asks the kernel to send `signal` to this process when the thread that started it ends. Returns 0, or -1 with errno.
int system_signal_at_parents_death(int signal);

// A pipe whose ends no child inherits: ends[0] is read, ends[1] written. Returns 0, or -1 with errno.
int system_pipe(int ends[2]);

// The number of CPUs this process may use, at least 1.
int system_visible_cores(void);

// The width of the terminal behind `descriptor`; 0 where there is none or it does not tell.
int system_terminal_columns(int descriptor);

// The magic number of the file system that holds `path`, as in statfs(2); -1 with errno.
long system_file_system_type(const char *path);

// The largest size that `size` bytes can have as a zlib stream.
size_t system_deflate_bound(size_t size);

// Writes the zlib stream of `from` and returns its size; -1 if `capacity` is below the bound or memory is short.
long system_deflate(unsigned char *to, size_t capacity, const unsigned char *from, size_t size);

// Writes what the zlib stream `from` holds and returns its size; -1 if it is damaged, -2 if `to` is too short or the
// stream is cut: zlib does not tell which.
long system_inflate(unsigned char *to, size_t capacity, const unsigned char *from, size_t size);

// The version of the zlib that is loaded.
const char *system_zlib_version(void);

#endif
