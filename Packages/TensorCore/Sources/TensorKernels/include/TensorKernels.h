// The kernels behind Tensors: worker pool, matrix products, elementwise maps, reductions, row operations, optimiser
// steps and random numbers, for Float32 in C.
//
// Contract of every function here:
//   - It keeps no pointer it was given and does not check shapes: callers did. Each thread keeps scratch buffers, which
//     only grow.
//   - Results depend on shapes and values alone: not on the number of threads and not on the instruction set. Work is
//     cut into blocks whose borders depend on the shape; partial sums are combined in block order; a multiply-add is
//     one FMA unless said otherwise. Inside a block, sums use 32 lanes (element i in lane i mod 32) combined as a
//     binary tree.
//   - Three variants (baseline, AVX2+FMA, AVX-512) are compiled from one text and chosen once, at first use.
//   - Pointers never alias unless the comment says so. Sizes are counts of elements.
#ifndef TENSOR_KERNELS_H
#define TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Instruction set

typedef enum { TK_BASELINE = 0, TK_AVX2 = 1, TK_AVX512 = 2 } tk_level;
// The level in use: the best this CPU supports, or the lower one named by TENSOR_KERNELS in the environment
// (baseline, avx2 or avx512) or set by tk_set_level.
tk_level tk_get_level(void);
// Forces a level for tests; a level the CPU lacks is lowered to the best it has. Calls under way finish at theirs.
void tk_set_level(tk_level level);

// Worker pool

// Sets the number of threads, caller included (1...64); before the first call it is the number of CPUs this process may
// use.
void tk_set_threads(int count);
// How many threads a call from here would use: from inside a task, one.
int tk_get_threads(void);
// Calls body(task, context) for each task in 0..<count, in any order, on any thread; returns when all are done.
// A call from inside a task runs its tasks on the calling thread. Workers spin at most 20 us, then sleep.
void tk_parallel(size_t count, void (*body)(size_t task, void *context), void *context);

// Matrix product

typedef enum { TK_IDENTITY = 0, TK_RELU = 1, TK_GELU = 2, TK_SINE = 3 /* sin(30 x) */ } tk_activation;

// C[b0,b1,i,j] = activation(sum_k A[b0,b1,i,k] * B[b0,b1,k,j] + bias[j]). Any element strides on A and B (0 broadcasts
// a batch axis; a transposed operand is a stride swap); C's rows are contiguous along j. Each sum is one chain of FMAs
// over k ascending from 0, then bias, activation: the bits do not depend on blocking. k = 0 gives zeros (plus bias). If
// slope is not NULL it gets the activation's derivative in C's layout.
typedef struct {
    size_t m, n, k, batch[2];
    const float *a;
    ptrdiff_t a_row, a_column, a_batch[2];
    const float *b;
    ptrdiff_t b_row, b_column, b_batch[2];
    float *c;
    ptrdiff_t c_row, c_batch[2];
    const float *bias;
    float *slope;
    tk_activation activation;
    bool continues; // the chains go on from what C holds instead of 0
} tk_product;
void tk_matmul(const tk_product *p);

// The way back through bias and activation of [rows, n]: dx = g times the activation's derivative, which `saved` holds
// (ReLU: the saved output; identity: neither is touched), and dbias its sums per column, in blocks of 64 rows.
void tk_activation_cotangent(tk_activation activation, const float *saved, const float *g, float *dx, float *dbias,
                             size_t rows, size_t n);

// The same product for few rows on an operand B [k, n] that was packed before: n/16 panels of [k, 16], zeros beyond n.
typedef struct {
    size_t m, n, k;
    const float *a;
    ptrdiff_t a_row, a_column;
    const float *panels;
    float *c;
    ptrdiff_t c_row;
    const float *bias; // or NULL
    tk_activation activation;
} tk_thin;
// The floats that panels take, and B with any element strides packed into them; they serve every instruction set.
size_t tk_panel_count(size_t k, size_t n);
void tk_pack_panels(const float *b, ptrdiff_t row, ptrdiff_t column, size_t k, size_t n, float *panels);
void tk_thin_product(const tk_thin *t);

