// The loops of one variant, and at the end its table. Included once per variant, after variant_math.h.

// Elementwise: whole vectors, then the rest of them

// `count` < TK_WIDTH floats, and zeros.
INLINE vf load_some(const float *p, size_t count) {
#if TK_WIDTH == 16
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#elif TK_WIDTH == 8
    return (vf)_mm256_maskload_ps(p, (__m256i)((vi){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)count));
#else
    float padded[TK_WIDTH] = {0};
    for (size_t i = 0; i < count; i++) padded[i] = p[i];
    return load(padded);
#endif
}

INLINE void store_some(float *p, vf x, size_t count) {
#if TK_WIDTH == 16
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)x);
#else
    // By halves: a masked store is slow where this runs.
    float padded[TK_WIDTH];
    store(padded, x);
    size_t done = 0;
    _Pragma("clang loop unroll(full)") for (size_t half = TK_WIDTH / 2; half > 0; half /= 2) if (count & half) {
        memcpy(p + done, padded + done, half * sizeof(float));
        done += half;
    }
#endif
}

// The first `count` floats, or a whole vector where there are that many.
INLINE vf load_up_to(const float *p, size_t count) { return count >= TK_WIDTH ? load(p) : load_some(p, count); }
INLINE void store_up_to(float *p, vf x, size_t count) {
    if (count >= TK_WIDTH)
        store(p, x);
    else
        store_some(p, x, count);
}

#define UNARY(name, expression)                                                         \
    static void unary_##name(const float *in, float *out, size_t n, float p, float q) { \
        (void)p, (void)q;                                                               \
        size_t i = 0;                                                                   \
        for (; i + TK_WIDTH <= n; i += TK_WIDTH) {                                      \
            vf x = load(in + i);                                                        \
            store(out + i, expression);                                                 \
        }                                                                               \
        if (i < n) {                                                                    \
            vf x = load_some(in + i, n - i);                                            \
            store_some(out + i, expression, n - i);                                     \
        }                                                                               \
    }
UNARY(abs, abs_(x))
UNARY(sign, sign_(x))
UNARY(square, (x * x))
UNARY(sqrt, root(x))
UNARY(rsqrt, 1.0f / root(x))
UNARY(reciprocal, 1.0f / x)
UNARY(exp, exp_(x))
UNARY(expm1, expm1_(x))
UNARY(log, log_(x))
UNARY(log1p, log1p_(x))
UNARY(sin, sin_(x))
UNARY(cos, cos_(x))
UNARY(tanh, tanh_(x))
UNARY(sigmoid, sigmoid_(x))
UNARY(softplus, softplus_(x))
UNARY(erf, erf_(x))
UNARY(relu, relu_(x))
UNARY(gelu, gelu_(x))
UNARY(gelu_tanh, gelu_tanh(x))
UNARY(silu, silu_(x))
UNARY(floor, __builtin_elementwise_floor(x))
UNARY(round, __builtin_elementwise_roundeven(x))
UNARY(scale_add, fma_(all(p), x, all(q)))
UNARY(clamp, pick(x < p, all(p), pick(x > q, all(q), x)))
UNARY(power, power_(x, p))
UNARY(greater, one_where(x > p))

#define GRADIENT(name, expression)                                                               \
    static void gradient_##name(const float *in, const float *cotangent, float *out, size_t n) { \
        size_t i = 0;                                                                            \
        for (; i + TK_WIDTH <= n; i += TK_WIDTH) {                                               \
            vf x = load(in + i), g = load(cotangent + i);                                        \
            store(out + i, expression);                                                          \
        }                                                                                        \
        if (i < n) {                                                                             \
            vf x = load_some(in + i, n - i), g = load_some(cotangent + i, n - i);                \
            store_some(out + i, expression, n - i);                                              \
        }                                                                                        \
    }
GRADIENT(relu, pick(x <= 0.0f, all(0), g))
GRADIENT(gelu, (g * gelu_slope(x)))
GRADIENT(gelu_tanh, (g * gelu_tanh_slope(x)))
GRADIENT(silu, (g * silu_slope(x)))
GRADIENT(sin, (g * cos_(x)))
GRADIENT(cos, (-g * sin_(x)))
GRADIENT(tanh, g *(1.0f - x * x))
GRADIENT(sigmoid, (g * (x * (1.0f - x))))
GRADIENT(softplus, (g * pick(x > 20.0f, all(1), sigmoid_(x))))
GRADIENT(abs, (g * sign_(x)))
GRADIENT(exp, (g * x))
GRADIENT(sqrt, g * 0.5f / x)
GRADIENT(erf, (g * (exp_(-x * x) * 1.12837917f)))

