// Convolutions over channels-last maps as products whose left rows are gathered where they lie: no columns are stored.
#include "variant.h"
#include <string.h>

enum {
    TAPS = 64,
    DEPTH = 256,      // multiply-adds per pass: a panel of the weight is 16 KiB and stays in the first cache
    BLOCK_TILES = 16, // tiles of six positions per task at most, and where there are few a quarter of it
    SHORT = 32,       // a row of taps of fewer floats than this is read as one segment from a padded copy
    STEPS = 128,      // positions per pass of the weight's adjoint
};

// Taps and grid

typedef struct {
    ptrdiff_t row, column; // where the tap reads, from the grid's own position on
    size_t tap;
    ptrdiff_t distance; // in floats from where the first tap reads
} tap_offset;

// Positions whose taps lie at the same distances: all outputs of a convolution, or the inputs of one residue of the
// stride for its adjoint. Grid position i lies at source_step * i in the source and first + target_step * i in the
// target.
typedef struct {
    size_t rows, columns, source_step[2], target_step[2], first[2];
    size_t taps;
    tap_offset tap[TAPS];
    size_t panels; // floats before this phase's panels
} phase;

static size_t panel_columns(size_t n) { return tk_ceiling(n, 2 * TK_PANEL) * 2 * TK_PANEL; }

// Taps are the rows' times the columns', so the first and the last of them are opposite corners.
static void measure(phase *p, size_t width, size_t depth) {
    for (size_t t = 0; t < p->taps; t++)
        p->tap[t].distance =
            ((p->tap[t].row - p->tap[0].row) * (ptrdiff_t)width + p->tap[t].column - p->tap[0].column) *
            (ptrdiff_t)depth;
}

static phase forward_phase(const tk_convolution *c) {
    const tk_window *w = &c->window;
    phase p = {.rows = w->output[0],
               .columns = w->output[1],
               .source_step = {w->stride[0], w->stride[1]},
               .target_step = {1, 1}};
    for (size_t ky = 0; ky < w->size[0]; ky++)
        for (size_t kx = 0; kx < w->size[1]; kx++)
            p.tap[p.taps++] = (tap_offset){(ptrdiff_t)(ky * w->dilation[0]) - w->before[0],
                                           (ptrdiff_t)(kx * w->dilation[1]) - w->before[1], ky * w->size[1] + kx, 0};
    measure(&p, w->input[1], c->inputs);
    return p;
}

// Inputs at row, column modulo the stride: tap k comes from position (input + before - k * dilation) / stride.
static phase adjoint_phase(const tk_convolution *c, size_t row, size_t column) {
    const tk_window *w = &c->window;
    phase p = {.rows = row < w->input[0] ? tk_ceiling(w->input[0] - row, w->stride[0]) : 0,
               .columns = column < w->input[1] ? tk_ceiling(w->input[1] - column, w->stride[1]) : 0,
               .source_step = {1, 1},
               .target_step = {w->stride[0], w->stride[1]},
               .first = {row, column}};
    for (size_t ky = 0; ky < w->size[0]; ky++) {
        const ptrdiff_t y = (ptrdiff_t)row + w->before[0] - (ptrdiff_t)(ky * w->dilation[0]);
        if (y % (ptrdiff_t)w->stride[0] != 0) continue;
        for (size_t kx = 0; kx < w->size[1]; kx++) {
            const ptrdiff_t x = (ptrdiff_t)column + w->before[1] - (ptrdiff_t)(kx * w->dilation[1]);
            if (x % (ptrdiff_t)w->stride[1] != 0) continue;
            p.tap[p.taps++] =
                (tap_offset){y / (ptrdiff_t)w->stride[0], x / (ptrdiff_t)w->stride[1], ky * w->size[1] + kx, 0};
        }
    }
    measure(&p, w->output[1], c->outputs);
    return p;
}

// Where a grid position lies, and the one after it.
typedef struct {
    size_t image, row, column;
} place;

static inline place place_of(const phase *p, size_t position) {
    return (place){position / p->columns / p->rows, position / p->columns % p->rows, position % p->columns};
}

