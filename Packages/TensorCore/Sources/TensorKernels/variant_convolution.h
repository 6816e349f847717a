// Loops of convolutions over channels-last maps. Included once per variant, before its table.

// Gathered products

// A vector of a panel starts `vector` floats into a row; a wide vector is a whole row, its neighbour the next panel's.
// The last vector may have fewer columns than lanes.
INLINE void gather_vectors(const tk_gather *t, int vectors, bool is_whole) {
    vf sum[TK_TILE_ROWS][2];
    float *out[TK_TILE_ROWS];
    const size_t count[2] = {vectors == 2 || is_whole ? TK_WIDTH : t->columns,
                             is_whole ? TK_WIDTH : t->columns - TK_WIDTH};
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++) {
        out[i] = t->out[i] + t->column;
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) sum[i][v] =
            t->continues ? load_up_to(out[i] + v * TK_WIDTH, count[v]) : all(0);
    }
    const float *b = t->panel;
    const ptrdiff_t second = TK_WIDTH < TK_PANEL ? TK_WIDTH : t->panel_stride;
    const float *const *rows = t->rows;
    for (size_t s = 0; s < t->segments; s++, rows += TK_TILE_ROWS) {
        const float *a[TK_TILE_ROWS];
        _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++) a[i] = rows[i];
        for (size_t k = 0; k < t->length; k++, b += TK_PANEL) {
            const vf b0 = load(b), b1 = vectors == 2 ? load(b + second) : b0;
            _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++) {
                const vf ai = all(a[i][k]);
                sum[i][0] = fma_(ai, b0, sum[i][0]);
                if (vectors == 2) sum[i][1] = fma_(ai, b1, sum[i][1]);
            }
        }
    }
    if (t->finishes && t->offset) _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {
            const vf offset = load_up_to(t->offset + v * TK_WIDTH, count[v]);
            if (t->scale) {
                const vf scale = load_up_to(t->scale + v * TK_WIDTH, count[v]);
                _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++) sum[i][v] =
                    fma_(sum[i][v], scale, offset);
            } else {
                _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++) sum[i][v] += offset;
            }
        }
    if (t->finishes && t->activation == TK_RELU)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++)
            _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) sum[i][v] = relu_(sum[i][v]);
    _Pragma("clang loop unroll(full)") for (int i = 0; i < TK_TILE_ROWS; i++)
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)
            store_up_to(t->out[i] + t->column + v * TK_WIDTH, sum[i][v], count[v]);
    // From memory: inside the loop above it would take the sums' registers.
    if (t->finishes && t->activation > TK_RELU)
        for (int i = 0; i < TK_TILE_ROWS; i++)
            for (int v = 0; v < vectors; v++) {
                float *y = t->out[i] + t->column + v * TK_WIDTH;
                store_up_to(y, activated(load_up_to(y, count[v]), t->activation), count[v]);
            }
}

static void gather(const tk_gather *t) {
    if (t->columns == 2 * TK_WIDTH)
        gather_vectors(t, 2, true);
    else if (t->columns > TK_WIDTH)
        gather_vectors(t, 2, false);
    else if (t->columns == TK_WIDTH)
        gather_vectors(t, 1, true);
    else
        gather_vectors(t, 1, false);
}

// Winograd F(4x4, 3x3): points 0, 1, -1, 2, -2 and infinity

// Six values to six, one after the other `step` apart.
INLINE void input_six(const vf *x, int step, vf *y, int y_step) {
    const vf x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
    const vf even = fma_(all(-4), x2, x4), odd = fma_(all(-4), x1, x3);
    const vf near = x4 - x2, far = 2.0f * (x3 - x1);
    y[0] = fma_(all(4), x0, fma_(all(-5), x2, x4));
    y[y_step] = even + odd;
    y[2 * y_step] = even - odd;
    y[3 * y_step] = near + far;
    y[4 * y_step] = near - far;
    y[5 * y_step] = fma_(all(4), x1, fma_(all(-5), x3, x5));
}

