// Products of a bank of experts with the many tokens of a prompt: y = x W^T for rows that lie grouped by expert. Weights are read as they are held
// and decoded in registers (weights.cuh); the tokens of a work item go through shared memory and are used by all warps.
//
//   FORMAT     of the weights, see weights.cuh
//   EPILOGUE   1 or 2, see epilogue.cuh
//   TOKENS     columns of 8 tokens that a block takes
//   TILES      tiles of 16 weight rows of a warp
//   WARPS      warps, each with rows of its own
#ifndef FORMAT
#define FORMAT 2
#define EPILOGUE 1
#define TOKENS 16
#define TILES 2
#define WARPS 4
#endif
#include "epilogue.cuh"
#include "weights.cuh"

constexpr int Rows = 16 * TILES * WARPS;  // weight rows of a block
constexpr int Columns = 8 * TOKENS;       // tokens of a block
constexpr int Threads = 32 * WARPS;
constexpr int Step = 64;                  // columns of K at once
constexpr int Stages = 3;                 // steps of tokens in shared memory, one of which is being used
constexpr int StepTiles = Step / Tile::K;
constexpr int Units = Step * 2 / 16;      // 16-byte units of a token's step
constexpr int RowsAtOnce = Threads / Units;
constexpr int Copies = Columns / RowsAtOnce;
constexpr int Padded = Rows + 8;          // of a token's outputs in shared memory
constexpr int StageBytes = Columns * Step * 2;
constexpr int OutputBytes = Columns * Padded * 2;
constexpr int SharedBytes = Stages * StageBytes > OutputBytes ? Stages * StageBytes : OutputBytes;
static_assert(Columns % RowsAtOnce == 0, "every thread copies as many units");

// Units of odd tokens change places, so that the eight lanes of a read, which take every second unit of two tokens or four neighbours, meet in no bank.
__device__ __forceinline__ int unit_place(int token, int unit) { return token * Units + (unit ^ (token & 1) * 5); }

// 16 bytes from global to shared memory, zeros if there is no source.
__device__ __forceinline__ void copy_async(unsigned char* to, const void* from, bool present)
{
    unsigned address = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from), "r"(present ? 16 : 0) : "memory");
}

