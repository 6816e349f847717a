// Convolutions with one window per channel over channels-last maps.
#include "variant.h"
#include <string.h>

bool tk_depthwise_applies(const tk_convolution *c) {
    return c->inputs == c->outputs && c->window.size[0] * c->window.size[1] <= TK_DEPTHWISE_TAPS;
}

typedef struct {
    const tk_convolution *c;
    const tk_variant *variant;
    const float *x, *weight; // the weight as [tap, channel]
    tk_epilogue epilogue;
    float *y;
    size_t rows, chunks; // rows of positions per task
} depthwise_job;

// [channel, tap] as [tap, channel], or back.
static void transpose(const float *x, size_t rows, size_t columns, float *y) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++) y[j * rows + i] = x[i * columns + j];
}

// `direction` if the taps come in threes whose sources lie one step apart that way, else 0.
static int three_neighbours(const tk_depthwise_run *run, int direction) {
    for (size_t t = 0; t < run->taps; t += 3)
        if (t + 3 > run->taps || run->source[t + 1] - run->source[t] != direction * run->source_step ||
            run->source[t + 2] - run->source[t + 1] != direction * run->source_step)
            return 0;
    return direction;
}

// A row of positions cut where the set of taps inside changes.
static void forward_row(size_t task, void *context) {
    const depthwise_job *job = context;
    const tk_window *w = &job->c->window;
    const size_t channels = job->c->inputs, image = task / w->output[0], row = task % w->output[0];
    const float *x = job->x + image * w->input[0] * w->input[1] * channels;
    tk_depthwise_run run = {.source_step = (ptrdiff_t)(w->stride[1] * channels),
                            .y_step = (ptrdiff_t)channels,
                            .scale = job->epilogue.scale,
                            .offset = job->epilogue.offset,
                            .activation = job->epilogue.activation};
    const float *source[TK_DEPTHWISE_TAPS], *weight[TK_DEPTHWISE_TAPS];
    run.source = source;
    run.weight = weight;
    for (size_t column = 0; column < w->output[1]; column += run.count) {
        run.taps = 0;
        size_t end = w->output[1];
        for (size_t kx = 0; kx < w->size[1]; kx++) {
            size_t first, last;
            tk_inside((ptrdiff_t)(kx * w->dilation[1]) - w->before[1], w->stride[1], w->input[1], w->output[1], &first,
                      &last);
            if (first > column) end = tk_minimum(end, first);
            if (last > column) end = tk_minimum(end, last);
        }
        for (size_t ky = 0; ky < w->size[0]; ky++) {
            const size_t y = row * w->stride[0] + ky * w->dilation[0] - (size_t)w->before[0]; // wraps below zero
            if (y >= w->input[0]) continue;
            for (size_t kx = 0; kx < w->size[1]; kx++) {
                const size_t at = column * w->stride[1] + kx * w->dilation[1] - (size_t)w->before[1];
                if (at >= w->input[1]) continue;
                source[run.taps] = x + (y * w->input[1] + at) * channels;
                weight[run.taps++] = job->weight + (ky * w->size[1] + kx) * channels;
            }
        }
        run.count = end - column;
        run.three_neighbours = three_neighbours(&run, 1);
        run.y = job->y + (task * w->output[1] + column) * channels;
        job->variant->depthwise(&run, channels);
    }
}

void tk_depthwise(const tk_convolution *c, const float *x, const float *weight, tk_epilogue epilogue, float *y) {
    const size_t taps = c->window.size[0] * c->window.size[1];
    float *turned = tk_scratch(taps * c->inputs);
    transpose(weight, c->inputs, taps, turned);
    depthwise_job job = {.c = c, .variant = tk_current(), .x = x, .weight = turned, .epilogue = epilogue, .y = y};
    tk_parallel(c->batch * c->window.output[0], forward_row, &job);
}

