// Products of a weight with few tokens: y[token, row] = sum over k of w[row, k] x[token, k]. The weights are the mma's A operand, 16 rows at a
// time, 8 tokens are its B; so 8 tokens cost what one costs, and the weights, which are what takes time, go through registers once.
//
// A CTA has one or two tiles of 16 rows and all of K, split over its warps; their partial sums meet in shared memory, in a fixed order.
//
//   FORMAT     how the weight is held: 0 bfloat16, 1 E4M3, 2 NVFP4 repacked
//   TOKENS     columns of 8 tokens a CTA takes at once
//   TILES      row tiles of a warp
//   WARPS      warps that K is split over
//   DEPTH      tiles of a warp that are in flight
//   EPILOGUE   see epilogue.cuh
//   EXPERTS    0 one matrix for all tokens, 1 a bank of matrices: each active expert's for the tokens that chose it
//   SPLIT      1 where tokens come as two bfloat16 rows, x and what its rounding left, x_low: each half of the columns takes one of them, and
//              the sums of both are added. As 8 columns cost what one costs, up to 4 tokens are nearly float32 for nothing.
//   STABLE     1 where no kernel before this one in the stream writes the weights: they can be loaded before it has finished
#ifndef FORMAT
#define FORMAT 2
#define TOKENS 1
#define TILES 1
#define WARPS 8
#define DEPTH 4
#define EXPERTS 0
#define SPLIT 0
#define STABLE 1
#endif
#include "epilogue.cuh"
#include "weights.cuh"

constexpr int Rows = 16 * TILES;
constexpr int Columns = 8 * TOKENS;
constexpr int Pass = SPLIT ? Columns / 2 : Columns;  // tokens that a CTA takes at once
constexpr int Stride = Rows + 4;  // of a token's partial sums: lanes of a warp write 32 different banks

struct Pipeline
{
    Tile tiles[DEPTH][TILES];

    __device__ __forceinline__ void load(int slot, const Matrix& m, int first_row, int tile, int lane)
    {
#pragma unroll
        for (int r = 0; r < TILES; r++)
        {
            tiles[slot][r].load(m, first_row + 16 * r, tile, lane);
        }
    }
};

// The tokens' columns of one tile: lane (g, t) holds those of token g that it holds of the weight's rows.
template <int T> struct Activations
{
    uint4 q[T / 32];

    __device__ __forceinline__ void load(const unsigned short* row, int tile, int t)
    {
#pragma unroll
        for (int i = 0; i < T / 32; i++)
        {
            q[i] = row ? *reinterpret_cast<const uint4*>(row + tile * T + (T / 4) * t + 8 * i) : uint4{0, 0, 0, 0};
        }
    }

    __device__ __forceinline__ unsigned first(int j) const { return j % 2 ? q[j / 2].z : q[j / 2].x; }
    __device__ __forceinline__ unsigned second(int j) const { return j % 2 ? q[j / 2].w : q[j / 2].y; }
};

template <int J> __device__ __forceinline__ void decode(Fragment (&a)[TILES][Tile::K / 16], const Tile (&tiles)[TILES])
{
    if constexpr (J < Tile::K / 16)
    {
#pragma unroll
        for (int r = 0; r < TILES; r++)
        {
            a[r][J] = tiles[r].template fragment<J>();
        }

        decode<J + 1>(a, tiles);
    }
}

__device__ __forceinline__ void multiply(
    float (&sums)[TILES][TOKENS][4], const Tile (&tiles)[TILES], const unsigned short* const (&tokens)[TOKENS], int tile, int t)
{
    Fragment a[TILES][Tile::K / 16];
    decode<0>(a, tiles);
#pragma unroll
    for (int n = 0; n < TOKENS; n++)
    {
        Activations<Tile::K> x;
        x.load(tokens[n], tile, t);
#pragma unroll
        for (int j = 0; j < Tile::K / 16; j++)
        {
#pragma unroll
            for (int r = 0; r < TILES; r++)
            {
                mma(sums[r][n], a[r][j], x.first(j), x.second(j));
            }
        }
    }
}

