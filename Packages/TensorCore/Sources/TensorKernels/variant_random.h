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

// The words of PHILOX_BLOCKS blocks in the order of their elements: element i has word i mod 4 of block i / 4.
INLINE void ordered_words(const tk_random *r, uint64_t block, vu words[4 * PHILOX_VECTORS]) {
    vu w[PHILOX_VECTORS][4] = {0};
    philox_blocks(r, block, w);
    _Pragma("clang loop unroll(full)") for (int v = 0; v < PHILOX_VECTORS; v++) {
        vu a0 = LOWER(w[v][0], w[v][2]), a1 = UPPER(w[v][0], w[v][2]);
        vu b0 = LOWER(w[v][1], w[v][3]), b1 = UPPER(w[v][1], w[v][3]);
        words[4 * v] = LOWER(a0, b0), words[4 * v + 1] = UPPER(a0, b0);
        words[4 * v + 2] = LOWER(a1, b1), words[4 * v + 3] = UPPER(a1, b1);
    }
}

enum { PHILOX_ELEMENTS = 4 * PHILOX_BLOCKS };

INLINE void dropout_blocks(const tk_random *r, uint64_t block, int32_t threshold, float scale, const float *x,
                           float *y) {
    vu words[4 * PHILOX_VECTORS];
    ordered_words(r, block, words);
    _Pragma("clang loop unroll(full)") for (int v = 0; v < 4 * PHILOX_VECTORS; v++) {
        vi keeps = (vi)(words[v] >> 8) >= threshold;
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
        vu words[4 * PHILOX_VECTORS];
        float numbers[PHILOX_ELEMENTS];
        ordered_words(r, (first + i) / 4, words);
        for (int v = 0; v < 4 * PHILOX_VECTORS; v++) {
            vf share = __builtin_convertvector((vi)(words[v] >> 8), vf) * 0x1p-24f;
            store(numbers + v * TK_WIDTH, fma_(all(high - low), share, all(low)));
        }
        memcpy(y + i, numbers, tk_minimum(PHILOX_ELEMENTS, n - i) * sizeof(float));
    }
}

#undef LOWER
#undef UPPER
