// Sound files through libsndfile: see CSndFile.h.

#include "CSndFile.h"

#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

// A file in memory: bytes to read, or room that grows with what is written.
typedef struct {
    const uint8_t *source;
    uint8_t *written;
    sf_count_t count, capacity, position;
} memory_file;

struct csndfile_reader {
    memory_file file;
    SNDFILE *sound;
    int channels;
};

static sf_count_t length(void *user) { return ((memory_file *)user)->count; }

static sf_count_t tell(void *user) { return ((memory_file *)user)->position; }

static sf_count_t seek(sf_count_t offset, int whence, void *user) {
    memory_file *file = user;
    sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file->position : file->count;
    // Offsets come from the file's own fields.
    if (offset < -base || offset > file->count - base) return -1;
    return file->position = base + offset;
}

static sf_count_t read(void *target, sf_count_t count, void *user) {
    memory_file *file = user;
    sf_count_t left = file->count - file->position;
    if (count > left) count = left;
    if (count <= 0) return 0;
    memcpy(target, file->source + file->position, (size_t)count);
    file->position += count;
    return count;
}

static sf_count_t write(const void *source, sf_count_t count, void *user) {
    memory_file *file = user;
    sf_count_t end = file->position + count;
    if (end > file->capacity) {
        sf_count_t capacity = end + end / 2;
        uint8_t *grown = realloc(file->written, (size_t)capacity);
        if (!grown) return 0;
        file->written = grown;
        file->capacity = capacity;
    }
    memcpy(file->written + file->position, source, (size_t)count);
    file->position = end;
    if (end > file->count) file->count = end;
    return count;
}

static SF_VIRTUAL_IO in_memory = {length, seek, read, write, tell};

static void explain(SNDFILE *sound, csndfile_failure *failure) {
    memset(failure, 0, sizeof *failure);
    strncpy(failure->message, sf_strerror(sound), sizeof failure->message - 1);
}

csndfile_reader *csndfile_open(const uint8_t *bytes, size_t count, csndfile_format *format, csndfile_failure *failure) {
    csndfile_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        explain(NULL, failure);
        return NULL;
    }
    reader->file.source = bytes;
    reader->file.count = (sf_count_t)count;
    SF_INFO info = {0};
    reader->sound = sf_open_virtual(&in_memory, SFM_READ, &info, &reader->file);
    if (!reader->sound) {
        explain(NULL, failure);
        free(reader);
        return NULL;
    }
    reader->channels = info.channels;
    format->frames = info.frames > 0 && info.frames < SF_COUNT_MAX ? info.frames : -1;
    format->channels = info.channels;
    format->rate = info.samplerate;
    return reader;
}

bool csndfile_seek(csndfile_reader *reader, int64_t frame, csndfile_failure *failure) {
    if (sf_seek(reader->sound, frame, SEEK_SET) == frame) return true;
    explain(reader->sound, failure);
    return false;
}

int64_t csndfile_read(csndfile_reader *reader, float *target, int64_t frames, csndfile_failure *failure) {
    sf_count_t count = sf_readf_float(reader->sound, target, frames);
    if (sf_error(reader->sound) == SF_ERR_NO_ERROR) return count;
    explain(reader->sound, failure);
    return -1;
}

void csndfile_close(csndfile_reader *reader) {
    sf_close(reader->sound);
    free(reader);
}

bool csndfile_encode_flac(const int16_t *samples, int64_t frames, int channels, int rate, uint8_t **encoded,
                          size_t *count, csndfile_failure *failure) {
    memory_file file = {0};
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    SNDFILE *sound = sf_open_virtual(&in_memory, SFM_WRITE, &info, &file);
    bool is_written = false;
    if (sound) {
        is_written = sf_writef_short(sound, samples, frames) == frames;
        if (!is_written) explain(sound, failure);
        // The last samples and the header are written on closing.
        if (sf_close(sound) != 0) is_written = false;
    } else {
        explain(NULL, failure);
    }
    if (!is_written) {
        free(file.written);
        return false;
    }
    *encoded = file.written;
    *count = (size_t)file.count;
    return true;
}

void csndfile_free(uint8_t *encoded) { free(encoded); }
