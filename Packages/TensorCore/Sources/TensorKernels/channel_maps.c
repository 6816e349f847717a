// Batch norm and PReLU over channels-last maps. Where a row of channels is no whole number of vectors, several rows are
// taken as one wide row: its columns' sums are added up per channel afterwards.
#include "variant.h"
#include <math.h>
#include <string.h>

enum {
    BLOCK = 16384, // floats of a block: they stay in the second cache for a second look
    WIDEST = 512,  // floats of a row that several are taken as
};

typedef struct {
    const tk_variant *variant;
    const float *x, *g, *slopes;
    const tk_channels *constants;
    float *y, *partial;               // partial: [block, 2, channels]
    size_t n, channels, width, block; // in floats
} map_job;

static map_job make_job(const float *x, size_t rows, size_t channels, float *y) {
    size_t copies = 1;
    while (channels * copies % TK_PANEL != 0) copies *= 2;
    if (channels * copies > WIDEST) copies = 1;
    const size_t width = channels * copies, step = tk_maximum(width, 1);
    return (map_job){.variant = tk_current(),
                     .x = x,
                     .y = y,
                     .n = rows * channels,
                     .channels = channels,
                     .width = width,
                     .block = tk_maximum(BLOCK / step, 1) * step};
}

static size_t block_count(const map_job *job) { return tk_ceiling(job->n, job->block); }
static size_t block_length(const map_job *job, size_t block) {
    return tk_minimum(job->block, job->n - block * job->block);
}

// The constants of one channel each, repeated along a wide row; returns what follows them.
static float *repeat(const map_job *job, const float *x, float *wide) {
    for (size_t at = 0; at < job->width; at += job->channels) memcpy(wide + at, x, job->channels * sizeof(float));
    return wide + job->width;
}

// Sums of a wide row's columns become those of channels.
static void fold(const map_job *job, const float *wide, float *sums) {
    memcpy(sums, wide, job->channels * sizeof(float));
    for (size_t at = job->channels; at < job->width; at += job->channels)
        for (size_t c = 0; c < job->channels; c++) sums[c] += wide[at + c];
}

// Mean and centred squares of `count` numbers.
typedef struct {
    double count, mean, squares;
} moments;

// Chan, Golub and LeVeque: moments of two parts to those of the whole.
static void join(moments *whole, moments part) {
    if (part.count == 0) return;
    const double total = whole->count + part.count, step = part.mean - whole->mean;
    whole->mean += step * (part.count / total);
    whole->squares += part.squares + step * step * (whole->count * part.count / total);
    whole->count = total;
}

// Blocks from the last to the first: what was written last is still in the cache, and the next pass begins where this
// one ends.
static void moments_block(size_t task, void *context) {
    const map_job *job = context;
    const size_t block = block_count(job) - 1 - task, n = block_length(job, block), channels = job->channels;
    float *partial = job->partial + block * 2 * channels;
    float *wide = tk_scratch_at(TK_SCRATCH_TILES, 2 * job->width), *squares = wide + job->width;
    job->variant->channel_moments(job->x + block * job->block, n, job->width, wide, squares);
    for (size_t c = 0; c < channels; c++) {
        moments all = {0};
        for (size_t at = c; at < tk_minimum(job->width, n); at += channels)
            join(&all, (moments){(double)tk_ceiling(n - at, job->width), (double)wide[at], (double)squares[at]});
        partial[c] = (float)all.mean;
        partial[channels + c] = (float)all.squares;
    }
}

static void affine_block(size_t block, void *context) {
    const map_job *job = context;
    const size_t first = block * job->block;
    job->variant->channel_affine(job->constants, job->x + first, block_length(job, block), job->y + first);
}

void tk_channel_affine(const float *x, size_t rows, size_t channels, const float *mean, const float *scale,
                       const float *bias, tk_activation activation, float *y) {
    map_job job = make_job(x, rows, channels, y);
    float *wide = tk_scratch(3 * job.width);
    const tk_channels constants = {.width = job.width,
                                   .mean = wide,
                                   .scale = wide + job.width,
                                   .bias = wide + 2 * job.width,
                                   .activation = activation};
    repeat(&job, bias, repeat(&job, scale, repeat(&job, mean, wide)));
    job.constants = &constants;
    tk_parallel(block_count(&job), affine_block, &job);
}

// scale = weight * rstd and offset, one for each channel.
static void scale_and_offset(size_t channels, const float *weight, const float *bias, const float *variance,
                             float epsilon, float *scale, float *offset) {
    for (size_t c = 0; c < channels; c++) {
        scale[c] = (weight ? weight[c] : 1) / sqrtf(variance[c] + epsilon);
        offset[c] = bias ? bias[c] : 0;
    }
}

