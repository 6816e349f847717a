// Elementwise operations and strided copies: how they are cut into contiguous runs and shared among threads.
#include "variant.h"
#include <string.h>

enum { BLOCK = 8192, RANK = 6, BUFFER = 512 };

// One operand

typedef struct {
    const tk_variant *variant;
    int operation;
    const float *x, *g;
    float *y;
    float p, q;
} map_job;

static void map_range(size_t begin, size_t end, void *context) {
    const map_job *job = context;
    job->variant->unary[job->operation](job->x + begin, job->y + begin, end - begin, job->p, job->q);
}

void tk_unary(tk_unary_operation operation, const float *x, float *y, size_t n, float p, float q) {
    map_job job = {tk_current(), operation, x, NULL, y, p, q};
    tk_for_ranges(n, BLOCK, map_range, &job);
}

static void gradient_range(size_t begin, size_t end, void *context) {
    const map_job *job = context;
    job->variant->unary_gradient[job->operation](job->x + begin, job->g + begin, job->y + begin, end - begin);
}

void tk_unary_gradient(tk_unary_operation operation, const float *x, const float *g, float *dx, size_t n) {
    map_job job = {tk_current(), operation, x, g, dx, 0, 0};
    tk_for_ranges(n, BLOCK, gradient_range, &job);
}

static void fill_range(size_t begin, size_t end, void *context) {
    const map_job *job = context;
    for (size_t i = begin; i < end; i++) job->y[i] = job->p;
}

void tk_fill(float *y, size_t n, float value) {
    map_job job = {.y = y, .p = value};
    tk_for_ranges(n, 4 * BLOCK, fill_range, &job);
}

// Several operands with strides

// A walk over an index space in row-major order, with an offset per operand; neighbouring axes that every operand steps
// through evenly are one axis.
typedef struct {
    int rank, operands;
    size_t count;
    size_t shape[RANK];
    ptrdiff_t strides[3][RANK];
} walk;

static walk make_walk(int rank, const size_t *shape, int operands, const ptrdiff_t *const *strides) {
    walk w = {.operands = operands, .count = 1};
    for (int axis = 0; axis < rank; axis++) {
        w.count *= shape[axis];
        if (shape[axis] == 1) continue;
        bool merges = w.rank > 0;
        for (int o = 0; o < operands; o++)
            merges = merges && w.strides[o][w.rank - 1] == strides[o][axis] * (ptrdiff_t)shape[axis];
        int target = merges ? w.rank - 1 : w.rank++;
        w.shape[target] = merges ? w.shape[target] * shape[axis] : shape[axis];
        for (int o = 0; o < operands; o++) w.strides[o][target] = strides[o][axis];
    }
    if (w.rank == 0) {
        w.rank = 1;
        w.shape[0] = 1;
    }
    return w;
}

// The offset of an operand at a flat position.
static ptrdiff_t offset_at(const walk *w, int operand, size_t position) {
    ptrdiff_t offset = 0;
    for (int axis = w->rank - 1; axis >= 0; axis--) {
        offset += (ptrdiff_t)(position % w->shape[axis]) * w->strides[operand][axis];
        position /= w->shape[axis];
    }
    return offset;
}

// Copies positions begin..<begin + count of an operand (or back into it), run by run of the last axis.
static void copy_positions(const walk *w, int operand, float *strided, size_t begin, size_t count, float *flat,
                           bool writes) {
    const size_t inner = w->shape[w->rank - 1];
    const ptrdiff_t step = w->strides[operand][w->rank - 1];
    while (count > 0) {
        size_t run = tk_minimum(inner - begin % inner, count);
        float *s = strided + offset_at(w, operand, begin);
        if (writes && step == 1) {
            memcpy(s, flat, run * sizeof(float));
        } else if (writes) {
            for (size_t i = 0; i < run; i++) s[(ptrdiff_t)i * step] = flat[i];
        } else if (step == 1) {
            memcpy(flat, s, run * sizeof(float));
        } else {
            for (size_t i = 0; i < run; i++) flat[i] = s[(ptrdiff_t)i * step];
        }
        begin += run;
        flat += run;
        count -= run;
    }
}

typedef struct {
    walk w;
    const tk_variant *variant;
    int operation;
    const float *inputs[3];
    float *y;
} strided_job;

// Rows of the last axis, read where they lie.
static void binary_rows(size_t begin, size_t end, void *context) {
    const strided_job *job = context;
    const walk *w = &job->w;
    const size_t inner = w->shape[w->rank - 1];
    const size_t a_step = (size_t)w->strides[0][w->rank - 1], b_step = (size_t)w->strides[1][w->rank - 1];
    for (size_t position = begin; position < end;) {
        size_t run = tk_minimum(inner - position % inner, end - position);
        job->variant->binary[job->operation](job->inputs[0] + offset_at(w, 0, position), a_step,
                                             job->inputs[1] + offset_at(w, 1, position), b_step, job->y + position,
                                             run);
        position += run;
    }
}

