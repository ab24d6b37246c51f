// Tiles of a weight as the A operand of mma.m16n8k16, in registers. One struct for each format a weight is held in; all of them have
//   K           columns of a tile (a tile has 16 rows),
//   Rows        rows that lie together: a part of the columns begins so many parts of a row further,
//   load        brings a tile from memory: nothing else touches memory, so loads can run far ahead of the arithmetic,
//   fragment<j> the four registers of the tile's j-th mma,
//   prefetch    asks for all tiles of 16 rows to be brought into the second-level cache,
//   factor      what the accumulators are multiplied by at the end.
//
// An mma is the same under a permutation of K that both operands go through. So lane (g = lane / 4, t = lane % 4) does not take the columns that
// the instruction's layout names, but neighbouring ones: all that it reads of a row lies in one piece, and so do a block's 16 columns of NVFP4.
#pragma once
#include "common.cuh"

struct Fragment
{
    unsigned first[2];   // the lane's own columns 4j, 4j+1: of row g and of row g + 8
    unsigned second[2];  // columns 4j+2, 4j+3
};

// c += a * b for 16 rows of weights and 8 tokens.
__device__ __forceinline__ void mma(float (&c)[4], const Fragment& a, unsigned b0, unsigned b1)
{
    mma(c, a.first[0], a.first[1], a.second[0], a.second[1], b0, b1);
}

// Where one matrix [rows, columns] lies, which may be the left part of one that is `stride` columns wide. Scales: NVFP4 only. Global scale: one
// float32, FP8 and NVFP4.
struct Matrix
{
    const unsigned char* codes;
    const unsigned char* scales;
    const float* global_scale;
    int rows;
    int columns;
    int stride;

    // Moves on by some numbers, of `bits` each, in the order in which they lie.
    __device__ __forceinline__ void skip(long long numbers, int bits)
    {
        codes += numbers / 8 * bits;
        scales += numbers / 16;
    }
};

// A lane's 16 bytes of each of its two rows, where rows lie one after the other: columns tile * K + (K / 4) t and on, of rows g and g + 8.
template <int Bits, int K> __device__ __forceinline__ void load_rows(uint4 (&q)[2], const Matrix& m, int first_row, int tile, int lane)
{
    int g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        // Rows beyond the last are read as the last, and never stored.
        long long row = min(first_row + g + 8 * half, m.rows - 1);
        q[half] = load_streaming(m.codes + (row * m.stride + tile * K + K / 4 * t) * (Bits / 8));
    }
}

template <int Bits> __device__ __forceinline__ void prefetch_rows(const Matrix& m, int first_row)
{
    for (long long row = first_row; row < min(first_row + 16, m.rows); row++)
    {
        prefetch_l2(m.codes + row * m.stride * (Bits / 8), m.columns * (Bits / 8));
    }
}

// bfloat16, row by row. 16 x 32: lane (g, t) holds columns 8t..8t+7 of rows g and g + 8.
struct BFloat16Tile
{
    static constexpr int Bits = 16;
    static constexpr int K = 32;
    static constexpr int Rows = 1;
    uint4 q[2];

    __device__ __forceinline__ void load(const Matrix& m, int first_row, int tile, int lane) { load_rows<Bits, K>(q, m, first_row, tile, lane); }

    template <int J> __device__ __forceinline__ Fragment fragment() const
    {
        return J == 0 ? Fragment{{q[0].x, q[1].x}, {q[0].y, q[1].y}} : Fragment{{q[0].z, q[1].z}, {q[0].w, q[1].w}};
    }

    static __device__ __forceinline__ void prefetch(const Matrix& m, int first_row) { prefetch_rows<Bits>(m, first_row); }

    static __device__ __forceinline__ float factor(const Matrix&) { return 1; }
};

// E4M3, row by row. 16 x 64: lane (g, t) holds columns 16t..16t+15 of rows g and g + 8.
struct Float8Tile
{
    static constexpr int Bits = 8;
    static constexpr int K = 64;
    static constexpr int Rows = 1;
    uint4 q[2];

