// Decode attention over pages for any head: what paged_attention.cu computes, without tensor cores. Grid (heads, rows, splits); a warp
// takes a token at a time, its lanes the head's elements.
#include "paged_attention.cuh"

constexpr int kPerLane = (HEAD_DIM + 31) / 32;

__device__ __forceinline__ float widen(Stored value)
{
#if FP8
    return e4m3_to_float(value);
#else
    return bf16_to_float(value);
#endif
}

extern "C" __global__ void __launch_bounds__(32 * WARPS)
    paged_attention_any(const float* queries, long long row_stride, const int* slots, const int* positions, const int* page_table,
                        int pages_per_slot, const Stored* key_pages, const Stored* value_pages, float score_scale,
                        float* partial_outputs, SplitStatistics* partial_statistics)
{
    __shared__ float shared_max[WARPS], shared_sum[WARPS], shared_output[WARPS][HEAD_DIM];
    const int head = blockIdx.x, row = blockIdx.y, split = blockIdx.z, splits = gridDim.z;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;

    pdl_launch();
    pdl_wait();
    const int length = positions[row] + 1;
    const int share = tokens_per_split(length, splits), begin = split * share, end = min(begin + share, length);
    if (begin >= length)
        return;
    const int* pages = page_table + (long long)slots[row] * pages_per_slot;
    float q[kPerLane], output[kPerLane] = {}, running_max = negative_infinity(), sum = 0.f;
#pragma unroll
    for (int j = 0; j < kPerLane; j++)
    {
        const int column = lane + 32 * j;
        q[j] = column < HEAD_DIM ? queries[row * row_stride + head * HEAD_DIM + column] * score_scale : 0.f;
    }

    for (int token = begin + warp; token < end; token += WARPS)
    {
        const long long at = element_of(pages, token, head / kGroup);
        float score = 0.f;
#pragma unroll
        for (int j = 0; j < kPerLane; j++)
        {
            if (lane + 32 * j < HEAD_DIM)
                score += q[j] * widen(key_pages[at + lane + 32 * j]);
        }
        score = warp_sum(score);
        const float now = fmaxf(running_max, score), shrink = exp2f(running_max - now), p = exp2f(score - now);
        running_max = now;
        sum = sum * shrink + p;
#pragma unroll
        for (int j = 0; j < kPerLane; j++)
        {
            if (lane + 32 * j < HEAD_DIM)
                output[j] = output[j] * shrink + p * widen(value_pages[at + lane + 32 * j]);
        }
    }

#pragma unroll
    for (int j = 0; j < kPerLane; j++)
    {
        if (lane + 32 * j < HEAD_DIM)
            shared_output[warp][lane + 32 * j] = output[j];
    }
    if (lane == 0)
    {
        shared_max[warp] = running_max;
        shared_sum[warp] = sum;
    }
    __syncthreads();
    SplitStatistics total = {negative_infinity(), 0.f};
    float factor[WARPS];
#pragma unroll
    for (int w = 0; w < WARPS; w++)
        total.max = fmaxf(total.max, shared_max[w]);
#pragma unroll
    for (int w = 0; w < WARPS; w++)
    {
        factor[w] = exp2f(shared_max[w] - total.max);
        total.sum += shared_sum[w] * factor[w];
    }
    const long long partial = partial_of(row, head, split, splits);
    for (int column = threadIdx.x; column < HEAD_DIM; column += 32 * WARPS)
    {
        float value = 0.f;
#pragma unroll
        for (int w = 0; w < WARPS; w++)
            value += shared_output[w][column] * factor[w];
        partial_outputs[partial * HEAD_DIM + column] = value;
    }
    if (threadIdx.x == 0)
        partial_statistics[partial] = total;
}
