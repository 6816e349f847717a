// Scaled dot-product attention by tiles of queries: scores and weights live in scratch, never in a tensor.
// Every number is computed as the separate operations would, so fusing changes no bit: weights are recomputed for the
// gradient, and sums over queries continue from tile to tile.
#include "variant.h"
#include <string.h>

// The scores of a tile: 256 KiB, half a second cache.
enum { TILE_SCORES = 1 << 16, TILE_ROWS = 48 };

typedef struct {
    const tk_attention *a;
    const tk_variant *variant;
    const float *g;
    ptrdiff_t g_strides[3];
    tk_attention_cotangents out;
    size_t rows, tiles; // of a tile; of a head
} attention_job;

static ptrdiff_t at(const ptrdiff_t strides[3], size_t batch, size_t head, size_t token) {
    return (ptrdiff_t)batch * strides[0] + (ptrdiff_t)head * strides[1] + (ptrdiff_t)token * strides[2];
}

static void multiply(size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b,
                     ptrdiff_t b_row, ptrdiff_t b_column, float *c, ptrdiff_t c_row, bool continues) {
    tk_product p = {
        .m = m,
        .n = n,
        .k = k,
        .batch = {1, 1},
        .a = a,
        .a_row = a_row,
        .a_column = a_column,
        .b = b,
        .b_row = b_row,
        .b_column = b_column,
        .c = c,
        .c_row = c_row,
        .continues = continues,
    };
    tk_matmul(&p);
}

// The weights of queries first..<first + rows of one head, before dropout.
static void tile_weights(const attention_job *job, size_t batch, size_t head, size_t first, size_t rows,
                         float *weights) {
    const tk_attention *a = job->a;
    const size_t n = a->keys;
    multiply(rows, n, a->dim, a->query + at(a->query_strides, batch, head, first), a->query_strides[2], 1,
             a->key + at(a->key_strides, batch, head, 0), 1, a->key_strides[2], weights, (ptrdiff_t)n, false);
    for (size_t r = 0; r < rows; r++) {
        float *row = weights + r * n;
        size_t visible = n;
        float scale = a->scale;
        if (a->is_causal) {
            // Aligned at the bottom right: the last query sees all keys.
            const size_t sees = first + r + 1 + n;
            visible = sees > a->queries ? tk_minimum(sees - a->queries, n) : 0;
        }
        if (a->mask) {
            const float *mask = a->mask + at(a->mask_strides, batch, head, first + r);
            job->variant->unary[TK_SCALE_ADD](row, row, n, scale, -0.0f);
            job->variant->binary[TK_ADD](row, 1, mask, 1, row, n);
            scale = 1;
        }
        job->variant->softmax(row, row, n, visible, scale);
    }
}

static void drop(const attention_job *job, size_t batch, size_t head, size_t first, size_t rows, const float *x,
                 float *y) {
    const tk_attention *a = job->a;
    const size_t row = (batch * a->heads + head) * a->queries + first;
    job->variant->dropout(&a->random, row * a->keys, tk_dropout_threshold(a->dropout), a->dropout_scale, x, y,
                          rows * a->keys);
}

static void attend_tile(size_t task, void *context) {
    const attention_job *job = context;
    const tk_attention *a = job->a;
    const size_t batch = task / job->tiles / a->heads, head = task / job->tiles % a->heads;
    const size_t first = task % job->tiles * job->rows, rows = tk_minimum(job->rows, a->queries - first);
    float *weights = tk_scratch_at(TK_SCRATCH_TILES, rows * a->keys);
    tile_weights(job, batch, head, first, rows, weights);
    if (a->dropout > 0) drop(job, batch, head, first, rows, weights, weights);
    multiply(rows, a->channels, a->keys, weights, (ptrdiff_t)a->keys, 1,
             a->value + at(a->value_strides, batch, head, 0), a->value_strides[2], 1,
             job->out.query + at(job->out.query_strides, batch, head, first), job->out.query_strides[2], false);
}

