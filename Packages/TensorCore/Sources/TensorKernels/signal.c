// The arithmetic around Fourier transforms, on the calling thread: callers cut their frames and planes into blocks.
#include "variant.h"

void tk_window_frame(const float *x, size_t n, bool removes_mean, float preemphasis, const float *window, float *y) {
    tk_current()->window_frame(x, n, removes_mean, preemphasis, window, y);
}

void tk_multiply(const float *x, const float *y, float *z, size_t n) {
    tk_current()->binary[TK_MULTIPLY](x, 1, y, 1, z, n);
}

void tk_unpack_real(const float *z, const float *twiddle, size_t half, float *x) {
    tk_current()->unpack_real(z, twiddle, half, x);
}

void tk_log_bands(const float *spectra, size_t step, size_t count, size_t bins, size_t bands, const int32_t *start,
                  const int32_t *offset, const float *weight, bool uses_power, float least, float *y) {
    const tk_band band = {bins, bands, start, offset, weight};
    tk_current()->log_bands(spectra, step, count, &band, uses_power, least, tk_scratch(8 * bins), y);
}
