// PNG through libpng. A longjmp never leaves these functions: every failure is a return value with libpng's own words.
#ifndef CPNG_H
#define CPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t width, height;
    int bit_depth;  // as stored: 1, 2, 4, 8 or 16
} cpng_header;

typedef struct {
    bool is_cut_off;    // the bytes ended too early
    char message[120];  // libpng's words, NUL-terminated
} cpng_failure;

// Reads everything before the pixels. Returns whether that went well.
bool cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, cpng_failure *failure);

// Decodes into `pixels`, row by row without gaps.
//
// as_stored: R, G, B, A with the stored depth, at least 8 bits, 16-bit samples most significant byte first; palettes
//   expanded, tRNS turned into alpha, full alpha where there is none. No gamma, background or significant-bit shift.
// otherwise: R, G, B with 8 bits, 16-bit samples scaled by 255/65535 and rounded, alpha dropped.
//
// `pixel_bytes` must be exactly the size of that for the header just read from the same bytes, or it fails.
bool cpng_decode(
    const uint8_t *bytes, size_t count, bool as_stored, uint8_t *pixels, size_t pixel_bytes, cpng_failure *failure);

// Encodes R, G, B with 8 bits. `capacity` is the room at `encoded`, at least cpng_encoded_bound, and becomes the size.
bool cpng_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t *encoded, size_t *capacity, cpng_failure *failure);

// An upper bound on the size of an encoded picture.
size_t cpng_encoded_bound(uint32_t width, uint32_t height);

#endif
