// Vectors of TK_WIDTH floats and the functions of one element. Included once per variant, which names width and target.
#include "variant.h"
#if TK_WIDTH > 4
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

#ifdef TK_TARGET
#define TK_PUSH(x) _Pragma(#x)
#define TK_PUSH_TARGET(t) TK_PUSH(clang attribute push(__attribute__((target(t))), apply_to = function))
TK_PUSH_TARGET(TK_TARGET)
#endif

typedef float vf __attribute__((vector_size(4 * TK_WIDTH)));
typedef int32_t vi __attribute__((vector_size(4 * TK_WIDTH)));
typedef float vf_anywhere __attribute__((vector_size(4 * TK_WIDTH), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf_anywhere *)p; }
INLINE void store(float *p, vf x) { *(vf_anywhere *)p = x; }
INLINE vf all(float x) { return x - (vf){0}; }
INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
INLINE vf pick(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vf abs_(vf x) { return (vf)((vi)x & 0x7fffffff); }
INLINE vf with_sign(vf magnitude, vf sign) {
    return (vf)(((vi)magnitude & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000));
}
// 1 where the mask is set, else 0.
INLINE vf one_where(vi mask) { return (vf)(mask & (vi)all(1)); }
// NaN if either is.
INLINE vf larger(vf a, vf b) { return pick(a != a, a, pick(a > b, a, b)); }
INLINE vf smaller(vf a, vf b) { return pick(a != a, a, pick(a < b, a, b)); }
// 2^n for -126 <= n <= 127.
INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

// The nearest integer of |x| < 2^22 as float and, in the low bits of the sum, as int: no conversion that a NaN could
// break.
INLINE vf nearest(vf x, vi *n) {
    const float magic = 12582912.0f;
    vf t = x + magic;
    *n = (vi)t - 0x4b400000;
    return t - magic;
}

// exp and expm1 share x = n ln 2 + r, |r| <= ln 2 / 2, and (e^r - 1 - r)/r^2 by the Cephes polynomial.
INLINE vf reduce_exp(vf x, vi *n, vf *r) {
    vf k = nearest(x * 1.44269504f, n);
    vf s = fma_(k, all(-0.693359375f), x);
    s = fma_(k, all(2.12194440e-4f), s);
    *r = s;
    vf q = all(1.9875691500e-4f);
    q = fma_(q, s, all(1.3981999507e-3f));
    q = fma_(q, s, all(8.3334519073e-3f));
    q = fma_(q, s, all(4.1665795894e-2f));
    q = fma_(q, s, all(1.6666665459e-1f));
    q = fma_(q, s, all(5.0000001201e-1f));
    return q;
}

// 0 below -103.97, infinite above 88.7228; the comparisons let NaN through.
INLINE vf exp_(vf x) {
    x = pick(x > 89.0f, all(89.0f), x);
    x = pick(x < -104.0f, all(-104.0f), x);
    vi n;
    vf r;
    vf q = reduce_exp(x, &n, &r);
    vf y = fma_(q, r * r, r) + 1.0f;
    vi half = n >> 1; // two steps, so that results below 2^-126 are rounded once
    return y * power_of_two(half) * power_of_two(n - half);
}

INLINE vf expm1_(vf x) {
    vf bounded = pick(x > 88.0f, all(88.0f), x);
    bounded = pick(bounded < -104.0f, all(-104.0f), bounded);
    vi n;
    vf r;
    vf q = reduce_exp(bounded, &n, &r);
    vf y = fma_(q, r * r, r);
    vi low = n < -125;
    vf scale = power_of_two((vi)pick(low, (vf)(vi){0}, (vf)n));
    vf result = pick(low, all(-1), fma_(y, scale, scale - 1.0f));
    result = pick(abs_(x) < 1e-8f, x, result);
    return pick(x > 88.0f, exp_(x), result);
}

INLINE vf log_(vf x) {
    vi tiny = x < 1.17549435e-38f;
    vf scaled = pick(tiny, x * 8388608.0f, x);
    // The mantissa in sqrt(1/2)..<sqrt(2) and the exponent that belongs to it.
    vi bits = (vi)scaled - 0x3f3504f3;
    vi exponent = (bits >> 23) - (tiny & 23);
    vf m = (vf)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
    vf e = (vf)(exponent + 0x4b400000) - 12582912.0f;
    vf z = m * m;
    vf p = all(7.0376836292e-2f);
    p = fma_(p, m, all(-1.1514610310e-1f));
    p = fma_(p, m, all(1.1676998740e-1f));
    p = fma_(p, m, all(-1.2420140846e-1f));
    p = fma_(p, m, all(1.4249322787e-1f));
    p = fma_(p, m, all(-1.6668057665e-1f));
    p = fma_(p, m, all(2.0000714765e-1f));
    p = fma_(p, m, all(-2.4999993993e-1f));
    p = fma_(p, m, all(3.3333331174e-1f));
    vf y = fma_(p, m * z, e * -2.12194440e-4f);
    y = fma_(z, all(-0.5f), y);
    y = fma_(e, all(0.693359375f), m + y);
    y = pick(x == 0.0f, all(-INFINITY), y);
    y = pick(x < 0.0f, all(NAN), y);
    return pick((x == INFINITY) | (x != x), x, y);
}

// log(1 + x) = log(u) x/(u - 1) for u = 1 + x rounded.
INLINE vf log1p_(vf x) {
    vf u = x + 1.0f;
    vf y = log_(u) * (x / (u - 1.0f));
    y = pick(u == 1.0f, x, y);
    return pick((u == INFINITY) | (u == 0.0f), log_(u), y);
}

// sin and cos share x = n pi/2 + r by three constants, exact enough below 2^13; beyond, the C library's double
// functions.
INLINE vf reduce_angle(vf x, vi *n) {
    vf k = nearest(x * 0.636619772f, n);
    vf r = fma_(k, all(-1.57079637f), x);
    r = fma_(k, all(4.37113883e-8f), r);
    return fma_(k, all(1.71512489e-15f), r);
}

INLINE vf sine_of_reduced(vf r) {
    vf z = r * r;
    vf p = all(2.6083159809786593541503e-06f);
    p = fma_(p, z, all(-0.0001981069071916863322258f));
    p = fma_(p, z, all(0.00833307858556509017944336f));
    p = fma_(p, z, all(-0.166666597127914428710938f));
    return fma_(p * z, r, r);
}

INLINE vf cosine_of_reduced(vf r) {
    vf z = r * r;
    vf p = all(2.443315711809948e-5f);
    p = fma_(p, z, all(-1.388731625493765e-3f));
    p = fma_(p, z, all(4.166664568298827e-2f));
    return fma_(p * z, z, fma_(z, all(-0.5f), all(1)));
}

INLINE vf large_angles(vf x, vf y, double (*function)(double)) {
    vi large = ~(abs_(x) < 8192.0f);
    for (int i = 0; i < TK_WIDTH; i++)
        if (large[i]) y[i] = (float)function((double)x[i]);
    return y;
}

INLINE bool any(vi mask) {
    int32_t found = 0;
    for (int i = 0; i < TK_WIDTH; i++) found |= mask[i];
    return found != 0;
}

// sin(n pi/2 + r) from sin r and cos r.
INLINE vf turned(vi n, vf sine, vf cosine) {
    vf y = pick((n & 1) != 0, cosine, sine);
    return (vf)((vi)y ^ ((n & 2) << 30));
}

// sin(x + shift pi/2).
INLINE vf circular(vf x, int shift) {
    vi n;
    vf r = reduce_angle(x, &n);
    return turned(n + shift, sine_of_reduced(r), cosine_of_reduced(r));
}

INLINE vf sin_(vf x) {
    vf y = circular(x, 0);
    return any(~(abs_(x) < 8192.0f)) ? large_angles(x, y, sin) : pick(x == 0.0f, x, y);
}

INLINE vf cos_(vf x) {
    vf y = circular(x, 1);
    return any(~(abs_(x) < 8192.0f)) ? large_angles(x, y, cos) : y;
}

// sin_ and cos_ of one angle.
INLINE vf sine_and_cosine(vf x, vf *cosine) {
    vi n;
    vf r = reduce_angle(x, &n);
    vf s = sine_of_reduced(r), c = cosine_of_reduced(r), sine = turned(n, s, c);
    *cosine = turned(n + 1, s, c);
    if (!any(~(abs_(x) < 8192.0f))) return pick(x == 0.0f, x, sine);
    *cosine = large_angles(x, *cosine, cos);
    return large_angles(x, sine, sin);
}

INLINE vf tanh_(vf x) {
    vf a = abs_(x), z = x * x;
    vf p = all(-5.70498872745e-3f);
    p = fma_(p, z, all(2.06390887954e-2f));
    p = fma_(p, z, all(-5.37397155531e-2f));
    p = fma_(p, z, all(1.33314422036e-1f));
    p = fma_(p, z, all(-3.33332819422e-1f));
    vf small = fma_(p * z, x, x);
    vf large = with_sign(1.0f - 2.0f / (exp_(a + a) + 1.0f), x);
    return pick(a < 0.625f, small, pick(x != x, x, large));
}

INLINE vf sigmoid_(vf x) {
    vf e = exp_(-abs_(x));
    return pick(x >= 0.0f, all(1), e) / (e + 1.0f);
}

INLINE vf softplus_(vf x) { return pick(x > 20.0f, x, log1p_(exp_(pick(x > 20.0f, all(0), x)))); }

// Minimax forms on |x| < 0.9277 and beyond, where 1 - e^p(x) is used; below 1 ulp. Source: N. Juffa's erff.
INLINE vf erf_(vf x) {
    vf t = abs_(x), s = x * x;
    vf r = fma_(all(-1.72853470e-5f), t, all(3.83197126e-4f));
    vf u = fma_(all(-3.88396438e-3f), t, all(2.42546219e-2f));
    r = fma_(r, s, u);
    r = fma_(r, t, all(-1.06777877e-1f));
    r = fma_(r, t, all(-6.34846687e-1f));
    r = fma_(r, t, all(-1.28717512e-1f));
    r = fma_(r, t, -t);
    vf large = with_sign(1.0f - exp_(r), x);
    large = pick(t > 4.0f, with_sign(all(1), x), large);
    vf p = all(-5.96761703e-4f);
    p = fma_(p, s, all(4.99119423e-3f));
    p = fma_(p, s, all(-2.67681349e-2f));
    p = fma_(p, s, all(1.12819925e-1f));
    p = fma_(p, s, all(-3.76125336e-1f));
    p = fma_(p, s, all(1.28379166e-1f));
    vf small = fma_(p, x, x);
    return pick(t > 0.927734375f, large, pick(x != x, x, small));
}

INLINE vf relu_(vf x) { return pick(x <= 0.0f, all(0), x); }

// The normal distribution function and e^(-x^2/2), which its tail is a smooth multiple of: with t = |x|/sqrt 2 the tail
// is erfc(t)/2 = e^(-t^2) s P(s), s = 1/(1 + t/2), P minimax to 4e-8 on t < 9.4; beyond, the exponential is 0.
INLINE vf normal_distribution(vf x, vf *bell) {
    *bell = exp_(x * x * -0.5f);
    vf s = 1.0f / fma_(abs_(x), all(0.353553391f), all(1));
    vf p = all(-0.0294235721f);
    p = fma_(p, s, all(0.141743913f));
    p = fma_(p, s, all(-0.24246864f));
    p = fma_(p, s, all(0.137731701f));
    p = fma_(p, s, all(-0.0124099283f));
    p = fma_(p, s, all(0.100958407f));
    p = fma_(p, s, all(0.121650085f));
    p = fma_(p, s, all(0.141174003f));
    p = fma_(p, s, all(0.141043991f));
    vf tail = *bell * (p * s);
    return pick(x < 0.0f, tail, 1.0f - tail);
}
INLINE vf gelu_(vf x) {
    vf bell;
    return x * normal_distribution(x, &bell);
}
INLINE vf gelu_slope(vf x) {
    vf bell;
    vf share = normal_distribution(x, &bell);
    vf density = bell * 0.398942280f;
    return fma_(pick(density == 0.0f, all(0), x), density, share);
}

INLINE vf gelu_tanh_inner(vf x) { return fma_(x * x * x, all(0.0356774081f), x * 0.797884561f); }
INLINE vf gelu_tanh(vf x) { return x * fma_(all(0.5f), tanh_(gelu_tanh_inner(x)), all(0.5f)); }
INLINE vf gelu_tanh_slope(vf x) {
    vf t = tanh_(gelu_tanh_inner(x));
    vf inner = fma_(x * x, all(0.1070322243f), all(0.797884561f));
    vf steep = (1.0f - t * t) * 0.5f;
    return fma_(pick(steep == 0.0f, all(0), x * inner), steep, fma_(all(0.5f), t, all(0.5f)));
}

INLINE vf silu_(vf x) { return x * sigmoid_(x); }
INLINE vf silu_slope(vf x) {
    vf s = sigmoid_(x);
    return s * fma_(x, 1.0f - s, all(1));
}

INLINE vf root(vf x) { return __builtin_elementwise_sqrt(x); }
INLINE vf sign_(vf x) { return pick(x != x, x, one_where(x > 0.0f) - one_where(x < 0.0f)); }

// x^p by repeated squaring; p is an integer or a half, the same for all.
INLINE vf power_(vf x, float p) {
    unsigned halves = (unsigned)(fabsf(p) * 2);
    vf y = halves & 1 ? root(x) : all(1);
    vf square = x;
    for (unsigned n = halves >> 1; n != 0; n >>= 1) {
        if (n & 1) y *= square;
        square *= square;
    }
    return p < 0 ? 1.0f / y : y;
}
