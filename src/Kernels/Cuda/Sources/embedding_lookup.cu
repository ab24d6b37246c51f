// The embedding of each row's token, widened to float32: grid (columns / (VEC * THREADS), rows).
// An id outside the table gives zeros and reads nothing: a row without a token may carry -1.
//
//   HIDDEN  embedding width H          VOCABULARY  rows of the table
//   VEC     columns per thread: 4 where H is a multiple of 4, else 1 (NVFP4: always 4)
//   TABLE   TABLE_FLOAT32, TABLE_BF16, TABLE_FP8 (E4M3 codes x scale) or
//           TABLE_NVFP4 (E2M1 codes, two a byte with the even column low; an E4M3 scale per 16 columns; x scale)
#ifndef HIDDEN
#define HIDDEN 2688
#define VOCABULARY 131072
#define VEC 4
#define THREADS 128
#define TABLE 1
#endif

#include "vector.cuh"

#define TABLE_FLOAT32 0
#define TABLE_BF16 1
#define TABLE_FP8 2
#define TABLE_NVFP4 3

__device__ __forceinline__ Floats<VEC> look_up(const void* table, const e4m3* block_scales, float scale, long long token, int column)
{
    const long long at = token * HIDDEN + column;
#if TABLE == TABLE_FLOAT32
    return load_floats<VEC>(static_cast<const float*>(table) + at);
#elif TABLE == TABLE_BF16
    return load_floats<VEC>(static_cast<const bf16*>(table) + at);
#elif TABLE == TABLE_FP8
    Floats<VEC> values;
#pragma unroll
    for (int e = 0; e < VEC; e++)
        values.at[e] = e4m3_to_float(static_cast<const e4m3*>(table)[at + e]) * scale;
    return values;
#else
    const unsigned codes = static_cast<const bf16*>(table)[at / 4];
    const float block = e4m3_to_float(block_scales[at / 16]) * scale;
    Floats<VEC> values;
#pragma unroll
    for (int e = 0; e < VEC; e++)
        values.at[e] = e2m1_to_float(codes >> 4 * e) * block;
    return values;
#endif
}

extern "C" __global__ void __launch_bounds__(THREADS)
    embedding_lookup(const int* tokens, const void* __restrict__ table, const e4m3* __restrict__ block_scales,
                     const float* __restrict__ scale, float* residual)
{
    const int column = (blockIdx.x * THREADS + threadIdx.x) * VEC;
    const float factor = TABLE >= TABLE_FP8 ? *scale : 1.f;
    pdl_wait();
    pdl_launch();
    const int token = tokens[blockIdx.y];
    if (column >= HIDDEN)
        return;
    Floats<VEC> values = {};
    if (token >= 0 && token < VOCABULARY)
        values = look_up(table, block_scales, factor, token, column);
    store_floats<VEC>(residual + (long long)blockIdx.y * HIDDEN + column, values);
}