static inline void advance(const phase *p, place *at) {
    if (++at->column < p->columns) return;
    at->column = 0;
    if (++at->row < p->rows) return;
    at->row = 0;
    at->image++;
}

// Where the taps of one position read, `step` apart: pixels of `depth` floats in maps of this extent, or zeros.
static inline void point(const phase *p, const float *x, const size_t *extent, size_t depth, const float *zeros,
                         place at, const float **pointers, size_t step) {
    if (p->taps == 0) return;
    const size_t y = at.row * p->source_step[0], u = at.column * p->source_step[1]; // what is added wraps below zero
    const tap_offset *low = p->tap, *high = p->tap + p->taps - 1;
    const float *map = x + at.image * extent[0] * extent[1] * depth;
    if (y + (size_t)low->row < extent[0] && y + (size_t)high->row < extent[0] && u + (size_t)low->column < extent[1] &&
        u + (size_t)high->column < extent[1]) {
        const float *first = map + ((y + (size_t)low->row) * extent[1] + u + (size_t)low->column) * depth;
        for (size_t t = 0; t < p->taps; t++) pointers[t * step] = first + p->tap[t].distance;
        return;
    }
    for (size_t t = 0; t < p->taps; t++) {
        const size_t v = y + (size_t)p->tap[t].row, w = u + (size_t)p->tap[t].column;
        pointers[t * step] = v < extent[0] && w < extent[1] ? map + (v * extent[1] + w) * depth : zeros;
    }
}

bool tk_direct_applies(const tk_convolution *c) { return c->window.size[0] * c->window.size[1] <= TAPS; }

// Weights as panels

typedef struct {
    const tk_convolution *c;
    const float *weight;
    const phase *phase;
    float *panels;
    bool transposed;
} pack_job;

static void pack_panel(size_t panel, void *context) {
    const pack_job *job = context;
    const size_t inputs = job->c->inputs, taps = job->c->window.size[0] * job->c->window.size[1];
    const size_t depth = job->transposed ? job->c->outputs : inputs, n = job->transposed ? inputs : job->c->outputs;
    const size_t depth_step = (job->transposed ? inputs : 1) * taps,
                 column_step = (job->transposed ? 1 : inputs) * taps;
    const size_t first = panel * TK_PANEL, columns = first < n ? tk_minimum(TK_PANEL, n - first) : 0;
    float *y = job->panels + panel * job->phase->taps * depth * TK_PANEL;
    for (size_t t = 0; t < job->phase->taps; t++)
        for (size_t k = 0; k < depth; k++, y += TK_PANEL) {
            const float *w = job->weight + job->phase->tap[t].tap + k * depth_step + first * column_step;
            for (size_t j = 0; j < columns; j++) y[j] = w[j * column_step];
            for (size_t j = columns; j < TK_PANEL; j++) y[j] = 0;
        }
}

size_t tk_direct_panel_count(const tk_convolution *c, bool transposed) {
    const size_t taps = c->window.size[0] * c->window.size[1];
    return taps * (transposed ? c->outputs * panel_columns(c->inputs) : c->inputs * panel_columns(c->outputs));
}

void tk_direct_pack(const tk_convolution *c, const float *weight, bool transposed, float *panels) {
    const tk_window *w = &c->window;
    const size_t columns = panel_columns(transposed ? c->inputs : c->outputs);
    for (size_t row = 0; row < (transposed ? w->stride[0] : 1); row++)
        for (size_t column = 0; column < (transposed ? w->stride[1] : 1); column++) {
            const phase p = transposed ? adjoint_phase(c, row, column) : forward_phase(c);
            pack_job job = {c, weight, &p, panels, transposed};
            tk_parallel(columns / TK_PANEL, pack_panel, &job);
            panels += p.taps * (transposed ? c->outputs : c->inputs) * columns;
        }
}

// The product

