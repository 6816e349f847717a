// Winograd's F(4x4, 3x3) over channels-last maps: 36 products per tile of 4 x 4 positions in place of 144.
#include "variant.h"
#include <string.h>

enum { FREQUENCIES = 36, CACHED = 90000 /* floats of transformed input per task, in the second cache */ };

bool tk_winograd_applies(const tk_convolution *c) {
    const tk_window *w = &c->window;
    return w->size[0] == 3 && w->size[1] == 3 && w->stride[0] == 1 && w->stride[1] == 1 && w->dilation[0] == 1 &&
           w->dilation[1] == 1 && c->inputs >= 32 && c->outputs >= 32 && w->output[0] >= 8 && w->output[1] >= 8;
}

static size_t panel_count(const tk_convolution *c) { return tk_ceiling(c->outputs, 2 * TK_PANEL) * 2; }

size_t tk_winograd_weight_count(const tk_convolution *c) {
    return FREQUENCIES * c->inputs * panel_count(c) * TK_PANEL;
}

// Weights: [panel, frequency, input, 16]

typedef struct {
    const tk_convolution *c;
    const tk_variant *variant;
    const float *weight;
    bool flipped;
    float *u;
} pack_job;

static void pack_panel(size_t panel, void *context) {
    const pack_job *job = context;
    const size_t inputs = job->c->inputs, outputs = job->c->outputs;
    const size_t output_step = 9 * (job->flipped ? 1 : inputs), input_step = 9 * (job->flipped ? outputs : 1);
    const size_t first = panel * TK_PANEL, columns = first < outputs ? tk_minimum(TK_PANEL, outputs - first) : 0;
    for (size_t i = 0; i < inputs; i++) {
        float windows[9][TK_PANEL] = {{0}};
        const float *w = job->weight + i * input_step + first * output_step;
        for (size_t o = 0; o < columns; o++, w += output_step)
            for (size_t tap = 0; tap < 9; tap++) windows[job->flipped ? 8 - tap : tap][o] = w[tap];
        job->variant->winograd_weight(windows[0], job->u + (panel * FREQUENCIES * inputs + i) * TK_PANEL,
                                      inputs * TK_PANEL);
    }
}

void tk_winograd_pack(const tk_convolution *c, const float *weight, bool flipped, float *transformed) {
    pack_job job = {c, tk_current(), weight, flipped, transformed};
    tk_parallel(panel_count(c), pack_panel, &job);
}

// The product

typedef struct {
    const tk_convolution *c;
    const tk_variant *variant;
    const float *x, *u;
    tk_epilogue epilogue;
    float *y;
    size_t tile_rows, tile_columns, tiles; // per image; tiles per task
} winograd_job;

// Top left position of a tile.
static void place(const winograd_job *job, size_t tile, size_t *image, size_t *row, size_t *column) {
    *column = tile % job->tile_columns * 4;
    *row = tile / job->tile_columns % job->tile_rows * 4;
    *image = tile / job->tile_columns / job->tile_rows;
}

static void winograd_task(size_t task, void *context) {
    const winograd_job *job = context;
    const tk_convolution *c = job->c;
    const tk_window *w = &c->window;
    const size_t group = job->variant->tile_columns, inputs = c->inputs, outputs = c->outputs;
    const size_t begin = task * job->tiles;
    const size_t count = tk_minimum(job->tiles, c->batch * job->tile_rows * job->tile_columns - begin);
    const size_t rows = tk_ceiling(count, TK_TILE_ROWS) * TK_TILE_ROWS;
    // A line more between frequencies, or all of one tile would fall on few sets of the cache.
    const size_t zero_count = tk_ceiling(inputs, 16) * 16, v_stride = rows * inputs + 16, m_stride = rows * group + 16;
    float *zeros = tk_scratch(zero_count + FREQUENCIES * (v_stride + m_stride) + 16);
    float *v = zeros + zero_count, *m = v + tk_ceiling(FREQUENCIES * v_stride, 16) * 16;
    memset(zeros, 0, zero_count * sizeof(float));
    for (size_t i = 0; i < rows; i++) {
        const float *pixels[FREQUENCIES];
        if (i < count) {
            size_t image, row, column;
            place(job, begin + i, &image, &row, &column);
            for (size_t j = 0; j < FREQUENCIES; j++) {
                const size_t y = row + j / 6 - (size_t)w->before[0], x = column + j % 6 - (size_t)w->before[1];
                pixels[j] = y < w->input[0] && x < w->input[1]
                                ? job->x + ((image * w->input[0] + y) * w->input[1] + x) * inputs
                                : zeros;
            }
        } else {
            for (size_t j = 0; j < FREQUENCIES; j++) pixels[j] = zeros;
        }
        job->variant->winograd_input(pixels, inputs, v + i * inputs, v_stride);
    }
    tk_gather t = {.segments = 1, .length = inputs, .panel_stride = (ptrdiff_t)(FREQUENCIES * inputs * TK_PANEL)};
    float scale[TK_MAXIMUM_TILE_COLUMNS] = {0}, offset[TK_MAXIMUM_TILE_COLUMNS] = {0};
    tk_gather epilogue = {.activation = job->epilogue.activation};
    for (size_t j = 0; j < outputs; j += group) {
        const size_t columns = tk_minimum(group, outputs - j);
        for (size_t f = 0; f < FREQUENCIES; f++) {
            t.panel = job->u + ((j / TK_PANEL * FREQUENCIES + f) * inputs) * TK_PANEL + j % TK_PANEL;
            for (size_t i = 0; i < rows; i += TK_TILE_ROWS) {
                const float *pointers[TK_TILE_ROWS];
                float *out[TK_TILE_ROWS];
                for (size_t r = 0; r < TK_TILE_ROWS; r++) {
                    pointers[r] = v + f * v_stride + (i + r) * inputs;
                    out[r] = m + f * m_stride + (i + r) * group;
                }
                t.rows = pointers;
                t.out = out;
                job->variant->gather(&t);
            }
        }
        if (job->epilogue.scale)
            epilogue.scale = memcpy(scale, job->epilogue.scale + j, columns * sizeof(float));
        if (job->epilogue.offset)
            epilogue.offset = memcpy(offset, job->epilogue.offset + j, columns * sizeof(float));
        for (size_t i = 0; i < count; i++) {
            size_t image, row, column;
            place(job, begin + i, &image, &row, &column);
            float *out[16];
            for (size_t k = 0; k < 16; k++) {
                const size_t y = row + k / 4, x = column + k % 4;
                out[k] = y < w->output[0] && x < w->output[1]
                             ? job->y + ((image * w->output[0] + y) * w->output[1] + x) * outputs + j
                             : NULL;
            }
            job->variant->winograd_output(m + i * group, m_stride, &epilogue, out, columns);
        }
    }
}

void tk_winograd(const tk_convolution *c, const float *x, const float *transformed, tk_epilogue epilogue, float *y) {
    winograd_job job = {.c = c, .variant = tk_current(), .x = x, .u = transformed, .epilogue = epilogue, .y = y,
                        .tile_rows = tk_ceiling(c->window.output[0], 4),
                        .tile_columns = tk_ceiling(c->window.output[1], 4)};
    const size_t tiles = c->batch * job.tile_rows * job.tile_columns;
    if (tiles == 0) return;
    const size_t fitting = CACHED / FREQUENCIES / c->inputs / TK_TILE_ROWS;
    job.tiles = tk_minimum(tk_maximum(fitting, 1), 8) * TK_TILE_ROWS;
    tk_parallel(tk_ceiling(tiles, job.tiles), winograd_task, &job);
}
