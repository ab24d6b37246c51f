// Draws each row's next token as the CPU's sampler does: temperature, top-k, top-p, min-p, then one random number against the running sum of what
// is left, in descending order of likelihood (by token where neither top-k nor top-p asks for an order).
//
// Nothing is sorted. A token's rank is a number that puts tokens in that order, and "where does the running sum pass this target" is answered by
// radix selection: eight bits of the rank at a time, a histogram of the amounts below each value of those bits, a scan of it. Top-k sums
// ones; top-p and the draw sum softmax weights as fixed-point integers, so sums are exact: no order of atomics and no other row changes them.
//
// A cluster of CTAs has one row, a slice each, which its L1 cache keeps between passes. Grid (CLUSTER, batch).
#include "common.cuh"
#include "ordering.cuh"
#include "cluster.cuh"

#define THREADS 1024
#define BINS 256
#define TOKEN_BITS 24            // of a rank; vocabularies are smaller than 2^24
#define TOKEN_MASK 0xFFFFFFu

typedef unsigned long long u64;

struct Row
{
    const float* logits;
    int first, last;              // this CTA's tokens
    float max;
    double scale;                 // 1 / temperature
    double min_p;
    bool sorted;
};

// Histograms of 64-bit amounts in two halves. Three, in turns: one is being filled while another is cleared and slow CTAs still read the third.
struct Scratch
{
    unsigned bins[3][2][BINS];
    u64 warps[THREADS / WARP_SIZE];
    unsigned best[2];
    unsigned digit;
    u64 before;
    int pass;
};

// Softmax weight, the most likely token's being 1.
__device__ __forceinline__ double weight(const Row& row, float logit)
{
    double exponent = ((double)logit - row.max) * row.scale;
    return exponent < -32.0 ? 0.0 : exp(exponent);  // Less than half a unit of the fixed point.
}

// In units of 2^-44: the sum of 2^18 of them fits.
__device__ __forceinline__ u64 fixed_point(double weight)
{
    return __double2ull_rn(weight * 0x1p44);
}

// Larger is preferred. The order is that of logit and token; the upper eight bits are a coarse logit (eighths of the softmax's exponent), which
// spreads over the first histogram far better than the logit's own upper bits do.
__device__ __forceinline__ u64 rank_of(const Row& row, float logit, int token)
{
    u64 by_token = TOKEN_MASK - (unsigned)token;
    if (!row.sorted)
        return by_token;

    float distance = (row.max - logit) * (float)(8.0 * row.scale);
    unsigned coarse = distance < 255.0f ? (unsigned)distance : 255u;
    return (u64)(255u - coarse) << 56 | (u64)ordered_key(logit) << TOKEN_BITS | by_token;
}

__device__ __forceinline__ void add(unsigned (&bins)[2][BINS], unsigned bin, u64 amount)
{
    unsigned low = (unsigned)amount, old = atomicAdd(&bins[0][bin], low);
    unsigned high = (unsigned)(amount >> 32) + (old + low < old ? 1u : 0u);
    if (high != 0)
        atomicAdd(&bins[1][bin], high);
}

// Adds a warp's amounts. Neighbours often share a bin; then it is one addition instead of 32 that wait for each other.
__device__ __forceinline__ void add_warp(unsigned (&bins)[2][BINS], unsigned bin, u64 amount)
{
    unsigned present = __ballot_sync(FULL_WARP, amount != 0);
    if (present == 0)
        return;

    unsigned common = __shfl_sync(FULL_WARP, bin, __ffs(present) - 1);
    if (__all_sync(FULL_WARP, amount == 0 || bin == common))
    {
        for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2)
            amount += __shfl_xor_sync(FULL_WARP, amount, offset);
        if (threadIdx.x % WARP_SIZE == 0)
            add(bins, common, amount);
    }
    else if (amount != 0)
        add(bins, bin, amount);
}

