// The register tile of a product with its bias and activation, the way back through them, and the packing of panels.
// Included once per variant, before its table.

enum { COLUMNS = 2 * TK_WIDTH };
#define SINE_FREQUENCY 30.0f

INLINE vf activated(vf x, tk_activation activation) {
    switch (activation) {
    case TK_RELU:
        return relu_(x);
    case TK_GELU:
        return gelu_(x);
    case TK_SINE:
        return sin_(x * SINE_FREQUENCY);
    default:
        return x;
    }
}

// Bias and activation on the finished sums of a tile, and the activation's derivative if it is wanted.
static void finish(const tk_tile *t, float *c, ptrdiff_t c_row, float *slope, const float *bias) {
    vf cosine;
#define FINISH(value, derivative)                                           \
    for (size_t i = 0; i < t->rows; i++)                                    \
        for (size_t j = 0; j < COLUMNS; j += TK_WIDTH) {                    \
            float *target = c + (ptrdiff_t)i * c_row + j;                   \
            vf x = bias ? load(target) + load(bias + j) : load(target);     \
            store(target, value);                                           \
            if (slope) store(slope + (ptrdiff_t)i * c_row + j, derivative); \
        }                                                                   \
    break;
    switch (t->activation) {
    case TK_RELU:
        FINISH(relu_(x), one_where(x > 0.0f))
    case TK_GELU:
        FINISH(gelu_(x), gelu_slope(x))
    case TK_SINE:
        FINISH(sine_and_cosine(x * SINE_FREQUENCY, &cosine), cosine * SINE_FREQUENCY)
    default:
        FINISH(x, all(1))
    }
#undef FINISH
}

// A tile of `rows` by `vectors`; both, a's strides when packed and b's stride are constants after inlining.
INLINE void tile_rows(const tk_tile *t, int rows, int vectors, ptrdiff_t a_row, ptrdiff_t a_column, ptrdiff_t b_row,
                      float *c, ptrdiff_t c_row) {
    vf sum[TK_TILE_ROWS][2];
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) sum[i][v] =
            t->continues ? load(c + i * c_row + v * TK_WIDTH) : all(0);
    // Two pointers, three rows each: every row is then a base and a scaled index, without an addition of its own.
    const float *a[2] = {t->a, t->a + 3 * a_row}, *b = t->b;
    for (size_t k = 0; k < t->k; k++) {
        vf b0 = load(b), b1 = vectors == 2 ? load(b + TK_WIDTH) : b0;
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) {
            vf ai = all(a[i / 3][i % 3 * a_row]);
            sum[i][0] = fma_(ai, b0, sum[i][0]);
            if (vectors == 2) sum[i][1] = fma_(ai, b1, sum[i][1]);
        }
        a[0] += a_column;
        a[1] += a_column;
        b += b_row;
    }
    _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            store(c + i * c_row + v * TK_WIDTH, sum[i][v]);
}

static void tile_whole(const tk_tile *t, float *c, ptrdiff_t c_row, float *slope, const float *bias) {
#define TILE(rows)                                                                    \
    case rows:                                                                        \
        if (t->columns <= TK_WIDTH)                                                   \
            tile_rows(t, rows, 1, t->a_row, t->a_column, t->b_row, c, c_row);         \
        else if (t->a_row == 1 && t->a_column == TK_TILE_ROWS && t->b_row == COLUMNS) \
            tile_rows(t, rows, 2, 1, TK_TILE_ROWS, COLUMNS, c, c_row);                \
        else if (t->a_column == 1 && t->b_row == COLUMNS)                             \
            tile_rows(t, rows, 2, t->a_row, 1, COLUMNS, c, c_row);                    \
        else                                                                          \
            tile_rows(t, rows, 2, t->a_row, t->a_column, t->b_row, c, c_row);         \
        break;
    switch (t->rows) { TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) }
#undef TILE
    if (t->finishes && (bias || slope || t->activation != TK_IDENTITY)) finish(t, c, c_row, slope, bias);
}

static void tile(const tk_tile *t) {
    if (t->columns == COLUMNS) {
        tile_whole(t, t->c, t->c_row, t->slope, t->bias);
        return;
    }
    // Fewer columns: the same arithmetic on padded copies.
    float c[TK_TILE_ROWS * COLUMNS] = {0}, slope[TK_TILE_ROWS * COLUMNS], bias[COLUMNS] = {0};
    if (t->continues)
        for (size_t i = 0; i < t->rows; i++)
            memcpy(c + i * COLUMNS, t->c + (ptrdiff_t)i * t->c_row, t->columns * sizeof(float));
    if (t->bias) memcpy(bias, t->bias, t->columns * sizeof(float));
    tile_whole(t, c, COLUMNS, t->slope ? slope : NULL, t->bias ? bias : NULL);
    for (size_t i = 0; i < t->rows; i++) {
        memcpy(t->c + (ptrdiff_t)i * t->c_row, c + i * COLUMNS, t->columns * sizeof(float));
        if (t->slope && t->finishes)
            memcpy(t->slope + (ptrdiff_t)i * t->c_row, slope + i * COLUMNS, t->columns * sizeof(float));
    }
}