// Attention of few queries, inference only: y[row, token, head, :] (contiguous) = softmax(scale * query . key + mask) .
// value. Key j of a row lies at key + head * key_head + source * key_source + j * key_step, where rows_per_source
// neighbouring rows share a source; with slots, slot[j, row] takes the place of j. Values likewise; their dim
// floats, and those of a head's query, are contiguous, heads of a query neighbours. Causal: token i of T sees keys
// 0...(i + keys - T). Bits are those of tk_matmul and tk_softmax: scores are chains over dim, mixtures over all keys.
typedef struct {
    size_t rows, tokens, heads, dim, keys, rows_per_source;
    const float *query;
    ptrdiff_t query_row, query_token;
    const float *key, *value;
    ptrdiff_t key_source, key_head, key_step, value_source, value_head, value_step;
    const int32_t *slot; // or NULL
    const float *mask;   // one per key, or NULL
    ptrdiff_t mask_source;
    float scale;
    bool is_causal;
    float *y;
} tk_few_queries;
void tk_attend_few(const tk_few_queries *f);

// The best sums base[row] + x[row, column] in double, at most `limit` of all rows: the largest first, equal ones by the
// lower column, then by the lower row. Left out: NaN, -inf, and the columns that row excludes,
// excluded[excluded_end[row - 1]..<excluded_end[row]]. Returns how many there are.
typedef struct {
    double score;
    float value; // x there
    int32_t column, row;
} tk_ranked;
size_t tk_best_sums(const float *x, ptrdiff_t row_step, size_t rows, size_t n, const double *base,
                    const int32_t *excluded, const size_t *excluded_end, size_t limit, tk_ranked *best);

// Elementwise

// exp, log, sin, cos, tanh, sigmoid, erf: at most 2 ulp from the exact value, NaN in gives NaN out.
typedef enum {
    TK_ABS,
    TK_SIGN,
    TK_SQUARE,
    TK_SQRT,
    TK_RSQRT,
    TK_RECIPROCAL,
    TK_EXP,
    TK_EXPM1,
    TK_LOG,
    TK_LOG1P,
    TK_SIN,
    TK_COS,
    TK_TANH,
    TK_SIGMOID,
    TK_SOFTPLUS /* threshold 20 */,
    TK_ERF,
    TK_RELU_UNARY,
    TK_GELU_UNARY /* erf form */,
    TK_GELU_TANH,
    TK_SILU,
    TK_FLOOR,
    TK_ROUND /* half to even */,
    TK_SCALE_ADD /* p*x + q, one FMA */,
    TK_CLAMP /* to p...q, NaN stays */,
    TK_POWER /* x^p, p an integer or half */,
    TK_GREATER /* x > p ? 1 : 0 */,
    TK_UNARY_COUNT
} tk_unary_operation;
// y[i] = operation(x[i]); x may equal y.
void tk_unary(tk_unary_operation operation, const float *x, float *y, size_t n, float p, float q);

// First derivatives times the cotangent: dx[i] = g[i] * f'(x[i]); for TANH, SIGMOID, EXP, SQRT x is the function's
// OUTPUT. RELU_UNARY, GELU_UNARY, GELU_TANH, SILU, SIN, COS, TANH, SIGMOID, SOFTPLUS, ABS, EXP, SQRT, ERF are
// supported. dx may equal g.
void tk_unary_gradient(tk_unary_operation operation, const float *x, const float *g, float *dx, size_t n);

typedef enum {
    TK_ADD,
    TK_SUBTRACT,
    TK_MULTIPLY,
    TK_DIVIDE,
    TK_MAXIMUM,
    TK_MINIMUM /* NaN propagates */,
    TK_EQUAL,
    TK_LESS,
    TK_LESS_EQUAL /* 1 or 0 */,
    TK_TIE_SHARE /* a > b ? 1 : a == b ? 0.5 : 0 */,
    TK_BINARY_COUNT
} tk_binary_operation;
// y = operation(a, b) over rank <= 6 axes with element strides (0 broadcasts); y is contiguous row-major and may equal
// an operand that has y's own strides.
void tk_binary(tk_binary_operation operation, int rank, const size_t *shape, const float *a, const ptrdiff_t *a_strides,
               const float *b, const ptrdiff_t *b_strides, float *y);
// y[i] = mask[i] != 0 ? a[i] : b[i] with strides as above (selection: never multiplies by the mask).
void tk_select(int rank, const size_t *shape, const float *mask, const ptrdiff_t *mask_strides, const float *a,
               const ptrdiff_t *a_strides, const float *b, const ptrdiff_t *b_strides, float *y);

// y (contiguous) = x read with strides (any sign), rank <= 6; blocked where the fastest axes differ.
void tk_gather_strided(int rank, const size_t *shape, const float *x, const ptrdiff_t *strides, float *y);
// y written with strides from contiguous x; destinations are distinct.
void tk_scatter_strided(int rank, const size_t *shape, const float *x, float *y, const ptrdiff_t *strides);
void tk_fill(float *y, size_t n, float value);

// Reductions

