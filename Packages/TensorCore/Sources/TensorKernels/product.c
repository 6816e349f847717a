// Matrix products: how they are cut into register tiles, packed and shared among threads.
// Every output is one chain of multiply-adds over k ascending, so nothing here can change a bit of the result.
#include "variant.h"
#include <string.h>

enum {
    DEPTH = 256,     // multiply-adds per pass: a panel of B is 16 KiB and stays in the first cache
    BLOCK_ROWS = 96, // rows of A packed at a time: 96 KiB, in the second cache
    OWN_ROWS = 384,  // the same where each task packs B for itself, once for all of them
    CHUNK_COLUMNS = 512,
    PACKED_LIMIT = 1 << 18, // floats of B packed at a time: what two cores have in their second caches
};

// The part of a product that one task computes.
typedef struct {
    const tk_product *p;
    const tk_variant *variant;
    const float *a, *b;
    float *c, *slope;
    const float *packed_b; // panels of `packed_depth` rows each, from depth `packed_first` on; or NULL
    size_t packed_depth, packed_first;
} operand_set;

static operand_set batch_operands(const tk_product *p, const tk_variant *variant, size_t batch) {
    ptrdiff_t i = (ptrdiff_t)(batch / p->batch[1]), j = (ptrdiff_t)(batch % p->batch[1]);
    ptrdiff_t c = i * p->c_batch[0] + j * p->c_batch[1];
    return (operand_set){
        .p = p,
        .variant = variant,
        .a = p->a + i * p->a_batch[0] + j * p->a_batch[1],
        .b = p->b + i * p->b_batch[0] + j * p->b_batch[1],
        .c = p->c + c,
        .slope = p->slope ? p->slope + c : NULL,
    };
}

// Rows of A as tiles of six, k-major inside; a missing row of the last tile is left out, not padded. Where rows lie
// side by side, eight are copied at once and the next depth overwrites the last two. Depths that lie pages apart share
// a set of the first cache: of those only as many at a time as it holds.
static void pack_a(const float *a, ptrdiff_t row, ptrdiff_t column, size_t rows, size_t k, float *packed) {
    const size_t pass = column % 1024 == 0 ? 8 : k;
    for (size_t start = 0; start < k; start += pass)
        for (size_t first = 0; first < rows; first += TK_TILE_ROWS) {
            const size_t depths = tk_minimum(pass, k - start), count = tk_minimum(TK_TILE_ROWS, rows - first);
            const size_t copied = row == 1 && rows - first >= 8 ? tk_minimum(depths, k - 1 - start) : 0;
            const float *x = a + (ptrdiff_t)first * row + (ptrdiff_t)start * column;
            float *y = packed + first * k + start * TK_TILE_ROWS;
            for (size_t i = 0; i < copied; i++)
                memcpy(y + i * TK_TILE_ROWS, x + (ptrdiff_t)i * column, 8 * sizeof(float));
            for (size_t i = copied; i < depths; i++)
                for (size_t r = 0; r < count; r++)
                    y[i * TK_TILE_ROWS + r] = x[(ptrdiff_t)r * row + (ptrdiff_t)i * column];
        }
}