typedef struct {
    const tk_variant *variant;
    const phase *phase;
    size_t batch, depth, columns; // images, channels of the source and of the target
    size_t source[2], target[2];  // heights and widths
    const float *x, *panels;
    float *y;
    tk_epilogue epilogue;
    size_t tiles, blocks; // per task; tasks per image, or 0 where tasks run across images
} direct_job;

// One block of positions, rows[tile][segment][6] to out[tile][6]: every panel passes over all tiles.
static void multiply(const direct_job *job, size_t tiles, size_t segments, size_t length, const float *const *rows,
                     float *const *out) {
    const size_t group = job->variant->tile_columns;
    const size_t depth = segments * length, pass = tk_maximum(1, DEPTH / tk_maximum(length, 1));
    tk_gather t = {
        .length = length, .panel_stride = (ptrdiff_t)(depth * TK_PANEL), .activation = job->epilogue.activation};
    for (size_t j = 0; j < job->columns; j += group) {
        t.column = j;
        t.columns = tk_minimum(group, job->columns - j);
        t.scale = job->epilogue.scale ? job->epilogue.scale + j : NULL;
        t.offset = job->epilogue.offset ? job->epilogue.offset + j : NULL;
        const float *panel = job->panels + j / TK_PANEL * depth * TK_PANEL + j % TK_PANEL;
        size_t first = 0;
        do {
            t.segments = tk_minimum(pass, segments - first);
            t.continues = first > 0;
            t.finishes = first + t.segments == segments;
            t.panel = panel + first * length * TK_PANEL;
            for (size_t tile = 0; tile < tiles; tile++) {
                t.rows = rows + (tile * segments + first) * TK_TILE_ROWS;
                t.out = out + tile * TK_TILE_ROWS;
                job->variant->gather(&t);
            }
            first += t.segments;
        } while (first < segments);
    }
}

static void direct_task(size_t task, void *context) {
    const direct_job *job = context;
    const phase *p = job->phase;
    const size_t positions = job->batch * p->rows * p->columns, begin = task * job->tiles * TK_TILE_ROWS;
    const size_t count = tk_minimum(job->tiles * TK_TILE_ROWS, positions - begin);
    const size_t tiles = tk_ceiling(count, TK_TILE_ROWS);
    const size_t zero_count = tk_ceiling(job->depth, 16) * 16, spare_count = tk_ceiling(job->columns, 16) * 16;
    float *zeros = tk_scratch(zero_count + spare_count + 2 * tiles * TK_TILE_ROWS * (p->taps + 1));
    float *spare = zeros + zero_count; // where the missing rows of the last tile go
    memset(zeros, 0, job->depth * sizeof(float));
    const float **rows = (const float **)(void *)(spare + spare_count);
    float **out = (float **)(void *)(rows + tiles * TK_TILE_ROWS * p->taps);
    place at = place_of(p, begin);
    for (size_t i = 0; i < tiles * TK_TILE_ROWS; i++, advance(p, &at)) {
        const float **row_pointers = rows + i / TK_TILE_ROWS * p->taps * TK_TILE_ROWS + i % TK_TILE_ROWS;
        if (i >= count) {
            for (size_t t = 0; t < p->taps; t++) row_pointers[t * TK_TILE_ROWS] = zeros;
            out[i] = spare;
            continue;
        }
        out[i] = job->y + ((at.image * job->target[0] + p->first[0] + at.row * p->target_step[0]) * job->target[1] +
                           p->first[1] + at.column * p->target_step[1]) *
                              job->columns;
        point(p, job->x, job->source, job->depth, zeros, at, row_pointers, TK_TILE_ROWS);
    }
    multiply(job, tiles, p->taps, job->depth, rows, out);
}