// Short or strided rows, brought side by side first.
static void gathered_range(size_t begin, size_t end, void *context) {
    const strided_job *job = context;
    float buffer[3][BUFFER];
    for (size_t position = begin; position < end; position += BUFFER) {
        size_t count = tk_minimum(BUFFER, end - position);
        for (int o = 0; o < job->w.operands; o++)
            copy_positions(&job->w, o, (float *)job->inputs[o], position, count, buffer[o], false);
        if (job->w.operands == 3)
            job->variant->select(buffer[0], buffer[1], buffer[2], job->y + position, count);
        else
            job->variant->binary[job->operation](buffer[0], 1, buffer[1], 1, job->y + position, count);
    }
}

void tk_binary(tk_binary_operation operation, int rank, const size_t *shape, const float *a, const ptrdiff_t *a_strides,
               const float *b, const ptrdiff_t *b_strides, float *y) {
    const ptrdiff_t *strides[] = {a_strides, b_strides};
    strided_job job = {make_walk(rank, shape, 2, strides), tk_current(), operation, {a, b}, y};
    const walk *w = &job.w;
    ptrdiff_t a_step = w->strides[0][w->rank - 1], b_step = w->strides[1][w->rank - 1];
    bool direct =
        (a_step == 0 || a_step == 1) && (b_step == 0 || b_step == 1) && (w->rank == 1 || w->shape[w->rank - 1] >= 16);
    tk_for_ranges(w->count, BLOCK, direct ? binary_rows : gathered_range, &job);
}

void tk_select(int rank, const size_t *shape, const float *mask, const ptrdiff_t *mask_strides, const float *a,
               const ptrdiff_t *a_strides, const float *b, const ptrdiff_t *b_strides, float *y) {
    const ptrdiff_t *strides[] = {mask_strides, a_strides, b_strides};
    strided_job job = {make_walk(rank, shape, 3, strides), tk_current(), 0, {mask, a, b}, y};
    tk_for_ranges(job.w.count, BLOCK, gathered_range, &job);
}

static void gather_range(size_t begin, size_t end, void *context) {
    const strided_job *job = context;
    copy_positions(&job->w, 0, (float *)job->inputs[0], begin, end - begin, job->y + begin, false);
}

// Where another axis than the last is contiguous in x.
typedef struct {
    walk w;
    const tk_variant *variant;
    int contiguous; // the axis with stride 1 in x, here called columns
    const float *x;
    float *y;
    size_t columns, blocks; // columns per task, tasks per plane
} transpose_job;

static void transpose_block(size_t task, void *context) {
    const transpose_job *job = context;
    const walk *w = &job->w;
    const int last = w->rank - 1;
    size_t plane = task / job->blocks;
    size_t y_stride = 1, y_step = 0;
    ptrdiff_t x_offset = 0;
    size_t y_offset = 0;
    for (int axis = last; axis >= 0; axis--) {
        if (axis == job->contiguous) {
            y_step = y_stride;
        } else if (axis != last) {
            size_t index = plane % w->shape[axis];
            plane /= w->shape[axis];
            x_offset += (ptrdiff_t)index * w->strides[0][axis];
            y_offset += index * y_stride;
        }
        y_stride *= w->shape[axis];
    }
    const size_t first = task % job->blocks * job->columns;
    const size_t columns = tk_minimum(job->columns, w->shape[job->contiguous] - first);
    job->variant->transpose(job->x + x_offset + first, w->strides[0][last], w->shape[last], columns,
                            job->y + y_offset + first * y_step, (ptrdiff_t)y_step);
}

void tk_gather_strided(int rank, const size_t *shape, const float *x, const ptrdiff_t *strides, float *y) {
    transpose_job job = {make_walk(rank, shape, 1, &strides), tk_current(), -1, x, y, 0, 0};
    const walk *w = &job.w;
    if (w->count == 0) return;
    for (int axis = 0; axis < w->rank - 1; axis++)
        if (w->strides[0][axis] == 1) job.contiguous = axis;
    if (w->strides[0][w->rank - 1] != 1 && job.contiguous >= 0 && w->shape[job.contiguous] >= 8) {
        const size_t rows = w->shape[w->rank - 1], columns = w->shape[job.contiguous];
        job.columns = tk_maximum(16, BLOCK / rows / 16 * 16);
        job.blocks = tk_ceiling(columns, job.columns);
        tk_parallel(w->count / rows / columns * job.blocks, transpose_block, &job);
        return;
    }
    strided_job copy = {.w = *w, .inputs = {x}, .y = y};
    tk_for_ranges(w->count, BLOCK, gather_range, &copy);
}

typedef struct {
    walk w;
    const float *x;
    float *y;
} scatter_job;

static void scatter_range(size_t begin, size_t end, void *context) {
    const scatter_job *job = context;
    copy_positions(&job->w, 0, job->y, begin, end - begin, (float *)(job->x + begin), true);
}

void tk_scatter_strided(int rank, const size_t *shape, const float *x, float *y, const ptrdiff_t *strides) {
    scatter_job job = {make_walk(rank, shape, 1, &strides), x, y};
    tk_for_ranges(job.w.count, BLOCK, scatter_range, &job);
}
