// JPEG through libjpeg: see CJPEG.h.

#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// A progressive file may repeat scans to cost time out of proportion to its size; real encoders stay near ten.
enum { maximum_scans = 200 };

typedef struct {
    struct jpeg_error_mgr base; // first, so that libjpeg's pointer is ours
    jmp_buf escape;
    cjpeg_failure *failure;
} error_state;

static void fail(j_common_ptr info) {
    error_state *state = (error_state *)info->err;
    char words[JMSG_LENGTH_MAX];
    state->base.format_message(info, words);
    strncpy(state->failure->message, words, sizeof state->failure->message - 1);
    int code = state->base.msg_code;
    state->failure->is_cut_off = code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY;
    longjmp(state->escape, 1);
}

static void warn(j_common_ptr info, int level) {
    if (level < 0) fail(info);
}

static void stay_silent(j_common_ptr info) { (void)info; }

static void count_scans(j_common_ptr info) {
    if (((j_decompress_ptr)info)->input_scan_number > maximum_scans) {
        error_state *state = (error_state *)info->err;
        strcpy(state->failure->message, "more scans than any encoder writes");
        longjmp(state->escape, 1);
    }
}

static struct jpeg_error_mgr *prepare(error_state *state, cjpeg_failure *failure) {
    memset(failure, 0, sizeof *failure);
    state->failure = failure;
    struct jpeg_error_mgr *base = jpeg_std_error(&state->base);
    base->error_exit = fail;
    base->emit_message = warn;
    base->output_message = stay_silent;
    return base;
}

bool cjpeg_read_header(const uint8_t *bytes, size_t count, cjpeg_header *header, cjpeg_failure *failure) {
    error_state state;
    struct jpeg_decompress_struct info = {.err = prepare(&state, failure)};
    if (setjmp(state.escape)) {
        jpeg_destroy_decompress(&info);
        return false;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    *header = (cjpeg_header){info.image_width, info.image_height, info.num_components};
    jpeg_destroy_decompress(&info);
    return true;
}

bool cjpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes, cjpeg_failure *failure) {
    error_state state;
    struct jpeg_progress_mgr progress = {.progress_monitor = count_scans};
    struct jpeg_decompress_struct info = {.err = prepare(&state, failure)};
    if (setjmp(state.escape)) {
        jpeg_destroy_decompress(&info);
        return false;
    }
    jpeg_create_decompress(&info);
    info.progress = &progress;
    jpeg_mem_src(&info, bytes, count);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    info.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&info);
    size_t row_bytes = (size_t)info.output_width * 3;
    if (info.output_components != 3 || row_bytes * info.output_height != pixel_bytes) {
        strcpy(failure->message, "pixel buffer of another size");
        longjmp(state.escape, 1);
    }
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = pixels + info.output_scanline * row_bytes;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    return true;
}

bool cjpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **encoded,
                  size_t *encoded_count, cjpeg_failure *failure) {
    error_state state;
    struct jpeg_compress_struct info = {.err = prepare(&state, failure)};
    unsigned char *buffer = NULL;
    unsigned long size = 0;
    // Checked here, because libjpeg would find it after allocating its output buffer, which is its own until the end.
    if (width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
        snprintf(failure->message, sizeof failure->message, "more than %ld pixels along a side", JPEG_MAX_DIMENSION);
        return false;
    }
    if (setjmp(state.escape)) {
        jpeg_destroy_compress(&info);
        return false;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = width;
    info.image_height = height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    info.optimize_coding = TRUE;
    info.dct_method = JDCT_ISLOW;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < height) {
        // libjpeg takes a pointer to mutable samples and only reads them.
        JSAMPROW row = (JSAMPROW)(uintptr_t)(rgb + (size_t)info.next_scanline * width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    *encoded = buffer;
    *encoded_count = size;
    return true;
}

void cjpeg_free(uint8_t *encoded) { free(encoded); }