// Few channels: the rows under a block are copied with their padding, and a row of taps is one segment.
static void short_task(size_t task, void *context) {
    const direct_job *job = context;
    const phase *p = job->phase;
    const size_t image = task / job->blocks, begin = task % job->blocks * job->tiles * TK_TILE_ROWS;
    const size_t count = tk_minimum(job->tiles * TK_TILE_ROWS, p->rows * p->columns - begin);
    const size_t tiles = tk_ceiling(count, TK_TILE_ROWS), first = begin / p->columns;
    const size_t last = (begin + count - 1) / p->columns;
    // Rows of the copy: those of the first position's first tap to the last one's last tap.
    const tap_offset low = p->tap[0], high = p->tap[p->taps - 1];
    size_t segments = 1;
    while (segments * (p->taps / segments) != p->taps || p->tap[p->taps / segments - 1].row != low.row) segments++;
    const size_t taps = p->taps / segments, length = taps * job->depth;
    const size_t height = (last - first) * p->source_step[0] + (size_t)(high.row - low.row) + 1;
    const size_t width = (p->columns - 1) * p->source_step[1] + taps;
    const size_t copied = tk_ceiling(height * width * job->depth, 16) * 16;
    float *copy = tk_scratch(copied + 2 * tiles * TK_TILE_ROWS * (segments + 1));
    const float **rows = (const float **)(void *)(copy + copied);
    float **out = (float **)(void *)(rows + tiles * TK_TILE_ROWS * segments);
    const size_t before = low.column < 0 ? (size_t)-low.column : 0, from = low.column < 0 ? 0 : (size_t)low.column;
    const size_t inside =
        from < job->source[1] && before < width ? tk_minimum(width - before, job->source[1] - from) : 0;
    for (size_t r = 0; r < height; r++) {
        float *line = copy + r * width * job->depth;
        const size_t y = first * p->source_step[0] + r + (size_t)low.row; // wraps below zero
        const size_t used = y < job->source[0] ? inside : 0;
        memset(line, 0, (used ? before : width) * job->depth * sizeof(float));
        if (!used) continue;
        memcpy(line + before * job->depth, job->x + ((image * job->source[0] + y) * job->source[1] + from) * job->depth,
               used * job->depth * sizeof(float));
        memset(line + (before + used) * job->depth, 0, (width - before - used) * job->depth * sizeof(float));
    }
    // What segment s reads lies that far from what segment 0 reads.
    size_t distance[TAPS];
    for (size_t s = 0; s < segments; s++) distance[s] = (size_t)(p->tap[s * taps].row - low.row) * width * job->depth;
    place at = {0, 0, begin % p->columns}; // the row counted from the copy's first
    for (size_t i = 0; i < tiles * TK_TILE_ROWS; i++) {
        const float *source = copy + (at.row * p->source_step[0] * width + at.column * p->source_step[1]) * job->depth;
        const float **pointers = rows + i / TK_TILE_ROWS * segments * TK_TILE_ROWS + i % TK_TILE_ROWS;
        for (size_t s = 0; s < segments; s++) pointers[s * TK_TILE_ROWS] = source + distance[s];
        out[i] = job->y + (image * p->rows * p->columns + begin + tk_minimum(i, count - 1)) * job->columns;
        // The last position stands in for those missing from the last tile.
        if (i + 1 < count) advance(p, &at);
    }
    multiply(job, tiles, segments, length, rows, out);
}

// Runs a phase; blocks are cut for at least 32 tasks where there is that much, so that no thread waits long for
// another.
static void run_phase(direct_job *job, bool is_short) {
    const size_t per_image = job->phase->rows * job->phase->columns, positions = job->batch * per_image;
    if (positions == 0) return;
    const size_t tiles = tk_ceiling(positions, TK_TILE_ROWS);
    job->tiles = tk_minimum(tk_maximum(tiles / 32, BLOCK_TILES / 4), BLOCK_TILES);
    if (is_short) {
        job->blocks = tk_ceiling(per_image, job->tiles * TK_TILE_ROWS);
        tk_parallel(job->batch * job->blocks, short_task, job);
    } else {
        tk_parallel(tk_ceiling(tiles, job->tiles), direct_task, job);
    }
}

