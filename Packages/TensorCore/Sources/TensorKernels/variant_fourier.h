// Fourier transforms of as many signals at once as a vector has lanes. Included once per variant, after
// variant_signal.h.
//
// Numbers lie as [number, part, lane]: a signal's real parts and its imaginary ones are lanes of neighbouring vectors.

enum { PAIR = 2 * TK_WIDTH };

// The p-point transform of numbers, p odd: sums and differences of the opposite ones, then cosines and sines of turns.
INLINE void odd_butterfly(int p, vf *re, vf *im) {
    static const double cosines[8][4] = {[3] = {1, -0.5},
                                         [5] = {1, 0.30901699437494742, -0.80901699437494742},
                                         [7] = {1, 0.62348980185873353, -0.22252093395631440, -0.90096886790241913}};
    static const double sines[8][4] = {[3] = {0, 0.86602540378443865},
                                       [5] = {0, 0.95105651629515357, 0.58778525229247313},
                                       [7] = {0, 0.78183148246802981, 0.97492791218182361, 0.43388373911755812}};
    const int half = p / 2;
    const vf re0 = re[0], im0 = im[0];
    vf sum_re[4], sum_im[4], difference_re[4], difference_im[4];
    _Pragma("clang loop unroll(full)") for (int j = 1; j <= half; j++) {
        sum_re[j] = re[j] + re[p - j], difference_re[j] = re[j] - re[p - j];
        sum_im[j] = im[j] + im[p - j], difference_im[j] = im[j] - im[p - j];
        re[0] += sum_re[j], im[0] += sum_im[j];
    }
    _Pragma("clang loop unroll(full)") for (int k = 1; k <= half; k++) {
        vf even_re = re0, even_im = im0, odd_re = all(0), odd_im = all(0);
        _Pragma("clang loop unroll(full)") for (int j = 1; j <= half; j++) {
            const int turns = j * k % p, near = turns <= half ? turns : p - turns;
            const vf c = all((float)cosines[p][near]),
                     s = all((float)(turns <= half ? sines[p][near] : -sines[p][near]));
            even_re = fma_(c, sum_re[j], even_re), even_im = fma_(c, sum_im[j], even_im);
            odd_re = fma_(s, difference_im[j], odd_re), odd_im = fma_(s, difference_re[j], odd_im);
        }
        re[k] = even_re + odd_re, im[k] = even_im - odd_im;
        re[p - k] = even_re - odd_re, im[p - k] = even_im + odd_im;
    }
}

INLINE void butterfly(int p, vf *re, vf *im) {
    if (p == 2) {
        const vf a = re[0], b = im[0];
        re[0] = a + re[1], im[0] = b + im[1];
        re[1] = a - re[1], im[1] = b - im[1];
    } else if (p == 4) {
        const vf a_re = re[0] + re[2], a_im = im[0] + im[2], b_re = re[0] - re[2], b_im = im[0] - im[2];
        const vf c_re = re[1] + re[3], c_im = im[1] + im[3], d_re = re[1] - re[3], d_im = im[1] - im[3];
        re[0] = a_re + c_re, im[0] = a_im + c_im;
        re[1] = b_re + d_im, im[1] = b_im - d_re;
        re[2] = a_re - c_re, im[2] = a_im - c_im;
        re[3] = b_re - d_im, im[3] = b_im + d_re;
    } else {
        odd_butterfly(p, re, im);
    }
}

// One pass of Stockham's form: m groups of numbers `step` m apart, whose transforms lie side by side afterwards.
INLINE void fourier_pass(int p, size_t m, size_t step, const float *twiddle, const float *x, float *y) {
    for (size_t j = 0; j < m; j++, twiddle += 2 * (p - 1))
        for (size_t q = 0; q < step; q++) {
            vf re[7], im[7];
            const float *from = x + (q + step * j) * PAIR;
            float *to = y + (q + step * (size_t)p * j) * PAIR;
            _Pragma("clang loop unroll(full)") for (int t = 0; t < p; t++, from += step * m * PAIR) {
                re[t] = load(from);
                im[t] = load(from + TK_WIDTH);
            }
            butterfly(p, re, im);
            _Pragma("clang loop unroll(full)") for (int t = 0; t < p; t++, to += step * PAIR) {
                // The last pass has one group, whose factors are 1.
                const bool turns = t > 0 && m > 1;
                const vf c = turns ? all(twiddle[2 * t - 2]) : all(1), s = turns ? all(twiddle[2 * t - 1]) : all(0);
                store(to, turns ? fma_(c, re[t], -(s * im[t])) : re[t]);
                store(to + TK_WIDTH, turns ? fma_(c, im[t], s * re[t]) : im[t]);
            }
        }
}

// From x [length, 2, lane] to x or y, whichever is returned.
static float *fourier(const tk_fourier *f, float *x, float *y) {
    const float *twiddle = f->table;
    size_t rest = f->length, step = 1;
    for (size_t pass = 0; pass < f->passes; pass++) {
        const size_t p = f->radix[pass], m = rest / p;
#define PASS(radix)                                  \
    case radix:                                      \
        fourier_pass(radix, m, step, twiddle, x, y); \
        break;
        switch (p) { PASS(2) PASS(3) PASS(4) PASS(5) PASS(7) }
#undef PASS
        twiddle += 2 * m * (p - 1);
        rest = m;
        step *= p;
        float *other = x;
        x = y, y = other;
    }
    return x;
}

// x [2 * length, lane] real numbers to the non-negative frequencies [length + 1, 2, lane], in z; x and y are
// overwritten.
static void fourier_real(const tk_fourier *f, float *x, float *y, float *z) {
    const size_t n = f->length;
    const float *from = fourier(f, x, y), *twiddle = f->table + f->real_at;
    const vf re = load(from), im = load(from + TK_WIDTH);
    store(z, re + im), store(z + TK_WIDTH, all(0));
    store(z + n * PAIR, re - im), store(z + n * PAIR + TK_WIDTH, all(0));
    for (size_t k = 1; 2 * k <= n; k++) {
        const float *low = from + k * PAIR, *high = from + (n - k) * PAIR;
        const vf a_re = load(low), a_im = load(low + TK_WIDTH), b_re = load(high), b_im = load(high + TK_WIDTH);
        const vf even_re = (a_re + b_re) * 0.5f, even_im = (a_im - b_im) * 0.5f;
        const vf odd_re = (a_im + b_im) * 0.5f, odd_im = (b_re - a_re) * 0.5f;
        const vf c = all(twiddle[2 * k]), s = all(twiddle[2 * k + 1]);
        const vf turned_re = fma_(c, odd_re, -(s * odd_im)), turned_im = fma_(c, odd_im, s * odd_re);
        store(z + k * PAIR, even_re + turned_re), store(z + k * PAIR + TK_WIDTH, even_im + turned_im);
        store(z + (n - k) * PAIR, even_re - turned_re), store(z + (n - k) * PAIR + TK_WIDTH, turned_im - even_im);
    }
}

// `count` lanes of [n, 2, lane] as pairs [n, lane, 2], rows y_row apart.
static void interleave(const float *x, size_t n, size_t count, float *y, ptrdiff_t y_row) {
    for (size_t i = 0; i < n; i++, x += PAIR, y += y_row) {
        const vu re = (vu)load(x), im = (vu)load(x + TK_WIDTH);
        store_up_to(y, (vf)LOWER(re, im), 2 * count);
        if (2 * count > TK_WIDTH) store_up_to(y + TK_WIDTH, (vf)UPPER(re, im), 2 * count - TK_WIDTH);
    }
}