// The 36 frequencies of 6 x 6 pixels, each channel at v[frequency * stride + channel].
static void winograd_input(const float *const *pixels, size_t channels, float *v, size_t frequency_stride) {
    for (size_t c = 0; c < channels; c += TK_WIDTH) {
        const size_t width = channels - c;
        vf x[36], y[36];
        for (int i = 0; i < 36; i++) x[i] = load_up_to(pixels[i] + c, width);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) input_six(x + i, 6, y + i, 6);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) input_six(y + 6 * i, 1, x + 6 * i, 1);
        for (size_t i = 0; i < 36; i++) store_up_to(v + i * frequency_stride + c, x[i], width);
    }
}

INLINE void output_four(const vf *m, int step, vf *y, int y_step) {
    const vf m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step];
    const vf near = m1 + m2, far = m3 + m4, slope = m1 - m2, steep = m3 - m4;
    y[0] = m[0] + near + far;
    y[y_step] = fma_(all(2), steep, slope);
    y[2 * y_step] = fma_(all(4), far, near);
    y[3 * y_step] = fma_(all(8), steep, slope) + m[5 * step];
}

static void winograd_output(const float *m, size_t frequency_stride, const tk_gather *epilogue, float *const *out,
                            size_t columns) {
    for (size_t c = 0; c < columns; c += TK_WIDTH) {
        vf x[36], y[24];
        for (size_t i = 0; i < 36; i++) x[i] = load(m + i * frequency_stride + c);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) output_four(x + i, 6, y + i, 6);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) output_four(y + 6 * i, 1, x + 4 * i, 1);
        for (int i = 0; i < 16; i++) {
            if (!out[i]) continue;
            vf value = x[i];
            if (epilogue->scale)
                value = fma_(value, load_up_to(epilogue->scale + c, columns - c),
                             load_up_to(epilogue->offset + c, columns - c));
            else if (epilogue->offset)
                value += load_up_to(epilogue->offset + c, columns - c);
            store_up_to(out[i] + c, activated(value, epilogue->activation), columns - c);
        }
    }
}

// Four cotangents as a filter of four taps to six frequencies.
INLINE void cotangent_six(const vf *g, int step, vf *y, int y_step) {
    const vf g0 = g[0], g1 = g[step], g2 = g[2 * step], g3 = g[3 * step];
    const vf even = (g0 + g2) * (-1.0f / 6), odd = (g1 + g3) * (1.0f / 6);
    const vf far = fma_(all(1.0f / 24), g0, g2 * (1.0f / 6)), steep = fma_(all(1.0f / 12), g1, g3 * (1.0f / 3));
    y[0] = g0 * 0.25f;
    y[y_step] = even - odd;
    y[2 * y_step] = even + odd;
    y[3 * y_step] = far + steep;
    y[4 * y_step] = far - steep;
    y[5 * y_step] = g3;
}

// The 36 frequencies of 4 x 4 cotangents.
static void winograd_cotangent(const float *const *pixels, size_t channels, float *v, size_t frequency_stride) {
    for (size_t c = 0; c < channels; c += TK_WIDTH) {
        const size_t width = channels - c;
        vf x[16], y[24], z[36];
        for (int i = 0; i < 16; i++) x[i] = load_up_to(pixels[i] + c, width);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) cotangent_six(x + i, 4, y + i, 4);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) cotangent_six(y + 4 * i, 1, z + 6 * i, 1);
        for (size_t i = 0; i < 36; i++) store_up_to(v + i * frequency_stride + c, z[i], width);
    }
}

INLINE void output_three(const vf *m, size_t step, vf *y) {
    const vf near = m[step] + m[2 * step], far = m[3 * step] + m[4 * step];
    const vf slope = m[step] - m[2 * step], steep = m[3 * step] - m[4 * step];
    y[0] = m[0] + near + far;
    y[1] = fma_(all(2), steep, slope);
    y[2] = fma_(all(4), far, near) + m[5 * step];
}

// Windows [9, TK_PANEL] from their 36 frequencies, `stride` apart.
static void winograd_window(const float *u, size_t stride, float *w) {
    for (int c = 0; c < TK_PANEL; c += TK_WIDTH) {
        vf x[36], y[18], column[3], row[6];
        for (size_t i = 0; i < 36; i++) x[i] = load(u + i * stride + c);
        for (int i = 0; i < 6; i++) {
            output_three(x + i, 6, column);
            for (int j = 0; j < 3; j++) y[6 * j + i] = column[j];
        }
        for (int j = 0; j < 3; j++) {
            memcpy(row, y + 6 * j, sizeof row);
            output_three(row, 1, column);
            for (int i = 0; i < 3; i++) store(w + (3 * j + i) * TK_PANEL + c, column[i]);
        }
    }
}

