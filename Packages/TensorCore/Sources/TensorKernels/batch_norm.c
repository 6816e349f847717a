// Batch norm over the rows of channels-last maps.
#include "variant.h"
#include <math.h>

typedef struct {
    const tk_variant *variant;
    const float *x, *g, *mean, *scale, *bias;
    const tk_channel_gradient *gradient;
    float *y, *partial; // partial: [block, 2, channels]
    size_t rows, channels, block;
    tk_activation activation;
} norm_job;

// Rows of a block: 16,384 elements stay in the second cache for a second look.
static size_t block_rows(size_t channels) { return tk_maximum(1, 16384 / tk_maximum(channels, 1)); }

// From the last block to the first: what was written last is still in the cache, and the next pass begins where this
// one ends.
static void moments_block(size_t task, void *context) {
    const norm_job *job = context;
    const size_t block = tk_ceiling(job->rows, job->block) - 1 - task;
    const size_t first = block * job->block, count = tk_minimum(job->block, job->rows - first);
    float *partial = job->partial + block * 2 * job->channels;
    job->variant->channel_moments(job->x + first * job->channels, count, job->channels, partial,
                                  partial + job->channels);
}

static void affine_block(size_t block, void *context) {
    const norm_job *job = context;
    const size_t first = block * job->block, count = tk_minimum(job->block, job->rows - first);
    job->variant->channel_affine(job->x + first * job->channels, count, job->channels, job->mean, job->scale, job->bias,
                                 job->activation, job->y + first * job->channels);
}

void tk_channel_affine(const float *x, size_t rows, size_t channels, const float *mean, const float *scale,
                       const float *bias, tk_activation activation, float *y) {
    norm_job job = {.variant = tk_current(),
                    .x = x,
                    .mean = mean,
                    .scale = scale,
                    .bias = bias,
                    .y = y,
                    .rows = rows,
                    .channels = channels,
                    .block = block_rows(channels),
                    .activation = activation};
    tk_parallel(tk_ceiling(rows, job.block), affine_block, &job);
}

void tk_batch_norm(const float *x, size_t rows, size_t channels, const float *weight, const float *bias, float epsilon,
                   tk_activation activation, float *y, float *statistics) {
    norm_job job = {.variant = tk_current(), .x = x, .rows = rows, .channels = channels, .block = block_rows(channels)};
    const size_t blocks = tk_ceiling(rows, job.block);
    job.partial = tk_scratch(2 * channels * (blocks + 1));
    tk_parallel(blocks, moments_block, &job);
    float *scale = job.partial + 2 * channels * blocks, *offset = scale + channels;
    for (size_t c = 0; c < channels; c++) {
        // Chan, Golub and LeVeque: moments of two parts to those of the whole.
        double mean = 0, squares = 0, seen = 0;
        for (size_t b = 0; b < blocks; b++) {
            const float *partial = job.partial + b * 2 * channels;
            const double count = (double)tk_minimum(job.block, rows - b * job.block), total = seen + count;
            const double step = (double)partial[c] - mean;
            mean += step * (count / total);
            squares += (double)partial[channels + c] + step * step * (seen * count / total);
            seen = total;
        }
        statistics[c] = (float)mean;
        statistics[channels + c] = (float)(squares / seen);
        scale[c] = (weight ? weight[c] : 1) / sqrtf(statistics[channels + c] + epsilon);
        offset[c] = bias ? bias[c] : 0;
    }
    tk_channel_affine(x, rows, channels, statistics, scale, offset, activation, y);
}

static void gradient_sums_block(size_t task, void *context) {
    const norm_job *job = context;
    const size_t block = tk_ceiling(job->rows, job->block) - 1 - task;
    const size_t first = block * job->block, count = tk_minimum(job->block, job->rows - first);
    float *partial = job->partial + block * 2 * job->channels;
    job->variant->channel_gradient_sums(job->gradient, job->x + first * job->channels, job->g + first * job->channels,
                                        count, partial, partial + job->channels);
}

static void gradient_block(size_t block, void *context) {
    const norm_job *job = context;
    const size_t first = block * job->block, count = tk_minimum(job->block, job->rows - first);
    job->variant->channel_gradient(job->gradient, job->x + first * job->channels, job->g + first * job->channels, count,
                                   job->y + first * job->channels);
}

void tk_batch_norm_gradient(const float *x, const float *g, size_t rows, size_t channels, const float *weight,
                            const float *bias, const float *statistics, float epsilon, tk_activation activation,
                            float *dx, float *dweight, float *dbias) {
    norm_job job = {.variant = tk_current(),
                    .x = x,
                    .g = g,
                    .y = dx,
                    .rows = rows,
                    .channels = channels,
                    .block = block_rows(channels)};
    const size_t blocks = tk_ceiling(rows, job.block);
    job.partial = tk_scratch(2 * channels * blocks + 4 * channels);
    float *scale = job.partial + 2 * channels * blocks, *offset = scale + channels;
    float *first = offset + channels, *second = first + channels;
    for (size_t c = 0; c < channels; c++) {
        scale[c] = (weight ? weight[c] : 1) / sqrtf(statistics[channels + c] + epsilon);
        offset[c] = bias ? bias[c] : 0;
    }
    const tk_channel_gradient gradient = {.channels = channels,
                                          .mean = statistics,
                                          .scale = scale,
                                          .bias = offset,
                                          .first = first,
                                          .second = second,
                                          .has_relu = activation == TK_RELU};
    job.gradient = &gradient;
    tk_parallel(blocks, gradient_sums_block, &job);
    for (size_t c = 0; c < channels; c++) {
        const double variance = (double)statistics[channels + c] + (double)epsilon;
        double sum = 0, product = 0;
        for (size_t b = 0; b < blocks; b++) {
            sum += (double)job.partial[b * 2 * channels + c];
            product += (double)job.partial[(b * 2 + 1) * channels + c];
        }
        dbias[c] = (float)sum;
        dweight[c] = (float)(product / sqrt(variance));
        first[c] = (float)(sum / (double)rows);
        second[c] = (float)(product / variance / (double)rows);
    }
    tk_parallel(blocks, gradient_block, &job);
}
