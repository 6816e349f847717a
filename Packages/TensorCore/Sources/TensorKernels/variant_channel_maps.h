// Batch norm and PReLU over maps of channels: n floats as rows of `width`, the last of which may end early. Included
// once per variant, after variant_convolution.h.

// body(i, c, count) for every vector of `count` floats at i, whose first is in column c.
#define FOR_CHANNELS(body)                                                    \
    for (size_t at = 0; at < n; at += width) {                                \
        const size_t row = tk_minimum(width, n - at);                         \
        size_t c = 0;                                                         \
        for (; c + TK_WIDTH <= row; c += TK_WIDTH) body(at + c, c, TK_WIDTH); \
        if (c < row) body(at + c, c, row - c);                                \
    }

// y[c] = sum over rows of x - centre, or of its square, with the sums of `vectors` columns in registers.
INLINE void centred_columns(const float *x, size_t rows, size_t width, const float *centre, bool squared, int vectors,
                            float *y) {
    vf sum[4], middle[4];
    for (int v = 0; v < vectors; v++) sum[v] = all(0), middle[v] = load(centre + v * TK_WIDTH);
    for (size_t r = 0; r < rows; r++, x += width) _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {
            const vf d = load(x + v * TK_WIDTH) - middle[v];
            sum[v] += squared ? d * d : d;
        }
    for (int v = 0; v < vectors; v++) store(y + v * TK_WIDTH, sum[v]);
}

INLINE void centred_sums(const float *x, size_t n, size_t width, const float *centre, bool squared, float *y) {
    const size_t rows = n / width;
    size_t c = 0;
    for (; rows > 0 && c + 4 * TK_WIDTH <= width; c += 4 * TK_WIDTH)
        centred_columns(x + c, rows, width, centre + c, squared, 4, y + c);
    for (; rows > 0 && c + TK_WIDTH <= width; c += TK_WIDTH)
        centred_columns(x + c, rows, width, centre + c, squared, 1, y + c);
    memset(y + c, 0, (width - c) * sizeof(float));
    for (size_t at = 0; at < n; at += width)
        for (size_t j = at < rows * width ? c : 0; j < tk_minimum(width, n - at); j++) {
            const float d = x[at + j] - centre[j];
            y[j] += squared ? d * d : d;
        }
}

// Mean and sum of centred squares of each column, both from differences: a mean far from zero costs no digits.
static void channel_moments(const float *x, size_t n, size_t width, float *mean, float *squares) {
    centred_sums(x, n, width, x, false, mean);
    for (size_t c = 0; c < tk_minimum(width, n); c++) mean[c] = x[c] + mean[c] / (float)tk_ceiling(n - c, width);
    centred_sums(x, n, width, mean, true, squares);
}

// y = activation((x - mean) * scale + bias)
static void channel_affine(const tk_channels *j, const float *x, size_t n, float *y) {
    const size_t width = j->width;
#define AFFINE(i, c, count)                                                                            \
    {                                                                                                  \
        const vf centred = load_up_to(x + i, count) - load_up_to(j->mean + c, count);                  \
        const vf sum = fma_(centred, load_up_to(j->scale + c, count), load_up_to(j->bias + c, count)); \
        store_up_to(y + i, activated(sum, j->activation), count);                                      \
    }
    FOR_CHANNELS(AFFINE)
#undef AFFINE
}

// The cotangent before a ReLU whose input was fma(x - mean, scale, bias).
INLINE vf before_relu(const tk_channels *j, vf g, vf centred, vf scale, size_t c, size_t count) {
    if (j->activation != TK_RELU) return g;
    return pick(fma_(centred, scale, load_up_to(j->bias + c, count)) <= 0.0f, all(0), g);
}

