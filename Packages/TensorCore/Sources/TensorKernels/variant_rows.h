// Rows: softmax, cross-entropy and layer norm. Included once per variant, after the sums of variant_kernels.h.

INLINE void zero(float *y, size_t n) { memset(y, 0, n * sizeof(float)); }

// y = exp(x - top), and its sum.
INLINE float exponentials(const float *x, float *y, size_t n, float top) {
    vf lanes[VECTORS];
    for (int v = 0; v < VECTORS; v++) lanes[v] = all(0);
    size_t i = 0;
    for (; i + TK_LANES <= n; i += TK_LANES) _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++) {
            const vf e = exp_(load(x + i + v * TK_WIDTH) - top);
            store(y + i + v * TK_WIDTH, e);
            lanes[v] += e;
        }
    for (int v = 0; i < n; v++, i += TK_WIDTH) {
        const vf e = exp_(load_up_to(x + i, n - i) - top);
        store_up_to(y + i, e, n - i);
        lanes[v] += n - i >= TK_WIDTH ? e : load_some(y + i, n - i);
    }
    float lane[TK_LANES];
    for (int v = 0; v < VECTORS; v++) store(lane + v * TK_WIDTH, lanes[v]);
    return combined(lane);
}

static void softmax(const float *x, float *y, size_t n, size_t visible, float scale) {
    zero(y + visible, n - visible);
    vf best = all(-INFINITY);
    size_t i = 0;
    for (; i + TK_WIDTH <= visible; i += TK_WIDTH) {
        const vf scaled = fma_(all(scale), load(x + i), all(-0.0f));
        store(y + i, scaled);
        best = larger(best, scaled);
    }
    float top = largest_lane(best);
    for (; i < visible; i++) top = larger1(top, y[i] = fmaf(scale, x[i], -0.0f));
    if (top == -INFINITY)
        zero(y, visible);
    else
        unary_scale_add(y, y, visible, 1.0f / exponentials(y, y, visible, top), -0.0f);
}

static void softmax_gradient(const float *y, const float *g, float *dx, size_t n, float scale) {
    LANE_SUM(dot, n, load(y + i) * load(g + i), y[i] * g[i])
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(dx + i, load(y + i) * (load(g + i) - dot) * scale);
    for (; i < n; i++) dx[i] = y[i] * (g[i] - dot) * scale;
}

static void log_softmax(const float *x, float *y, size_t n) {
    float top = maximum(x, n);
    if (top == -INFINITY) {
        for (size_t i = 0; i < n; i++) y[i] = -INFINITY;
        return;
    }
    const float logarithm = log_(all(exponentials(x, y, n, top)))[0];
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(y + i, load(x + i) - top - logarithm);
    for (; i < n; i++) y[i] = x[i] - top - logarithm;
}

static void log_softmax_gradient(const float *y, const float *g, float *dx, size_t n) {
    float total = sum(g, n);
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(dx + i, fma_(-exp_(load(y + i)), all(total), load(g + i)));
    if (i < n) store_some(dx + i, fma_(-exp_(load_some(y + i, n - i)), all(total), load_some(g + i, n - i)), n - i);
}

// From log-probabilities y in place: -exp(y) * total + rest, and at `label` plus `hit`.
static void cross_entropy_gradient(float *y, size_t n, size_t label, float total, float rest, float hit) {
    const float at_label = fma_(-exp_(all(y[label])), all(total), all(rest + hit))[0];
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) store(y + i, fma_(-exp_(load(y + i)), all(total), all(rest)));
    if (i < n) store_some(y + i, fma_(-exp_(load_some(y + i, n - i)), all(total), all(rest)), n - i);
    y[label] = at_label;
}

static void layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y,
                       float *statistics, size_t n) {
    float mean = sum(x, n) / (float)n;
    LANE_SUM(squares, n, (load(x + i) - mean) * (load(x + i) - mean), (x[i] - mean) * (x[i] - mean))
    float rstd = 1.0f / sqrtf(squares / (float)n + epsilon);
    statistics[0] = mean;
    statistics[1] = rstd;
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) {
        vf z = (load(x + i) - mean) * rstd;
        store(y + i, fma_(z, weight ? load(weight + i) : all(1), bias ? load(bias + i) : all(-0.0f)));
    }
    for (; i < n; i++) y[i] = fmaf((x[i] - mean) * rstd, weight ? weight[i] : 1, bias ? bias[i] : -0.0f);
}

static void layer_norm_gradient(const float *x, const float *weight, const float *statistics, const float *g, float *dx,
                                float *dweight, float *dbias, size_t n) {
    float mean = statistics[0], rstd = statistics[1];
    LANE_SUM(sum_h, n, weight ? load(g + i) * load(weight + i) : load(g + i), weight ? g[i] * weight[i] : g[i])
    LANE_SUM(sum_hz, n, (weight ? load(g + i) * load(weight + i) : load(g + i)) * ((load(x + i) - mean) * rstd),
             (weight ? g[i] * weight[i] : g[i]) * ((x[i] - mean) * rstd))
    float mean_h = sum_h / (float)n, mean_hz = sum_hz / (float)n;
    size_t i = 0;
    for (; i + TK_WIDTH <= n; i += TK_WIDTH) {
        vf z = (load(x + i) - mean) * rstd, gi = load(g + i);
        vf h = weight ? gi * load(weight + i) : gi;
        store(dx + i, fma_(-z, all(mean_hz), h - mean_h) * rstd);
        if (dweight) store(dweight + i, fma_(gi, z, load(dweight + i)));
        if (dbias) store(dbias + i, load(dbias + i) + gi);
    }
    for (; i < n; i++) {
        float z = (x[i] - mean) * rstd, h = weight ? g[i] * weight[i] : g[i];
        if (dweight) dweight[i] = fmaf(g[i], z, dweight[i]);
        if (dbias) dbias[i] += g[i];
        dx[i] = fmaf(-z, mean_hz, h - mean_h) * rstd;
    }
}