// The amounts of this slice's tokens whose rank begins with `prefix` and is not below `floor`, by the next eight bits.
template <class Amount>
__device__ __forceinline__ void fill(const Row& row, unsigned (&bins)[2][BINS], u64 floor, u64 prefix, int shift, Amount amount_of)
{
    for (int start = row.first; start < row.last; start += THREADS)
    {
        int token = start + threadIdx.x;
        unsigned bin = 0;
        u64 amount = 0;
        if (token < row.last)
        {
            float logit = row.logits[token];
            u64 rank = rank_of(row, logit, token);
            if (rank >= floor && (rank ^ prefix) >> shift < BINS)
            {
                bin = rank >> shift & (BINS - 1);
                amount = amount_of(logit);
            }
        }

        add_warp(bins, bin, amount);
    }
}

// This thread's bin (the first thread has the highest) of the whole cluster's histogram.
__device__ __forceinline__ u64 cluster_bin(unsigned (&bins)[2][BINS])
{
    u64 sum = 0;
    int bin = BINS - 1 - threadIdx.x;
    for (unsigned rank = 0; bin >= 0 && rank < CLUSTER; rank++)
        sum += (u64)cluster_load(&bins[1][bin], rank) << 32 | cluster_load(&bins[0][bin], rank);
    return sum;
}

// The sum over lower threads; `total` is that over all.
__device__ __forceinline__ u64 exclusive_sum(Scratch& scratch, u64 value, u64& total)
{
    int lane = threadIdx.x % WARP_SIZE, warp = threadIdx.x / WARP_SIZE;
    u64 sum = value;
    for (int offset = 1; offset < WARP_SIZE; offset *= 2)
    {
        u64 lower = __shfl_up_sync(FULL_WARP, sum, offset);
        sum += lane >= offset ? lower : 0;
    }

    if (lane == WARP_SIZE - 1)
        scratch.warps[warp] = sum;
    __syncthreads();
    u64 before = 0;
    total = 0;
    for (int i = 0; i < BINS / WARP_SIZE; i++)
    {
        before += i < warp ? scratch.warps[i] : 0;
        total += scratch.warps[i];
    }

    return before + sum - value;
}

// The rank of the first token, in descending order of those not below `floor`, at which the running sum of amounts exceeds
// `target_of(the sum of all)`, which is less than that sum.
template <class Amount, class Target>
__device__ u64 select(const Row& row, Scratch& scratch, u64 floor, Amount amount_of, Target target_of)
{
    int top = row.sorted ? 56 : TOKEN_BITS - 8;
    u64 prefix = 0, target = 0;
    for (int shift = top; shift >= 0; shift -= 8)
    {
        int turn = scratch.pass % 3;
        unsigned (&next)[2][BINS] = scratch.bins[(turn + 1) % 3];
        if (threadIdx.x < 2 * BINS)
            next[threadIdx.x / BINS][threadIdx.x % BINS] = 0;
        fill(row, scratch.bins[turn], floor, prefix, shift, amount_of);
        cluster_sync();
        u64 total, amount = cluster_bin(scratch.bins[turn]), before = exclusive_sum(scratch, amount, total);
        target = shift == top ? target_of(total) : target;
        if (before <= target && target < before + amount)
        {
            scratch.digit = BINS - 1 - threadIdx.x;
            scratch.before = before;
            scratch.pass++;
        }

        __syncthreads();
        prefix |= (u64)scratch.digit << shift;
        target -= scratch.before;
    }

    return prefix;
}

// The cluster's most likely token and its logit, as one number; -1ull if a logit is not finite.
__device__ __forceinline__ u64 find_best(const Row& row, Scratch& scratch)
{
    u64 best = 0;
#pragma unroll 8
    for (int token = row.first + threadIdx.x; token < row.last; token += THREADS)
        best = larger(best, ranked(row.logits[token], token));
    best = warp_largest(best);
    if (threadIdx.x % WARP_SIZE == 0)
        scratch.warps[threadIdx.x / WARP_SIZE] = best;
    __syncthreads();
    best = warp_largest(scratch.warps[threadIdx.x % WARP_SIZE]);
    if (threadIdx.x == 0)
    {
        scratch.best[0] = (unsigned)best;
        scratch.best[1] = (unsigned)(best >> 32);
    }

    cluster_sync();
    for (unsigned rank = 0; rank < CLUSTER; rank++)
        best = larger(best, (u64)cluster_load(&scratch.best[1], rank) << 32 | cluster_load(&scratch.best[0], rank));
    return best;
}