__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int Pending> __device__ __forceinline__ void wait() { asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory"); }

template <int J> __device__ __forceinline__ void decode(Fragment (&a)[TILES][Tile::K / 16], const Tile (&tiles)[StepTiles][TILES], int s)
{
    if constexpr (J < Tile::K / 16)
    {
#pragma unroll
        for (int r = 0; r < TILES; r++)
        {
            a[r][J] = tiles[s][r].template fragment<J>();
        }

        decode<J + 1>(a, tiles, s);
    }
}

__device__ __forceinline__ void load_weights(Tile (&tiles)[StepTiles][TILES], const Matrix& m, int first_row, int step, int lane)
{
#pragma unroll
    for (int s = 0; s < StepTiles; s++)
    {
#pragma unroll
        for (int r = 0; r < TILES; r++)
        {
            tiles[s][r].load(m, first_row + 16 * r, step * StepTiles + s, lane);
        }
    }
}

__device__ __forceinline__ void multiply(
    float (&sums)[TILES][TOKENS][4], const Tile (&tiles)[StepTiles][TILES], const unsigned char* tokens, int g, int t)
{
#pragma unroll
    for (int s = 0; s < StepTiles; s++)
    {
        Fragment a[TILES][Tile::K / 16];
        decode<0>(a, tiles, s);
#pragma unroll
        for (int n = 0; n < TOKENS; n++)
        {
            // A lane's columns of a token: K / 4 of them, in one piece, as of its weights' rows.
            uint4 q[Tile::K / 32];
#pragma unroll
            for (int i = 0; i < Tile::K / 32; i++)
            {
                int unit = s * (Tile::K / 8) + t * (Tile::K / 32) + i;
                q[i] = *reinterpret_cast<const uint4*>(tokens + 16 * unit_place(8 * n + g, unit));
            }

#pragma unroll
            for (int j = 0; j < Tile::K / 16; j++)
            {
                unsigned first = j % 2 ? q[j / 2].z : q[j / 2].x, second = j % 2 ? q[j / 2].w : q[j / 2].y;
#pragma unroll
                for (int r = 0; r < TILES; r++)
                {
                    mma(sums[r][n], a[r][j], first, second);
                }
            }
        }
    }
}

// A bank [E, rows, columns]; rows a multiple of 8, columns of 64. For each work item (blockIdx.y) its expert, or a negative number for none, and the
// first and the end of its rows of x, at most Columns. x [T, columns] and y [T, rows] bfloat16, contiguous. Grid: (blocks of weight rows, items).
extern "C" __global__ void __launch_bounds__(Threads, 2) grouped_gemm(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, const int* item_expert, const int* item_first, const int* item_end,
    const bf16* x, bf16* y, int rows, int columns)
{
    __shared__ __align__(128) unsigned char shared[SharedBytes];
    int expert = item_expert[blockIdx.y];
    if (expert < 0)
    {
        return;
    }

    int first = item_first[blockIdx.y], count = item_end[blockIdx.y] - first;
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
    Matrix m{codes, scales, global_scale, rows, columns, columns};
    m.skip((long long)expert * rows * columns, Tile::Bits);
    m.global_scale += expert;

    int unit = threadIdx.x % Units, copied = threadIdx.x / Units;
    const bf16* source = x + (long long)first * columns + 8 * unit;
    int steps = columns / Step;
    auto copy = [&](int step) {
        if (step < steps)
        {
            unsigned char* stage = shared + step % Stages * StageBytes;
#pragma unroll
            for (int i = 0; i < Copies; i++)
            {
                int token = copied + i * RowsAtOnce;
                bool present = token < count;
                copy_async(stage + 16 * unit_place(token, unit), source + (present ? (long long)token * columns + step * Step : 0), present);
            }
        }

        commit();
    };

    int first_row = blockIdx.x * Rows + warp * 16 * TILES;
    float sums[TILES][TOKENS][4] = {};
    Tile tiles[2][StepTiles][TILES];
    load_weights(tiles[0], m, first_row, 0, lane);
#pragma unroll
    for (int step = 0; step < Stages - 1; step++)
    {
        copy(step);
    }

    for (int base = 0; base < steps; base += 2)
    {
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            int step = base + half;
            if (step < steps)
            {
                if (step + 1 < steps)
                {
                    load_weights(tiles[1 - half], m, first_row, step + 1, lane);
                }

                // The step's tokens are there, and all warps have left the stage that is filled next.
                wait<Stages - 2>();
                __syncthreads();
                copy(step + Stages - 1);
                multiply(sums, tiles[half], shared + step % Stages * StageBytes, g, t);
            }
        }
    }

    // Through shared memory, so that a token's outputs are stored in one piece.
    wait<0>();
    __syncthreads();
    bf16* outputs = reinterpret_cast<bf16*>(shared);
    float factor = Tile::factor(m);
#pragma unroll
    for (int r = 0; r < TILES; r++)
    {
#pragma unroll
        for (int n = 0; n < TOKENS; n++)
        {
#pragma unroll
            for (int i = 0; i < 4; i++)
            {
                int row = (warp * TILES + r) * 16 + g + i / 2 * 8, token = 8 * n + 2 * t + i % 2;
                store(outputs, nullptr, token * Padded + row, sums[r][n][i] * factor);
            }
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < Columns * (Rows / 8); i += Threads)
    {
        int token = i / (Rows / 8), row = i % (Rows / 8) * 8;
        if (token < count && blockIdx.x * Rows + row < rows)
        {
            *reinterpret_cast<uint4*>(y + (long long)(first + token) * rows + blockIdx.x * Rows + row) =
                *reinterpret_cast<const uint4*>(outputs + token * Padded + row);
        }
    }
}
