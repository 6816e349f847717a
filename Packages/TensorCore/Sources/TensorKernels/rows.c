// Reductions, row operations, gather and scatter of rows, optimiser steps: how they are shared among threads.
#include "variant.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096, COLUMN_TILE = 64 };

static size_t rows_per_task(size_t n) { return tk_maximum(1, 2 * BLOCK / tk_maximum(n, 1)); }

// Reductions

typedef struct {
    const tk_variant *variant;
    tk_reduction operation;
    const float *x;
    size_t n, inner;
    float *y;
} reduce_job;

static bool is_sum(tk_reduction operation) { return operation == TK_SUM || operation == TK_MEAN; }

static void reduce_blocks(size_t begin, size_t end, void *context) {
    const reduce_job *job = context;
    for (size_t b = begin; b < end; b++) {
        const float *x = job->x + b * BLOCK;
        size_t count = tk_minimum(BLOCK, job->n - b * BLOCK);
        job->y[b] = is_sum(job->operation) ? job->variant->sum(x, count)
                                           : job->variant->extremum(x, count, job->operation == TK_MAX);
    }
}

// One row: blocks of 4096 elements, their results reduced the same way.
static float reduce_row(const tk_variant *variant, tk_reduction operation, const float *x, size_t n) {
    if (n <= BLOCK) return is_sum(operation) ? variant->sum(x, n) : variant->extremum(x, n, operation == TK_MAX);
    size_t count = tk_ceiling(n, BLOCK);
    float *partial = malloc(count * sizeof(float));
    if (!partial) abort();
    reduce_job job = {variant, operation, x, n, 1, partial};
    tk_for_ranges(count, 2, reduce_blocks, &job);
    float result = reduce_row(variant, operation, partial, count);
    free(partial);
    return result;
}

static void reduce_rows(size_t begin, size_t end, void *context) {
    const reduce_job *job = context;
    for (size_t row = begin; row < end; row++) {
        float value = reduce_row(job->variant, job->operation, job->x + row * job->n, job->n);
        job->y[row] = job->operation == TK_MEAN ? value / (float)job->n : value;
    }
}

static void reduce_tile(size_t task, void *context) {
    const reduce_job *job = context;
    size_t tiles = tk_ceiling(job->inner, COLUMN_TILE);
    size_t outer = task / tiles, column = task % tiles * COLUMN_TILE;
    job->variant->reduce_columns(job->operation, job->x + outer * job->n * job->inner + column, job->n, job->inner,
                                 tk_minimum(COLUMN_TILE, job->inner - column), job->y + outer * job->inner + column);
}

void tk_reduce(tk_reduction operation, const float *x, size_t outer, size_t n, size_t inner, float *y) {
    if (outer * inner == 0) return;
    reduce_job job = {tk_current(), operation, x, n, inner, y};
    if (inner == 1) {
        if (n > 4 * BLOCK && outer < 16)
            reduce_rows(0, outer, &job); // threads share each row instead
        else
            tk_for_ranges(outer, rows_per_task(n), reduce_rows, &job);
        return;
    }
    size_t tasks = outer * tk_ceiling(inner, COLUMN_TILE);
    if (outer * n * inner >= 4 * BLOCK)
        tk_parallel(tasks, reduce_tile, &job);
    else
        for (size_t task = 0; task < tasks; task++) reduce_tile(task, &job);
}

void tk_argmax(const float *x, size_t outer, size_t n, size_t inner, int32_t *index) {
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const float *column = x + o * n * inner + i;
            size_t best = 0;
            for (size_t j = 1; j < n && column[best * inner] == column[best * inner]; j++) {
                float v = column[j * inner];
                if (v > column[best * inner] || v != v) best = j;
            }
            index[o * inner + i] = (int32_t)best;
        }
}

// Rows

typedef struct {
    const tk_variant *variant;
    const float *x, *g, *weight, *bias, *statistics;
    float *y, *second;
    size_t n, period, rows, block;
    float scale;
} row_job;

