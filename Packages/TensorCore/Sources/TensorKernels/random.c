// Philox4x32-10 (Salmon et al. 2011): every number is a function of key, stream, step and position.
#include "variant.h"

void tk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c0 = n0, c1 = (uint32_t)p1, c2 = n2, c3 = (uint32_t)p0;
        k0 += 0x9E3779B9, k1 += 0xBB67AE85;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

typedef struct {
    const tk_variant *variant;
    tk_random random;
    float *y;
    float a, b;
} random_job;

static void uniform_range(size_t begin, size_t end, void *context) {
    const random_job *job = context;
    job->variant->uniform(&job->random, begin, job->y + begin, end - begin, job->a, job->b);
}

void tk_random_uniform(tk_random r, float *y, size_t n, float low, float high) {
    random_job job = {tk_current(), r, y, low, high};
    tk_for_ranges(n, 8192, uniform_range, &job);
}

static void normal_range(size_t begin, size_t end, void *context) {
    const random_job *job = context;
    job->variant->normal(&job->random, begin, job->y + begin, end - begin, job->a, job->b);
}

void tk_random_normal(tk_random r, float *y, size_t n, float mean, float deviation) {
    random_job job = {tk_current(), r, y, mean, deviation};
    tk_for_ranges(n, 8192, normal_range, &job);
}

typedef struct {
    const tk_variant *variant;
    tk_random random;
    const float *x;
    float *y;
    int32_t threshold;
    float scale;
} dropout_job;

static void dropout_range(size_t begin, size_t end, void *context) {
    const dropout_job *job = context;
    job->variant->dropout(&job->random, begin, job->threshold, job->scale, job->x + begin, job->y + begin, end - begin);
}

void tk_dropout(tk_random r, const float *x, float *y, size_t n, float probability, float scale) {
    dropout_job job = {tk_current(), r, x, y, tk_dropout_threshold(probability), scale};
    tk_for_ranges(n, 8192, dropout_range, &job);
}