void tk_direct(const tk_convolution *c, const float *x, const float *panels, tk_epilogue epilogue, float *y) {
    const tk_window *w = &c->window;
    const phase p = forward_phase(c);
    direct_job job = {.variant = tk_current(),
                      .phase = &p,
                      .batch = c->batch,
                      .depth = c->inputs,
                      .columns = c->outputs,
                      .source = {w->input[0], w->input[1]},
                      .target = {w->output[0], w->output[1]},
                      .x = x,
                      .panels = panels,
                      .y = y,
                      .epilogue = epilogue};
    run_phase(&job, w->size[1] > 1 && w->dilation[1] == 1 && w->size[1] * c->inputs <= SHORT);
}

void tk_direct_input(const tk_convolution *c, const float *y, const float *panels, float *x) {
    const tk_window *w = &c->window;
    for (size_t row = 0; row < w->stride[0]; row++)
        for (size_t column = 0; column < w->stride[1]; column++) {
            const phase p = adjoint_phase(c, row, column);
            direct_job job = {.variant = tk_current(),
                              .phase = &p,
                              .batch = c->batch,
                              .depth = c->outputs,
                              .columns = c->inputs,
                              .source = {w->output[0], w->output[1]},
                              .target = {w->input[0], w->input[1]},
                              .x = y,
                              .panels = panels,
                              .y = x};
            run_phase(&job, false);
            panels += p.taps * c->outputs * panel_columns(c->inputs);
        }
}

// The weight's adjoint

typedef struct {
    const tk_convolution *c;
    const tk_variant *variant;
    const phase *phase;
    const float *x, *g;
    float *partial, *weight;
    size_t chunk, chunks, columns, splits; // positions per chunk; columns of the weight per task
} weight_job;

// At least 1024 positions each, and at most eight.
static size_t chunk_positions(const tk_convolution *c) {
    const size_t positions = c->batch * c->window.output[0] * c->window.output[1];
    return tk_maximum(1024, tk_ceiling(tk_ceiling(positions, 8), STEPS) * STEPS);
}

static size_t chunk_count(const tk_convolution *c) {
    return tk_ceiling(c->batch * c->window.output[0] * c->window.output[1], chunk_positions(c));
}

static size_t weight_row(const tk_convolution *c) { return c->window.size[0] * c->window.size[1] * c->inputs; }

size_t tk_direct_partial_count(const tk_convolution *c) { return chunk_count(c) * c->outputs * weight_row(c); }

// Columns first..<first + width of `count` gathered rows as a panel of rows of `group` floats.
static void pack_rows(const float *const *pixels, size_t count, size_t depth, size_t first, size_t width, size_t group,
                      float *panel) {
    if (width < group) memset(panel, 0, count * group * sizeof(float));
    for (size_t done = 0; done < width;) {
        const size_t tap = (first + done) / depth, channel = (first + done) % depth;
        const size_t run = tk_minimum(depth - channel, width - done);
        const float *const *at = pixels + tap * STEPS;
        float *y = panel + done;
        // Known lengths are moves; of any other, every pixel is a call.
#define COPY(length)                                                                                     \
    for (size_t i = 0; i < count; i++) memcpy(y + i * group, at[i] + channel, (length) * sizeof(float)); \
    break;
        switch (run) {
        case 3:
            COPY(3)
        case 4:
            COPY(4)
        case 8:
            COPY(8)
        case 12:
            COPY(12)
        case 16:
            COPY(16)
        case 24:
            COPY(24)
        case 32:
            COPY(32)
        default:
            COPY(run)
        }
#undef COPY
        done += run;
    }
}