// The draw's random number in [0, 1): the n-th of SplitMix64 (Steele, Lea and Flood, 2014), whose state after n steps is a sum.
__device__ __forceinline__ double random_double(u64 seed, u64 draw)
{
    u64 z = seed + (draw + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

// The largest number not above `fraction` of a sum, but below the sum.
__device__ __forceinline__ u64 share(double fraction, u64 sum)
{
    u64 part = (u64)(fraction * (double)sum);
    return part < sum ? part : sum - 1;
}

__device__ __forceinline__ int draw(const Row& row, Scratch& scratch, int vocab, int top_k, double top_p, double random)
{
    u64 floor = 0;
    if (top_k > 0 && top_k < vocab)
        floor = select(row, scratch, floor, [](float) { return 1ull; }, [=](u64) { return (u64)(top_k - 1); });

    // The fewest whose sum reaches a bound: the first at which it exceeds the largest integer below the bound.
    if (top_p < 1.0)
        floor = select(
            row, scratch, floor, [&](float logit) { return fixed_point(weight(row, logit)); },
            [=](u64 sum) { return min((u64)ceil(top_p * (double)sum), sum) - 1; });

    u64 chosen = select(
        row, scratch, floor,
        [&](float logit)
        {
            double w = weight(row, logit);
            return w >= row.min_p ? fixed_point(w) : 0ull;
        },
        [=](u64 sum) { return share(random, sum); });
    return (int)(TOKEN_MASK - (unsigned)(chosen & TOKEN_MASK));
}

extern "C" __global__ void CLUSTER_DIMENSIONS __launch_bounds__(THREADS) sample_tokens(
    const float* logits,           // [batch, vocab]
    int vocab,
    const double* temperature,     // [batch]; 0 takes the most likely token
    const int* top_k,              // [batch]; 0 keeps all
    const double* top_p,           // [batch]; 1 keeps all
    const double* min_p,           // [batch]; 0 keeps all
    const u64* seed,               // [batch]
    const u64* draws,              // [batch], random numbers that the row's sequence has drawn
    int* tokens)                   // [batch]; -1 where a logit is not finite
{
    __shared__ Scratch scratch;
    int batch_row = blockIdx.y, slice = (vocab + CLUSTER * WARP_SIZE - 1) / (CLUSTER * WARP_SIZE) * WARP_SIZE;
    Row row;
    row.logits = logits + (size_t)batch_row * vocab;
    row.first = min((int)cluster_rank() * slice, vocab);
    row.last = min(row.first + slice, vocab);
    for (int i = threadIdx.x; i < 6 * BINS; i += THREADS)
        (&scratch.bins[0][0][0])[i] = 0;
    if (threadIdx.x == 0)
        scratch.pass = 0;

    pdl_launch();
    pdl_wait();
    u64 best = find_best(row, scratch);
    int token = ranked_token(best);
    if (token >= 0 && temperature[batch_row] > 0)
    {
        row.max = from_ordered_key((unsigned)(best >> 32));
        row.scale = 1.0 / fmax(temperature[batch_row], 1e-300);
        row.min_p = min_p[batch_row];
        row.sorted = top_k[batch_row] > 0 || top_p[batch_row] < 1.0;
        double random = random_double(seed[batch_row], draws[batch_row]);
        token = draw(row, scratch, vocab, top_k[batch_row], top_p[batch_row], random);
    }

    if (cluster_rank() == 0 && threadIdx.x == 0)
        tokens[batch_row] = token;
    cluster_sync();  // No CTA ends while another reads its shared memory.
}
