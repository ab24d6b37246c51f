// Draws each row's next token as the CPU's sampler does: temperature, top-k, top-p, min-p, then one random number against the running sum
// of what is left, in descending order of likelihood (by token where neither top-k nor top-p asks for an order).
//
// Nothing is sorted. A token's rank is a number that puts tokens in that order, and "where does the running sum pass this target" is
// answered by radix selection: eight bits of the rank at a time, a histogram of the amounts below each value of those bits, a scan of it.
// Top-k sums ones; top-p and the draw sum softmax weights as fixed-point integers, so sums are exact: no order of atomics and no other
// row changes them.
//
// A cluster of CTAs has one row, a slice each, which its L1 cache keeps between passes. Grid (CLUSTER, batch).
#include "common.cuh"

#define THREADS 1024
#include "radix_selection.cuh"

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