typedef enum { TK_SUM, TK_MEAN, TK_MAX, TK_MIN } tk_reduction;
// x is [outer, n, inner] contiguous; y is [outer, inner]. NaN wins max and min. n = 0: sum 0, mean NaN.
void tk_reduce(tk_reduction operation, const float *x, size_t outer, size_t n, size_t inner, float *y);
// As above; the first index among equals, a NaN before any number.
void tk_argmax(const float *x, size_t outer, size_t n, size_t inner, int32_t *index);

// Row operations: x is [rows, n] contiguous

// softmax(scale * x); a row of all -inf gives zeros. causal_period T > 0: row r attends to columns j <= r mod T + (n -
// T).
void tk_softmax(const float *x, float *y, size_t rows, size_t n, float scale, size_t causal_period);
// dx = scale * y * (g - sum_j g_j y_j); dx may equal g.
void tk_softmax_gradient(const float *y, const float *g, float *dx, size_t rows, size_t n, float scale);
// x - log sum exp x; a row of all -inf gives -inf.
void tk_log_softmax(const float *x, float *y, size_t rows, size_t n);
// dx = g - exp(y) * sum_j g_j.
void tk_log_softmax_gradient(const float *y, const float *g, float *dx, size_t rows, size_t n);
// losses[r] = (1 - smoothing) * -log p_label + smoothing * mean_j(-log p_j); 0 where the label is `ignored`.
void tk_cross_entropy(const float *x, const int32_t *labels, float smoothing, int32_t ignored, float *losses,
                      size_t rows, size_t n);
// dx = g[r] times the derivative of losses[r].
void tk_cross_entropy_gradient(const float *x, const int32_t *labels, float smoothing, int32_t ignored, const float *g,
                               float *dx, size_t rows, size_t n);
// y = (x - mean) * rstd * weight + bias over each row; weight and bias may be NULL. statistics gets [rows, 2]: mean,
// rstd.
void tk_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, float *statistics,
                   size_t rows, size_t n);
// dx, and if not NULL dweight[n], dbias[n] (overwritten).
void tk_layer_norm_gradient(const float *x, const float *weight, const float *statistics, const float *g, float *dx,
                            float *dweight, float *dbias, size_t rows, size_t n);

// Gather and scatter of rows

// y[i, :] = x[index[i], :], rows of n.
void tk_gather_rows(const float *x, const int32_t *index, float *y, size_t count, size_t n);
// y[index[i], :] += x[i, :], in ascending i for each destination; parallel over destinations.
void tk_scatter_add_rows(const float *x, const int32_t *index, float *y, size_t count, size_t n);

// Sliding windows

// A window over two axes (height, width). Tap k at position o reads input o * stride + k * dilation - before; what lies
// outside 0..<input counts as padding. Positions and taps are row-major.
typedef struct {
    size_t input[2], size[2], stride[2], dilation[2], output[2];
    ptrdiff_t before[2];
} tk_window;
// columns[channel, tap, image, position] = x[image, channel, where that tap reads], 0 in the padding.
void tk_unfold(const tk_window *window, const float *x, size_t batch, size_t channels, float *columns);
// The adjoint: x[image, channel, :] = sum of the columns that read it, in ascending order of tap, then position.
void tk_fold(const tk_window *window, const float *columns, size_t batch, size_t channels, float *x);
// The largest element under each window of every plane of x [planes, input height, input width, channels]: the first
// among equals, a NaN before any number; padding is never taken, and a window without input gives -inf. index (may be
// NULL) gets its position in the whole of x, or -1.
void tk_max_pool(const tk_window *window, const float *x, size_t planes, size_t channels, float *y, int32_t *index);

// Convolutions over channels-last maps: x is [batch, input height, input width, inputs], y [batch, output height,
// output width, outputs], a weight [outputs, inputs, height, width], all contiguous.

typedef struct {
    tk_window window;
    size_t batch, inputs, outputs;
} tk_convolution;
// What becomes of a sum before it is stored: activation(sum * scale[channel] + offset[channel]); NULL stands for ones
// (no scale) and zeros (no offset, and then no scale either).
typedef struct {
    const float *scale, *offset;
    tk_activation activation;
} tk_epilogue;

// Whether the direct form takes this window (at most 64 taps), and the floats of its weight as panels.
bool tk_direct_applies(const tk_convolution *c);
size_t tk_direct_panel_count(const tk_convolution *c, bool transposed);
void tk_direct_pack(const tk_convolution *c, const float *weight, bool transposed, float *panels);
// y = epilogue(sum over tap, input of x * weight): one chain of FMAs from 0 over taps ascending, then inputs.
void tk_direct(const tk_convolution *c, const float *x, const float *panels, tk_epilogue epilogue, float *y);
// The adjoint in x, from panels packed as transposed: one chain over taps ascending, then outputs.
void tk_direct_input(const tk_convolution *c, const float *y, const float *panels, float *x);
// The adjoint in the weight: positions in chunks whose number depends on the shape, each one chain over positions
// ascending, added up in order. `partial` has room for tk_direct_partial_count floats.
size_t tk_direct_partial_count(const tk_convolution *c);
void tk_direct_weight(const tk_convolution *c, const float *x, const float *y, float *partial, float *weight);

