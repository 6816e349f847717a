// The choice of a variant, once.
#include "variant.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic(int) chosen = -1;

static tk_level best_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return TK_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return TK_AVX2;
#endif
    return TK_BASELINE;
}

// The best there is, unless TENSOR_KERNELS names a lower one: to see on one machine what another would do.
static tk_level wanted_level(void) {
    static const char *const names[] = {[TK_BASELINE] = "baseline", [TK_AVX2] = "avx2", [TK_AVX512] = "avx512"};
    const char *name = getenv("TENSOR_KERNELS");
    if (!name) return TK_AVX512;
    for (tk_level level = TK_BASELINE; level <= TK_AVX512; level++)
        if (strcmp(name, names[level]) == 0) return level;
    fprintf(stderr, "TENSOR_KERNELS is '%s'; use baseline, avx2 or avx512.\n", name);
    exit(2);
}

void tk_set_level(tk_level level) {
    tk_level best = best_level();
    atomic_store(&chosen, level > best ? best : level);
}

tk_level tk_get_level(void) {
    if (atomic_load_explicit(&chosen, memory_order_relaxed) < 0) tk_set_level(wanted_level());
    return (tk_level)atomic_load_explicit(&chosen, memory_order_relaxed);
}

const tk_variant *tk_current(void) {
    switch (tk_get_level()) {
#if defined(__x86_64__)
    case TK_AVX512:
        return &tk_variant_avx512;
    case TK_AVX2:
        return &tk_variant_avx2;
#endif
    default:
        return &tk_variant_baseline;
    }
}
