// Router of a mixture of experts: every expert's logit, then each token's best experts, in one launch.
//
// Grid (ceil(EXPERTS / EXPERT_TILE), ceil(batch / TOKEN_TILE)), block of 4 warps. A CTA computes a tile of logits; its threads walk H
// together in 16-byte steps, so a logit is summed in the same order whatever the tile. The last CTA of a token tile (a counter that goes
// back to zero by itself) chooses the experts: one warp a token, the logits still in L2.
//
// HIDDEN: a multiple of 8. GROUPS, TOP_K: at most 32.
#include "common.cuh"

#ifndef HIDDEN
#define HIDDEN 2688
#define EXPERTS 128
#define TOP_K 6
#define GROUPS 1
#define TOP_GROUPS 1
#define NORMALIZE 1
#define EXPERT_TILE 1
#define TOKEN_TILE 1
#endif

#define WARPS 4
#define THREADS (WARPS * WARP_SIZE)

#include "router_choice.cuh"

#define VECTOR 4

__device__ __forceinline__ void load(const float* from, float (&to)[VECTOR])
{
    float4 four = *(const float4*)from;
    to[0] = four.x;
    to[1] = four.y;
    to[2] = four.z;
    to[3] = four.w;
}

__device__ __forceinline__ const float* weight_row(const float* weight, int e)
{
    return weight + (size_t)min(blockIdx.x * EXPERT_TILE + e, EXPERTS - 1) * HIDDEN;
}

// The gate's weights do not depend on the kernel before: they come into L2 while it still runs.
__device__ __forceinline__ void prefetch_weights(const float* weight)
{
    for (int e = 0; e < EXPERT_TILE; e++)
    {
        for (int k = threadIdx.x * (128 / (int)sizeof(float)); k < HIDDEN; k += THREADS * (128 / (int)sizeof(float)))
        {
            asm volatile("prefetch.global.L2 [%0];" ::"l"(weight_row(weight, e) + k));
        }
    }
}

__device__ __forceinline__ void compute_logits(const float* hidden, const float* weight, int batch, float* logits)
{
    __shared__ float partial[WARPS][EXPERT_TILE][TOKEN_TILE];
    float sum[EXPERT_TILE][TOKEN_TILE] = {};
    int first = blockIdx.y * TOKEN_TILE;
    for (int k = threadIdx.x * VECTOR; k < HIDDEN; k += THREADS * VECTOR)
    {
        float w[EXPERT_TILE][VECTOR];
#pragma unroll
        for (int e = 0; e < EXPERT_TILE; e++)
        {
            load(weight_row(weight, e) + k, w[e]);
        }

#pragma unroll
        for (int t = 0; t < TOKEN_TILE; t++)
        {
            float h[VECTOR];
            load(hidden + (size_t)min(first + t, batch - 1) * HIDDEN + k, h);
#pragma unroll
            for (int e = 0; e < EXPERT_TILE; e++)
            {
#pragma unroll
                for (int i = 0; i < VECTOR; i++)
                {
                    sum[e][t] = fmaf(w[e][i], h[i], sum[e][t]);
                }
            }
        }
    }

#pragma unroll
    for (int e = 0; e < EXPERT_TILE; e++)
    {
#pragma unroll
        for (int t = 0; t < TOKEN_TILE; t++)
        {
            float total = warp_sum(sum[e][t]);
            if (threadIdx.x % 32 == 0)
            {
                partial[threadIdx.x / 32][e][t] = total;
            }
        }
    }

    __syncthreads();
    int e = threadIdx.x / TOKEN_TILE, t = threadIdx.x % TOKEN_TILE, expert = blockIdx.x * EXPERT_TILE + e;
    if (e < EXPERT_TILE && expert < EXPERTS && first + t < batch)
    {
        float total = 0;
        for (int warp = 0; warp < WARPS; warp++)
        {
            total += partial[warp][e][t];
        }

        logits[(size_t)(first + t) * EXPERTS + expert] = total;
    }
}

// Whether all other CTAs of this token tile have written their logits.
__device__ __forceinline__ bool is_last(unsigned* arrivals)
{
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0)
    {
        last = atomicAdd(arrivals + blockIdx.y, 1u) == gridDim.x - 1;
        if (last)
        {
            arrivals[blockIdx.y] = 0;
        }
    }

    __syncthreads();
    __threadfence();
    return last;
}

extern "C" __global__ void __launch_bounds__(THREADS) router_topk(
    const float* hidden,           // [batch, HIDDEN]
    const float* weight,          // [EXPERTS, HIDDEN]
    const float* bias,             // [EXPERTS]
    int batch,
    float factor,                  // routed scaling factor
    float* logits,                 // [batch, EXPERTS], scratch
    unsigned* arrivals,            // [token tiles], 0 before and after
    int* ids,                      // [batch, TOP_K]
    float* weights)                // [batch, TOP_K]
{
    pdl_launch();
    prefetch_weights(weight);
    pdl_wait();
    compute_logits(hidden, weight, batch, logits);
    if (!is_last(arrivals))
    {
        return;
    }

    for (int t = threadIdx.x / 32; t < TOKEN_TILE; t += WARPS)
    {
        int row = blockIdx.y * TOKEN_TILE + t;
        if (row < batch)
        {
            choose(logits + (size_t)row * EXPERTS, bias, factor, ids + row * TOP_K, weights + row * TOP_K);
        }
    }
}