// Three taps to six frequencies, `step` apart.
INLINE void window_six(vf a, vf b, vf d, vf *y, int step) {
    const vf even = (a + d) * (-1.0f / 6), odd = b * (1.0f / 6);
    const vf far = fma_(all(1.0f / 24), a, d * (1.0f / 6)), steep = b * (1.0f / 12);
    y[0] = a * 0.25f;
    y[step] = even - odd;
    y[2 * step] = even + odd;
    y[3 * step] = far + steep;
    y[4 * step] = far - steep;
    y[5 * step] = d;
}

// The 36 frequencies of windows w[9][TK_PANEL], each row `stride` apart.
static void winograd_weight(const float *w, float *u, size_t stride) {
    for (int c = 0; c < TK_PANEL; c += TK_WIDTH) {
        vf rows[18], y[36]; // rows: [six, column of the window]
        for (int j = 0; j < 3; j++)
            window_six(load(w + j * TK_PANEL + c), load(w + (3 + j) * TK_PANEL + c), load(w + (6 + j) * TK_PANEL + c),
                       rows + j, 3);
        for (int i = 0; i < 6; i++) window_six(rows[3 * i], rows[3 * i + 1], rows[3 * i + 2], y + 6 * i, 1);
        for (size_t i = 0; i < 36; i++) store(u + i * stride + c, y[i]);
    }
}

// One window per channel

// Scale, offset and activation on sums [vector, pixel], and where they go.
INLINE void finish_depthwise(const tk_depthwise_run *r, int pixels, int vectors, size_t c, size_t width, vf sum[2][4],
                             float *y) {
    _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++, c += TK_WIDTH) {
        if (r->offset) {
            const vf scale = r->scale ? load_up_to(r->scale + c, width) : all(1);
            const vf offset = load_up_to(r->offset + c, width);
            _Pragma("clang loop unroll(full)") for (int i = 0; i < pixels; i++) sum[v][i] =
                r->scale ? fma_(sum[v][i], scale, offset) : sum[v][i] + offset;
        }
        if (r->activation == TK_RELU)
            _Pragma("clang loop unroll(full)") for (int i = 0; i < pixels; i++) sum[v][i] = relu_(sum[v][i]);
        _Pragma("clang loop unroll(full)") for (int i = 0; i < pixels; i++)
            store_up_to(y + i * r->y_step + c, sum[v][i], width);
        // From memory: inside the loops above it would take the sums' registers.
        for (int i = 0; r->activation > TK_RELU && i < pixels; i++) {
            float *at = y + i * r->y_step + c;
            store_up_to(at, activated(load_up_to(at, width), r->activation), width);
        }
    }
}

// y[i, :] = activation(sum over taps of source[tap] + i * step times weight[tap], ...) for pixels <= 4, vectors <= 2.
INLINE void depthwise_pixels(const tk_depthwise_run *r, int pixels, int vectors, size_t c, size_t width, float *y) {
    vf sum[2][4];
    const ptrdiff_t step = r->source_step;
    for (int v = 0; v < vectors; v++)
        for (int i = 0; i < pixels; i++) sum[v][i] = all(0);
    for (size_t t = 0; t < r->taps; t++) {
        const float *x = r->source[t] + c, *weight = r->weight[t] + c;
        _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {
            const vf w = load_up_to(weight + v * TK_WIDTH, width);
            _Pragma("clang loop unroll(full)") for (int i = 0; i < pixels; i++) sum[v][i] =
                fma_(load_up_to(x + i * step + v * TK_WIDTH, width), w, sum[v][i]);
        }
    }
    finish_depthwise(r, pixels, vectors, c, width, sum, y);
}

