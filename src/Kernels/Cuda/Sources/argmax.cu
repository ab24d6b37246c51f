// The most likely token of each row; of equals the lowest.
//
// Grid (parts, batch): a row is split over CTAs, for one multiprocessor cannot read it fast enough. The last CTA of a row to arrive
// writes the token and leaves the scratch as it was: zeros.
#include "common.cuh"
#include "ordering.cuh"

#define THREADS 256
#define UNROLL 8

__device__ __forceinline__ unsigned long long best_of(const float* logits, int first, int last)
{
    unsigned long long best = 0;
    for (int start = first + threadIdx.x; start < last; start += THREADS * UNROLL)
    {
        float values[UNROLL];
#pragma unroll
        for (int i = 0; i < UNROLL; i++)
            values[i] = logits[min(start + i * THREADS, last - 1)];
#pragma unroll
        for (int i = 0; i < UNROLL; i++)
            best = larger(best, ranked(values[i], min(start + i * THREADS, last - 1)));
    }

    return best;
}

extern "C" __global__ void __launch_bounds__(THREADS) argmax(
    const float* logits,           // [batch, vocab]
    int vocab,
    int part,                      // logits of a CTA
    unsigned long long* best,      // [batch], 0 before and after
    unsigned* arrivals,            // [batch], 0 before and after
    int* tokens)                   // [batch]; -1 where a logit is not finite
{
    __shared__ unsigned long long warps[THREADS / WARP_SIZE];
    int row = blockIdx.y, first = blockIdx.x * part;
    pdl_launch();
    pdl_wait();
    unsigned long long mine = warp_largest(best_of(logits + (size_t)row * vocab, first, min(first + part, vocab)));
    if (threadIdx.x % WARP_SIZE == 0)
        warps[threadIdx.x / WARP_SIZE] = mine;
    __syncthreads();
    if (threadIdx.x > 0)
        return;

    for (int warp = 1; warp < THREADS / WARP_SIZE; warp++)
        mine = larger(mine, warps[warp]);
    atomicMax(best + row, mine);
    __threadfence();
    if (atomicAdd(arrivals + row, 1u) == gridDim.x - 1)
    {
        __threadfence();
        tokens[row] = ranked_token(atomicExch(best + row, 0ull));
        arrivals[row] = 0;
    }
}