static void softmax_rows(size_t begin, size_t end, void *context) {
    const row_job *job = context;
    for (size_t r = begin; r < end; r++) {
        size_t visible = job->n;
        if (job->period > 0) {
            // Aligned at the bottom right: the last of the period's rows sees all columns.
            size_t sees = r % job->period + 1 + job->n;
            visible = sees > job->period ? tk_minimum(sees - job->period, job->n) : 0;
        }
        job->variant->softmax(job->x + r * job->n, job->y + r * job->n, job->n, visible, job->scale);
    }
}

void tk_softmax(const float *x, float *y, size_t rows, size_t n, float scale, size_t causal_period) {
    row_job job = {.variant = tk_current(), .x = x, .y = y, .n = n, .period = causal_period, .scale = scale};
    tk_for_ranges(rows, rows_per_task(n), softmax_rows, &job);
}

static void softmax_gradient_rows(size_t begin, size_t end, void *context) {
    const row_job *job = context;
    for (size_t i = begin * job->n; i < end * job->n; i += job->n)
        job->variant->softmax_gradient(job->x + i, job->g + i, job->y + i, job->n, job->scale);
}

void tk_softmax_gradient(const float *y, const float *g, float *dx, size_t rows, size_t n, float scale) {
    row_job job = {.variant = tk_current(), .x = y, .g = g, .y = dx, .n = n, .scale = scale};
    if (n > 0) tk_for_ranges(rows, rows_per_task(n), softmax_gradient_rows, &job);
}

static void log_softmax_rows(size_t begin, size_t end, void *context) {
    const row_job *job = context;
    for (size_t r = begin; r < end; r++) job->variant->log_softmax(job->x + r * job->n, job->y + r * job->n, job->n);
}

void tk_log_softmax(const float *x, float *y, size_t rows, size_t n) {
    row_job job = {.variant = tk_current(), .x = x, .y = y, .n = n};
    tk_for_ranges(rows, rows_per_task(n), log_softmax_rows, &job);
}

static void log_softmax_gradient_rows(size_t begin, size_t end, void *context) {
    const row_job *job = context;
    for (size_t r = begin; r < end; r++)
        job->variant->log_softmax_gradient(job->x + r * job->n, job->g + r * job->n, job->y + r * job->n, job->n);
}

void tk_log_softmax_gradient(const float *y, const float *g, float *dx, size_t rows, size_t n) {
    row_job job = {.variant = tk_current(), .x = y, .g = g, .y = dx, .n = n};
    tk_for_ranges(rows, rows_per_task(n), log_softmax_gradient_rows, &job);
}

typedef struct {
    const tk_variant *variant;
    const float *x, *g;
    const int32_t *labels;
    float smoothing, *y;
    int32_t ignored;
    size_t n;
} cross_entropy_job;

static void cross_entropy_rows(size_t begin, size_t end, void *context) {
    const cross_entropy_job *job = context;
    const size_t n = job->n;
    float *y = tk_scratch(n);
    for (size_t r = begin; r < end; r++) {
        job->y[r] = 0;
        if (job->labels[r] == job->ignored) continue;
        job->variant->log_softmax(job->x + r * n, y, n);
        job->y[r] = y[job->labels[r]] * (job->smoothing - 1);
        if (job->smoothing != 0) job->y[r] -= job->variant->sum(y, n) / (float)n * job->smoothing;
    }
}

void tk_cross_entropy(const float *x, const int32_t *labels, float smoothing, int32_t ignored, float *losses,
                      size_t rows, size_t n) {
    cross_entropy_job job = {tk_current(), x, NULL, labels, smoothing, losses, ignored, n};
    tk_for_ranges(rows, rows_per_task(n), cross_entropy_rows, &job);
}

