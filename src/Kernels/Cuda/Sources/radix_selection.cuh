// Where the running sum of amounts, over a row's tokens in descending order of likelihood, passes a target: found without sorting, eight
// bits of the tokens' rank at a time. Part of sample_tokens.cu, which defines THREADS.
#ifndef RADIX_SELECTION_CUH
#define RADIX_SELECTION_CUH

#include "cluster.cuh"
#include "ordering.cuh"

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

// Histograms of 64-bit amounts in two halves. Three, in turns: one is being filled while another is cleared and slow CTAs still read the
// third.
struct Scratch
{
    unsigned bins[3][2][BINS];
    u64 warps[THREADS / WARP_SIZE];
    unsigned best[2];
    unsigned digit;
    u64 before;
    int pass;
};

// Larger is preferred. The order is that of logit and token; the upper eight bits are a coarse logit (eighths of the softmax's exponent),
// which spreads over the first histogram far better than the logit's own upper bits do.
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
        u64 total, amount = cluster_bin(scratch.bins[turn]), before = exclusive_sum<BINS / WARP_SIZE>(amount, total, scratch.warps);
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

#endif
