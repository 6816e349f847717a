// PNG through libpng: see CPNG.h.

#include "CPNG.h"

#include <png.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t count, position;
    cpng_failure *failure;
} source;

static void fail(png_structp png, png_const_charp message) {
    source *from = png_get_error_ptr(png);
    strncpy(from->failure->message, message, sizeof from->failure->message - 1);
    png_longjmp(png, 1);
}

// What libpng only warns about (damaged ancillary chunks, for example) does not touch the pixels.
static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void read(png_structp png, png_bytep target, size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->count - from->position) {
        from->failure->is_cut_off = true;
        png_error(png, "Read Error");
    }
    memcpy(target, from->bytes + from->position, count);
    from->position += count;
}

static png_structp open_reader(source *from) {
    memset(from->failure, 0, sizeof *from->failure);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, from, fail, ignore);
    if (!png) strcpy(from->failure->message, "out of memory");
    return png;
}

// Text, colour profiles and other chunks that do not change the pixels are skipped unread, so none is ever inflated.
static void prepare(png_structp png, source *from) {
    png_set_read_fn(png, from, read);
    png_set_user_limits(png, 1 << 26, 1 << 26);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_chunk_cache_max(png, 64);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    // Skipped chunks do not make libpng miss the header in front of them.
    if (from->count >= 16 && png_sig_cmp(from->bytes, 0, 8) == 0 && memcmp(from->bytes + 12, "IHDR", 4) != 0) {
        png_error(png, "first chunk is not IHDR");
    }
}

bool cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, cpng_failure *failure) {
    source from = {bytes, count, 0, failure};
    png_structp png = open_reader(&from);
    if (!png) return false;
    png_infop info = png_create_info_struct(png);
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    prepare(png, &from);
    png_read_info(png, info);
    header->width = png_get_image_width(png, info);
    header->height = png_get_image_height(png, info);
    header->bit_depth = png_get_bit_depth(png, info);
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}

bool cpng_decode(const uint8_t *bytes, size_t count, bool as_stored, uint8_t *pixels, size_t pixel_bytes,
                 cpng_failure *failure) {
    source from = {bytes, count, 0, failure};
    png_structp png = open_reader(&from);
    if (!png) return false;
    png_infop info = png_create_info_struct(png);
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    prepare(png, &from);
    png_read_info(png, info);
    png_set_expand(png);
    png_set_gray_to_rgb(png);
    if (as_stored) {
        png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
    } else {
        png_set_scale_16(png);
        png_set_strip_alpha(png);
    }
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t row_bytes = png_get_rowbytes(png, info);
    uint32_t height = png_get_image_height(png, info);
    if (row_bytes * height != pixel_bytes) png_error(png, "pixel buffer of another size");
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t row = 0; row < height; row++) png_read_row(png, pixels + row * row_bytes, NULL);
    }
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}

static png_image described(uint32_t width, uint32_t height) {
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGB};
    return image;
}

size_t cpng_encoded_bound(uint32_t width, uint32_t height) {
    png_image image = described(width, height);
    return PNG_IMAGE_PNG_SIZE_MAX(image);
}

bool cpng_encode(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t *encoded, size_t *capacity,
                 cpng_failure *failure) {
    memset(failure, 0, sizeof *failure);
    png_image image = described(width, height);
    // libpng's simplified writer keeps its setjmp to itself.
    if (png_image_write_to_memory(&image, encoded, capacity, 0, rgb, 0, NULL)) return true;
    strncpy(failure->message, image.message, sizeof failure->message - 1);
    return false;
}
