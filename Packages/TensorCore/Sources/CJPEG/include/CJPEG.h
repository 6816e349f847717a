// JPEG through libjpeg. A longjmp never leaves these functions: each failure is a return value with libjpeg's words.
// A warning (data cut off or damaged) is a failure too: half a picture is not a picture.
#ifndef CJPEG_H
#define CJPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t width, height;  // as stored
    int components;          // 1 grey, 3 colour, 4 CMYK
} cjpeg_header;

typedef struct {
    bool is_cut_off;    // the bytes ended too early
    char message[200];  // libjpeg's words, NUL-terminated
} cjpeg_failure;

// Reads everything before the first scan. Returns whether that went well.
bool cjpeg_read_header(const uint8_t *bytes, size_t count, cjpeg_header *header, cjpeg_failure *failure);

// Decodes to R, G, B with 8 bits, row by row without gaps; grey three times. Integer DCT, smooth chroma up-sampling.
// `pixel_bytes` must be 3 · width · height of the header just read from the same bytes, or it fails.
bool cjpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes, cjpeg_failure *failure);

// Encodes R, G, B with 8 bits: baseline, chroma halved both ways, optimised Huffman tables; quality 1...100.
// On success `encoded` is to be released with cjpeg_free.
bool cjpeg_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **encoded, size_t *encoded_count,
    cjpeg_failure *failure);

void cjpeg_free(uint8_t *encoded);

#endif
