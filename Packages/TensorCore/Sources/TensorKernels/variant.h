// What differs between instruction sets: the loops over vectors, as one table of functions per variant.
// Everything that cuts work, allocates or starts threads is outside, in product.c, elementwise.c and rows.c.
#ifndef TK_VARIANT_H
#define TK_VARIANT_H

#include "TensorKernels.h"

// A tile is six rows by two vectors, sums keep 32 lanes, and the widest variant has vectors of 16 floats.
enum { TK_TILE_ROWS = 6, TK_LANES = 32, TK_MAXIMUM_TILE_COLUMNS = 32 };
// Weights at rest lie in panels of 16 columns on every level: a form that is kept outlives a change of the level.
enum { TK_PANEL = 16 };
// Thin products: rows at a time, and panels at a time for one row.
enum { TK_THIN_ROWS = 6, TK_PANELS_AT_ONCE = 6 };
// Attention of few queries: keys at a time.
enum { TK_FEW = 8 };
// The largest window of a depthwise convolution.
enum { TK_DEPTHWISE_TAPS = 49 };

// One register tile of a product: rows <= 6 by columns <= 2 vectors, k multiply-adds deep.
typedef struct {
    size_t k, rows, columns;
    const float *a;
    ptrdiff_t a_row, a_column;
    const float *b;
    ptrdiff_t b_row; // columns contiguous; always two whole vectors readable
    float *c;
    ptrdiff_t c_row;
    float *slope;      // in c's layout, or NULL
    const float *bias; // at the tile's first column, or NULL
    tk_activation activation;
    bool continues; // starts from c instead of zero
    bool finishes;  // applies bias and activation
} tk_tile;

// Six rows by at most two vectors of a product whose left rows are gathered: sums over segments of `length` floats.
typedef struct {
    const float *const *rows; // [segments, 6]
    size_t segments, length;
    const float *panel; // [segments * length, TK_PANEL], from the first vector's column on
    ptrdiff_t panel_stride;
    float *const *out;           // [6]
    size_t column, columns;      // what is written of each row
    const float *scale, *offset; // at the first column, or NULL
    tk_activation activation;
    bool continues; // starts from what `out` holds instead of zero
    bool finishes;  // applies scale, offset and activation
} tk_gather;

// Neighbouring pixels under one window per channel: all their taps lie inside.
typedef struct {
    size_t count, taps;
    const float *const *source, *const *weight; // [taps]
    ptrdiff_t source_step, y_step;
    int three_neighbours; // 1: three taps each read pixels source_step apart; -1: the same downwards; else 0
    const float *scale, *offset;
    tk_activation activation;
    float *y;
} tk_depthwise_run;

// The constants of batch norm, each [width]: scale = weight * rstd, and for its pullback what is subtracted from each
// cotangent.
typedef struct {
    size_t width;
    const float *mean, *scale, *bias, *first, *second;
    tk_activation activation;
} tk_channels;