static void weight_task(size_t task, void *context) {
    const weight_job *job = context;
    const tk_convolution *c = job->c;
    const phase *p = job->phase;
    const size_t group = job->variant->tile_columns, outputs = c->outputs, row = weight_row(c);
    const size_t chunk = task / job->splits, column = task % job->splits * job->columns;
    const size_t columns = tk_minimum(job->columns, row - column);
    const size_t begin = chunk * job->chunk;
    const size_t end = tk_minimum(begin + job->chunk, c->batch * p->rows * p->columns);
    const size_t row_tiles = tk_ceiling(outputs, TK_TILE_ROWS), zero_count = tk_ceiling(c->inputs, 16) * 16;
    float *zeros = tk_scratch(zero_count + STEPS * (row_tiles * TK_TILE_ROWS + group + 2 * p->taps));
    float *packed = zeros + zero_count, *panel = packed + STEPS * row_tiles * TK_TILE_ROWS;
    const float **pixels = (const float **)(void *)(panel + STEPS * group);
    memset(zeros, 0, zero_count * sizeof(float));
    const float *g_end = job->g + c->batch * p->rows * p->columns * outputs;
    float *partial = job->partial + chunk * outputs * row;
    for (size_t start = begin; start < end; start += STEPS) {
        const size_t count = tk_minimum(STEPS, end - start);
        place at = place_of(p, start);
        for (size_t i = 0; i < count; i++, advance(p, &at)) {
            point(p, job->x, c->window.input, c->inputs, zeros, at, pixels + i, STEPS);
            const float *g = job->g + (start + i) * outputs;
            for (size_t tile = 0; tile < row_tiles; tile++) {
                float *a = packed + (tile * count + i) * TK_TILE_ROWS;
                const size_t rows = tk_minimum(TK_TILE_ROWS, outputs - tile * TK_TILE_ROWS);
                // What follows a short tile is read with it, and not used.
                if (g + tile * TK_TILE_ROWS + TK_TILE_ROWS <= g_end)
                    memcpy(a, g + tile * TK_TILE_ROWS, TK_TILE_ROWS * sizeof(float));
                else
                    memcpy(a, g + tile * TK_TILE_ROWS, rows * sizeof(float));
            }
        }
        tk_tile t = {.k = count,
                     .a_row = 1,
                     .a_column = TK_TILE_ROWS,
                     .b = panel,
                     .b_row = (ptrdiff_t)group,
                     .c_row = (ptrdiff_t)row,
                     .continues = start > begin};
        for (size_t j = column; j < column + columns; j += group) {
            t.columns = tk_minimum(group, column + columns - j);
            pack_rows(pixels, count, c->inputs, j, t.columns, group, panel);
            for (size_t tile = 0; tile < row_tiles; tile++) {
                t.rows = tk_minimum(TK_TILE_ROWS, outputs - tile * TK_TILE_ROWS);
                t.a = packed + tile * count * TK_TILE_ROWS;
                t.c = partial + tile * TK_TILE_ROWS * row + j;
                job->variant->tile(&t);
            }
        }
    }
}

static void combine_weight(size_t output, void *context) {
    const weight_job *job = context;
    const size_t row = weight_row(job->c), inputs = job->c->inputs, taps = job->phase->taps;
    float *sum = job->partial + output * row;
    for (size_t chunk = 1; chunk < job->chunks; chunk++) {
        const float *part = sum + chunk * job->c->outputs * row;
        for (size_t i = 0; i < row; i++) sum[i] += part[i];
    }
    float *weight = job->weight + output * row;
    for (size_t i = 0; i < inputs; i++)
        for (size_t t = 0; t < taps; t++) weight[i * taps + t] = sum[t * inputs + i];
}

void tk_direct_weight(const tk_convolution *c, const float *x, const float *y, float *partial, float *weight) {
    const size_t row = weight_row(c);
    const phase p = forward_phase(c);
    weight_job job = {.c = c,
                      .variant = tk_current(),
                      .phase = &p,
                      .x = x,
                      .g = y,
                      .partial = partial,
                      .weight = weight,
                      .chunk = chunk_positions(c),
                      .chunks = chunk_count(c)};
    if (job.chunks == 0) {
        memset(weight, 0, c->outputs * row * sizeof(float));
        return;
    }
    const size_t group = job.variant->tile_columns;
    job.columns = tk_ceiling(tk_ceiling(row, tk_ceiling(8, job.chunks)), group) * group;
    job.splits = tk_ceiling(row, job.columns);
    tk_parallel(job.chunks * job.splits, weight_task, &job);
    tk_parallel(c->outputs, combine_weight, &job);
}
