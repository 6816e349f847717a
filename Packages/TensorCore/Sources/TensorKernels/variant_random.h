// Philox4x32-10 in vectors, a block per lane, and dropout by it. Included once per variant, after variant_math.h.

typedef uint32_t vu __attribute__((vector_size(4 * TK_WIDTH)));
typedef uint64_t vu_wide __attribute__((vector_size(4 * TK_WIDTH)));

// The high and low halves of a * b in every lane: products of the even lanes, then of the odd ones.
INLINE void multiply_wide(vu a, uint32_t b, vu *high, vu *low) {
    vu_wide even = ((vu_wide)a & 0xffffffff) * (uint64_t)b, odd = ((vu_wide)a >> 32) * (uint64_t)b;
    *high = (vu)((even >> 32) | (odd & 0xffffffff00000000));
    *low = (vu)((even & 0xffffffff) | (odd << 32));
}

// Two vectors of blocks at a time, since a round waits for its products.
enum { PHILOX_VECTORS = 2, PHILOX_BLOCKS = PHILOX_VECTORS * TK_WIDTH };

// The words of blocks `block` + 0, 1, …: word j of those of vector v in out[v][j].
INLINE void philox_blocks(const tk_random *r, uint64_t block, vu out[PHILOX_VECTORS][4]) {
    const uint64_t first = r->first_block + block;
    vu lane;
    for (int i = 0; i < TK_WIDTH; i++) lane[i] = (uint32_t)i;
    for (int v = 0; v < PHILOX_VECTORS; v++) {
        const vu low = lane + (uint32_t)first + (uint32_t)(v * TK_WIDTH);
        out[v][0] = low;
        out[v][1] = (vu){0} + (uint32_t)(first >> 32) + ((vu)(low < (uint32_t)first) & 1);
        out[v][2] = (vu){0} + r->stream;
        out[v][3] = (vu){0} + r->step;
    }
    uint32_t k0 = (uint32_t)r->key, k1 = (uint32_t)(r->key >> 32);
    _Pragma("clang loop unroll(full)") for (int round = 0; round < 10; round++) {
        _Pragma("clang loop unroll(full)") for (int v = 0; v < PHILOX_VECTORS; v++) {
            vu *c = out[v], high0, low0, high1, low1;
            multiply_wide(c[0], 0xD2511F53, &high0, &low0);
            multiply_wide(c[2], 0xCD9E8D57, &high1, &low1);
            c[0] = high1 ^ c[1] ^ k0, c[1] = low1, c[2] = high0 ^ c[3] ^ k1, c[3] = low0;
        }
        k0 += 0x9E3779B9, k1 += 0xBB67AE85;
    }
}

// The lanes of two vectors in turn: those of their lower halves, and of their upper ones.
#if TK_WIDTH == 4
#define LOWER(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define UPPER(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#elif TK_WIDTH == 8
#define LOWER(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define UPPER(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define LOWER(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UPPER(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#endif

// Four vectors in the order of their elements: element i has word i mod 4 of block i / 4.
INLINE void put_in_order(vu w[4]) {
    const vu a0 = LOWER(w[0], w[2]), a1 = UPPER(w[0], w[2]), b0 = LOWER(w[1], w[3]), b1 = UPPER(w[1], w[3]);
    w[0] = LOWER(a0, b0), w[1] = UPPER(a0, b0), w[2] = LOWER(a1, b1), w[3] = UPPER(a1, b1);
}

// The words of PHILOX_BLOCKS blocks in the order of their elements.
INLINE void ordered_words(const tk_random *r, uint64_t block, vu words[PHILOX_VECTORS][4]) {
    philox_blocks(r, block, words);
    _Pragma("clang loop unroll(full)") for (int v = 0; v < PHILOX_VECTORS; v++) put_in_order(words[v]);
}

enum { PHILOX_ELEMENTS = 4 * PHILOX_BLOCKS };

