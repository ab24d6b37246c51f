// Router of a mixture of experts in one launch: the norm of each token, every expert's logit, each token's best experts, and the list of who
// works for whom.
//
// normed = x * scale * w, scale = rsqrt(mean(x^2) + eps), so a logit is scale * sum of (gate * w) * x: every CTA has the scale by the time it has
// the sum, and no norm has to come first. A token's normed row is written by one of the CTAs, for the products that follow.
//
// Grid (ceil(EXPERTS / EXPERT_TILE), ceil(batch / TOKEN_TILE)), block of 8 warps. A CTA computes a tile of logits; its threads walk H
// together in 16-byte steps, so a logit is summed in the same order whatever the tile. The last CTA of a token tile (a counter that goes
// back to zero by itself) chooses the experts, one warp a token, the logits still in L2; the last of those makes the list.
//
//   HIDDEN        a multiple of 8             GROUPS, TOP_K   at most 32
//   CHOICES       numbers of entries a token: TOP_K, and the shared experts' parts behind them
//   ROW_WORDS     words of 32 rows: as many as the batch needs
#include "vector.cuh"

#ifndef HIDDEN
#define HIDDEN 2688
#define EXPERTS 128
#define TOP_K 6
#define CHOICES 8
#define GROUPS 1
#define TOP_GROUPS 1
#define NORMALIZE 1
#define EXPERT_TILE 1
#define TOKEN_TILE 1
#define ROW_WORDS 1
#endif

#define WARPS 8
#define THREADS (WARPS * WARP_SIZE)
#define VECTOR 4

#include "router_choice.cuh"
#include "work_list.cuh"

constexpr int kSteps = (HIDDEN / VECTOR + THREADS - 1) / THREADS;

__device__ __forceinline__ float4 load(const float* row, int step)
{
    int k = (step * THREADS + threadIdx.x) * VECTOR;
    return k < HIDDEN ? *(const float4*)(row + k) : make_float4(0, 0, 0, 0);
}