// Adds to the sums of a column's vectors in registers, over `rows` rows, then to memory.
INLINE void gradient_columns(const tk_channels *j, const float *x, const float *g, size_t rows, size_t c, size_t count,
                             int vectors, float *sums, float *products) {
    vf sum[2], product[2], mean[2], scale[2];
    for (int v = 0; v < vectors; v++) {
        const size_t at = c + (size_t)v * TK_WIDTH;
        sum[v] = load_up_to(sums + at, count), product[v] = load_up_to(products + at, count);
        mean[v] = load_up_to(j->mean + at, count), scale[v] = load_up_to(j->scale + at, count);
    }
    for (size_t r = 0; r < rows; r++) _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++) {
            const size_t at = c + (size_t)v * TK_WIDTH, i = r * j->width + at;
            const vf centred = load_up_to(x + i, count) - mean[v];
            const vf h = before_relu(j, load_up_to(g + i, count), centred, scale[v], at, count);
            sum[v] += h;
            product[v] = fma_(h, centred, product[v]);
        }
    for (int v = 0; v < vectors; v++) {
        const size_t at = c + (size_t)v * TK_WIDTH;
        store_up_to(sums + at, sum[v], count), store_up_to(products + at, product[v], count);
    }
}

static void channel_gradient_sums(const tk_channels *j, const float *x, const float *g, size_t n, float *sums,
                                  float *products) {
    const size_t width = j->width;
    memset(sums, 0, width * sizeof(float));
    memset(products, 0, width * sizeof(float));
    // All whole rows, then the last.
    for (size_t at = 0, rows = tk_maximum(n / width, 1); at < n; at += rows * width, rows = 1) {
        const size_t row = tk_minimum(width, n - at);
        size_t c = 0;
        for (; c + 2 * TK_WIDTH <= row; c += 2 * TK_WIDTH)
            gradient_columns(j, x + at, g + at, rows, c, TK_WIDTH, 2, sums, products);
        for (; c + TK_WIDTH <= row; c += TK_WIDTH)
            gradient_columns(j, x + at, g + at, rows, c, TK_WIDTH, 1, sums, products);
        if (c < row) gradient_columns(j, x + at, g + at, rows, c, row - c, 1, sums, products);
    }
}

// dx = scale * (h - first - centred * second)
static void channel_gradient(const tk_channels *j, const float *x, const float *g, size_t n, float *dx) {
    const size_t width = j->width;
#define GRADIENT_AT(i, c, count)                                                                    \
    {                                                                                               \
        const vf centred = load_up_to(x + i, count) - load_up_to(j->mean + c, count);               \
        const vf scale = load_up_to(j->scale + c, count);                                           \
        const vf h = before_relu(j, load_up_to(g + i, count), centred, scale, c, count);            \
        const vf rest = h - load_up_to(j->first + c, count);                                        \
        store_up_to(dx + i, scale * fma_(-centred, load_up_to(j->second + c, count), rest), count); \
    }
    FOR_CHANNELS(GRADIENT_AT)
#undef GRADIENT_AT
}

// PReLU: x where it is positive, slope times x elsewhere.
static void prelu(const float *slopes, size_t width, const float *x, size_t n, float *y) {
#define PRELU(i, c, count)                                                                           \
    {                                                                                                \
        const vf value = load_up_to(x + i, count);                                                   \
        store_up_to(y + i, pick(value > 0.0f, value, value * load_up_to(slopes + c, count)), count); \
    }
    FOR_CHANNELS(PRELU)
#undef PRELU
}

static void prelu_gradient(const float *slopes, size_t width, const float *x, const float *g, size_t n, float *dx,
                           float *sums) {
    memset(sums, 0, width * sizeof(float));
#define PRELU_GRADIENT(i, c, count)                                                           \
    {                                                                                         \
        const vf value = load_up_to(x + i, count), h = load_up_to(g + i, count);              \
        store_up_to(dx + i, pick(value > 0.0f, h, h * load_up_to(slopes + c, count)), count); \
        const vf share = pick(value > 0.0f, all(0), value);                                   \
        store_up_to(sums + c, fma_(h, share, load_up_to(sums + c, count)), count);            \
    }
    FOR_CHANNELS(PRELU_GRADIENT)
#undef PRELU_GRADIENT
}
#undef FOR_CHANNELS