INLINE void dropout_blocks(const tk_random *r, uint64_t block, int32_t threshold, float scale, const float *x,
                           float *y) {
    vu words[PHILOX_VECTORS][4];
    ordered_words(r, block, words);
    _Pragma("clang loop unroll(full)") for (int v = 0; v < 4 * PHILOX_VECTORS; v++) {
        vi keeps = (vi)(words[v / 4][v % 4] >> 8) >= threshold;
        store(y + v * TK_WIDTH, (vf)((vi)fma_(all(scale), load(x + v * TK_WIDTH), all(0)) & keeps));
    }
}

// Elements first..<first + n of a sequence, kept (scaled) where the upper 24 bits of the word reach `threshold`, else
// 0; x and y are at `first`, and may be equal.
static void dropout(const tk_random *r, uint64_t first, int32_t threshold, float scale, const float *x, float *y,
                    size_t n) {
    size_t i = 0;
    while (i < n) {
        const size_t skipped = (first + i) % 4, count = tk_minimum(PHILOX_ELEMENTS - skipped, n - i);
        if (count == PHILOX_ELEMENTS) {
            dropout_blocks(r, (first + i) / 4, threshold, scale, x + i, y + i);
        } else {
            float padded[PHILOX_ELEMENTS] = {0};
            memcpy(padded + skipped, x + i, count * sizeof(float));
            dropout_blocks(r, (first + i) / 4, threshold, scale, padded, padded);
            memcpy(y + i, padded + skipped, count * sizeof(float));
        }
        i += count;
    }
}

// Elements first..<first + n, where 4 divides `first`.
static void uniform(const tk_random *r, uint64_t first, float *y, size_t n, float low, float high) {
    for (size_t i = 0; i < n; i += PHILOX_ELEMENTS) {
        vu words[PHILOX_VECTORS][4];
        float numbers[PHILOX_ELEMENTS];
        ordered_words(r, (first + i) / 4, words);
        for (int v = 0; v < 4 * PHILOX_VECTORS; v++) {
            vf share = __builtin_convertvector((vi)(words[v / 4][v % 4] >> 8), vf) * 0x1p-24f;
            store(numbers + v * TK_WIDTH, fma_(all(high - low), share, all(low)));
        }
        memcpy(y + i, numbers, tk_minimum(PHILOX_ELEMENTS, n - i) * sizeof(float));
    }
}

// Normal numbers are computed in double, so that they are the float nearest to the true one.
typedef double vd __attribute__((vector_size(4 * TK_WIDTH)));
typedef int64_t vl __attribute__((vector_size(4 * TK_WIDTH)));
typedef int32_t vi_half __attribute__((vector_size(2 * TK_WIDTH)));
typedef float vf_half __attribute__((vector_size(2 * TK_WIDTH)));

