// Sliding windows, banded maps and recurrences: what convolution and pooling need beside the product.
#include "variant.h"
#include <math.h>
#include <string.h>

enum { COLUMN_TILE = 64, WORK = 8192 };

// Sliding windows

typedef struct {
    const tk_window *window;
    const float *x;
    size_t batch, channels;
    float *y;
    int32_t *index;
} window_job;

// Calls body once per tap and row of positions that meet the input, in ascending order of tap, then row: `columns` is
// the row's first position inside, `x` what lies under it, `count` how many follow, `stride` apart in x.
typedef void (*run_body)(float *columns, float *x, size_t count, size_t stride);

static void for_runs(const tk_window *w, float *x, float *columns, size_t tap_step, run_body body) {
    for (size_t ky = 0; ky < w->size[0]; ky++) {
        size_t top, bottom;
        tk_inside((ptrdiff_t)(ky * w->dilation[0]) - w->before[0], w->stride[0], w->input[0], w->output[0], &top,
                  &bottom);
        for (size_t kx = 0; kx < w->size[1]; kx++) {
            size_t first, last;
            tk_inside((ptrdiff_t)(kx * w->dilation[1]) - w->before[1], w->stride[1], w->input[1], w->output[1], &first,
                      &last);
            if (first == last) continue;
            float *target = columns + (ky * w->size[1] + kx) * tap_step;
            const ptrdiff_t column = (ptrdiff_t)(first * w->stride[1] + kx * w->dilation[1]) - w->before[1];
            for (size_t row = top; row < bottom; row++) {
                const ptrdiff_t y = (ptrdiff_t)(row * w->stride[0] + ky * w->dilation[0]) - w->before[0];
                body(target + row * w->output[1] + first, x + (size_t)y * w->input[1] + column, last - first,
                     w->stride[1]);
            }
        }
    }
}

static void read_run(float *columns, float *x, size_t count, size_t stride) {
    if (stride == 1) {
        memcpy(columns, x, count * sizeof(float));
        return;
    }
    for (size_t i = 0; i < count; i++) columns[i] = x[i * stride];
}

static void add_run(float *columns, float *x, size_t count, size_t stride) {
    if (stride == 1)
        for (size_t i = 0; i < count; i++) x[i] += columns[i];
    else
        for (size_t i = 0; i < count; i++) x[i * stride] += columns[i];
}

static void unfold_plane(size_t plane, void *context) {
    const window_job *job = context;
    const tk_window *w = job->window;
    const size_t image = plane / job->channels, channel = plane % job->channels;
    const size_t positions = w->output[0] * w->output[1], taps = w->size[0] * w->size[1];
    const size_t tap_step = job->batch * positions;
    float *columns = job->y + channel * taps * tap_step + image * positions;
    for (size_t tap = 0; tap < taps; tap++) memset(columns + tap * tap_step, 0, positions * sizeof(float));
    for_runs(w, (float *)job->x + plane * w->input[0] * w->input[1], columns, tap_step, read_run);
}

void tk_unfold(const tk_window *window, const float *x, size_t batch, size_t channels, float *columns) {
    window_job job = {.window = window, .x = x, .batch = batch, .channels = channels, .y = columns};
    tk_parallel(batch * channels, unfold_plane, &job);
}

static void fold_plane(size_t plane, void *context) {
    const window_job *job = context;
    const tk_window *w = job->window;
    const size_t image = plane / job->channels, channel = plane % job->channels;
    const size_t positions = w->output[0] * w->output[1], taps = w->size[0] * w->size[1];
    const size_t tap_step = job->batch * positions, pixels = w->input[0] * w->input[1];
    float *y = job->y + plane * pixels;
    memset(y, 0, pixels * sizeof(float));
    for_runs(w, y, (float *)job->x + channel * taps * tap_step + image * positions, tap_step, add_run);
}

void tk_fold(const tk_window *window, const float *columns, size_t batch, size_t channels, float *x) {
    window_job job = {.window = window, .x = columns, .batch = batch, .channels = channels, .y = x};
    tk_parallel(batch * channels, fold_plane, &job);
}

static void max_pool_plane(size_t plane, void *context) {
    const window_job *job = context;
    const tk_window *w = job->window;
    const size_t start = plane * w->input[0] * w->input[1];
    size_t at = plane * w->output[0] * w->output[1];
    for (size_t row = 0; row < w->output[0]; row++)
        for (size_t column = 0; column < w->output[1]; column++, at++) {
            float best = -INFINITY;
            size_t where = SIZE_MAX;
            for (size_t ky = 0; ky < w->size[0] && best == best; ky++) {
                const ptrdiff_t y = (ptrdiff_t)(row * w->stride[0] + ky * w->dilation[0]) - w->before[0];
                if (y < 0 || y >= (ptrdiff_t)w->input[0]) continue;
                for (size_t kx = 0; kx < w->size[1] && best == best; kx++) {
                    const ptrdiff_t x = (ptrdiff_t)(column * w->stride[1] + kx * w->dilation[1]) - w->before[1];
                    if (x < 0 || x >= (ptrdiff_t)w->input[1]) continue;
                    const size_t here = start + (size_t)y * w->input[1] + (size_t)x;
                    const float value = job->x[here];
                    if (where == SIZE_MAX || value > best || value != value) {
                        best = value;
                        where = here;
                    }
                }
            }
            job->y[at] = best;
            if (job->index) job->index[at] = (int32_t)where;
        }
}

