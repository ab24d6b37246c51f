// Dequantises weights to bf16: the active experts of a bank into consecutive buffers, or one matrix.
//
// A matrix is flat memory here: blocks of 16 never cross a row (K is a multiple of 16). A thread makes eight values at a time (one
// 16-byte store; a warp's loads and stores are whole lines), UNROLL of them in flight. The grid is fixed and walks the chunks of as many
// matrices as there are active ones, so the same launch serves any routing, balanced.
//
// Values as the reference makes them: (code * scale) * weight_scale_2 in float32, the first product exact, then rounded to nearest even.
//
// BANK: 1 where a list of active experts chooses, 0 for the first matrix.
#include "common.cuh"

#ifndef BANK
#define BANK 1
#endif

#define THREADS 256
#define UNROLL 4
#define CHUNK (THREADS * UNROLL) // groups of eight values

struct Nvfp4
{
    const unsigned* codes;         // eight a word, the low nibble first
    const e4m3* scales;            // E4M3, one for two words
    float scale2;                  // weight_scale_2 * 2^8

    struct Packed
    {
        unsigned codes;
        e4m3 scale;
    };

    __device__ __forceinline__ Packed load(unsigned group) const
    {
        return {__ldcs(codes + group), __ldg(scales + group / 2)};
    }

    __device__ __forceinline__ uint4 decode(Packed packed) const
    {
        // 2^118 and, in scale2, 2^8 undo the 2^-126; powers of two round nothing and keep clear of overflow.
        float scale = e4m3_to_float(packed.scale) * 0x1p118f;
        float values[8];
#pragma unroll
        for (int i = 0; i < 8; i++)
        {
            values[i] = e2m1_shifted(packed.codes << (28 - 4 * i)) * scale * scale2;
        }

        return make_uint4(
            pack_bf16(values[0], values[1]), pack_bf16(values[2], values[3]),
            pack_bf16(values[4], values[5]), pack_bf16(values[6], values[7]));
    }
};

struct Fp8
{
    const uint2* codes;            // eight E4M3 codes a pair
    float scale;

    typedef uint2 Packed;

    __device__ __forceinline__ Packed load(unsigned group) const
    {
        return __ldcs(codes + group);
    }

    __device__ __forceinline__ unsigned pair(unsigned two) const
    {
        float2 values = e4m3x2_to_float2((unsigned short)two);
        return pack_bf16(values.x * scale, values.y * scale);
    }

    __device__ __forceinline__ uint4 decode(Packed packed) const
    {
        return make_uint4(pair(packed.x), pair(packed.x >> 16), pair(packed.y), pair(packed.y >> 16));
    }
};

template <class Matrix>
__device__ __forceinline__ void decode_chunk(const Matrix& matrix, unsigned start, unsigned groups, uint4* target)
{
    typename Matrix::Packed packed[UNROLL];
#pragma unroll
    for (int i = 0; i < UNROLL; i++)
    {
        packed[i] = matrix.load(min(start + i * THREADS, groups - 1));
    }

#pragma unroll
    for (int i = 0; i < UNROLL; i++)
    {
        if (start + i * THREADS < groups)
        {
            target[start + i * THREADS] = matrix.decode(packed[i]);
        }
    }
}

// Calls `decode(place, expert, start)` for this CTA's chunks; `place` is the buffer's.
template <class Decode>
__device__ __forceinline__ void for_chunks(const int* active_count, const int* active_experts, unsigned groups, Decode decode)
{
    unsigned chunks = (groups + CHUNK - 1) / CHUNK, matrices = BANK ? *active_count : 1;
    for (unsigned i = blockIdx.x; i < chunks * matrices; i += gridDim.x)
    {
        unsigned place = i / chunks;
        decode(place, BANK ? active_experts[place] : 0, (i - place * chunks) * CHUNK + threadIdx.x);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) dequantize_nvfp4(
    const unsigned char* codes,    // [experts, N, K / 2]
    const e4m3* scales,            // [experts, N, K / 16]
    const float* scale2,           // [experts]
    const int* active_count,       // [1] if BANK
    const int* active_experts,     // [max_active] if BANK
    unsigned groups,               // N * K / 8
    bf16* target)                  // [max_active, N, K]
{
    pdl_launch();
    pdl_wait();
    for_chunks(active_count, active_experts, groups, [&](unsigned place, int expert, unsigned start)
    {
        Nvfp4 matrix = {(const unsigned*)codes + (size_t)expert * groups, scales + (size_t)expert * (groups / 2), scale2[expert] * 0x1p8f};
        decode_chunk(matrix, start, groups, (uint4*)target + (size_t)place * groups);
    });
}

extern "C" __global__ void __launch_bounds__(THREADS) dequantize_fp8(
    const e4m3* codes,             // [experts, N, K]
    const float* scale,            // [experts]
    const int* active_count,       // [1] if BANK
    const int* active_experts,     // [max_active] if BANK
    unsigned groups,               // N * K / 8
    bf16* target)                  // [max_active, N, K]
{
    pdl_launch();
    pdl_wait();
    for_chunks(active_count, active_experts, groups, [&](unsigned place, int expert, unsigned start)
    {
        Fp8 matrix = {(const uint2*)codes + (size_t)expert * groups, scale[expert]};
        decode_chunk(matrix, start, groups, (uint4*)target + (size_t)place * groups);
    });
}
