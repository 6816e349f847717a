// Vectors of eight floats with fused multiply-add.
#if defined(__x86_64__)
#define TK_WIDTH 8
#define TK_VARIANT tk_variant_avx2
#define TK_TARGET "avx2,fma"
#include "variant_math.h"
#include "variant_random.h"
#include "variant_kernels.h"
#pragma clang attribute pop
#endif