static void attend_head_backwards(size_t task, void *context) {
    const attention_job *job = context;
    const tk_attention *a = job->a;
    const size_t batch = task / a->heads, head = task % a->heads, n = a->keys;
    const ptrdiff_t row = (ptrdiff_t)n;
    const float *query = a->query + at(a->query_strides, batch, head, 0);
    const float *key = a->key + at(a->key_strides, batch, head, 0);
    const float *value = a->value + at(a->value_strides, batch, head, 0);
    const float *g = job->g + at(job->g_strides, batch, head, 0);
    float *dquery = job->out.query + at(job->out.query_strides, batch, head, 0);
    float *dkey = job->out.key + at(job->out.key_strides, batch, head, 0);
    float *dvalue = job->out.value + at(job->out.value_strides, batch, head, 0);
    float *weights = tk_scratch_at(TK_SCRATCH_TILES, 3 * job->rows * n), *slopes = weights + job->rows * n;
    float *dropped = a->dropout > 0 ? slopes + job->rows * n : weights;
    for (size_t first = 0; first == 0 || first < a->queries; first += job->rows) {
        const size_t rows = tk_minimum(job->rows, a->queries - first);
        const float *g_tile = g + (ptrdiff_t)first * job->g_strides[2];
        tile_weights(job, batch, head, first, rows, weights);
        if (a->dropout > 0) drop(job, batch, head, first, rows, weights, dropped);
        multiply(n, a->channels, rows, dropped, 1, row, g_tile, job->g_strides[2], 1, dvalue, job->out.value_strides[2],
                 first > 0);
        multiply(rows, n, a->channels, g_tile, job->g_strides[2], 1, value, 1, a->value_strides[2], slopes, row, false);
        if (a->dropout > 0) drop(job, batch, head, first, rows, slopes, slopes);
        for (size_t r = 0; r < rows; r++)
            job->variant->softmax_gradient(weights + r * n, slopes + r * n, slopes + r * n, n, a->scale);
        multiply(rows, a->dim, n, slopes, row, 1, key, a->key_strides[2], 1,
                 dquery + (ptrdiff_t)first * job->out.query_strides[2], job->out.query_strides[2], false);
        multiply(n, a->dim, rows, slopes, 1, row, query + (ptrdiff_t)first * a->query_strides[2], a->query_strides[2],
                 1, dkey, job->out.key_strides[2], first > 0);
    }
}

// Rows of a tile and tiles of a head; where heads are few, tiles are smaller so that every thread has some.
static void cut(attention_job *job) {
    const tk_attention *a = job->a;
    const size_t wanted = tk_maximum(1, 8 / tk_maximum(a->batch * a->heads, 1));
    const size_t share = tk_ceiling(tk_ceiling(a->queries, wanted), TILE_ROWS) * TILE_ROWS;
    const size_t fitting = tk_maximum(TILE_SCORES / tk_maximum(a->keys, 1) / TILE_ROWS, 1) * TILE_ROWS;
    job->rows = tk_maximum(tk_minimum(tk_minimum(fitting, share), a->queries), 1);
    job->tiles = tk_ceiling(a->queries, job->rows);
}

void tk_attend(const tk_attention *a, float *y, const ptrdiff_t strides[3]) {
    attention_job job = {.a = a, .variant = tk_current(), .out = {.query = y}};
    memcpy(job.out.query_strides, strides, sizeof job.out.query_strides);
    cut(&job);
    tk_parallel(a->batch * a->heads * job.tiles, attend_tile, &job);
}

void tk_attend_gradient(const tk_attention *a, const float *g, const ptrdiff_t strides[3],
                        const tk_attention_cotangents *cotangents) {
    attention_job job = {.a = a, .variant = tk_current(), .g = g, .out = *cotangents};
    memcpy(job.g_strides, strides, sizeof job.g_strides);
    cut(&job);
    tk_parallel(a->batch * a->heads, attend_head_backwards, &job);
}