// C[rows, columns] += over depths first..<first + depth, with rows <= BLOCK_ROWS, or OWN_ROWS where B is packed here.
static void multiply_pass(const operand_set *o, size_t row, size_t rows, size_t column, size_t columns, size_t first,
                          size_t depth) {
    const tk_product *p = o->p;
    const tk_variant *v = o->variant;
    const size_t width = v->tile_columns;
    _Alignas(64) float block_a[BLOCK_ROWS * DEPTH];
    float *panel_buffer = o->packed_b ? NULL : tk_scratch(DEPTH * (TK_MAXIMUM_TILE_COLUMNS + OWN_ROWS));
    float *packed_a = o->packed_b ? block_a : panel_buffer + DEPTH * TK_MAXIMUM_TILE_COLUMNS;
    const float *a = o->a + (ptrdiff_t)row * p->a_row + (ptrdiff_t)first * p->a_column;
    // Packing pays when the rows are read for many columns, or lie across the cache lines.
    const bool packs_a = p->a_column != 1;
    if (packs_a) pack_a(a, p->a_row, p->a_column, rows, depth, packed_a);

    const float *b = o->b + (ptrdiff_t)first * p->b_row + (ptrdiff_t)column * p->b_column;
    // For few rows a panel of B is used too rarely to be worth a copy.
    const bool reads_b = !o->packed_b && p->b_column == 1 && rows <= 2 * TK_TILE_ROWS;
    tk_tile t = {.k = depth,
                 .c_row = p->c_row,
                 .activation = p->activation,
                 .continues = first > 0 || p->continues,
                 .finishes = first + depth == p->k};
    for (size_t j = 0; j < columns; j += width) {
        t.columns = tk_minimum(width, columns - j);
        t.b_row = (ptrdiff_t)width;
        if (o->packed_b) {
            t.b = o->packed_b + (column + j) * o->packed_depth + (first - o->packed_first) * width;
        } else if (reads_b && t.columns == width) {
            t.b = b + j;
            t.b_row = p->b_row;
        } else {
            v->pack_b(b + (ptrdiff_t)j * p->b_column, p->b_row, p->b_column, depth, t.columns, panel_buffer);
            t.b = panel_buffer;
        }
        t.bias = p->bias ? p->bias + column + j : NULL;
        for (size_t i = 0; i < rows; i += TK_TILE_ROWS) {
            t.rows = tk_minimum(TK_TILE_ROWS, rows - i);
            t.a = packs_a ? packed_a + i * depth : a + (ptrdiff_t)i * p->a_row;
            t.a_row = packs_a ? 1 : p->a_row;
            t.a_column = packs_a ? TK_TILE_ROWS : p->a_column;
            ptrdiff_t offset = (ptrdiff_t)(row + i) * p->c_row + (ptrdiff_t)(column + j);
            t.c = o->c + offset;
            t.slope = o->slope ? o->slope + offset : NULL;
            v->tile(&t);
        }
    }
}

static size_t even_depth(size_t k) { return k == 0 ? 1 : tk_ceiling(k, tk_ceiling(k, DEPTH)); }

// C[rows, columns] over depths first..<last, one pass at least so that k = 0 writes zeros and bias.
static void multiply_block(const operand_set *o, size_t row, size_t rows, size_t column, size_t columns, size_t first,
                           size_t last) {
    const size_t step = even_depth(last - first), block = o->packed_b ? BLOCK_ROWS : OWN_ROWS;
    size_t depth = first;
    do {
        size_t count = tk_minimum(step, last - depth);
        for (size_t i = 0; i < rows; i += block)
            multiply_pass(o, row + i, tk_minimum(block, rows - i), column, columns, depth, count);
        depth += count;
    } while (depth < last);
}

// Large products: B packed once for all threads

typedef struct {
    operand_set operands;
    float *packed;
    size_t first, depth;  // the part of k packed at a time
    size_t rows, columns; // of a task
} shared_job;

static void pack_task(size_t task, void *context) {
    const shared_job *job = context;
    const tk_product *p = job->operands.p;
    const size_t width = job->operands.variant->tile_columns;
    size_t column = task * width;
    job->operands.variant->pack_b(job->operands.b + (ptrdiff_t)job->first * p->b_row + (ptrdiff_t)column * p->b_column,
                                  p->b_row, p->b_column, job->depth, tk_minimum(width, p->n - column),
                                  job->packed + column * job->depth);
}