static void cross_entropy_gradient_rows(size_t begin, size_t end, void *context) {
    const cross_entropy_job *job = context;
    const size_t n = job->n;
    for (size_t r = begin; r < end; r++) {
        float *y = job->y + r * n;
        if (job->labels[r] == job->ignored) {
            memset(y, 0, n * sizeof(float));
            continue;
        }
        job->variant->log_softmax(job->x + r * n, y, n);
        const float g = job->g[r];
        job->variant->cross_entropy_gradient(y, n, (size_t)job->labels[r], -g, -(g * job->smoothing) / (float)n,
                                             g * (job->smoothing - 1));
    }
}

void tk_cross_entropy_gradient(const float *x, const int32_t *labels, float smoothing, int32_t ignored, const float *g,
                               float *dx, size_t rows, size_t n) {
    cross_entropy_job job = {tk_current(), x, g, labels, smoothing, dx, ignored, n};
    tk_for_ranges(rows, rows_per_task(n), cross_entropy_gradient_rows, &job);
}

// Bias and activation

typedef struct {
    const tk_variant *variant;
    tk_activation activation;
    const float *saved, *g;
    float *dx, *dbias;
    size_t rows, n;
} activation_job;

enum { SUM_ROWS = 64 };

// A block of rows, whose sums have a slot of their own.
static void activation_block(size_t block, void *context) {
    const activation_job *job = context;
    const size_t n = job->n, first = block * SUM_ROWS;
    job->variant->activation_cotangent(job->activation, job->saved + first * n, job->g + first * n, job->dx + first * n,
                                       tk_minimum(SUM_ROWS, job->rows - first), n, job->dbias + block * n);
}

void tk_activation_cotangent(tk_activation activation, const float *saved, const float *g, float *dx, float *dbias,
                             size_t rows, size_t n) {
    const size_t blocks = tk_ceiling(rows, SUM_ROWS);
    float *slots = tk_scratch(tk_maximum(blocks * n, 1));
    activation_job job = {tk_current(), activation, saved, g, dx, slots, rows, n};
    if (rows * n >= 4 * BLOCK)
        tk_parallel(blocks, activation_block, &job);
    else
        for (size_t block = 0; block < blocks; block++) activation_block(block, &job);
    memset(dbias, 0, n * sizeof(float));
    for (size_t block = 0; block < blocks; block++)
        for (size_t j = 0; j < n; j++) dbias[j] += slots[block * n + j];
}

static void layer_norm_rows(size_t begin, size_t end, void *context) {
    const row_job *job = context;
    for (size_t r = begin; r < end; r++)
        job->variant->layer_norm(job->x + r * job->n, job->weight, job->bias, job->scale, job->y + r * job->n,
                                 job->second + 2 * r, job->n);
}

void tk_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, float *statistics,
                   size_t rows, size_t n) {
    row_job job = {.variant = tk_current(),
                   .x = x,
                   .weight = weight,
                   .bias = bias,
                   .y = y,
                   .second = statistics,
                   .n = n,
                   .scale = epsilon};
    tk_for_ranges(rows, rows_per_task(n), layer_norm_rows, &job);
}

// One block of rows; its share of the parameters' gradients has a slot of its own.
static void layer_norm_gradient_block(size_t block, void *context) {
    const row_job *job = context;
    const size_t n = job->n;
    float *dweight = job->second ? job->second + 2 * n * block : NULL, *dbias = job->second ? dweight + n : NULL;
    if (dweight) memset(dweight, 0, 2 * n * sizeof(float));
    for (size_t r = block * job->block; r < tk_minimum((block + 1) * job->block, job->rows); r++)
        job->variant->layer_norm_gradient(job->x + r * n, job->weight, job->statistics + 2 * r, job->g + r * n,
                                          job->y + r * n, dweight, dbias, n);
}