INLINE vf operand(const float *p, size_t step, size_t i, vf constant) { return step ? load(p + i) : constant; }

#define BINARY_LOOP(expression)                                                                     \
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) {                                                      \
        vf a = operand(left, left_step, i, left_all), b = operand(right, right_step, i, right_all); \
        store(out + i, expression);                                                                 \
    }
#define BINARY(name, expression)                                                                                      \
    static void binary_##name(const float *left, size_t left_step, const float *right, size_t right_step, float *out, \
                              size_t n) {                                                                             \
        vf left_all = left_step ? all(0) : all(*left), right_all = right_step ? all(0) : all(*right);                 \
        size_t i = 0;                                                                                                 \
        if (left_step && right_step) {                                                                                \
            for (; i + TK_WIDTH <= n; i += TK_WIDTH) {                                                                \
                vf a = load(left + i), b = load(right + i);                                                           \
                store(out + i, expression);                                                                           \
            }                                                                                                         \
        } else {                                                                                                      \
            BINARY_LOOP(expression)                                                                                   \
        }                                                                                                             \
        if (i < n) {                                                                                                  \
            vf a = left_step ? load_some(left + i, n - i) : left_all;                                                 \
            vf b = right_step ? load_some(right + i, n - i) : right_all;                                              \
            store_some(out + i, expression, n - i);                                                                   \
        }                                                                                                             \
    }
BINARY(add, a + b)
BINARY(subtract, a - b)
BINARY(multiply, (a * b))
BINARY(divide, a / b)
BINARY(maximum, larger(a, b))
BINARY(minimum, smaller(a, b))
BINARY(equal, one_where(a == b))
BINARY(less, one_where(a < b))
BINARY(less_equal, one_where(a <= b))
BINARY(tie_share, pick(a == b, all(0.5f), one_where(a > b)))

static void select_(const float *mask, const float *a, const float *b, float *y, size_t n) {
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(y + i, pick(load(mask + i) != 0.0f, load(a + i), load(b + i)));
    for (; i < n; i++) y[i] = mask[i] != 0 ? a[i] : b[i];
}

// Sums over 32 lanes: element i in lane i mod 32, lanes combined as a binary tree

enum { VECTORS = TK_LANES / TK_WIDTH };

INLINE float combined(float *lane) {
    for (int half = TK_LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++) lane[j] += lane[j + half];
    return lane[0];
}

// Sums `expression` of index i (a vector at i, or a float in the rest) over 0..<n into `result`.
#define LANE_SUM(result, n, vector_expression, scalar_expression)                                  \
    float result;                                                                                  \
    {                                                                                              \
        vf lanes[VECTORS];                                                                         \
        for (int v = 0; v < VECTORS; v++) lanes[v] = all(0);                                       \
        size_t i = 0;                                                                              \
        for (size_t base = 0; base + TK_LANES <= (n); base += TK_LANES) {                          \
            _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) {                 \
                i = base + (size_t)v * TK_WIDTH;                                                   \
                lanes[v] += vector_expression;                                                     \
            }                                                                                      \
        }                                                                                          \
        float lane[TK_LANES];                                                                      \
        for (int v = 0; v < VECTORS; v++) store(lane + v * TK_WIDTH, lanes[v]);                    \
        for (i = (n) / TK_LANES * TK_LANES; i < (n); i++) lane[i % TK_LANES] += scalar_expression; \
        result = combined(lane);                                                                   \
    }

static float sum(const float *x, size_t n) {
    LANE_SUM(s, n, load(x + i), x[i])
    return s;
}

INLINE float larger1(float a, float b) { return a != a ? a : a > b ? a : b; }
INLINE float smaller1(float a, float b) { return a != a ? a : a < b ? a : b; }

