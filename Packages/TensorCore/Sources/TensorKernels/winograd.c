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

size_t tk_winograd_weight_count(const tk_convolution *c) { return FREQUENCIES * c->inputs * panel_count(c) * TK_PANEL; }

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

// Tiles

// Top left position of a tile of maps with so many rows and columns of tiles.
static void place(size_t tile, size_t rows, size_t columns, size_t *image, size_t *row, size_t *column) {
    *column = tile % columns * 4;
    *row = tile / columns % rows * 4;
    *image = tile / columns / rows;
}

// A tile's pixels, `side` by `side`, with the given distance to its position; `zeros` outside.
static void gather_pixels(const float *x, const size_t *extent, size_t channels, size_t image, size_t row,
                          size_t column, size_t side, const ptrdiff_t *before, const float *zeros,
                          const float **pixels) {
    for (size_t j = 0; j < side * side; j++) {
        const size_t y = row + j / side - (size_t)before[0], u = column + j % side - (size_t)before[1];
        pixels[j] = y < extent[0] && u < extent[1] ? x + ((image * extent[0] + y) * extent[1] + u) * channels : zeros;
    }
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
            place(begin + i, job->tile_rows, job->tile_columns, &image, &row, &column);
            gather_pixels(job->x, w->input, inputs, image, row, column, 6, w->before, zeros, pixels);
        } else {
            for (size_t j = 0; j < FREQUENCIES; j++) pixels[j] = zeros;
        }
        job->variant->winograd_input(pixels, inputs, v + i * inputs, v_stride);
    }
    tk_gather t = {.segments = 1, .length = inputs, .panel_stride = (ptrdiff_t)(FREQUENCIES * inputs * TK_PANEL)};
    tk_gather epilogue = {.activation = job->epilogue.activation};
    for (size_t j = 0; j < outputs; j += group) {
        const size_t columns = tk_minimum(group, outputs - j);
        t.columns = columns > group / 2 ? group : group / 2;
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
        epilogue.scale = job->epilogue.scale ? job->epilogue.scale + j : NULL;
        epilogue.offset = job->epilogue.offset ? job->epilogue.offset + j : NULL;
        for (size_t i = 0; i < count; i++) {
            size_t image, row, column;
            place(begin + i, job->tile_rows, job->tile_columns, &image, &row, &column);
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
    winograd_job job = {.c = c,
                        .variant = tk_current(),
                        .x = x,
                        .u = transformed,
                        .epilogue = epilogue,
                        .y = y,
                        .tile_rows = tk_ceiling(c->window.output[0], 4),
                        .tile_columns = tk_ceiling(c->window.output[1], 4)};
    const size_t tiles = c->batch * job.tile_rows * job.tile_columns;
    if (tiles == 0) return;
    const size_t fitting = CACHED / FREQUENCIES / c->inputs / TK_TILE_ROWS;
    job.tiles = tk_minimum(tk_maximum(fitting, 1), 8) * TK_TILE_ROWS;
    tk_parallel(tk_ceiling(tiles, job.tiles), winograd_task, &job);
}

// The weight's adjoint: frequencies of inputs times those of cotangents, added up over all tiles

// Tiles at a time: their frequencies stay in the third cache, and sums are fetched rarely.
enum { CHUNK = 192 };

typedef struct {
    const tk_convolution *c;
    const tk_variant *variant;
    const float *x, *g;
    float *v, *h, *sums,
        *weight; // v [frequency, tile, inputs], h [frequency, tile, outputs], sums [frequency, out, in]
    size_t tile_rows, tile_columns, first, count;
    size_t v_row, h_row, sum_row, sum_rows; // padded
} adjoint_job;

// Rows padded to whole tiles, by an odd number of lines, or every row would fall on the same sets of the cache.
static size_t padded_row(size_t channels, size_t multiple) {
    return tk_ceiling(tk_ceiling(channels, multiple) * multiple, 32) * 32 + 16;
}

static adjoint_job make_adjoint(const tk_convolution *c) {
    adjoint_job job = {
        .c = c, .tile_rows = tk_ceiling(c->window.output[0], 4), .tile_columns = tk_ceiling(c->window.output[1], 4)};
    job.v_row = padded_row(c->inputs, TK_MAXIMUM_TILE_COLUMNS);
    job.h_row = padded_row(c->outputs, TK_TILE_ROWS);
    job.sum_row = tk_ceiling(c->inputs, TK_MAXIMUM_TILE_COLUMNS) * TK_MAXIMUM_TILE_COLUMNS;
    job.sum_rows = tk_ceiling(c->outputs, TK_TILE_ROWS) * TK_TILE_ROWS;
    return job;
}

size_t tk_winograd_workspace_count(const tk_convolution *c) {
    const adjoint_job job = make_adjoint(c);
    return FREQUENCIES * (CHUNK * (job.v_row + job.h_row) + job.sum_row * job.sum_rows);
}

static void transform_task(size_t task, void *context) {
    const adjoint_job *job = context;
    const tk_convolution *c = job->c;
    const ptrdiff_t none[2] = {0, 0};
    const size_t widest = tk_maximum(c->inputs, c->outputs);
    float *zeros = tk_scratch(widest);
    memset(zeros, 0, widest * sizeof(float));
    for (size_t i = task * 4; i < tk_minimum(task * 4 + 4, job->count); i++) {
        size_t image, row, column;
        place(job->first + i, job->tile_rows, job->tile_columns, &image, &row, &column);
        const float *pixels[FREQUENCIES];
        gather_pixels(job->x, c->window.input, c->inputs, image, row, column, 6, c->window.before, zeros, pixels);
        job->variant->winograd_input(pixels, c->inputs, job->v + i * job->v_row, CHUNK * job->v_row);
        gather_pixels(job->g, c->window.output, c->outputs, image, row, column, 4, none, zeros, pixels);
        job->variant->winograd_cotangent(pixels, c->outputs, job->h + i * job->h_row, CHUNK * job->h_row);
    }
}

static void frequency_task(size_t frequency, void *context) {
    const adjoint_job *job = context;
    const float *v = job->v + frequency * CHUNK * job->v_row, *h = job->h + frequency * CHUNK * job->h_row;
    float *sums = job->sums + frequency * job->sum_row * job->sum_rows;
    const size_t group = job->variant->tile_columns;
    tk_tile t = {.k = job->count,
                 .rows = TK_TILE_ROWS,
                 .columns = group,
                 .a_row = 1,
                 .a_column = (ptrdiff_t)job->h_row,
                 .b_row = (ptrdiff_t)job->v_row,
                 .c_row = (ptrdiff_t)job->sum_row,
                 .continues = true};
    for (size_t j = 0; j < job->c->inputs; j += group)
        for (size_t i = 0; i < job->c->outputs; i += TK_TILE_ROWS) {
            t.a = h + i;
            t.b = v + j;
            t.c = sums + i * job->sum_row + j;
            job->variant->tile(&t);
        }
}

static void window_task(size_t output, void *context) {
    const adjoint_job *job = context;
    const size_t inputs = job->c->inputs;
    for (size_t i = 0; i < inputs; i += TK_PANEL) {
        float windows[9][TK_PANEL];
        job->variant->winograd_window(job->sums + output * job->sum_row + i, job->sum_row * job->sum_rows, windows[0]);
        float *weight = job->weight + (output * inputs + i) * 9;
        for (size_t k = 0; k < tk_minimum(TK_PANEL, inputs - i); k++)
            for (size_t tap = 0; tap < 9; tap++) weight[k * 9 + tap] = windows[tap][k];
    }
}

void tk_winograd_adjoint(const tk_convolution *c, const float *x, const float *y, float *workspace, float *weight) {
    adjoint_job job = make_adjoint(c);
    job.variant = tk_current();
    job.x = x;
    job.g = y;
    job.weight = weight;
    job.v = workspace;
    job.h = job.v + FREQUENCIES * CHUNK * job.v_row;
    job.sums = job.h + FREQUENCIES * CHUNK * job.h_row;
    memset(job.sums, 0, FREQUENCIES * job.sum_row * job.sum_rows * sizeof(float));
    const size_t tiles = c->batch * job.tile_rows * job.tile_columns;
    for (job.first = 0; job.first < tiles; job.first += CHUNK) {
        job.count = tk_minimum(CHUNK, tiles - job.first);
        tk_parallel(tk_ceiling(job.count, 4), transform_task, &job);
        tk_parallel(FREQUENCIES, frequency_task, &job);
    }
    tk_parallel(c->outputs, window_task, &job);
}