INLINE vd all_wide(double x) { return x - (vd){0}; }
INLINE vd fma_wide(vd a, vd b, vd c) { return __builtin_elementwise_fma(a, b, c); }
INLINE vd pick_wide(vl mask, vd a, vd b) { return (vd)((mask & (vl)a) | (~mask & (vl)b)); }
// ln x of normal positive x: x = 2^e m with sqrt(1/2) <= m < sqrt 2, and fdlibm's series in s = (m - 1)/(m + 1).
INLINE vd log_wide(vd x) {
    const vl bits = (vl)x - 0x3fe6a09e667f3bcd, exponent = bits >> 52;
    const vd f = (vd)((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
    const vd e = (vd)(exponent + 0x4338000000000000) - 0x1.8p52;
    const vd s = f / (f + 2.0), z = s * s, half = f * f * 0.5;
    vd p = all_wide(1.479819860511658591e-01);
    p = fma_wide(p, z, all_wide(1.531383769920937332e-01));
    p = fma_wide(p, z, all_wide(1.818357216161805012e-01));
    p = fma_wide(p, z, all_wide(2.222219843214978396e-01));
    p = fma_wide(p, z, all_wide(2.857142874366239149e-01));
    p = fma_wide(p, z, all_wide(3.999999999940941908e-01));
    p = fma_wide(p, z, all_wide(6.666666666666735130e-01));
    const vd tail = fma_wide(s, fma_wide(p, z, half), e * 1.90821492927058770002e-10);
    return fma_wide(e, all_wide(6.93147180369123816490e-01), f - (half - tail));
}

// sin and cos of 2 pi x for 0 <= x < 1: the nearest quarter turn is exact, and fdlibm's polynomials take the rest.
INLINE vd sine_and_cosine_of_turns(vd x, vd *cosine) {
    const vd shifted = x * 4.0 + 0x1.8p52, r = fma_wide(x, all_wide(4), 0x1.8p52 - shifted) * 1.57079632679489661923;
    const vl quarter = (vl)shifted;
    const vd z = r * r;
    vd s = all_wide(1.58969099521155010221e-10);
    s = fma_wide(s, z, all_wide(-2.50507602534068634195e-08));
    s = fma_wide(s, z, all_wide(2.75573137070700676789e-06));
    s = fma_wide(s, z, all_wide(-1.98412698298579493134e-04));
    s = fma_wide(s, z, all_wide(8.33333333332248946124e-03));
    s = fma_wide(s, z, all_wide(-1.66666666666666324348e-01));
    s = fma_wide(s * z, r, r);
    vd c = all_wide(-1.13596475577881948265e-11);
    c = fma_wide(c, z, all_wide(2.08757232129817482790e-09));
    c = fma_wide(c, z, all_wide(-2.75573143513906633035e-07));
    c = fma_wide(c, z, all_wide(2.48015872894767294178e-05));
    c = fma_wide(c, z, all_wide(-1.38888888888741095749e-03));
    c = fma_wide(c, z, all_wide(4.16666666666666019037e-02));
    c = fma_wide(c * z, z, fma_wide(z, all_wide(-0.5), all_wide(1)));
    const vl swaps = -(quarter & 1), sine_sign = quarter << 62, cosine_sign = (quarter + 1) << 62;
    *cosine = (vd)((vl)pick_wide(swaps, s, c) ^ (cosine_sign & INT64_MIN));
    return (vd)((vl)pick_wide(swaps, c, s) ^ (sine_sign & INT64_MIN));
}

// Box and Muller: the numbers of two words, of whose upper 24 bits the first's are the radius and the second's the
// angle.
INLINE void normal_pair(vu *first, vu *second) {
    vi_half radius_bits[2], angle_bits[2];
    vf_half with_cosine[2], with_sine[2];
    const vu radii = *first >> 8, angles = *second >> 8;
    memcpy(radius_bits, &radii, sizeof radii);
    memcpy(angle_bits, &angles, sizeof angles);
    for (int h = 0; h < 2; h++) {
        const vd share = (__builtin_convertvector(radius_bits[h], vd) + 1.0) * 0x1p-24;
        const vd radius = __builtin_elementwise_sqrt(log_wide(share) * -2.0);
        vd cosine;
        const vd sine = sine_and_cosine_of_turns(__builtin_convertvector(angle_bits[h], vd) * 0x1p-24, &cosine);
        with_cosine[h] = __builtin_convertvector(radius * cosine, vf_half);
        with_sine[h] = __builtin_convertvector(radius * sine, vf_half);
    }
    memcpy(first, with_cosine, sizeof *first);
    memcpy(second, with_sine, sizeof *second);
}

// Elements first..<first + n, where 4 divides `first`.
static void normal(const tk_random *r, uint64_t first, float *y, size_t n, float mean, float deviation) {
    for (size_t i = 0; i < n; i += PHILOX_ELEMENTS) {
        vu words[PHILOX_VECTORS][4];
        float numbers[PHILOX_ELEMENTS];
        philox_blocks(r, (first + i) / 4, words);
        for (int v = 0; v < PHILOX_VECTORS; v++) {
            normal_pair(&words[v][0], &words[v][1]);
            normal_pair(&words[v][2], &words[v][3]);
            put_in_order(words[v]);
            for (int j = 0; j < 4; j++)
                store(numbers + (4 * v + j) * TK_WIDTH, fma_(all(deviation), (vf)words[v][j], all(mean)));
        }
        memcpy(y + i, numbers, tk_minimum(PHILOX_ELEMENTS, n - i) * sizeof(float));
    }
}