// The largest lane; NaN if one is. Which zero of two signs it is depends on the width.
INLINE float largest_lane(vf x) {
    float lane[TK_WIDTH];
    store(lane, x);
    _Pragma("clang loop unroll(full)") for (int half = TK_WIDTH / 2; half > 0; half /= 2)
        _Pragma("clang loop unroll(full)") for (int j = 0; j < half; j++) lane[j] = larger1(lane[j], lane[j + half]);
    return lane[0];
}

static float maximum(const float *x, size_t n) {
    vf best = all(-INFINITY);
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) best = larger(best, load(x + i));
    float result = largest_lane(best);
    for (; i < n; i++) result = larger1(result, x[i]);
    return result;
}

static float extremum(const float *x, size_t n, bool is_max) {
    if (is_max) return maximum(x, n);
    vf best = all(INFINITY);
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) best = smaller(best, load(x + i));
    float result = INFINITY;
    for (int lane = 0; lane < TK_WIDTH; lane++) result = smaller1(result, best[lane]);
    for (; i < n; i++) result = smaller1(result, x[i]);
    return result;
}

static void reduce_columns(tk_reduction operation, const float *x, size_t n, size_t stride, size_t width, float *y) {
    float total[64], block[64];
    if (operation == TK_SUM || operation == TK_MEAN) {
        for (size_t j = 0; j < width; j++) total[j] = 0;
        for (size_t first = 0; first < n; first += 64) {
            for (size_t j = 0; j < width; j++) block[j] = 0;
            for (size_t i = first; i < tk_minimum(first + 64, n); i++)
                for (size_t j = 0; j < width; j++) block[j] += x[i * stride + j];
            for (size_t j = 0; j < width; j++) total[j] += block[j];
        }
        for (size_t j = 0; j < width; j++) y[j] = operation == TK_MEAN ? total[j] / (float)n : total[j];
        return;
    }
    for (size_t j = 0; j < width; j++) total[j] = operation == TK_MAX ? -INFINITY : INFINITY;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < width; j++) {
            float v = x[i * stride + j];
            total[j] = operation == TK_MAX ? larger1(total[j], v) : smaller1(total[j], v);
        }
    for (size_t j = 0; j < width; j++) y[j] = total[j];
}

// The sum of squares in double: a product of two floats is exact there, so no fused multiply-add is needed.
static double sum_squares(const float *x, size_t n) {
    double lane[16] = {0};
    for (size_t base = 0; base + 16 <= n; base += 16)
        for (size_t j = 0; j < 16; j++) lane[j] += (double)x[base + j] * (double)x[base + j];
    for (size_t i = n / 16 * 16; i < n; i++) lane[i % 16] += (double)x[i] * (double)x[i];
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++) lane[j] += lane[j + half];
    return lane[0];
}

#include "variant_rows.h"

// Adam

INLINE void adam_vector(vf *p, vf g, vf *m, vf *v, const float *c) {
    g = fma_(all(c[TK_ADAM_COUPLED]), *p, g * c[TK_ADAM_SCALE]);
    *m = fma_(all(c[TK_ADAM_BETA1]), *m, g * c[TK_ADAM_REST1]);
    *v = fma_(all(c[TK_ADAM_BETA2]), *v, g * g * c[TK_ADAM_REST2]);
    vf step = *m / (root(*v) * c[TK_ADAM_ROOT2] + c[TK_ADAM_EPSILON]);
    *p = fma_(all(-c[TK_ADAM_RATE]), step, *p * c[TK_ADAM_KEEP]);
}

static void adam(float *p, const float *g, float *m, float *v, size_t n, const float *constants) {
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) {
        vf pi = load(p + i), mi = load(m + i), vi_ = load(v + i);
        adam_vector(&pi, load(g + i), &mi, &vi_, constants);
        store(p + i, pi);
        store(m + i, mi);
        store(v + i, vi_);
    }
    if (i < n) {
        vf pi = load_some(p + i, n - i), mi = load_some(m + i, n - i), vi_ = load_some(v + i, n - i);
        adam_vector(&pi, load_some(g + i, n - i), &mi, &vi_, constants);
        store_some(p + i, pi, n - i);
        store_some(m + i, mi, n - i);
        store_some(v + i, vi_, n - i);
    }
}

#include "variant_product.h"
#include "variant_sequence.h"
#include "variant_signal.h"
#include "variant_fourier.h"
#include "variant_convolution.h"
#include "variant_channel_maps.h"

