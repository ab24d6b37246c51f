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
//   STACKED    1 where up to three matrices that take the same tokens lie one above the other in y
//   PREFETCH   1 where a CTA asks for all that it reads of the weights at once, to find it in the second-level cache
//   BLOCKS     CTAs that a multiprocessor is to hold, which bounds the registers; 0 leaves them to the compiler
//   SHARED     with EXPERTS: parts of a further matrix that all tokens take, each as large as an expert's; 0 where there is none
//   SPLIT_K    how they lie: 0 one above the other, 1 side by side
#ifndef FORMAT
#define FORMAT 2
#define TOKENS 1
#define TILES 1
#define WARPS 8
#define DEPTH 4
#define EXPERTS 0
#define SPLIT 0
#define STABLE 1
#define STACKED 0
#define PREFETCH 0
#define SHARED 0
#define SPLIT_K 0
#define BLOCKS 0
#endif
#include "convolution.cuh"
#include "epilogue.cuh"
#include "weights.cuh"

#if BLOCKS
#define BOUNDS __launch_bounds__(32 * WARPS, BLOCKS)
#else
#define BOUNDS __launch_bounds__(32 * WARPS)
#endif

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

// What a CTA needs of a matrix before it can multiply: asks for all of it, and loads each warp's first tiles.
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

    if (PREFETCH && threadIdx.x < TILES)
    {
        Tile::prefetch(m, first_row + 16 * threadIdx.x);
    }
}

// One matrix's rows for up to Pass tokens; the first tiles are loaded. token(i) is the row that column i takes, or null; emit gets the sums of
// the tokens.
template <class Token, class Emit>
__device__ __forceinline__ void product(const Matrix& m, Pipeline& pipeline, int first_row, Token token, Emit emit)
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

#if !EXPERTS
#if STACKED
// Rows of y end0 .. end1 - 1 are those of the second matrix, rows from end1 on those of the third; multiples of a CTA's rows.
#undef MORE_PARAMETERS
#define MORE_PARAMETERS                                                                                                                            \
    , const unsigned char *codes1, const unsigned char *scales1, const float *global_scale1, const unsigned char *codes2,                          \
        const unsigned char *scales2, const float *global_scale2, int end0, int end1
#endif

// x [batch, columns] bfloat16 with a row stride, x_low of the same; y [batch, rows] likewise, y_low of the same or null; bias [rows] bfloat16 or
// null. Grid: (passes over the tokens, row tiles).
extern "C" __global__ void BOUNDS gemm(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const unsigned short* bias, const unsigned short* x,
    const unsigned short* x_low, void* y, unsigned short* y_low, int rows, int columns, int batch, int x_stride, int y_stride MORE_PARAMETERS)
{
    int top = 0, first_token = blockIdx.x * Pass;
    Matrix m{codes, scales, global_scale, rows, columns, columns};
#if STACKED
    m.rows = end0;
    if (blockIdx.y * Rows >= end1)
    {
        m = {codes2, scales2, global_scale2, rows - end1, columns, columns};
        top = end1;
    }
    else if (blockIdx.y * Rows >= end0)
    {
        m = {codes1, scales1, global_scale1, end1 - end0, columns, columns};
        top = end0;
    }
#endif
    int first_row = blockIdx.y * Rows - top;
    Pipeline pipeline;
#if CONVOLVE
    const Convolution convolution{slots, states, conv_weight, conv_bias, convolved, first_channel};
    convolution.prefetch(first_row, first_token, min(Pass, batch - first_token));
#else
    pdl_launch();
#endif
    if (STABLE)
    {
        load_ahead(pipeline, m, first_row);
    }

    pdl_wait();
#if CONVOLVE
    pdl_launch();  // Not sooner: ssm_update.cu, which follows, reads its state before it waits.
#endif
    if (!STABLE)
    {
        load_ahead(pipeline, m, first_row);
    }

    product(
        m, pipeline, first_row,
        [&](int i) {
            int token = first_token + i % Pass;
            return token < batch ? part(x, x_low, i) + (long long)token * x_stride : nullptr;
        },
        [&](int row, int column, float value) {
            int token = first_token + column;
            if (token >= batch)
            {
                return;
            }

            float biased = bias ? value + bf16_to_float(bias[row]) : value;
#if CONVOLVE
            if (convolution.take(token, row, biased))
            {
                return;
            }
#endif
            store(y, y_low, (long long)token * y_stride + top + row, biased);
        });
}
#else
// A bank of matrices [experts, rows, columns] and, where there is one, a further matrix in SHARED parts. CTA (i, p) multiplies the i-th tile of
// part p by all tokens; CTA (i, SHARED + a) that of the a-th active expert by the tokens that chose it: entries offsets[a] .. offsets[a+1] - 1.
// Entry e = token * choices + choice reads row e / x_divisor of x, and writes row e of y [tokens * choices, rows]; the parts are a token's last
// choices. The matrix is number a of the bank where weight_of is null (a buffer of active experts), else number weight_of[a].
extern "C" __global__ void BOUNDS gemm(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const unsigned char* shared_codes,
    const unsigned char* shared_scales, const float* shared_scale, const int* weight_of, const int* offsets, const int* entries,
    const unsigned short* x, const unsigned short* x_low, void* y, unsigned short* y_low, int rows, int columns, int tokens, int choices,
    int x_divisor, int x_stride, int y_stride)
{
    int part_number = blockIdx.y, active = part_number - SHARED, first_row = blockIdx.x * Rows;
    bool is_shared = part_number < SHARED;
    Pipeline pipeline;
    Matrix m{codes, scales, global_scale, rows, columns, columns};
    int begin = 0, end = tokens;
    pdl_launch();
    if (is_shared)
    {
        m = {shared_codes, shared_scales, shared_scale, rows, columns, SPLIT_K ? SHARED * columns : columns};
        m.skip((long long)part_number * columns * (SPLIT_K ? Tile::Rows : rows), Tile::Bits);
        load_ahead(pipeline, m, first_row);
    }

    pdl_wait();
    if (!is_shared)
    {
        // All three are read at once. Beyond the last active expert there are no entries.
        long long expert = weight_of ? weight_of[active] : active;
        begin = offsets[active];
        end = offsets[active + 1];
        if (begin >= end)
        {
            return;
        }

        m.skip(expert * rows * columns, Tile::Bits);
        m.global_scale += expert;
        load_ahead(pipeline, m, first_row);
    }

    auto entry_of = [&](int i) { return is_shared ? i * choices + choices - SHARED + part_number : entries[i]; };
    for (int first = begin; first < end; first += Pass)
    {
        if (first != begin)
        {
            load_ahead(pipeline, m, first_row);
        }

        product(
            m, pipeline, first_row,
            [&](int i) {
                int place = first + i % Pass;
                return place < end ? part(x, x_low, i) + (long long)(entry_of(place) / x_divisor) * x_stride : nullptr;
            },
            [&](int row, int column, float value) {
                if (first + column < end)
                {
                    store(y, y_low, (long long)entry_of(first + column) * y_stride + row, value);
                }
            });
    }
}
#endif