// Adds up the warps' partial sums, and those of a token's two columns; thread i ends with outputs i, i + threads...: rows first, so that stores are in one piece.
template <class Store> __device__ __forceinline__ void reduce(const float (&sums)[TILES][TOKENS][4], Store store)
{
    __shared__ float partial[WARPS][Columns * Stride];
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
    __syncthreads();
#pragma unroll
    for (int r = 0; r < TILES; r++)
    {
#pragma unroll
        for (int n = 0; n < TOKENS; n++)
        {
            float* at = &partial[warp][(8 * n + 2 * t) * Stride + 16 * r + g];
            at[0] = sums[r][n][0];
            at[Stride] = sums[r][n][1];
            at[8] = sums[r][n][2];
            at[Stride + 8] = sums[r][n][3];
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < Rows * Pass; i += 32 * WARPS)
    {
        int row = i % Rows, column = i / Rows;
        float sum = 0;
        for (int w = 0; w < WARPS; w++)
        {
            sum += partial[w][column * Stride + row];
            if (SPLIT)
            {
                sum += partial[w][(column + Pass) * Stride + row];
            }
        }

        store(row, column, sum);
    }
}

// The tensor whose rows a column takes.
__device__ __forceinline__ const unsigned short* part(const unsigned short* x, const unsigned short* x_low, int column)
{
    return SPLIT && column >= Pass ? x_low : x;
}

// One matrix's rows for up to Pass tokens. token(i) is the row that column i takes, or null; emit gets the sums of the tokens.
template <class Token, class Emit>
__device__ __forceinline__ void product(const Matrix& m, Pipeline& pipeline, bool loaded, int first_row, Token token, Emit emit)
{
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
    int count = m.columns / Tile::K;
    float sums[TILES][TOKENS][4] = {};
    const unsigned short* tokens[TOKENS];
#pragma unroll
    for (int n = 0; n < TOKENS; n++)
    {
        tokens[n] = token(8 * n + g);
    }

#pragma unroll
    for (int d = 0; d < DEPTH; d++)
    {
        if (!loaded && warp + d * WARPS < count)
        {
            pipeline.load(d, m, first_row, warp + d * WARPS, lane);
        }
    }

    for (int base = warp; base < count; base += DEPTH * WARPS)
    {
#pragma unroll
        for (int d = 0; d < DEPTH; d++)
        {
            int tile = base + d * WARPS, next = tile + DEPTH * WARPS;
            if (tile < count)
            {
                multiply(sums, pipeline.tiles[d], tokens, tile, t);
                if (next < count)
                {
                    pipeline.load(d, m, first_row, next, lane);
                }
            }
        }
    }

    float factor = Tile::factor(m);
    reduce(sums, [&](int row, int column, float sum) {
        if (first_row + row < m.rows)
        {
            emit(first_row + row, column, sum * factor);
        }
    });
}

__device__ __forceinline__ void load_ahead(Pipeline& pipeline, const Matrix& m, int first_row)
{
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
#pragma unroll
    for (int d = 0; d < DEPTH; d++)
    {
        if (warp + d * WARPS < m.columns / Tile::K)
        {
            pipeline.load(d, m, first_row, warp + d * WARPS, lane);
        }
    }
}

#if !EXPERTS
// x [batch, columns] bfloat16 with a row stride, x_low of the same; y [batch, rows] likewise, y_low of the same or null; bias [rows] bfloat16 or
// null. Grid: (passes over the tokens, row tiles).
extern "C" __global__ void __launch_bounds__(32 * WARPS) gemm(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const unsigned short* bias, const unsigned short* x,
    const unsigned short* x_low, void* y, unsigned short* y_low, int rows, int columns, int batch, int x_stride, int y_stride)
{
    Matrix m{codes, scales, global_scale, rows, columns};
    int first_row = blockIdx.y * Rows, first_token = blockIdx.x * Pass;
    Pipeline pipeline;
    if (STABLE)
    {
        load_ahead(pipeline, m, first_row);
    }

    pdl_launch();
    pdl_wait();
    product(
        m, pipeline, STABLE, first_row,
        [&](int i) {
            int token = first_token + i % Pass;
            return token < batch ? part(x, x_low, i) + (long long)token * x_stride : nullptr;
        },
        [&](int row, int column, float value) {
            int token = first_token + column;
            if (token < batch)
            {
                store(y, y_low, (long long)token * y_stride + row, bias ? value + bf16_to_float(bias[row]) : value);
            }
        });
}
#else
// A bank of matrices [experts, rows, columns]. CTA (i, a) multiplies the a-th active expert's i-th tile by the tokens that chose it: entries
// offsets[a] .. offsets[a+1] - 1. Entry e = token * top_k + choice reads row e / x_divisor of x, and writes row e of y [tokens * top_k, rows].
// The matrix is number a of the bank where weight_of is null (a buffer of active experts), else number weight_of[a].
extern "C" __global__ void __launch_bounds__(32 * WARPS) gemm(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const int* weight_of, const int* active_count,
    const int* offsets, const int* entries, const unsigned short* x, const unsigned short* x_low, void* y, unsigned short* y_low, int rows,
    int columns, int x_divisor, int x_stride, int y_stride)
{
    pdl_launch();
    pdl_wait();
    int active = blockIdx.y, first_row = blockIdx.x * Rows;
    if (active >= *active_count)
    {
        return;
    }

    long long expert = weight_of ? weight_of[active] : active;
    Matrix m{codes, scales, global_scale + expert, rows, columns};
    m.codes += expert * bytes_of(m, Tile::Bits);
    m.scales += expert * rows * (columns / 16);
    Pipeline pipeline;
    int end = offsets[active + 1];
    for (int first = offsets[active]; first < end; first += Pass)
    {
        product(
            m, pipeline, false, first_row,
            [&](int i) {
                int entry = first + i % Pass;
                return entry < end ? part(x, x_low, i) + (long long)(entries[entry] / x_divisor) * x_stride : nullptr;
            },
            [&](int row, int column, float value) {
                if (first + column < end)
                {
                    store(y, y_low, (long long)entries[first + column] * y_stride + row, value);
                }
            });
    }
}
#endif