// A row of inputs, one residue of the horizontal stride after the other: neighbours of one residue read neighbouring
// positions through the same taps.
static void input_row(size_t task, void *context) {
    const depthwise_job *job = context;
    const tk_window *w = &job->c->window;
    const size_t channels = job->c->inputs, image = task / w->input[0], row = task % w->input[0];
    const float *g = job->x + image * w->output[0] * w->output[1] * channels;
    const ptrdiff_t stride[2] = {(ptrdiff_t)w->stride[0], (ptrdiff_t)w->stride[1]};
    const float *source[TK_DEPTHWISE_TAPS], *weight[TK_DEPTHWISE_TAPS];
    tk_depthwise_run run = {.source = source,
                            .weight = weight,
                            .source_step = (ptrdiff_t)channels,
                            .y_step = stride[1] * (ptrdiff_t)channels};
    for (size_t residue = 0; residue < tk_minimum(w->stride[1], w->input[1]); residue++) {
        const size_t columns = tk_ceiling(w->input[1] - residue, w->stride[1]);
        for (size_t column = 0; column < columns; column += run.count) {
            run.taps = 0;
            size_t end = columns;
            for (size_t kx = 0; kx < w->size[1]; kx++) {
                const ptrdiff_t offset = (ptrdiff_t)residue + w->before[1] - (ptrdiff_t)(kx * w->dilation[1]);
                if (offset % stride[1] != 0) continue;
                size_t first, last;
                tk_inside(offset / stride[1], 1, w->output[1], columns, &first, &last);
                if (first > column) end = tk_minimum(end, first);
                if (last > column) end = tk_minimum(end, last);
            }
            for (size_t ky = 0; ky < w->size[0]; ky++) {
                const ptrdiff_t y = (ptrdiff_t)row + w->before[0] - (ptrdiff_t)(ky * w->dilation[0]);
                if (y < 0 || y % stride[0] != 0 || y / stride[0] >= (ptrdiff_t)w->output[0]) continue;
                for (size_t kx = 0; kx < w->size[1]; kx++) {
                    const ptrdiff_t offset = (ptrdiff_t)residue + w->before[1] - (ptrdiff_t)(kx * w->dilation[1]);
                    if (offset % stride[1] != 0) continue;
                    const ptrdiff_t at = (ptrdiff_t)column + offset / stride[1];
                    if (at < 0 || at >= (ptrdiff_t)w->output[1]) continue;
                    source[run.taps] = g + ((size_t)(y / stride[0]) * w->output[1] + (size_t)at) * channels;
                    weight[run.taps++] = job->weight + (ky * w->size[1] + kx) * channels;
                }
            }
            run.count = end - column;
            run.three_neighbours = three_neighbours(&run, -1);
            run.y = job->y + (task * w->input[1] + residue + column * w->stride[1]) * channels;
            job->variant->depthwise(&run, channels);
        }
    }
}

void tk_depthwise_input(const tk_convolution *c, const float *y, const float *weight, float *x) {
    const size_t taps = c->window.size[0] * c->window.size[1];
    float *turned = tk_scratch(taps * c->inputs);
    transpose(weight, c->inputs, taps, turned);
    depthwise_job job = {.c = c, .variant = tk_current(), .x = y, .weight = turned, .y = x};
    tk_parallel(c->batch * c->window.input[0], input_row, &job);
}

// Rows of positions of one chunk into its own sums [tap, channel].
static void weight_chunk(size_t chunk, void *context) {
    const depthwise_job *job = context;
    const tk_window *w = &job->c->window;
    const size_t channels = job->c->inputs, taps = w->size[0] * w->size[1];
    const size_t end = tk_minimum((chunk + 1) * job->rows, job->c->batch * w->output[0]);
    float *sums = job->y + chunk * taps * channels;
    memset(sums, 0, taps * channels * sizeof(float));
    for (size_t task = chunk * job->rows; task < end; task++) {
        const size_t image = task / w->output[0], row = task % w->output[0];
        for (size_t ky = 0; ky < w->size[0]; ky++) {
            const size_t y = row * w->stride[0] + ky * w->dilation[0] - (size_t)w->before[0]; // wraps below zero
            if (y >= w->input[0]) continue;
            const float *line = job->x + (image * w->input[0] + y) * w->input[1] * channels;
            for (size_t kx = 0; kx < w->size[1]; kx++) {
                size_t first, last;
                const ptrdiff_t offset = (ptrdiff_t)(kx * w->dilation[1]) - w->before[1];
                tk_inside(offset, w->stride[1], w->input[1], w->output[1], &first, &last);
                if (first >= last) continue;
                const ptrdiff_t at = (ptrdiff_t)(first * w->stride[1]) + offset;
                job->variant->depthwise_weight(line + at * (ptrdiff_t)channels, (ptrdiff_t)(w->stride[1] * channels),
                                               job->weight + (task * w->output[1] + first) * channels, last - first,
                                               channels, sums + (ky * w->size[1] + kx) * channels);
            }
        }
    }
}

void tk_depthwise_weight(const tk_convolution *c, const float *x, const float *y, float *weight) {
    const size_t rows = c->batch * c->window.output[0], sums = c->window.size[0] * c->window.size[1] * c->inputs;
    depthwise_job job = {.c = c, .variant = tk_current(), .x = x, .weight = y, .rows = tk_ceiling(rows, 32)};
    job.chunks = rows == 0 ? 0 : tk_ceiling(rows, job.rows);
    job.y = tk_scratch((job.chunks + 1) * sums);
    tk_parallel(job.chunks, weight_chunk, &job);
    float *total = job.y + job.chunks * sums;
    memset(total, 0, sums * sizeof(float));
    for (size_t chunk = 0; chunk < job.chunks; chunk++)
        for (size_t i = 0; i < sums; i++) total[i] += job.y[chunk * sums + i];
    transpose(total, c->window.size[0] * c->window.size[1], c->inputs, weight);
}
