// The products of gemm.cu for shapes that it does not take (columns that are no multiple of its tiles'), and for weights in float32. A warp has
// one row of the weight and up to 8 tokens; its lanes take neighbouring columns. Plain, and as fast as plain is.
//
//   FORMAT     how the weight is held: 0 bfloat16, 1 E4M3, 2 NVFP4 as stored (row by row, the even column in the low bits), 3 float32
//   EPILOGUE   see epilogue.cuh
//   EXPERTS    0 one matrix for all tokens, 1 a bank of matrices
//   SPLIT      1 where x_low has what the rounding of x to bfloat16 left
#ifndef FORMAT
#define FORMAT 0
#define EXPERTS 0
#define SPLIT 0
#endif
#include "convolution.cuh"
#include "epilogue.cuh"

constexpr int Tokens = 8;
constexpr int Warps = 8;

struct Row
{
    const unsigned char* codes;
    const unsigned char* scales;

    __device__ __forceinline__ Row(const unsigned char* codes, const unsigned char* scales, long long row, int columns)
        : codes(codes + row * columns * Bits / 8), scales(scales + row * (columns / 16))
    {
    }

    __device__ __forceinline__ float operator[](int k) const
    {
#if FORMAT == 0
        return bf16_to_float(reinterpret_cast<const unsigned short*>(codes)[k]);
#elif FORMAT == 1
        return e4m3_to_float(codes[k]);
#elif FORMAT == 2
        return e2m1_to_float(codes[k / 2] >> (k % 2 * 4)) * e4m3_to_float(scales[k / 16]);
#else
        return reinterpret_cast<const float*>(codes)[k];
#endif
    }

    static constexpr int Bits = FORMAT == 0 ? 16 : FORMAT == 1 ? 8 : FORMAT == 2 ? 4 : 32;
    static constexpr bool IsScaled = FORMAT == 1 || FORMAT == 2;
};

__device__ __forceinline__ float activation(const unsigned short* x, const unsigned short* x_low, long long index)
{
    return SPLIT ? bf16_to_float(x[index]) + bf16_to_float(x_low[index]) : bf16_to_float(x[index]);
}

// Lane i ends with the sum of token i. token(i) is where its row begins, or -1.
template <class Token>
__device__ __forceinline__ float product(
    Row weights, int columns, int lane, const unsigned short* x, const unsigned short* x_low, Token token)
{
    float sums[Tokens] = {};
    for (int k = lane; k < columns; k += 32)
    {
        float w = weights[k];
#pragma unroll
        for (int i = 0; i < Tokens; i++)
        {
            long long row = token(i);
            sums[i] += row >= 0 ? w * activation(x, x_low, row + k) : 0.0f;
        }
    }

    float mine = 0;
#pragma unroll
    for (int i = 0; i < Tokens; i++)
    {
        float sum = warp_sum(sums[i]);
        mine = lane == i ? sum : mine;
    }

    return mine;
}

#if !EXPERTS
// Grid: (rows / 8, tokens / 8).
extern "C" __global__ void __launch_bounds__(32 * Warps) gemm_general(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const unsigned short* bias, const unsigned short* x,
    const unsigned short* x_low, void* y, unsigned short* y_low, int rows, int columns, int batch, int x_stride, int y_stride MORE_PARAMETERS)
{
    pdl_wait();
    pdl_launch();
    int row = blockIdx.x * Warps + (threadIdx.x >> 5), lane = threadIdx.x & 31, first = blockIdx.y * Tokens;
    if (row >= rows)
    {
        return;
    }

    float sum = product(Row(codes, scales, row, columns), columns, lane, x, x_low, [&](int i) {
        return first + i < batch ? (long long)(first + i) * x_stride : -1;
    });
    if (lane < Tokens && first + lane < batch)
    {
        float value = Row::IsScaled ? sum * *global_scale : sum, biased = bias ? value + bf16_to_float(bias[row]) : value;
#if CONVOLVE
        if (Convolution{slots, states, conv_weight, conv_bias, convolved, first_channel}.take(first + lane, row, biased))
        {
            return;
        }
#endif
        store(y, y_low, (long long)(first + lane) * y_stride + row, biased);
    }
}
#else
// Grid: (rows / 8, active experts); see gemm.cu.
extern "C" __global__ void __launch_bounds__(32 * Warps) gemm_general(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const int* weight_of, const int* offsets,
    const int* entries, const unsigned short* x, const unsigned short* x_low, void* y, unsigned short* y_low, int rows, int columns,
    int x_divisor, int x_stride, int y_stride)
{
    pdl_launch();
    pdl_wait();
    int row = blockIdx.x * Warps + (threadIdx.x >> 5), lane = threadIdx.x & 31, active = blockIdx.y;
    int end = offsets[active + 1];
    if (offsets[active] >= end || row >= rows)
    {
        return;
    }

    long long expert = weight_of ? weight_of[active] : active;
    Row weights(codes, scales, expert * rows + row, columns);
    for (int first = offsets[active]; first < end; first += Tokens)
    {
        float sum = product(weights, columns, lane, x, x_low, [&](int i) {
            return first + i < end ? (long long)(entries[first + i] / x_divisor) * x_stride : -1;
        });
        if (lane < Tokens && first + lane < end)
        {
            store(y, y_low, (long long)entries[first + lane] * y_stride + row, Row::IsScaled ? sum * global_scale[expert] : sum);
        }
    }
}
#endif
