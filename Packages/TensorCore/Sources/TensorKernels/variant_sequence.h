// The loops of one variant behind decoding token by token: thin and tiny products, attention of few queries and the
// choice of the best continuations. Included once per variant, before its table.

// Thin products: B lies in panels of 16 columns

enum { PANEL_VECTORS = TK_PANEL / TK_WIDTH };

// `rows` rows of A by `panels` panels of B at once, as constants after inlining.
INLINE void thin_tile(const tk_thin *t, int rows, int panels, const float *a, const float *b, size_t column, float *c) {
    vf sum[TK_THIN_ROWS][TK_PANELS_AT_ONCE * PANEL_VECTORS];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)
        _Pragma("clang loop unroll(full)") for (int j = 0; j < panels * PANEL_VECTORS; j++) sum[i][j] = all(0);
    const size_t step = t->k * TK_PANEL;
    for (size_t k = 0; k < t->k; k++) {
        // With many rows the arithmetic hides memory, but only memory that was asked for 8 KiB ahead.
        if (panels == 1) __builtin_prefetch(b + 2048);
        _Pragma("clang loop unroll(full)") for (int j = 0; j < panels * PANEL_VECTORS; j++) {
            vf bj = load(b + (size_t)(j / PANEL_VECTORS) * step + (size_t)(j % PANEL_VECTORS) * TK_WIDTH);
            _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) sum[i][j] =
                fma_(all(a[(ptrdiff_t)i * t->a_row]), bj, sum[i][j]);
        }
        a += t->a_column;
        b += TK_PANEL;
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < panels * PANEL_VECTORS; j++) {
            size_t first = column + (size_t)j * TK_WIDTH;
            if (first >= t->n) break;
            size_t count = tk_minimum(TK_WIDTH, t->n - first);
            vf x = sum[i][j];
            if (t->bias) x += load_up_to(t->bias + first, count);
            store_up_to(c + (ptrdiff_t)i * t->c_row + (ptrdiff_t)first, activated(x, t->activation), count);
        }
    }
}

static void thin_rows(const tk_thin *t, size_t row, size_t rows, size_t first, size_t last) {
    const float *a = t->a + (ptrdiff_t)row * t->a_row;
    float *c = t->c + (ptrdiff_t)row * t->c_row;
    size_t panel = first;
#define THIN(row_count, at_once)                      \
    for (; panel + at_once <= last; panel += at_once) \
        thin_tile(t, row_count, at_once, a, t->panels + panel * t->k * TK_PANEL, panel * TK_PANEL, c);
    // Few rows take several panels at once: that hides the latency of multiply-adds and of memory.
    switch (rows) {
    case 1:
        THIN(1, TK_PANELS_AT_ONCE)
        THIN(1, 2)
        THIN(1, 1)
        break;
    case 2:
        THIN(2, 2)
        THIN(2, 1)
        break;
    case 3:
        THIN(3, 2)
        THIN(3, 1)
        break;
    case 4:
        THIN(4, 1)
        break;
    case 5:
        THIN(5, 1)
        break;
    default:
        THIN(TK_THIN_ROWS, 1)
    }
#undef THIN
}

// Tiny products, as plain chains

INLINE void tiny_product(const tk_product *p, size_t m, size_t n, size_t k, const float *a, const float *b, float *c) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float sum = 0;
            for (size_t t = 0; t < k; t++)
                sum = fmaf(a[(ptrdiff_t)i * p->a_row + (ptrdiff_t)t * p->a_column],
                           b[(ptrdiff_t)t * p->b_row + (ptrdiff_t)j * p->b_column], sum);
            c[(ptrdiff_t)i * p->c_row + (ptrdiff_t)j] = sum;
        }
}

static void tiny_products(const tk_product *p, size_t first, size_t last) {
    for (size_t batch = first; batch < last; batch++) {
        ptrdiff_t i = (ptrdiff_t)(batch / p->batch[1]), j = (ptrdiff_t)(batch % p->batch[1]);
        const float *a = p->a + i * p->a_batch[0] + j * p->a_batch[1];
        const float *b = p->b + i * p->b_batch[0] + j * p->b_batch[1];
        float *c = p->c + i * p->c_batch[0] + j * p->c_batch[1];
        if (p->m == 3 && p->n == 3 && p->k == 3)
            tiny_product(p, 3, 3, 3, a, b, c);
        else if (p->m == 4 && p->n == 4 && p->k == 4)
            tiny_product(p, 4, 4, 4, a, b, c);
        else
            tiny_product(p, p->m, p->n, p->k, a, b, c);
    }
}