void tk_layer_norm_gradient(const float *x, const float *weight, const float *statistics, const float *g, float *dx,
                            float *dweight, float *dbias, size_t rows, size_t n) {
    // At most 64 blocks, so that the slots stay small beside the rows.
    const size_t block = tk_maximum(16, tk_ceiling(rows, 64)), blocks = tk_ceiling(rows, block);
    const bool wants = dweight || dbias;
    float *slots = wants ? tk_scratch(2 * n * blocks) : NULL;
    row_job job = {.variant = tk_current(),
                   .x = x,
                   .g = g,
                   .weight = weight,
                   .statistics = statistics,
                   .y = dx,
                   .second = slots,
                   .n = n,
                   .rows = rows,
                   .block = block};
    tk_parallel(blocks, layer_norm_gradient_block, &job);
    for (size_t j = 0; wants && j < n; j++) {
        float w = 0, b = 0;
        for (size_t k = 0; k < blocks; k++) {
            w += slots[2 * n * k + j];
            b += slots[2 * n * k + n + j];
        }
        if (dweight) dweight[j] = w;
        if (dbias) dbias[j] = b;
    }
}

// Gather and scatter of rows

typedef struct {
    const float *x;
    const int32_t *index;
    float *y;
    size_t count, n;
} index_job;

static void gather_rows(size_t begin, size_t end, void *context) {
    const index_job *job = context;
    for (size_t i = begin; i < end; i++)
        memcpy(job->y + i * job->n, job->x + (size_t)job->index[i] * job->n, job->n * sizeof(float));
}

void tk_gather_rows(const float *x, const int32_t *index, float *y, size_t count, size_t n) {
    index_job job = {x, index, y, count, n};
    tk_for_ranges(count, rows_per_task(n), gather_rows, &job);
}

// Threads share columns, so each destination is added to in ascending order of the source.
static void scatter_tile(size_t tile, void *context) {
    const index_job *job = context;
    size_t first = tile * COLUMN_TILE, last = tk_minimum(first + COLUMN_TILE, job->n);
    for (size_t i = 0; i < job->count; i++)
        for (size_t j = first; j < last; j++) job->y[(size_t)job->index[i] * job->n + j] += job->x[i * job->n + j];
}

void tk_scatter_add_rows(const float *x, const int32_t *index, float *y, size_t count, size_t n) {
    index_job job = {x, index, y, count, n};
    tk_parallel(tk_ceiling(n, COLUMN_TILE), scatter_tile, &job);
}

// Optimiser steps

typedef struct {
    const tk_variant *variant;
    float *p, *m, *v;
    const float *g;
    float constants[TK_ADAM_COUNT];
} adam_job;

static void adam_range(size_t begin, size_t end, void *context) {
    const adam_job *job = context;
    job->variant->adam(job->p + begin, job->g + begin, job->m + begin, job->v + begin, end - begin, job->constants);
}

void tk_adam(float *p, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2,
             float epsilon, float weight_decay, bool decoupled, float bias1, float bias2, float gradient_scale) {
    adam_job job = {
        .variant = tk_current(),
        .p = p,
        .m = m,
        .v = v,
        .g = g,
        .constants =
            {
                [TK_ADAM_RATE] = rate / bias1,
                [TK_ADAM_BETA1] = beta1,
                [TK_ADAM_REST1] = 1 - beta1,
                [TK_ADAM_BETA2] = beta2,
                [TK_ADAM_REST2] = 1 - beta2,
                [TK_ADAM_EPSILON] = epsilon,
                [TK_ADAM_COUPLED] = decoupled ? 0 : weight_decay,
                [TK_ADAM_KEEP] = decoupled ? 1 - rate * weight_decay : 1,
                [TK_ADAM_ROOT2] = 1 / sqrtf(bias2),
                [TK_ADAM_SCALE] = gradient_scale,
            },
    };
    tk_for_ranges(n, BLOCK, adam_range, &job);
}

double tk_sum_squares(const float *x, size_t n) {
    const tk_variant *variant = tk_current();
    double total = 0;
    for (size_t i = 0; i < n; i += BLOCK) total += variant->sum_squares(x + i, tk_minimum(BLOCK, n - i));
    return total;
}
