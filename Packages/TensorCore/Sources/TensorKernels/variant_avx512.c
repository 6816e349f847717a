// Vectors of sixteen floats with fused multiply-add.
#if defined(__x86_64__)
#define TK_WIDTH 16
#define TK_VARIANT tk_variant_avx512
#define TK_TARGET "avx512f,avx512vl,avx512dq,avx2,fma"
#include "variant_math.h"
#include "variant_random.h"
#include "variant_kernels.h"
#pragma clang attribute pop
#endif