typedef struct {
    size_t tile_columns; // two vectors
    void (*tile)(const tk_tile *t);
    // b[k, columns] (columns <= tile_columns) as a panel with rows of tile_columns, zeros beyond.
    void (*pack_b)(const float *b, ptrdiff_t row, ptrdiff_t column, size_t k, size_t columns, float *panel);
    // Rows row..<row + rows (at most TK_THIN_ROWS) by panels first..<last.
    void (*thin_rows)(const tk_thin *t, size_t row, size_t rows, size_t first, size_t last);
    // Matrices first..<last of a batch without bias and activation.
    void (*tiny_products)(const tk_product *p, size_t first, size_t last);

    void (*few_scores)(const float *query, const float *const *key, size_t count, size_t dim, float *score);
    void (*few_mixed)(const float *weight, const float *const *value, size_t count, size_t dim, float *y);
    // Puts what belongs among the best `limit` there, in order, and returns how many they are now.
    size_t (*best_sums)(const float *x, size_t n, double base, int32_t row, const int32_t *excluded,
                        size_t excluded_count, tk_ranked *best, size_t count, size_t limit);

    void (*unary[TK_UNARY_COUNT])(const float *x, float *y, size_t n, float p, float q);
    void (*unary_gradient[TK_UNARY_COUNT])(const float *x, const float *g, float *dx, size_t n);
    // Operand strides are 0 or 1.
    void (*binary[TK_BINARY_COUNT])(const float *a, size_t a_step, const float *b, size_t b_step, float *y, size_t n);
    void (*select)(const float *mask, const float *a, const float *b, float *y, size_t n);

    float (*sum)(const float *x, size_t n); // 32 lanes
    float (*extremum)(const float *x, size_t n, bool is_max);
    // Over n rows of `stride` floats, the first `width` <= 64 columns: sums in blocks of 64 rows, or extrema.
    void (*reduce_columns)(tk_reduction operation, const float *x, size_t n, size_t stride, size_t width, float *y);
    void (*softmax)(const float *x, float *y, size_t n, size_t visible, float scale);
    void (*softmax_gradient)(const float *y, const float *g, float *dx, size_t n, float scale);
    void (*log_softmax)(const float *x, float *y, size_t n);
    void (*log_softmax_gradient)(const float *y, const float *g, float *dx, size_t n);
    void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, float *y,
                       float *statistics, size_t n);
    // Adds to dweight and dbias where they are not NULL.
    void (*layer_norm_gradient)(const float *x, const float *weight, const float *statistics, const float *g, float *dx,
                                float *dweight, float *dbias, size_t n);
    void (*adam)(float *p, const float *g, float *m, float *v, size_t n, const float *constants);
    double (*sum_squares)(const float *x, size_t n);
    void (*uniform)(const tk_random *r, uint64_t first, float *y, size_t n, float low, float high);
    void (*normal)(const tk_random *r, uint64_t first, float *y, size_t n, float mean, float deviation);
    void (*dropout)(const tk_random *r, uint64_t first, int32_t threshold, float scale, const float *x, float *y,
                    size_t n);
    void (*activation_cotangent)(tk_activation activation, const float *saved, const float *g, float *dx, size_t rows,
                                 size_t n, float *sums);
    void (*cross_entropy_gradient)(float *y, size_t n, size_t label, float total, float rest, float hit);

    void (*window_frame)(const float *x, size_t n, bool removes_mean, float preemphasis, const float *window, float *y);
    void (*unpack_real)(const float *z, const float *twiddle, size_t half, float *x);
    // With room for 8 * band->inputs floats of power.
    void (*log_bands)(const float *x, size_t step, size_t count, const tk_band *band, bool uses_power, float least,
                      float *power, float *y);
    // Rows become columns, those of y y_row apart.
    void (*transpose)(const float *x, ptrdiff_t x_row, size_t rows, size_t columns, float *y, ptrdiff_t y_row);

    // From x [length, 2, lane], with as many lanes as a vector has, to x or y, whichever is returned.
    float *(*fourier)(const tk_fourier *f, float *x, float *y);
    // x [2 * length, lane], overwritten like y, to z [length + 1, 2, lane].
    void (*fourier_real)(const tk_fourier *f, float *x, float *y, float *z);
    void (*interleave)(const float *x, size_t n, size_t count, float *y, ptrdiff_t y_row);

    void (*gather)(const tk_gather *t);
    void (*winograd_input)(const float *const *pixels, size_t channels, float *v, size_t frequency_stride);
    void (*winograd_output)(const float *m, size_t frequency_stride, const tk_gather *epilogue, float *const *out,
                            size_t columns);
    void (*winograd_weight)(const float *w, float *u, size_t stride);
    void (*winograd_cotangent)(const float *const *pixels, size_t channels, float *v, size_t frequency_stride);
    void (*winograd_window)(const float *u, size_t stride, float *w);
    void (*depthwise)(const tk_depthwise_run *r, size_t channels);
    void (*depthwise_weight)(const float *x, ptrdiff_t step, const float *g, size_t count, size_t channels,
                             float *sums);
    void (*channel_moments)(const float *x, size_t n, size_t width, float *mean, float *squares);
    void (*channel_affine)(const tk_channels *j, const float *x, size_t n, float *y);
    void (*channel_gradient_sums)(const tk_channels *j, const float *x, const float *g, size_t n, float *sums,
                                  float *products);
    void (*channel_gradient)(const tk_channels *j, const float *x, const float *g, size_t n, float *dx);
    void (*prelu)(const float *slopes, size_t width, const float *x, size_t n, float *y);
    void (*prelu_gradient)(const float *slopes, size_t width, const float *x, const float *g, size_t n, float *dx,
                           float *sums);
} tk_variant;

// The constants of one Adam step, in the order its kernel reads them.
enum {
    TK_ADAM_RATE,
    TK_ADAM_BETA1,
    TK_ADAM_REST1,
    TK_ADAM_BETA2,
    TK_ADAM_REST2,
    TK_ADAM_EPSILON,
    TK_ADAM_COUPLED,
    TK_ADAM_KEEP,
    TK_ADAM_ROOT2,
    TK_ADAM_SCALE,
    TK_ADAM_COUNT
};

extern const tk_variant tk_variant_baseline, tk_variant_avx2, tk_variant_avx512;
// The variant in use.
const tk_variant *tk_current(void);

// The calling thread's scratch buffers, each at least `count` floats, aligned to 64; their content is arbitrary. One is
// for what a kernel packs, the other for what lives while it calls other kernels.
enum { TK_SCRATCH_PACKED, TK_SCRATCH_TILES, TK_SCRATCH_COUNT };
float *tk_scratch_at(int which, size_t count);
static inline float *tk_scratch(size_t count) { return tk_scratch_at(TK_SCRATCH_PACKED, count); }

// Splits 0..<n into blocks of `block` and calls body(begin, end) for each, on all threads when there are at least four.
typedef void (*tk_range_body)(size_t begin, size_t end, void *context);
void tk_for_ranges(size_t n, size_t block, tk_range_body body, void *context);

// The upper 24 bits of a word from which on a uniform number reaches `probability`.
static inline int32_t tk_dropout_threshold(float probability) {
    return (int32_t)__builtin_ceil((double)probability * 0x1p24);
}

// The largest m * n * k of a tiny product.
enum { TK_TINY = 64 };
// A batch of them; false if they have a bias or an activation, which are not done here.
bool tk_tiny_products(const tk_product *p);

static inline size_t tk_minimum(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t tk_maximum(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t tk_ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

// Positions first..<last along one axis where a tap that reads position * step + offset lies inside an extent.
static inline void tk_inside(ptrdiff_t offset, size_t step, size_t extent, size_t positions, size_t *first,
                             size_t *last) {
    const ptrdiff_t room = (ptrdiff_t)extent - offset;
    *last = room <= 0 ? 0 : tk_minimum(positions, tk_ceiling((size_t)room, step));
    *first = offset >= 0 ? 0 : tk_minimum(*last, tk_ceiling((size_t)-offset, step));
}

#endif
