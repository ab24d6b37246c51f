// One warp chooses a token's experts from their logits; a lane holds every 32nd expert. Part of router_topk.cu, which defines the sizes.
#ifndef ROUTER_CHOICE_CUH
#define ROUTER_CHOICE_CUH

#include "ordering.cuh"

#define PER_LANE ((EXPERTS + 31) / 32)
#define MINUS_INFINITY __int_as_float(0xff800000)

// One warp: the lane's best key of those not 0, then the warp's; of equals the lowest index.
template <int N>
__device__ __forceinline__ int take_best(unsigned (&keys)[N])
{
    int lane = threadIdx.x % 32, at = 0x7FFFFFFF;
    unsigned best = 0;
#pragma unroll
    for (int i = 0; i < N; i++)
    {
        if (keys[i] > best)
        {
            best = keys[i];
            at = lane + 32 * i;
        }
    }

    unsigned winner = __reduce_max_sync(FULL_WARP, best);
    int index = __reduce_min_sync(FULL_WARP, best == winner ? at : 0x7FFFFFFF);
#pragma unroll
    for (int i = 0; i < N; i++)
    {
        keys[i] = lane + 32 * i == index ? 0 : keys[i];
    }

    return index;
}

#if TOP_GROUPS < GROUPS
// Leaves only the experts of the best groups; a group's score is the sum of its two best. Dropped experts rank as minus infinity.
__device__ __forceinline__ void keep_best_groups(float (&choice)[PER_LANE])
{
    __shared__ float shared_choice[WARPS][EXPERTS];
    float* choices = shared_choice[threadIdx.x / 32];
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        if (lane + 32 * i < EXPERTS)
        {
            choices[lane + 32 * i] = choice[i];
        }
    }

    __syncwarp();
    unsigned key[1] = {0};
    if (lane < GROUPS)
    {
        const int size = EXPERTS / GROUPS;
        float best = MINUS_INFINITY, second = MINUS_INFINITY;
        for (int i = 0; i < size; i++)
        {
            float value = choices[lane * size + i];
            second = fmaxf(second, fminf(best, value));
            best = fmaxf(best, value);
        }

        key[0] = max(ordered_key(size == 1 ? best : best + second), 1u);
    }

    unsigned kept = 0;
    for (int g = 0; g < TOP_GROUPS; g++)
    {
        kept |= 1u << take_best(key);
    }

#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        bool keep = lane + 32 * i < EXPERTS && (kept >> ((lane + 32 * i) / (EXPERTS / GROUPS)) & 1);
        choice[i] = keep ? choice[i] : MINUS_INFINITY;
    }

    __syncwarp();
}
#endif

// One warp, one token. The correction bias moves the choice, not the weights.
__device__ __forceinline__ void choose(const float* logits, const float* bias, float factor, int* ids, float* weights)
{
    int lane = threadIdx.x % 32;
    float score[PER_LANE], choice[PER_LANE];
    unsigned key[PER_LANE];
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        int expert = min(lane + 32 * i, EXPERTS - 1);
        score[i] = 1.0f / (1.0f + expf(-__ldcg(logits + expert)));
        choice[i] = score[i] + bias[expert];
    }

#if TOP_GROUPS < GROUPS
    keep_best_groups(choice);
#endif
#pragma unroll
    for (int i = 0; i < PER_LANE; i++)
    {
        key[i] = lane + 32 * i < EXPERTS ? max(ordered_key(choice[i]), 1u) : 0;
    }

    int id = 0;
    float weight = 0;
    for (int k = 0; k < TOP_K; k++)
    {
        int best = take_best(key);
        float mine = 0;
#pragma unroll
        for (int i = 0; i < PER_LANE; i++)
        {
            mine = lane + 32 * i == best ? score[i] : mine;
        }

        float best_score = __shfl_sync(FULL_WARP, mine, best % 32);
        id = lane == k ? best : id;
        weight = lane == k ? best_score : weight;
    }

#if NORMALIZE
    weight /= warp_sum(weight) + 1e-20f;
#endif
    if (lane < TOP_K)
    {
        ids[lane] = id;
        weights[lane] = weight * factor;
    }
}

#endif