// Winograd's F(4x4, 3x3): a quarter of the products; its error is about ten times the direct form's.
// Whether it is the form to take: size 3, stride 1, dilation 1, at least 32 channels on both sides, 8 x 8 positions.
bool tk_winograd_applies(const tk_convolution *c);
size_t tk_winograd_weight_count(const tk_convolution *c);
// `flipped` takes weight [inputs, outputs, 3, 3] and turns its windows: the adjoint of a convolution is this
// convolution.
void tk_winograd_pack(const tk_convolution *c, const float *weight, bool flipped, float *transformed);
void tk_winograd(const tk_convolution *c, const float *x, const float *transformed, tk_epilogue epilogue, float *y);
// The adjoint in the weight: per frequency one chain over tiles. `workspace` has room for
// tk_winograd_workspace_count floats.
size_t tk_winograd_workspace_count(const tk_convolution *c);
void tk_winograd_adjoint(const tk_convolution *c, const float *x, const float *y, float *workspace, float *weight);

// One window per channel (inputs = outputs, weight [channels, height, width], at most 49 taps): chains over taps
// ascending that lie inside the input.
bool tk_depthwise_applies(const tk_convolution *c);
void tk_depthwise(const tk_convolution *c, const float *x, const float *weight, tk_epilogue epilogue, float *y);
void tk_depthwise_input(const tk_convolution *c, const float *y, const float *weight, float *x);
// Chunks of rows of positions, each one chain, added up in order.
void tk_depthwise_weight(const tk_convolution *c, const float *x, const float *y, float *weight);

// Batch norm and PReLU over x [rows, channels]

// y = activation((x - mean) * rstd * weight + bias) by the rows' own statistics, which go to statistics [2, channels]:
// mean and biased variance. Moments of blocks of rows about their own means, combined in order. The activation is the
// identity or ReLU.
void tk_batch_norm(const float *x, size_t rows, size_t channels, const float *weight, const float *bias, float epsilon,
                   tk_activation activation, float *y, float *statistics);
// dx, dweight [channels] and dbias [channels] from the cotangent of y.
void tk_batch_norm_gradient(const float *x, const float *g, size_t rows, size_t channels, const float *weight,
                            const float *bias, const float *statistics, float epsilon, tk_activation activation,
                            float *dx, float *dweight, float *dbias);
// y = activation((x - mean) * scale + bias).
void tk_channel_affine(const float *x, size_t rows, size_t channels, const float *mean, const float *scale,
                       const float *bias, tk_activation activation, float *y);

// y = x where x > 0, else slope[channel] * x.
void tk_prelu(const float *x, size_t rows, size_t channels, const float *slope, float *y);
// dx, and dslope [channels] summed in blocks of rows, from the cotangent of y.
void tk_prelu_gradient(const float *x, const float *g, size_t rows, size_t channels, const float *slope, float *dx,
                       float *dslope);

// Banded maps and recurrences: here products are rounded before they are added, on every instruction set.

// Output o is the sum of weight[t] * x[start[o] + t - offset[o]] over t in offset[o]..<offset[o + 1], ascending from 0.
typedef struct {
    size_t inputs, outputs;
    const int32_t *start, *offset;
    const float *weight;
} tk_band;
// Over the middle axis of x [outer, inputs, inner]; y is [outer, outputs, inner].
void tk_apply_band(const tk_band *band, const float *x, size_t outer, size_t inner, float *y);
// y[0] = b[0], y[i] = a[i] * y[i - 1] + b[i] over the middle axis of [outer, n, inner]; a NULL stands for ones.
// Reversed: from the last element down.
void tk_recurrence(const float *a, const float *b, size_t outer, size_t n, size_t inner, bool reversed, float *y);

// Around Fourier transforms, on the calling thread; complex numbers are pairs of floats, and products are rounded
// before they are added.

