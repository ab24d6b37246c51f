// Puts the splits of each head together by their log-sum-exp and divides: grid (heads, rows). Warps take the splits in turn; a sequence
// fills only the first of them. attended_low is null or gets what the rounding of attended leaves.
#include "paged_attention.cuh"

constexpr int kVectors = HEAD_DIM / VEC;
constexpr int kPerLane = (kVectors + 31) / 32;

extern "C" __global__ void __launch_bounds__(32 * WARPS)
    paged_attention_merge(const int* positions, int splits, const float* partial_outputs, const SplitStatistics* partial_statistics,
                          float value_scale, bf16* attended, bf16* attended_low)
{
    __shared__ float shared_sum[WARPS];
    alignas(16) __shared__ float shared_output[WARPS][HEAD_DIM];
    const int head = blockIdx.x, row = blockIdx.y, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    pdl_launch();
    pdl_wait();
    const int length = positions[row] + 1, share = tokens_per_split(length, splits), filled = (length + share - 1) / share;
    const long long partial = partial_of(row, head, 0, splits);

    float max = negative_infinity();
    for (int split = lane; split < filled; split += 32)
        max = fmaxf(max, partial_statistics[partial + split].max);
    max = warp_max(max);
    float sum = 0.f;
    Floats<VEC> output[kPerLane] = {};
#pragma unroll 4
    for (int split = warp; split < filled; split += WARPS)
    {
        const SplitStatistics statistics = partial_statistics[partial + split];
        const float factor = exp2f(statistics.max - max);
        sum += statistics.sum * factor;
#pragma unroll
        for (int j = 0; j < kPerLane; j++)
        {
            const int v = lane + 32 * j;
            if (v >= kVectors)
                break;
            const Floats<VEC> values = load_floats<VEC>(partial_outputs + (partial + split) * HEAD_DIM + v * VEC);
#pragma unroll
            for (int e = 0; e < VEC; e++)
                output[j].at[e] += values.at[e] * factor;
        }
    }

#pragma unroll
    for (int j = 0; j < kPerLane; j++)
    {
        const int v = lane + 32 * j;
        if (v < kVectors)
            store_floats<VEC>(&shared_output[warp][v * VEC], output[j]);
    }
    if (lane == 0)
        shared_sum[warp] = sum;
    __syncthreads();
    sum = 0.f;
#pragma unroll
    for (int w = 0; w < WARPS; w++)
        sum += shared_sum[w];
    for (int column = threadIdx.x; column < HEAD_DIM; column += 32 * WARPS)
    {
        float value = 0.f;
#pragma unroll
        for (int w = 0; w < WARPS; w++)
            value += shared_output[w][column];
        value = value * value_scale / sum;
        const long long at = ((long long)row * HEADS + head) * HEAD_DIM + column;
        attended[at] = float_to_bf16(value);
        if (attended_low)
            attended_low[at] = bf16_rest(value);
    }
}
