// Sound files through libsndfile, from and to bytes in memory. Which formats are read is the caller's to check first:
// only what starts like FLAC or Ogg Vorbis should come here, since libsndfile tries many more.
#ifndef CSNDFILE_H
#define CSNDFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t frames; // as declared, which may be a lie; negative if the file does not say
    int channels, rate;
} csndfile_format;

typedef struct {
    char message[120]; // libsndfile's words, NUL-terminated
} csndfile_failure;

typedef struct csndfile_reader csndfile_reader;

// Opens a file in memory; `bytes` must stay until csndfile_close. NULL if it cannot be read. libsndfile 1.2.0 loses 6
// kB for each Ogg file that it refuses (found by mutation under the leak sanitiser).
csndfile_reader *csndfile_open(const uint8_t *bytes, size_t count, csndfile_format *format, csndfile_failure *failure);

// Moves to a frame (one sample of each channel), without decoding what lies before it.
bool csndfile_seek(csndfile_reader *reader, int64_t frame, csndfile_failure *failure);

// Decodes up to `frames` frames into `target`, channels side by side, full loudness at -1...1. Returns how many there
// were: fewer at the end of the bytes, -1 if they are damaged.
int64_t csndfile_read(csndfile_reader *reader, float *target, int64_t frames, csndfile_failure *failure);

void csndfile_close(csndfile_reader *reader);

// Encodes 16-bit samples, channels side by side, as FLAC. On success `*encoded` holds `*count` bytes for csndfile_free.
bool csndfile_encode_flac(const int16_t *samples, int64_t frames, int channels, int rate, uint8_t **encoded,
                          size_t *count, csndfile_failure *failure);

void csndfile_free(uint8_t *encoded);

#endif