// The table

const tk_variant TK_VARIANT = {
    .tile_columns = COLUMNS,
    .tile = tile,
    .pack_b = pack_b,
    .thin_rows = thin_rows,
    .tiny_products = tiny_products,
    .few_scores = few_scores,
    .few_mixed = few_mixed,
    .best_sums = best_sums,
    .unary =
        {
            [TK_ABS] = unary_abs,
            [TK_SIGN] = unary_sign,
            [TK_SQUARE] = unary_square,
            [TK_SQRT] = unary_sqrt,
            [TK_RSQRT] = unary_rsqrt,
            [TK_RECIPROCAL] = unary_reciprocal,
            [TK_EXP] = unary_exp,
            [TK_EXPM1] = unary_expm1,
            [TK_LOG] = unary_log,
            [TK_LOG1P] = unary_log1p,
            [TK_SIN] = unary_sin,
            [TK_COS] = unary_cos,
            [TK_TANH] = unary_tanh,
            [TK_SIGMOID] = unary_sigmoid,
            [TK_SOFTPLUS] = unary_softplus,
            [TK_ERF] = unary_erf,
            [TK_RELU_UNARY] = unary_relu,
            [TK_GELU_UNARY] = unary_gelu,
            [TK_GELU_TANH] = unary_gelu_tanh,
            [TK_SILU] = unary_silu,
            [TK_FLOOR] = unary_floor,
            [TK_ROUND] = unary_round,
            [TK_SCALE_ADD] = unary_scale_add,
            [TK_CLAMP] = unary_clamp,
            [TK_POWER] = unary_power,
            [TK_GREATER] = unary_greater,
        },
    .unary_gradient =
        {
            [TK_RELU_UNARY] = gradient_relu,
            [TK_GELU_UNARY] = gradient_gelu,
            [TK_GELU_TANH] = gradient_gelu_tanh,
            [TK_SILU] = gradient_silu,
            [TK_SIN] = gradient_sin,
            [TK_COS] = gradient_cos,
            [TK_TANH] = gradient_tanh,
            [TK_SIGMOID] = gradient_sigmoid,
            [TK_SOFTPLUS] = gradient_softplus,
            [TK_ABS] = gradient_abs,
            [TK_EXP] = gradient_exp,
            [TK_SQRT] = gradient_sqrt,
            [TK_ERF] = gradient_erf,
        },
    .binary =
        {
            [TK_ADD] = binary_add,
            [TK_SUBTRACT] = binary_subtract,
            [TK_MULTIPLY] = binary_multiply,
            [TK_DIVIDE] = binary_divide,
            [TK_MAXIMUM] = binary_maximum,
            [TK_MINIMUM] = binary_minimum,
            [TK_EQUAL] = binary_equal,
            [TK_LESS] = binary_less,
            [TK_LESS_EQUAL] = binary_less_equal,
            [TK_TIE_SHARE] = binary_tie_share,
        },
    .select = select_,
    .sum = sum,
    .extremum = extremum,
    .reduce_columns = reduce_columns,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax = log_softmax,
    .log_softmax_gradient = log_softmax_gradient,
    .layer_norm = layer_norm,
    .layer_norm_gradient = layer_norm_gradient,
    .adam = adam,
    .sum_squares = sum_squares,
    .uniform = uniform,
    .normal = normal,
    .dropout = dropout,
    .activation_cotangent = activation_cotangent,
    .cross_entropy_gradient = cross_entropy_gradient,
    .window_frame = window_frame,
    .unpack_real = unpack_real,
    .log_bands = log_bands,
    .transpose = transpose,
    .fourier = fourier,
    .fourier_real = fourier_real,
    .interleave = interleave,
    .gather = gather,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .winograd_weight = winograd_weight,
    .winograd_cotangent = winograd_cotangent,
    .winograd_window = winograd_window,
    .depthwise = depthwise,
    .depthwise_weight = depthwise_weight,
    .channel_moments = channel_moments,
    .channel_affine = channel_affine,
    .channel_gradient_sums = channel_gradient_sums,
    .channel_gradient = channel_gradient,
    .prelu = prelu,
    .prelu_gradient = prelu_gradient,
};