// Attention of few queries

// Eight chains over d ascending: the sum over d of query[d] * key[0..<8][d], as far as whole blocks of eight go.
INLINE void score_eight(const float *query, const float *const *key, size_t dim, float *score) {
    eight sum = {0};
    for (size_t d = 0; d + 8 <= dim; d += 8) {
        eight x[8];
        _Pragma("clang loop unroll(full)") for (int u = 0; u < 8; u++) x[u] = *(const eight_anywhere *)(key[u] + d);
        transpose_eight(x);
        _Pragma("clang loop unroll(full)") for (int u = 0; u < 8; u++) {
            eight q = query[d + (size_t)u] - (eight){0};
            sum = __builtin_elementwise_fma(q, x[u], sum);
        }
    }
    *(eight_anywhere *)score = sum;
}

// score[j] = sum over d of query[d] * key[j][d], one chain over d ascending each; count is a multiple of TK_FEW.
static void few_scores(const float *query, const float *const *key, size_t count, size_t dim, float *score) {
    for (size_t j = 0; j < count; j += TK_FEW) {
        score_eight(query, key + j, dim, score + j);
        for (size_t u = j; u < j + TK_FEW; u++)
            for (size_t d = dim / 8 * 8; d < dim; d++) score[u] = fmaf(query[d], key[u][d], score[u]);
    }
}

// y[d] = sum over j of weight[j] * value[j][d], one chain over j ascending each.
static void few_mixed(const float *weight, const float *const *value, size_t count, size_t dim, float *y) {
    size_t d = 0;
    for (; d + 8 * TK_WIDTH <= dim; d += 8 * TK_WIDTH) {
        vf sum[8];
        for (int v = 0; v < 8; v++) sum[v] = all(0);
        for (size_t j = 0; j < count; j++) {
            vf w = all(weight[j]);
            _Pragma("clang loop unroll(full)") for (int v = 0; v < 8; v++) sum[v] =
                fma_(w, load(value[j] + d + v * TK_WIDTH), sum[v]);
        }
        for (int v = 0; v < 8; v++) store(y + d + v * TK_WIDTH, sum[v]);
    }
    for (; d < dim; d += TK_WIDTH) {
        size_t width = tk_minimum(TK_WIDTH, dim - d);
        vf sum = all(0);
        for (size_t j = 0; j < count; j++) sum = fma_(all(weight[j]), load_up_to(value[j] + d, width), sum);
        store_up_to(y + d, sum, width);
    }
}

// The best sums

// Whether any of base + x[0..<TK_LANES] is at least `least`: a cheap no for nearly all.
INLINE bool any_reaches(const float *x, double base, double least) {
    int found = 0;
    for (int i = 0; i < TK_LANES; i++) found |= base + (double)x[i] >= least;
    return found != 0;
}

static bool precedes(const tk_ranked *a, const tk_ranked *b) {
    if (a->score != b->score) return a->score > b->score;
    return a->column != b->column ? a->column < b->column : a->row < b->row;
}

static size_t best_sums(const float *x, size_t n, double base, int32_t row, const int32_t *excluded,
                        size_t excluded_count, tk_ranked *best, size_t count, size_t limit) {
    for (size_t first = 0; first < n; first += TK_LANES) {
        size_t end = tk_minimum(first + TK_LANES, n);
        if (count == limit && end - first == TK_LANES && !any_reaches(x + first, base, best[count - 1].score)) continue;
        for (size_t j = first; j < end; j++) {
            tk_ranked next = {base + (double)x[j], x[j], (int32_t)j, row};
            if (!(next.score > (double)-INFINITY)) continue;
            if (count == limit && !precedes(&next, &best[count - 1])) continue;
            bool is_excluded = false;
            for (size_t e = 0; e < excluded_count; e++) is_excluded |= excluded[e] == next.column;
            if (is_excluded) continue;
            size_t place = count < limit ? count++ : count - 1;
            for (; place > 0 && precedes(&next, &best[place - 1]); place--) best[place] = best[place - 1];
            best[place] = next;
        }
    }
    return count;
}