    __device__ __forceinline__ void load(const Matrix& m, int first_row, int tile, int lane) { load_rows<Bits, K>(q, m, first_row, tile, lane); }

    template <int J> __device__ __forceinline__ Fragment fragment() const
    {
        unsigned upper = word<J>(q[0]), lower = word<J>(q[1]);
        return {{e4m3x2_to_bf16x2<false>(upper), e4m3x2_to_bf16x2<false>(lower)}, {e4m3x2_to_bf16x2<true>(upper), e4m3x2_to_bf16x2<true>(lower)}};
    }

    static __device__ __forceinline__ void prefetch(const Matrix& m, int first_row) { prefetch_rows<Bits>(m, first_row); }

    static __device__ __forceinline__ float factor(const Matrix& m) { return *m.global_scale; }

private:
    template <int J> static __device__ __forceinline__ unsigned word(uint4 v) { return J == 0 ? v.x : J == 1 ? v.y : J == 2 ? v.z : v.w; }
};

// NVFP4, repacked at load (repack.cu): for each tile of 16 x 64 one record of codes, 16 bytes a lane, and one of scales, 2 bytes a lane. Lane
// (g, t) holds columns 16t..16t+15, which is one whole block, of rows g and g + 8.
struct Nvfp4Tile
{
    static constexpr int Bits = 4;
    static constexpr int K = 64;
    static constexpr int Rows = 16;
    static constexpr int CodeBytes = 512;
    static constexpr int ScaleBytes = 64;
    uint4 q;
    unsigned short s;

    __device__ __forceinline__ void load(const Matrix& m, int first_row, int tile, int lane)
    {
        // Rows are multiples of 16: a tile beyond the last is read as the last, and never stored.
        long long record = (long long)min(first_row / 16, m.rows / 16 - 1) * (m.stride / K) + tile;
        q = load_streaming(m.codes + record * CodeBytes + 16 * lane);
        asm volatile("ld.global.nc.L1::no_allocate.u16 %0, [%1];" : "=h"(s) : "l"(m.scales + record * ScaleBytes + 2 * lane));
    }

    template <int J> __device__ __forceinline__ Fragment fragment() const
    {
        // A word holds two mmas' codes of a row: four pairs, the first in the topmost bits of each half.
        unsigned upper = (J < 2 ? q.x : q.y) << (J % 2 * 8), lower = (J < 2 ? q.z : q.w) << (J % 2 * 8);
        unsigned upper_scale = decode_scale(s & 0xff), lower_scale = decode_scale(s >> 8);
        return {{mul_bf16x2(decode(upper), upper_scale), mul_bf16x2(decode(lower), lower_scale)},
                {mul_bf16x2(decode(upper << 4), upper_scale), mul_bf16x2(decode(lower << 4), lower_scale)}};
    }

    static __device__ __forceinline__ void prefetch(const Matrix& m, int first_row)
    {
        long long record = (long long)min(first_row / 16, m.rows / 16 - 1) * (m.stride / K);
        prefetch_l2(m.codes + record * CodeBytes, m.columns / K * CodeBytes);
        prefetch_l2(m.scales + record * ScaleBytes, m.columns / K * ScaleBytes);
    }

    // Codes come out times 2^-126 and scales times 2^119, so that every product is a normal number; both are exact.
    static __device__ __forceinline__ float factor(const Matrix& m) { return 128 * *m.global_scale; }

    // Sign, exponent (bias 1) and mantissa of E2M1 at bf16's place: the number times 2^-126; one half is a subnormal.
    static __device__ __forceinline__ unsigned decode(unsigned codes) { return (codes & 0x80008000) | ((codes & 0x70007000) >> 6); }

    // A rebiased scale in both halves, times 2^119.
    static __device__ __forceinline__ unsigned decode_scale(unsigned scale) { return scale * 0x00100010 + 0x76007600; }
};

#if FORMAT == 0
using Tile = BFloat16Tile;
#elif FORMAT == 1
using Tile = Float8Tile;
#elif FORMAT == 2
using Tile = Nvfp4Tile;
#endif
