// Products with few rows on a right operand that was packed before, tiny products, and attention of few queries: the
// work of decoding token by token. Every sum is one chain of multiply-adds in ascending order, as in product.c.
#include "variant.h"

// Multiply-adds below which a second thread costs more than it takes over.
enum { ALONE = 1 << 21 };

size_t tk_panel_count(size_t k, size_t n) { return tk_ceiling(n, TK_PANEL) * TK_PANEL * k; }

void tk_pack_panels(const float *b, ptrdiff_t row, ptrdiff_t column, size_t k, size_t n, float *panels) {
    const tk_variant *variant = tk_current();
    for (size_t first = 0; first < n; first += TK_PANEL, panels += k * TK_PANEL, b += TK_PANEL * column) {
        size_t columns = tk_minimum(TK_PANEL, n - first);
        if (variant->tile_columns == TK_PANEL) {
            variant->pack_b(b, row, column, k, columns, panels);
            continue;
        }
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < TK_PANEL; j++)
                panels[i * TK_PANEL + j] = j < columns ? b[(ptrdiff_t)i * row + (ptrdiff_t)j * column] : 0;
    }
}

typedef struct {
    const tk_thin *t;
    const tk_variant *variant;
    size_t panels; // of a task
} thin_job;

static void thin_task(size_t task, void *context) {
    const thin_job *job = context;
    const tk_thin *t = job->t;
    size_t first = task * job->panels, last = tk_minimum(first + job->panels, tk_ceiling(t->n, TK_PANEL));
    size_t rows = tk_ceiling(t->m, tk_ceiling(t->m, TK_THIN_ROWS));
    // A group of panels stays in the cache for all rows.
    for (; first < last; first += TK_PANELS_AT_ONCE) {
        size_t end = tk_minimum(first + TK_PANELS_AT_ONCE, last);
        for (size_t row = 0; row < t->m; row += rows)
            job->variant->thin_rows(t, row, tk_minimum(rows, t->m - row), first, end);
    }
}

void tk_thin_product(const tk_thin *t) {
    if (t->m == 0 || t->n == 0) return;
    thin_job job = {t, tk_current(), tk_ceiling(t->n, TK_PANEL)};
    if (t->m * t->n * t->k < ALONE) {
        thin_task(0, &job);
        return;
    }
    job.panels = tk_ceiling(tk_ceiling(job.panels, 8), TK_PANELS_AT_ONCE) * TK_PANELS_AT_ONCE;
    tk_parallel(tk_ceiling(tk_ceiling(t->n, TK_PANEL), job.panels), thin_task, &job);
}

// Tiny products

typedef struct {
    const tk_product *p;
    const tk_variant *variant;
} tiny_job;

static void tiny_range(size_t first, size_t last, void *context) {
    const tiny_job *job = context;
    job->variant->tiny_products(job->p, first, last);
}

bool tk_tiny_products(const tk_product *p) {
    if (p->bias || p->slope || p->continues || p->activation != TK_IDENTITY) return false;
    tiny_job job = {p, tk_current()};
    tk_for_ranges(p->batch[0] * p->batch[1], 2048, tiny_range, &job);
    return true;
}

// Attention

// Where the keys, or the values, of a row and head lie; up to a multiple of TK_FEW the first stands in. They lie too
// far apart for the processor to guess the next.
static void find(const tk_few_queries *f, size_t row, const float *base, ptrdiff_t step, const float **address) {
    size_t padded = tk_ceiling(f->keys, TK_FEW) * TK_FEW;
    for (size_t j = 0; j < padded; j++) {
        size_t key = j < f->keys ? j : 0;
        address[j] = base + step * (f->slot ? f->slot[key * f->rows + row] : (ptrdiff_t)key);
        for (size_t d = 0; d < f->dim; d += 16) __builtin_prefetch(address[j] + d);
    }
}

static void attend(size_t task, void *context) {
    const tk_few_queries *f = context;
    const tk_variant *variant = tk_current();
    const size_t row = task / f->heads, head = task % f->heads;
    const ptrdiff_t source = (ptrdiff_t)(row / f->rows_per_source);
    const size_t padded = tk_ceiling(f->keys, TK_FEW) * TK_FEW;
    float *scratch = tk_scratch(padded + 2 * padded * (sizeof(float *) / sizeof(float)));
    const float **key = (const float **)scratch, **value = key + padded;
    float *weight = (float *)(value + padded);
    find(f, row, f->key + source * f->key_source + (ptrdiff_t)head * f->key_head, f->key_step, key);
    find(f, row, f->value + source * f->value_source + (ptrdiff_t)head * f->value_head, f->value_step, value);
    for (size_t token = 0; token < f->tokens; token++) {
        const float *query =
            f->query + (ptrdiff_t)row * f->query_row + (ptrdiff_t)token * f->query_token + (ptrdiff_t)(head * f->dim);
        variant->few_scores(query, key, padded, f->dim, weight);
        float scale = f->scale;
        if (f->mask) {
            variant->binary[TK_MULTIPLY](weight, 1, &scale, 0, weight, f->keys);
            variant->binary[TK_ADD](weight, 1, f->mask + source * f->mask_source, 1, weight, f->keys);
            scale = 1;
        }
        size_t visible = f->is_causal ? f->keys - f->tokens + token + 1 : f->keys;
        variant->softmax(weight, weight, f->keys, visible, scale);
        float *y = f->y + ((row * f->tokens + token) * f->heads + head) * f->dim;
        variant->few_mixed(weight, value, f->keys, f->dim, y);
    }
}

void tk_attend_few(const tk_few_queries *f) {
    const size_t tasks = f->rows * f->heads;
    if (f->tokens * f->keys * f->dim * tasks >= 1 << 17) {
        tk_parallel(tasks, attend, (void *)f);
    } else {
        for (size_t task = 0; task < tasks; task++) attend(task, (void *)f);
    }
}

// The best sums

size_t tk_best_sums(const float *x, ptrdiff_t row_step, size_t rows, size_t n, const double *base,
                    const int32_t *excluded, const size_t *excluded_end, size_t limit, tk_ranked *best) {
    const tk_variant *variant = tk_current();
    size_t count = 0;
    for (size_t row = 0; row < rows && limit > 0; row++) {
        size_t first = row == 0 ? 0 : excluded_end[row - 1];
        count = variant->best_sums(x + (ptrdiff_t)row * row_step, n, base[row], (int32_t)row, excluded + first,
                                   excluded_end[row] - first, best, count, limit);
    }
    return count;
}