// y[i] = ((x[i] - mean) - preemphasis * (x[i - 1] - mean)) * window[i], x[-1] being x[0]; the mean of all n, or 0.
void tk_window_frame(const float *x, size_t n, bool removes_mean, float preemphasis, const float *window, float *y);
// z[i] = x[i] * y[i]; z may equal x or y.
void tk_multiply(const float *x, const float *y, float *z, size_t n);
// The spectrum x[0...half] of 2 * half real numbers from the transform z[0..<half] of the same numbers read as half
// complex ones: x[k] = (z[k] + conj z[half - k]) / 2 - i/2 w^k (z[k] - conj z[half - k]) with w = exp(-i pi / half).
// twiddle is the pairs (c, -c) with c = cos(pi k / half) / 2 for k in 0..<half, then as many (s, s) with
// s = -sin(pi k / half) / 2.
void tk_unpack_real(const float *z, const float *twiddle, size_t half, float *x);
// y[f, o] = log(max(sum of weight[t] * p[start[o] + t - offset[o]] over t in offset[o]..<offset[o + 1], least)) for
// `count` <= 8 spectra f of `bins` numbers, `step` floats apart, of which eight can be read; p is a number's squared
// magnitude, or its magnitude.
void tk_log_bands(const float *spectra, size_t step, size_t count, size_t bins, size_t bands, const int32_t *start,
                  const int32_t *offset, const float *weight, bool uses_power, float least, float *y);

// Fourier transforms of planes, X_k = sum of x_j exp(-2 pi i jk / n) along both axes, unnormalised: rows, then columns,
// each in a lane of a vector. Bits depend neither on the instruction set nor on its lanes.

enum { TK_FOURIER_PASSES = 16 };
typedef struct {
    size_t length, passes, real_at; // of complex numbers; where the table of real signals begins
    uint8_t radix[TK_FOURIER_PASSES];
    const float *table;
} tk_fourier;

// Whether the length is at most 16,384 and has no other prime factors than 2, 3, 5 and 7.
bool tk_fourier_fits(size_t length);
size_t tk_fourier_table_count(size_t length);
// Fills the table, which the result refers to.
tk_fourier tk_fourier_make(size_t length, float *table);
// x [down's length, twice across' length] of real numbers to y [down's length, across' length + 1, 2], on the calling
// thread.
void tk_fourier_plane(const tk_fourier *across, const tk_fourier *down, const float *x, float *y);

// Random numbers: Philox4x32-10

// Element i uses word i mod 4 of block first_block + i/4; counter = (block low, block high, stream, step).
typedef struct {
    uint64_t key, first_block;
    uint32_t stream, step;
} tk_random;
void tk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
// Uniform in low..<high: low + (high - low) * (word >> 8) * 2^-24.
void tk_random_uniform(tk_random r, float *y, size_t n, float low, float high);
// y[i] = scale * x[i] (plus 0) where the uniform number of element i reaches `probability`, else 0; x may be y.
void tk_dropout(tk_random r, const float *x, float *y, size_t n, float probability, float scale);
// Box-Muller in double on words (0,1) and (2,3), rounded, then times deviation plus mean.
void tk_random_normal(tk_random r, float *y, size_t n, float mean, float deviation);

// Attention

// softmax(scale * q k^T + mask) v per head, each weight dropped with probability `dropout` and else times
// `dropout_scale`, by the number of its position in [batch, head, query, key]. Strides are those of batch, head and
// token; channels are contiguous. A mask is added to the scaled scores (its keys contiguous); NULL for none. A causal
// query sees keys up to its own position, aligned at the bottom right. Bits are those of the separate operations.
typedef struct {
    size_t batch, heads, queries, keys, dim, channels;
    const float *query, *key, *value, *mask;
    ptrdiff_t query_strides[3], key_strides[3], value_strides[3], mask_strides[3];
    float scale, dropout, dropout_scale;
    bool is_causal;
    tk_random random;
} tk_attention;
void tk_attend(const tk_attention *a, float *y, const ptrdiff_t strides[3]);
// Cotangents of query, key and value (all overwritten) from that of the result.
typedef struct {
    float *query, *key, *value;
    ptrdiff_t query_strides[3], key_strides[3], value_strides[3];
} tk_attention_cotangents;
void tk_attend_gradient(const tk_attention *a, const float *g, const ptrdiff_t strides[3],
                        const tk_attention_cotangents *cotangents);

// Optimiser steps over flat buffers

// AdamW (weight_decay decoupled, applied first) or Adam with L2 (coupled). bias1 = 1 - beta1^t, bias2 = 1 - beta2^t.
// g is scaled by gradient_scale first. In place on p, m, v.
void tk_adam(float *p, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2,
             float epsilon, float weight_decay, bool decoupled, float bias1, float bias2, float gradient_scale);
// The sum of squares in double, blocks of 4096 combined in order.
double tk_sum_squares(const float *x, size_t n);

#endif
