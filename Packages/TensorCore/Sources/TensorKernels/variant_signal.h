// The loops of one variant around Fourier transforms. Included once per variant, after variant_sequence.h.
// Products are rounded before they are added, on every instruction set.

static void window_frame(const float *x, size_t n, bool removes_mean, float preemphasis, const float *window,
                         float *y) {
    float mean = 0;
    if (removes_mean) {
        double lane[16] = {0};
        for (size_t base = 0; base + 16 <= n; base += 16)
            for (size_t j = 0; j < 16; j++) lane[j] += (double)x[base + j];
        for (size_t i = n / 16 * 16; i < n; i++) lane[i % 16] += (double)x[i];
        for (int half = 8; half > 0; half /= 2)
            for (int j = 0; j < half; j++) lane[j] += lane[j + half];
        mean = (float)(lane[0] / (double)n);
    }
    // The first sample is its own predecessor.
    y[0] = ((x[0] - mean) - preemphasis * (x[0] - mean)) * window[0];
    size_t i = 1;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) {
        vf previous = load(x + i - 1) - mean;
        store(y + i, ((load(x + i) - mean) - previous * preemphasis) * load(window + i));
    }
    for (; i < n; i++) y[i] = ((x[i] - mean) - preemphasis * (x[i - 1] - mean)) * window[i];
}

static void unpack_real(const float *z, const float *twiddle, size_t half, float *x) {
    const float *cosine = twiddle, *sine = twiddle + 2 * half;
    x[0] = z[0] + z[1];
    x[1] = 0;
    size_t k = 1;
    // Four numbers at a time; those of the other half are met from its end.
    for (; k + 4 <= half; k += 4) {
        eight a = *(const eight_anywhere *)(z + 2 * k);
        eight b = *(const eight_anywhere *)(z + 2 * (half - k - 3));
        b = __builtin_shufflevector(b, b, 6, 7, 4, 5, 2, 3, 0, 1) * (eight){1, -1, 1, -1, 1, -1, 1, -1};
        eight sum = a + b, difference = a - b;
        eight exchanged = __builtin_shufflevector(difference, difference, 1, 0, 3, 2, 5, 4, 7, 6);
        *(eight_anywhere *)(x + 2 * k) = sum * 0.5f + (*(const eight_anywhere *)(cosine + 2 * k) * exchanged +
                                                       *(const eight_anywhere *)(sine + 2 * k) * difference);
    }
    for (; k < half; k++) {
        const float *a = z + 2 * k, *b = z + 2 * (half - k), *c = cosine + 2 * k, *s = sine + 2 * k;
        float re = a[0] - b[0], im = a[1] + b[1];
        x[2 * k] = (a[0] + b[0]) * 0.5f + (c[0] * im + s[0] * re);
        x[2 * k + 1] = (a[1] - b[1]) * 0.5f + (c[1] * re + s[1] * im);
    }
    x[2 * half] = z[0] - z[1];
    x[2 * half + 1] = 0;
}

// The squared magnitudes, or magnitudes, of eight spectra `step` floats apart, as [bin, spectrum].
INLINE void eight_powers(const float *x, size_t step, size_t bins, bool uses_power, float *y) {
    size_t k = 0;
    for (; k + 8 <= bins; k += 8) {
        eight p[8];
        _Pragma("clang loop unroll(full)") for (int f = 0; f < 8; f++) {
            const float *at = x + (size_t)f * step + 2 * k;
            eight low = *(const eight_anywhere *)at, high = *(const eight_anywhere *)(at + 8);
            low *= low;
            high *= high;
            p[f] = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14) +
                   __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
        }
        transpose_eight(p);
        _Pragma("clang loop unroll(full)") for (size_t u = 0; u < 8; u++) * (eight_anywhere *)(y + (k + u) * 8) = p[u];
    }
    for (; k < bins; k++)
        for (size_t f = 0; f < 8; f++) {
            const float *at = x + f * step + 2 * k;
            y[k * 8 + f] = at[0] * at[0] + at[1] * at[1];
        }
    if (!uses_power)
        for (size_t i = 0; i < 8 * bins; i += 8) {
            eight root = __builtin_elementwise_sqrt(*(const eight_anywhere *)(y + i));
            *(eight_anywhere *)(y + i) = root;
        }
}

static void log_bands(const float *x, size_t step, size_t count, const tk_band *band, bool uses_power, float least,
                      float *power, float *y) {
    eight_powers(x, step, band->inputs, uses_power, power);
    for (size_t o = 0; o < band->outputs; o += 8) {
        eight sum[8] = {{0}};
        const size_t bands = tk_minimum(8, band->outputs - o);
        for (size_t u = 0; u < bands; u++) {
            const float *p = power + 8 * (size_t)band->start[o + u];
            for (int32_t t = band->offset[o + u]; t < band->offset[o + u + 1]; t++, p += 8)
                sum[u] += *(const eight_anywhere *)p * band->weight[t];
        }
        transpose_eight(sum);
        for (size_t f = 0; f < count; f++) memcpy(y + f * band->outputs + o, &sum[f], bands * sizeof(float));
    }
    const size_t n = count * band->outputs;
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(y + i, log_(larger(load(y + i), all(least))));
    if (i < n) store_some(y + i, log_(larger(load_some(y + i, n - i), all(least))), n - i);
}