// Neighbouring tasks share a chunk of B.
static void shared_task(size_t task, void *context) {
    const shared_job *job = context;
    const tk_product *p = job->operands.p;
    size_t row_blocks = tk_ceiling(p->m, job->rows);
    size_t row = task % row_blocks * job->rows, column = task / row_blocks * job->columns;
    multiply_block(&job->operands, row, tk_minimum(job->rows, p->m - row), column,
                   tk_minimum(job->columns, p->n - column), job->first, job->first + job->depth);
}

static void multiply_shared(const tk_product *p, const tk_variant *variant, size_t batch) {
    const size_t width = variant->tile_columns, padded = tk_ceiling(p->n, width) * width;
    const size_t wanted = 4 * (size_t)tk_get_threads(); // tasks, so that a slow core does not hold up the rest
    shared_job job = {.operands = batch_operands(p, variant, batch)};
    job.rows = tk_minimum(BLOCK_ROWS, tk_ceiling(tk_ceiling(p->m, wanted), TK_TILE_ROWS) * TK_TILE_ROWS);
    job.rows = tk_maximum(job.rows, tk_minimum(48, p->m));
    size_t row_blocks = tk_ceiling(p->m, job.rows);
    job.columns = tk_minimum(padded, CHUNK_COLUMNS);
    while (row_blocks * tk_ceiling(padded, job.columns) < wanted && job.columns >= 8 * width)
        job.columns = tk_ceiling(job.columns / 2, width) * width;
    size_t packed_depth = tk_maximum(DEPTH, PACKED_LIMIT / padded / DEPTH * DEPTH);
    job.packed = tk_scratch(tk_minimum(packed_depth, p->k) * padded);
    job.operands.packed_b = job.packed;
    for (job.first = 0; job.first < p->k; job.first += packed_depth) {
        job.depth = tk_minimum(packed_depth, p->k - job.first);
        job.operands.packed_depth = job.depth;
        job.operands.packed_first = job.first;
        tk_parallel(padded / width, pack_task, &job);
        tk_parallel(row_blocks * tk_ceiling(padded, job.columns), shared_task, &job);
    }
}

// Small and batched products: each task packs what it needs

typedef struct {
    const tk_product *p;
    const tk_variant *variant;
    size_t batches, column_chunks, columns;
} own_job;

static void own_task(size_t task, void *context) {
    const own_job *job = context;
    const tk_product *p = job->p;
    size_t column = task % job->column_chunks * job->columns;
    size_t first = task / job->column_chunks * job->batches;
    size_t last = tk_minimum(first + job->batches, p->batch[0] * p->batch[1]);
    for (size_t batch = first; batch < last; batch++) {
        operand_set operands = batch_operands(p, job->variant, batch);
        multiply_block(&operands, 0, p->m, column, tk_minimum(job->columns, p->n - column), 0, p->k);
    }
}

void tk_matmul(const tk_product *p) {
    const size_t batches = p->batch[0] * p->batch[1];
    if (p->m == 0 || p->n == 0 || batches == 0) return;
    const tk_variant *variant = tk_current();
    const size_t volume = p->m * p->n * tk_maximum(p->k, 1);
    if (volume <= TK_TINY && tk_tiny_products(p)) return;
    if (p->k > 0 && p->m >= 48 && volume >= 1 << 20 && batches < 8) {
        for (size_t batch = 0; batch < batches; batch++) multiply_shared(p, variant, batch);
        return;
    }
    // About 2^17 multiply-adds (3 us) a task: several small matrices, or columns of a large one.
    own_job job = {.p = p, .variant = variant, .batches = tk_maximum(1, (1 << 17) / volume), .columns = p->n};
    if (batches < 8 && volume >= 1 << 17) {
        size_t chunks = tk_minimum(8, volume >> 16);
        size_t width = variant->tile_columns;
        job.columns = tk_ceiling(tk_ceiling(p->n, chunks), width) * width;
    }
    job.column_chunks = tk_ceiling(p->n, job.columns);
    tk_parallel(tk_ceiling(batches, job.batches) * job.column_chunks, own_task, &job);
}