__device__ __forceinline__ float4 multiply(float4 a, float4 b)
{
    return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

// A tile's rows of the gate times the norm's weight. They do not depend on the kernel before, and come while it still runs.
struct Gate
{
    float4 at[EXPERT_TILE][kSteps];

    __device__ __forceinline__ Gate(const float* weight, const float* norm_weight)
    {
        float4 w[kSteps];
#pragma unroll
        for (int step = 0; step < kSteps; step++)
        {
            w[step] = load(norm_weight, step);
        }

#pragma unroll
        for (int e = 0; e < EXPERT_TILE; e++)
        {
#pragma unroll
            for (int step = 0; step < kSteps; step++)
            {
                at[e][step] = multiply(load(weight + (size_t)min(blockIdx.x * EXPERT_TILE + e, EXPERTS - 1) * HIDDEN, step), w[step]);
            }
        }
    }
};

__device__ __forceinline__ float dot(float4 a, float4 b, float sum)
{
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

// The warps' sums of a tile: of each expert's products, and of the tokens' squares.
struct Sums
{
    float logits[WARPS][EXPERT_TILE][TOKEN_TILE], squares[WARPS][TOKEN_TILE];
};

__device__ __forceinline__ float scale_of(const Sums& sums, int t, float epsilon)
{
    float squares = 0;
    for (int warp = 0; warp < WARPS; warp++)
    {
        squares += sums.squares[warp][t];
    }

    return 1.0f / sqrtf(squares / HIDDEN + epsilon);
}

__device__ __forceinline__ void compute_logits(Sums& sums, const float* residual, const Gate& gate, int batch, float epsilon, float* logits)
{
    float sum[EXPERT_TILE][TOKEN_TILE] = {}, squares[TOKEN_TILE] = {};
    int first = blockIdx.y * TOKEN_TILE, warp = threadIdx.x / 32;
#pragma unroll
    for (int step = 0; step < kSteps; step++)
    {
#pragma unroll
        for (int t = 0; t < TOKEN_TILE; t++)
        {
            float4 x = load(residual + (size_t)min(first + t, batch - 1) * HIDDEN, step);
            squares[t] = dot(x, x, squares[t]);
#pragma unroll
            for (int e = 0; e < EXPERT_TILE; e++)
            {
                sum[e][t] = dot(gate.at[e][step], x, sum[e][t]);
            }
        }
    }

#pragma unroll
    for (int t = 0; t < TOKEN_TILE; t++)
    {
        float total = warp_sum(squares[t]);
        if (threadIdx.x % 32 == 0)
        {
            sums.squares[warp][t] = total;
        }

#pragma unroll
        for (int e = 0; e < EXPERT_TILE; e++)
        {
            float total = warp_sum(sum[e][t]);
            if (threadIdx.x % 32 == 0)
            {
                sums.logits[warp][e][t] = total;
            }
        }
    }

    __syncthreads();
    int e = threadIdx.x / TOKEN_TILE, t = threadIdx.x % TOKEN_TILE, expert = blockIdx.x * EXPERT_TILE + e;
    if (e < EXPERT_TILE && expert < EXPERTS && first + t < batch)
    {
        float total = 0;
        for (int w = 0; w < WARPS; w++)
        {
            total += sums.logits[w][e][t];
        }

        logits[(size_t)(first + t) * EXPERTS + expert] = total * scale_of(sums, t, epsilon);
    }
}

// Writes the normed rows that are this CTA's to write.
__device__ __forceinline__ void store_normed(
    const Sums& sums, const float* residual, const float* norm_weight, int batch, float epsilon, bf16* normed, bf16* normed_low)
{
    for (int t = blockIdx.x; t < TOKEN_TILE && blockIdx.y * TOKEN_TILE + t < batch; t += gridDim.x)
    {
        size_t row = (size_t)(blockIdx.y * TOKEN_TILE + t) * HIDDEN;
        float scale = scale_of(sums, t, epsilon);
        for (int k = threadIdx.x * VECTOR; k < HIDDEN; k += THREADS * VECTOR)
        {
            Floats<VECTOR> x = load_floats<VECTOR>(residual + row + k), w = load_floats<VECTOR>(norm_weight + k);
#pragma unroll
            for (int i = 0; i < VECTOR; i++)
            {
                x.at[i] = x.at[i] * scale * w.at[i];
            }

            store_floats<VECTOR>(normed + row + k, x);
            if (normed_low)
            {
                store_rests<VECTOR>(normed_low + row + k, x);
            }
        }
    }
}

// Whether all other CTAs that count here have come, and so written what they had to.
__device__ __forceinline__ bool is_last(unsigned* arrivals, unsigned expected)
{
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0)
    {
        last = atomicAdd(arrivals, 1u) == expected - 1;
        if (last)
        {
            *arrivals = 0;
        }
    }

    __syncthreads();
    __threadfence();
    return last;
}

extern "C" __global__ void __launch_bounds__(THREADS) router_topk(
    const float* residual,         // [batch, HIDDEN]
    const float* norm_weight,      // [HIDDEN]
    float epsilon,
    const float* weight,           // [EXPERTS, HIDDEN]
    const float* bias,             // [EXPERTS]
    int batch,
    float factor,                  // routed scaling factor
    const int* slots,              // [batch]
    int dummy_slot,                // rows with it are padding and have no entries
    int max_active,
    bf16* normed,                  // [batch, HIDDEN]
    bf16* normed_low,              // the same or null: what the rounding to bf16 leaves
    float* logits,                 // [batch, EXPERTS], scratch
    unsigned* arrivals,            // [token tiles + 1], 0 before and after
    int* ids,                      // [batch, TOP_K]
    float* weights,                // [batch, TOP_K]
    int* active_count,             // [1]
    int* active_experts,           // [max_active]
    int* offsets,                  // [max_active + 1]
    int* entries)                  // [batch * TOP_K]
{
    __shared__ Sums sums;
    pdl_launch();
    Gate gate(weight, norm_weight);
    pdl_wait();
    compute_logits(sums, residual, gate, batch, epsilon, logits);
    bool chooses = is_last(arrivals + blockIdx.y, gridDim.x);
    store_normed(sums, residual, norm_weight, batch, epsilon, normed, normed_low);
    if (!chooses)
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

    if (is_last(arrivals + gridDim.y, gridDim.y))
    {
        list_work(ids, slots, dummy_slot, batch, max_active, active_count, active_experts, offsets, entries);
    }
}
