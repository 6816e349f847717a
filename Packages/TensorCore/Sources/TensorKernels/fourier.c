// Fourier transforms of planes: rows become lanes, then frequencies do, so that no vector is taken apart on the way.
#include "variant.h"
#include <math.h>
#include <string.h>

enum { LONGEST = 1 << 14 }; // beyond, the buffers of all lanes leave the second cache

static const size_t radices[] = {4, 2, 3, 5, 7};

// The passes of a length, or 0 where it has another prime factor.
static size_t passes(size_t length, uint8_t *radix) {
    size_t count = 0;
    for (size_t r = 0; r < sizeof radices / sizeof *radices; r++)
        for (; length % radices[r] == 0; length /= radices[r]) radix[count++] = (uint8_t)radices[r];
    return length == 1 ? count : 0;
}

bool tk_fourier_fits(size_t length) {
    uint8_t radix[TK_FOURIER_PASSES];
    return length == 1 || (length > 1 && length <= LONGEST && passes(length, radix) > 0);
}

static size_t pass_count(const tk_fourier *f) {
    size_t count = 0, rest = f->length;
    for (size_t pass = 0; pass < f->passes; pass++) {
        rest /= f->radix[pass];
        count += 2 * rest * (size_t)(f->radix[pass] - 1);
    }
    return count;
}

size_t tk_fourier_table_count(size_t length) {
    tk_fourier f = {.length = length};
    f.passes = passes(length, f.radix);
    return pass_count(&f) + length + 2;
}

// exp(-2 pi i turns / whole)
static void write_turn(size_t turns, size_t whole, float *y) {
    const double angle = 2 * 3.141592653589793 * (double)(turns % whole) / (double)whole;
    y[0] = (float)cos(angle);
    y[1] = (float)-sin(angle);
}

tk_fourier tk_fourier_make(size_t length, float *table) {
    tk_fourier f = {.length = length, .table = table};
    f.passes = passes(length, f.radix);
    f.real_at = pass_count(&f);
    size_t rest = length;
    for (size_t pass = 0; pass < f.passes; pass++) {
        const size_t p = f.radix[pass], m = rest / p;
        for (size_t j = 0; j < m; j++)
            for (size_t t = 1; t < p; t++, table += 2) write_turn(j * t, rest, table);
        rest = m;
    }
    for (size_t k = 0; 2 * k <= length; k++, table += 2) write_turn(k, 2 * length, table);
    return f;
}

void tk_fourier_plane(const tk_fourier *across, const tk_fourier *down, const float *x, float *y) {
    const tk_variant *v = tk_current();
    const size_t lanes = v->tile_columns / 2, pair = 2 * lanes;
    const size_t height = down->length, width = 2 * across->length, half = across->length + 1;
    const size_t groups = tk_ceiling(half, lanes); // of frequencies, which become the lanes of the second transform
    float *a = tk_scratch(tk_maximum(width, height * 2) * pair + groups * lanes * pair + groups * height * pair);
    float *b = a + tk_maximum(width, height * 2) * lanes, *z = b + tk_maximum(width, height * 2) * lanes;
    float *turned = z + groups * lanes * pair; // [group, row, 2, lane]
    memset(z + half * pair, 0, (groups * lanes - half) * pair * sizeof(float));
    for (size_t row = 0; row < height; row += lanes) {
        const size_t several = tk_minimum(lanes, height - row);
        if (several < lanes) memset(a, 0, width * lanes * sizeof(float));
        v->transpose(x + row * width, (ptrdiff_t)width, several, width, a, (ptrdiff_t)lanes);
        v->fourier_real(across, a, b, z);
        for (size_t group = 0; group < groups; group++)
            for (size_t part = 0; part < 2; part++)
                v->transpose(z + (group * pair + part) * lanes, (ptrdiff_t)pair, lanes, several,
                             turned + ((group * height + row) * 2 + part) * lanes, (ptrdiff_t)pair);
    }
    for (size_t group = 0; group < groups; group++) {
        const float *result = v->fourier(down, turned + group * height * pair, a);
        v->interleave(result, height, tk_minimum(lanes, half - group * lanes), y + group * pair, (ptrdiff_t)(2 * half));
    }
}