// The same of four pixels and two vectors whose taps come in threes of neighbouring sources: six are read once each, in
// the order in which every pixel's taps come.
INLINE void depthwise_threes(const tk_depthwise_run *r, bool descends, size_t c, float *y) {
    vf sum[2][4];
    _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++)
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) sum[v][i] = all(0);
    for (size_t t = 0; t < r->taps; t += 3) {
        const float *x = r->source[t + (descends ? 2 : 0)] + c;
        const float *weight[3] = {r->weight[t] + c, r->weight[t + 1] + c, r->weight[t + 2] + c};
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 2; v++, x += TK_WIDTH) {
            const vf w[3] = {load(weight[0] + v * TK_WIDTH), load(weight[1] + v * TK_WIDTH),
                             load(weight[2] + v * TK_WIDTH)};
            _Pragma("clang loop unroll(full)") for (int n = 0; n < 6; n++) {
                const int j = descends ? 5 - n : n;
                const vf xj = load(x + j * r->source_step);
                _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
                    const int tap = descends ? i + 2 - j : j - i;
                    if (tap >= 0 && tap < 3) sum[v][i] = fma_(xj, w[tap], sum[v][i]);
                }
            }
        }
    }
    finish_depthwise(r, 4, 2, c, TK_WIDTH, sum, y);
}

static void depthwise(const tk_depthwise_run *r, size_t channels) {
    tk_depthwise_run run = *r;
    const float *source[TK_DEPTHWISE_TAPS];
    memcpy(source, r->source, r->taps * sizeof *source);
    run.source = source;
    float *y = r->y;
    for (size_t done = 0; done < r->count;) {
        const size_t pixels = r->count - done >= 4 ? 4 : 1;
        size_t c = 0;
        for (; pixels == 4 && c + 2 * TK_WIDTH <= channels; c += 2 * TK_WIDTH)
            if (r->three_neighbours > 0)
                depthwise_threes(&run, false, c, y);
            else if (r->three_neighbours < 0)
                depthwise_threes(&run, true, c, y);
            else
                depthwise_pixels(&run, 4, 2, c, TK_WIDTH, y);
        for (; c + TK_WIDTH <= channels; c += TK_WIDTH)
            if (pixels == 4)
                depthwise_pixels(&run, 4, 1, c, TK_WIDTH, y);
            else
                depthwise_pixels(&run, 1, 1, c, TK_WIDTH, y);
        for (size_t i = 0; c < channels && i < pixels; i++) {
            tk_depthwise_run one = run;
            const float *shifted[TK_DEPTHWISE_TAPS];
            for (size_t t = 0; t < run.taps; t++) shifted[t] = source[t] + (ptrdiff_t)i * run.source_step;
            one.source = shifted;
            depthwise_pixels(&one, 1, 1, c, channels - c, y + (ptrdiff_t)i * run.y_step);
        }
        for (size_t t = 0; t < run.taps; t++) source[t] += (ptrdiff_t)pixels * run.source_step;
        y += (ptrdiff_t)pixels * run.y_step;
        done += pixels;
    }
}

// sums[:] += sum over i of x[i * step + :] * g[i, :].
static void depthwise_weight(const float *x, ptrdiff_t step, const float *g, size_t count, size_t channels,
                             float *sums) {
    size_t c = 0;
    for (; c + 4 * TK_WIDTH <= channels; c += 4 * TK_WIDTH) {
        vf sum[4];
        for (int v = 0; v < 4; v++) sum[v] = load(sums + c + v * TK_WIDTH);
        for (size_t i = 0; i < count; i++)
            _Pragma("clang loop unroll(full)") for (int v = 0; v < 4; v++) sum[v] = fma_(
                load(x + (ptrdiff_t)i * step + c + v * TK_WIDTH), load(g + i * channels + c + v * TK_WIDTH), sum[v]);
        for (int v = 0; v < 4; v++) store(sums + c + v * TK_WIDTH, sum[v]);
    }
    for (; c + TK_WIDTH <= channels; c += TK_WIDTH) {
        vf sum = load(sums + c);
        for (size_t i = 0; i < count; i++)
            sum = fma_(load(x + (ptrdiff_t)i * step + c), load(g + i * channels + c), sum);
        store(sums + c, sum);
    }
    for (; c < channels; c++)
        for (size_t i = 0; i < count; i++)
            sums[c] = fmaf(x[(ptrdiff_t)i * step + (ptrdiff_t)c], g[i * channels + c], sums[c]);
}