// One row of positions of channels-last maps.
static void max_pool_row(size_t task, void *context) {
    enum { LANES = 64 };
    const window_job *job = context;
    const tk_window *w = job->window;
    const size_t plane = task / w->output[0], row = task % w->output[0], channels = job->channels;
    for (size_t column = 0; column < w->output[1]; column++)
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t lanes = tk_minimum(LANES, channels - c);
            float best[LANES];
            int32_t where[LANES];
            for (size_t i = 0; i < lanes; i++) {
                best[i] = -INFINITY;
                where[i] = -1;
            }
            for (size_t ky = 0; ky < w->size[0]; ky++) {
                const size_t y = row * w->stride[0] + ky * w->dilation[0] - (size_t)w->before[0]; // wraps below zero
                if (y >= w->input[0]) continue;
                for (size_t kx = 0; kx < w->size[1]; kx++) {
                    const size_t x = column * w->stride[1] + kx * w->dilation[1] - (size_t)w->before[1];
                    if (x >= w->input[1]) continue;
                    const size_t here = ((plane * w->input[0] + y) * w->input[1] + x) * channels + c;
                    const float *value = job->x + here;
                    for (size_t i = 0; i < lanes; i++) {
                        const bool takes =
                            (best[i] == best[i]) & ((where[i] < 0) | (value[i] > best[i]) | (value[i] != value[i]));
                        best[i] = takes ? value[i] : best[i];
                        where[i] = takes ? (int32_t)(here + i) : where[i];
                    }
                }
            }
            const size_t at = (task * w->output[1] + column) * channels + c;
            memcpy(job->y + at, best, lanes * sizeof(float));
            if (job->index) memcpy(job->index + at, where, lanes * sizeof(int32_t));
        }
}

void tk_max_pool(const tk_window *window, const float *x, size_t planes, size_t channels, float *y, int32_t *index) {
    window_job job = {.window = window, .x = x, .channels = channels, .y = y, .index = index};
    if (channels == 1)
        tk_parallel(planes, max_pool_plane, &job);
    else
        tk_parallel(planes * window->output[0], max_pool_row, &job);
}

// Banded maps

typedef struct {
    const tk_band *band;
    const float *x;
    float *y;
    size_t inner;
} band_job;

static void band_rows(size_t begin, size_t end, void *context) {
    const band_job *job = context;
    const tk_band *band = job->band;
    const size_t inner = job->inner;
    for (size_t r = begin; r < end; r++) {
        const size_t o = r % band->outputs;
        const float *x = job->x + (r / band->outputs * band->inputs + (size_t)band->start[o]) * inner;
        float *y = job->y + r * inner;
        memset(y, 0, inner * sizeof(float));
        for (int32_t t = band->offset[o]; t < band->offset[o + 1]; t++, x += inner)
            for (size_t i = 0; i < inner; i++) y[i] += band->weight[t] * x[i];
    }
}

void tk_apply_band(const tk_band *band, const float *x, size_t outer, size_t inner, float *y) {
    band_job job = {band, x, y, inner};
    tk_for_ranges(outer * band->outputs, tk_maximum(1, WORK / tk_maximum(inner, 1)), band_rows, &job);
}

// Recurrences

typedef struct {
    const float *a, *b;
    float *y;
    size_t n, inner;
    bool reversed;
} recurrence_job;

static void recurrence_tile(size_t task, void *context) {
    const recurrence_job *job = context;
    const size_t tiles = tk_ceiling(job->inner, COLUMN_TILE), first = task % tiles * COLUMN_TILE;
    const size_t width = tk_minimum(COLUMN_TILE, job->inner - first);
    const size_t base = task / tiles * job->n * job->inner + first;
    const ptrdiff_t step = job->reversed ? -(ptrdiff_t)job->inner : (ptrdiff_t)job->inner;
    ptrdiff_t at = (ptrdiff_t)(base + (job->reversed ? (job->n - 1) * job->inner : 0));
    memcpy(job->y + at, job->b + at, width * sizeof(float));
    for (size_t i = 1; i < job->n; i++) {
        at += step;
        const float *b = job->b + at, *before = job->y + at - step;
        float *y = job->y + at;
        if (job->a)
            for (size_t j = 0; j < width; j++) y[j] = job->a[at + (ptrdiff_t)j] * before[j] + b[j];
        else
            for (size_t j = 0; j < width; j++) y[j] = before[j] + b[j];
    }
}

void tk_recurrence(const float *a, const float *b, size_t outer, size_t n, size_t inner, bool reversed, float *y) {
    if (n == 0) return;
    recurrence_job job = {a, b, y, n, inner, reversed};
    tk_parallel(outer * tk_ceiling(inner, COLUMN_TILE), recurrence_tile, &job);
}