// The cotangent before an activation, g times the saved derivative (ReLU: where the saved output is positive; identity:
// g itself, nothing written), and its sums per column.
static void activation_cotangent(tk_activation activation, const float *saved, const float *g, float *dx, size_t rows,
                                 size_t n, float *sums) {
    zero(sums, n);
    for (size_t i = 0; i < rows * n; i += n) {
        size_t j = 0;
#define COTANGENT(value)                                                            \
    for (; j + TK_WIDTH <= n; j += TK_WIDTH) {                                      \
        vf x = load(g + i + j);                                                     \
        x = value(x, load(saved + i + j));                                          \
        store(dx + i + j, x);                                                       \
        store(sums + j, load(sums + j) + x);                                        \
    }                                                                               \
    if (j < n) {                                                                    \
        vf x = value(load_some(g + i + j, n - j), load_some(saved + i + j, n - j)); \
        store_some(dx + i + j, x, n - j);                                           \
        store_some(sums + j, load_some(sums + j, n - j) + x, n - j);                \
    }                                                                               \
    break;
#define WHERE_POSITIVE(x, output) pick(output <= 0.0f, all(0), x)
#define TIMES(x, slope) (x * slope)
        switch (activation) {
        case TK_IDENTITY:
            for (; j < n; j++) sums[j] += g[i + j];
            break;
        case TK_RELU:
            COTANGENT(WHERE_POSITIVE)
        default:
            COTANGENT(TIMES)
        }
    }
#undef COTANGENT
#undef WHERE_POSITIVE
#undef TIMES
}

typedef float eight __attribute__((vector_size(32)));
typedef float eight_anywhere __attribute__((vector_size(32), aligned(4), may_alias));

// Rows become columns.
INLINE void transpose_eight(eight x[8]) {
    eight pairs[8], quads[8];
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 8; r += 2) {
        pairs[r] = __builtin_shufflevector(x[r], x[r + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        pairs[r + 1] = __builtin_shufflevector(x[r], x[r + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    _Pragma("clang loop unroll(full)") for (int h = 0; h < 8; h += 4)
        _Pragma("clang loop unroll(full)") for (int r = h; r < h + 2; r++) {
        quads[r] = __builtin_shufflevector(pairs[r], pairs[r + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        quads[r + 2] = __builtin_shufflevector(pairs[r], pairs[r + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 4; r++) {
        x[r] = __builtin_shufflevector(quads[r], quads[r + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        x[r + 4] = __builtin_shufflevector(quads[r], quads[r + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

static void transpose(const float *x, ptrdiff_t x_row, size_t rows, size_t columns, float *y, ptrdiff_t y_row) {
    const size_t whole = rows / 8 * 8, across = columns / 8 * 8;
    for (size_t r = 0; r < whole; r += 8)
        for (size_t c = 0; c < across; c += 8) {
            eight square[8];
            for (size_t i = 0; i < 8; i++) square[i] = *(const eight_anywhere *)(x + (ptrdiff_t)(r + i) * x_row + c);
            transpose_eight(square);
            for (size_t i = 0; i < 8; i++) *(eight_anywhere *)(y + (ptrdiff_t)(c + i) * y_row + r) = square[i];
        }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = r < whole ? across : 0; c < columns; c++)
            y[(ptrdiff_t)c * y_row + (ptrdiff_t)r] = x[(ptrdiff_t)r * x_row + (ptrdiff_t)c];
}

// A transposed operand is read along its rows.
static void pack_b(const float *b, ptrdiff_t row, ptrdiff_t column, size_t k, size_t columns, float *panel) {
    if (columns < COLUMNS) memset(panel, 0, k * COLUMNS * sizeof(float));
    if (row == 1) {
        transpose(b, column, columns, k, panel, COLUMNS);
    } else if (column == 1 && columns == COLUMNS) {
        for (size_t i = 0; i < k; i++) {
            store(panel + i * COLUMNS, load(b + (ptrdiff_t)i * row));
            store(panel + i * COLUMNS + TK_WIDTH, load(b + (ptrdiff_t)i * row + TK_WIDTH));
        }
    } else if (column == 1) {
        for (size_t i = 0; i < k; i++) memcpy(panel + i * COLUMNS, b + (ptrdiff_t)i * row, columns * sizeof(float));
    } else {
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < columns; j++) panel[i * COLUMNS + j] = b[(ptrdiff_t)i * row + (ptrdiff_t)j * column];
    }
}
