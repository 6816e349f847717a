// The worker pool: the only place with threads. One job at a time; a second caller runs its own tasks itself.
#define _GNU_SOURCE
#include "variant.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// In `entrants`: set while no worker may join. The rest counts workers inside the job.
#define CLOSED 0x40000000u

// A thread's own part of the tasks; what is left of it others take.
typedef struct {
    _Alignas(64) _Atomic(size_t) next;
    size_t end;
} share;

static struct {
    pthread_mutex_t gate; // held by the caller whose job runs
    int thread_count;     // 0 before the first use
    pthread_t workers[64];
    int worker_count;
    _Atomic(uint32_t) generation; // raised for each job; workers sleep on it
    _Atomic(uint32_t) sleepers;
    _Atomic(uint32_t) entrants;
    _Atomic(bool) stops;
    share shares[64];
    int share_count;
    void (*body)(size_t, void *);
    void *context;
} pool = {.gate = PTHREAD_MUTEX_INITIALIZER, .entrants = CLOSED};

static _Thread_local bool is_inside;

static long futex(_Atomic(uint32_t) *word, int operation, uint32_t value) {
    return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static uint64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Waits until *word differs from `value`: at most 20 us awake, then asleep.
static void wait_for_change(_Atomic(uint32_t) *word, uint32_t value, _Atomic(uint32_t) *sleepers) {
    uint64_t start = nanoseconds();
    while (atomic_load_explicit(word, memory_order_acquire) == value) {
        for (int i = 0; i < 64; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) != value) return;
            pause_briefly();
        }
        if (nanoseconds() - start > 20000) {
            if (sleepers) atomic_fetch_add(sleepers, 1);
            while (atomic_load(word) == value) futex(word, FUTEX_WAIT_PRIVATE, value);
            if (sleepers) atomic_fetch_sub(sleepers, 1);
            return;
        }
    }
}

// From the thread's own share first: what it wrote in one job it finds in its cache in the next.
static void run_tasks(int thread) {
    for (int i = 0; i < pool.share_count; i++) {
        share *s = &pool.shares[(thread + i) % pool.share_count];
        size_t task;
        while ((task = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed)) < s->end)
            pool.body(task, pool.context);
    }
}

static void *work(void *index) {
    const int thread = (int)(intptr_t)index;
    is_inside = true;
    uint32_t seen = 0;
    for (;;) {
        wait_for_change(&pool.generation, seen, &pool.sleepers);
        seen = atomic_load(&pool.generation);
        if (atomic_load(&pool.stops)) return NULL;
        if (!(atomic_fetch_add(&pool.entrants, 1) & CLOSED)) run_tasks(thread);
        // The last one out of a closed job wakes its caller.
        if (atomic_fetch_sub(&pool.entrants, 1) == (CLOSED | 1)) futex(&pool.entrants, FUTEX_WAKE_PRIVATE, 1);
    }
}

static void announce(void) {
    atomic_fetch_add(&pool.generation, 1);
    if (atomic_load(&pool.sleepers) > 0) futex(&pool.generation, FUTEX_WAKE_PRIVATE, 64);
}

static int available_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > 64 ? 64 : count;
}

// Call with the gate held.
static void start_workers(void) {
    if (pool.thread_count == 0) pool.thread_count = available_processors();
    while (pool.worker_count < pool.thread_count - 1) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 2u << 20);
        void *index = (void *)(intptr_t)(pool.worker_count + 1);
        int failed = pthread_create(&pool.workers[pool.worker_count], &attributes, work, index);
        pthread_attr_destroy(&attributes);
        if (failed) {
            pool.thread_count = pool.worker_count + 1;
            return;
        }
        pool.worker_count++;
    }
}

void tk_set_threads(int count) {
    count = count < 1 ? 1 : count > 64 ? 64 : count;
    pthread_mutex_lock(&pool.gate);
    if (count != pool.thread_count) {
        atomic_store(&pool.stops, true);
        announce();
        for (int i = 0; i < pool.worker_count; i++) pthread_join(pool.workers[i], NULL);
        pool.worker_count = 0;
        atomic_store(&pool.stops, false);
        // New workers begin with generation 0 seen.
        atomic_store(&pool.generation, 0);
        pool.thread_count = count;
    }
    pthread_mutex_unlock(&pool.gate);
}

int tk_get_threads(void) {
    if (is_inside) return 1;
    pthread_mutex_lock(&pool.gate);
    if (pool.thread_count == 0) pool.thread_count = available_processors();
    int count = pool.thread_count;
    pthread_mutex_unlock(&pool.gate);
    return count;
}

void tk_parallel(size_t count, void (*body)(size_t, void *), void *context) {
    bool is_alone = count < 2 || is_inside || pthread_mutex_trylock(&pool.gate) != 0;
    if (!is_alone) {
        start_workers();
        if (pool.worker_count == 0) {
            pthread_mutex_unlock(&pool.gate);
            is_alone = true;
        }
    }
    if (is_alone) {
        for (size_t task = 0; task < count; task++) body(task, context);
        return;
    }
    pool.body = body;
    pool.context = context;
    pool.share_count = pool.worker_count + 1;
    for (int thread = 0; thread < pool.share_count; thread++) {
        const size_t threads = (size_t)pool.share_count, first = (size_t)thread;
        atomic_store_explicit(&pool.shares[thread].next, count / threads * first + count % threads * first / threads,
                              memory_order_relaxed);
        pool.shares[thread].end = count / threads * (first + 1) + count % threads * (first + 1) / threads;
    }
    atomic_fetch_and(&pool.entrants, ~CLOSED);
    announce();
    is_inside = true;
    run_tasks(0);
    is_inside = false;
    uint32_t inside = atomic_fetch_or(&pool.entrants, CLOSED);
    while ((inside & ~CLOSED) != 0) {
        wait_for_change(&pool.entrants, inside | CLOSED, NULL);
        inside = atomic_load(&pool.entrants);
    }
    pthread_mutex_unlock(&pool.gate);
}

typedef struct {
    size_t n, block;
    tk_range_body body;
    void *context;
} ranges;

static void run_range(size_t task, void *context) {
    const ranges *r = context;
    r->body(task * r->block, tk_minimum((task + 1) * r->block, r->n), r->context);
}

void tk_for_ranges(size_t n, size_t block, tk_range_body body, void *context) {
    ranges r = {n, block, body, context};
    size_t count = tk_ceiling(n, block);
    if (count >= 4) {
        tk_parallel(count, run_range, &r);
    } else {
        for (size_t task = 0; task < count; task++) run_range(task, &r);
    }
}

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
typedef struct {
    float *buffer;
    size_t count;
} scratch;
static _Thread_local scratch scratches[TK_SCRATCH_COUNT];

static void free_scratches(void *own) {
    for (int i = 0; i < TK_SCRATCH_COUNT; i++) free(((scratch *)own)[i].buffer);
}
static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratches); }

float *tk_scratch_at(int which, size_t count) {
    scratch *s = &scratches[which];
    if (count > s->count) {
        pthread_once(&scratch_once, make_scratch_key);
        free(s->buffer);
        s->count = (count + (count >> 1) + 1023) & ~(size_t)1023;
        if (posix_memalign((void **)&s->buffer, 64, s->count * sizeof(float)) != 0) abort();
        pthread_setspecific(scratch_key, scratches);
    }
    return s->buffer;
}