void tk_batch_norm(const float *x, size_t rows, size_t channels, const float *weight, const float *bias, float epsilon,
                   tk_activation activation, float *y, float *statistics) {
    map_job job = make_job(x, rows, channels, y);
    const size_t blocks = block_count(&job);
    job.partial = tk_scratch(2 * channels * blocks);
    tk_parallel(blocks, moments_block, &job);
    for (size_t c = 0; c < channels; c++) {
        moments all = {0};
        for (size_t b = 0; b < blocks; b++) {
            const float *partial = job.partial + b * 2 * channels;
            join(&all, (moments){(double)(block_length(&job, b) / channels), (double)partial[c],
                                 (double)partial[channels + c]});
        }
        statistics[c] = (float)all.mean;
        statistics[channels + c] = (float)(all.squares / all.count);
    }
    float *scale = tk_scratch_at(TK_SCRATCH_TILES, 2 * channels), *offset = scale + channels;
    scale_and_offset(channels, weight, bias, statistics + channels, epsilon, scale, offset);
    tk_channel_affine(x, rows, channels, statistics, scale, offset, activation, y);
}

static void gradient_sums_block(size_t task, void *context) {
    const map_job *job = context;
    const size_t block = block_count(job) - 1 - task, first = block * job->block;
    float *partial = job->partial + block * 2 * job->channels;
    float *wide = tk_scratch_at(TK_SCRATCH_TILES, 2 * job->width);
    job->variant->channel_gradient_sums(job->constants, job->x + first, job->g + first, block_length(job, block), wide,
                                        wide + job->width);
    fold(job, wide, partial);
    fold(job, wide + job->width, partial + job->channels);
}

static void gradient_block(size_t block, void *context) {
    const map_job *job = context;
    const size_t first = block * job->block;
    job->variant->channel_gradient(job->constants, job->x + first, job->g + first, block_length(job, block),
                                   job->y + first);
}

void tk_batch_norm_gradient(const float *x, const float *g, size_t rows, size_t channels, const float *weight,
                            const float *bias, const float *statistics, float epsilon, tk_activation activation,
                            float *dx, float *dweight, float *dbias) {
    map_job job = make_job(x, rows, channels, dx);
    const size_t blocks = block_count(&job);
    job.g = g;
    float *narrow = tk_scratch(5 * job.width + 2 * channels * (blocks + 1)), *wide = narrow + 2 * channels;
    scale_and_offset(channels, weight, bias, statistics + channels, epsilon, narrow, narrow + channels);
    tk_channels constants = {.width = job.width, .activation = activation};
    float *scale = repeat(&job, statistics, wide), *offset = repeat(&job, narrow, scale);
    float *first = repeat(&job, narrow + channels, offset), *second = first + job.width;
    constants.mean = wide, constants.scale = scale, constants.bias = offset;
    constants.first = first, constants.second = second;
    job.constants = &constants;
    job.partial = second + job.width;
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
        narrow[c] = (float)(sum / (double)rows);
        narrow[channels + c] = (float)(product / variance / (double)rows);
    }
    repeat(&job, narrow + channels, repeat(&job, narrow, first));
    tk_parallel(blocks, gradient_block, &job);
}

// PReLU

static void prelu_block(size_t block, void *context) {
    const map_job *job = context;
    const size_t first = block * job->block;
    job->variant->prelu(job->slopes, job->width, job->x + first, block_length(job, block), job->y + first);
}

void tk_prelu(const float *x, size_t rows, size_t channels, const float *slope, float *y) {
    map_job job = make_job(x, rows, channels, y);
    float *wide = tk_scratch(job.width);
    repeat(&job, slope, wide);
    job.slopes = wide;
    tk_parallel(block_count(&job), prelu_block, &job);
}

static void prelu_gradient_block(size_t block, void *context) {
    const map_job *job = context;
    const size_t first = block * job->block;
    float *wide = tk_scratch_at(TK_SCRATCH_TILES, job->width);
    job->variant->prelu_gradient(job->slopes, job->width, job->x + first, job->g + first, block_length(job, block),
                                 job->y + first, wide);
    fold(job, wide, job->partial + block * job->channels);
}

void tk_prelu_gradient(const float *x, const float *g, size_t rows, size_t channels, const float *slope, float *dx,
                       float *dslope) {
    map_job job = make_job(x, rows, channels, dx);
    const size_t blocks = block_count(&job);
    job.g = g;
    float *wide = tk_scratch(job.width + channels * blocks);
    job.slopes = wide;
    job.partial = repeat(&job, slope, wide);
    tk_parallel(blocks, prelu_gradient_block, &job);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t b = 0; b < blocks; b++) sum += (double)job.partial[b * channels + c];
        dslope[c] = (float)sum;
    }
}
