// Vectors of four floats, for any x86-64 and for CPUs without a variant of their own. A fused multiply-add is a call
// here.
#define TK_WIDTH 4
#define TK_VARIANT tk_variant_baseline
#include "variant_math.h"
#include "variant_random.h"
#include "variant_kernels.h"
