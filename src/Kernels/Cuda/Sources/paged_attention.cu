// Decode attention over pages, a share of one sequence's tokens per block: grid (KV heads * tiles, rows, splits).
// Up to 16 query heads that share a KV head are the 16 rows of one mma tile, so K and V are read once for all of them.
//
// Each warp walks tiles of 16 tokens on its own: S = Q K^T, an online softmax, O += P V. Nothing passes through shared memory: a product
// does not change when its inner index is permuted on both sides, so the lane (g = lane / 4, t = lane % 4) that mma wants to hold elements
// {2t, 2t+1, 2t+8, 2t+9} of a 16-wide step is given KEY_CHUNK neighbouring elements of token g instead, and Q is laid out to match;
// of V it holds VALUE_CHUNK neighbouring columns of its four tokens, the columns of the result being permuted the same way.
// All loads are as wide as the head allows (16 bytes at head_dim 128).
//
// HEAD_DIM is a multiple of 16, at most 128 (registers); other heads take paged_attention_any.cu.
#include "paged_attention.cuh"

constexpr int kTiles = (kGroup + 15) / 16;
constexpr int kSteps = HEAD_DIM / 16;  // mma steps along the head
constexpr int kKeyChunk = HEAD_DIM % 64 == 0 && FP8 ? 16 : HEAD_DIM % 32 == 0 ? 8 : 4;
constexpr int kColumns = HEAD_DIM / 8;  // of V per lane
constexpr int kValueChunk = kColumns % 16 == 0 && FP8 ? 16 : kColumns % 8 == 0 ? 8 : kColumns % 4 == 0 ? 4 : 2;
constexpr bool kTileInPage = PAGE_SIZE % 16 == 0;

// Neighbouring elements as they are stored, in whole words (an E4M3 pair fills half of one).
template <int Count>
struct Chunk
{
    unsigned words[(Count * sizeof(Stored) + 3) / 4];
};

template <int Count>
__device__ __forceinline__ Chunk<Count> load_chunk(const Stored* from)
{
    Chunk<Count> chunk;
    if constexpr (Count * sizeof(Stored) == 16)
        *reinterpret_cast<uint4*>(chunk.words) = *reinterpret_cast<const uint4*>(from);
    else if constexpr (Count * sizeof(Stored) == 8)
        *reinterpret_cast<uint2*>(chunk.words) = *reinterpret_cast<const uint2*>(from);
    else if constexpr (Count * sizeof(Stored) == 4)
        chunk.words[0] = *reinterpret_cast<const unsigned*>(from);
    else
        chunk.words[0] = *reinterpret_cast<const unsigned short*>(from);
    return chunk;
}

// Two stored elements as bf16x2, exactly.
template <int Count>
__device__ __forceinline__ unsigned pair_of(const Chunk<Count>& chunk, int pair)
{
#if FP8
    const unsigned codes = chunk.words[pair / 2];
    return pair % 2 == 0 ? e4m3x2_to_bf16x2<false>(codes) : e4m3x2_to_bf16x2<true>(codes);
#else
    return chunk.words[pair];
#endif
}

// Over the four lanes that hold one row of a tile.
__device__ __forceinline__ float row_max(float v)
{
    v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 1));
    return fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 2));
}

__device__ __forceinline__ float row_sum(float v)
{
    v += __shfl_xor_sync(0xffffffffu, v, 1);
    return v + __shfl_xor_sync(0xffffffffu, v, 2);
}

// The A operand of step `step`: queries g and g + 8 of the tile, zeros where the group has fewer.
__device__ __forceinline__ void load_queries(unsigned (&a)[4], const float* queries, int count, int step, int g, int t)
{
    constexpr int kStepsPerChunk = kKeyChunk / 4;
    const int element = step / kStepsPerChunk * 4 * kKeyChunk + t * kKeyChunk + step % kStepsPerChunk * 4;
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        const int head = g + 8 * half;
        alignas(16) float q[4] = {};
#pragma unroll
        for (int e = 0; e < 4; e += VEC)
        {
            if (head < count)
                *reinterpret_cast<Floats<VEC>*>(q + e) = load_floats<VEC>(queries + head * HEAD_DIM + element + e);
        }
        a[half] = pack_bf16(q[0], q[1]);
        a[half + 2] = pack_bf16(q[2], q[3]);
    }
}

// What a warp holds of 16 tokens: its lanes' pieces of K (tokens g and 8 + g) and V (tokens 2t, 2t + 1, 8 + 2t, 9 + 2t).
struct Tile
{
    Chunk<kKeyChunk> keys[2][HEAD_DIM / 4 / kKeyChunk];
    Chunk<kValueChunk> values[4][kColumns / kValueChunk];
};

// What a warp has gathered so far for queries g and g + 8: sum p v, the maximum score, and the sum of p over the lane's own tokens.
struct Gathered
{
    float output[kColumns][4], max[2], sum[2];
};

// Tokens past the end repeat the last one; their probability is 0.
__device__ __forceinline__ void load_tile(Tile& tile, const Stored* key_pages, const Stored* value_pages, const int* pages, int kv_head,
                                          int start, int end, int g, int t)
{
    const long long first = kTileInPage ? element_of(pages, start, kv_head) : 0;
    const auto at = [&](int offset)
    {
        const int token = min(start + offset, end - 1);
        return kTileInPage ? first + (long long)(token - start) * (KV_HEADS * HEAD_DIM) : element_of(pages, token, kv_head);
    };
#pragma unroll
    for (int n = 0; n < 2; n++)
    {
        const Stored* key = key_pages + at(8 * n + g) + t * kKeyChunk;
#pragma unroll
        for (int c = 0; c < HEAD_DIM / 4 / kKeyChunk; c++)
            tile.keys[n][c] = load_chunk<kKeyChunk>(key + c * 4 * kKeyChunk);
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        const Stored* value = value_pages + at(i / 2 * 8 + 2 * t + i % 2) + g * kValueChunk;
#pragma unroll
        for (int c = 0; c < kColumns / kValueChunk; c++)
            tile.values[i][c] = load_chunk<kValueChunk>(value + c * 8 * kValueChunk);
    }
}

// Scores of the tile's tokens 8n + {2t, 2t + 1} for queries g (elements 0, 1) and g + 8 (elements 2, 3), in base 2; -infinity past the end.
__device__ __forceinline__ void score_tile(float (&score)[2][4], const unsigned (&q)[kSteps][4], const Tile& tile, float scale, int left,
                                           int t)
{
    constexpr int kStepsPerChunk = kKeyChunk / 4;
#pragma unroll
    for (int step = 0; step < kSteps; step++)
    {
        const int c = step / kStepsPerChunk, pair = step % kStepsPerChunk * 2;
#pragma unroll
        for (int n = 0; n < 2; n++)
            mma(score[n], q[step][0], q[step][1], q[step][2], q[step][3], pair_of(tile.keys[n][c], pair), pair_of(tile.keys[n][c], pair + 1));
    }
#pragma unroll
    for (int n = 0; n < 2; n++)
    {
#pragma unroll
        for (int e = 0; e < 4; e++)
            score[n][e] = 8 * n + 2 * t + e % 2 < left ? score[n][e] * scale : negative_infinity();
    }
}

// The online softmax: scores become probabilities under the new maximum, and what was gathered shrinks to it.
__device__ __forceinline__ void soften(float (&score)[2][4], Gathered& gathered)
{
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        const int e = 2 * half;
        const float tile_max = row_max(fmaxf(fmaxf(score[0][e], score[0][e + 1]), fmaxf(score[1][e], score[1][e + 1])));
        const float now = fmaxf(gathered.max[half], tile_max), shrink = exp2f(gathered.max[half] - now);
        gathered.max[half] = now;
        gathered.sum[half] *= shrink;
#pragma unroll
        for (int n = 0; n < 2; n++)
        {
            score[n][e] = exp2f(score[n][e] - now);
            score[n][e + 1] = exp2f(score[n][e + 1] - now);
            gathered.sum[half] += score[n][e] + score[n][e + 1];
        }
#pragma unroll
        for (int i = 0; i < kColumns; i++)
        {
            gathered.output[i][e] *= shrink;
            gathered.output[i][e + 1] *= shrink;
        }
    }
}

// O += P V. The result of one product is the A operand of the next, lane for lane.
__device__ __forceinline__ void add_values(Gathered& gathered, const float (&p)[2][4], const Tile& tile)
{
    const unsigned a[4] = {pack_bf16(p[0][0], p[0][1]), pack_bf16(p[0][2], p[0][3]), pack_bf16(p[1][0], p[1][1]),
                           pack_bf16(p[1][2], p[1][3])};
#pragma unroll
    for (int i = 0; i < kColumns; i++)
    {
        const int c = i / kValueChunk, pair = i % kValueChunk / 2;
        const unsigned select = i % 2 == 0 ? 0x5410u : 0x7632u;  // the even or odd column of two tokens
        const unsigned b0 = __byte_perm(pair_of(tile.values[0][c], pair), pair_of(tile.values[1][c], pair), select);
        const unsigned b1 = __byte_perm(pair_of(tile.values[2][c], pair), pair_of(tile.values[3][c], pair), select);
        mma(gathered.output[i], a[0], a[1], a[2], a[3], b0, b1);
    }
}

// The warps' results of the block, brought to one maximum and added in the order of the warps.
struct Combined
{
    float max[WARPS][16], sum[WARPS][16];
    alignas(16) float output[16][HEAD_DIM + 4];
};

__device__ __forceinline__ void combine(Combined& combined, const Gathered& gathered, int warp, int g, int t)
{
    float factor[2];
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        const float sum = row_sum(gathered.sum[half]);
        if (t == 0)
        {
            combined.max[warp][g + 8 * half] = gathered.max[half];
            combined.sum[warp][g + 8 * half] = sum;
        }
    }
    __syncthreads();
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        float block_max = negative_infinity();
#pragma unroll
        for (int w = 0; w < WARPS; w++)
            block_max = fmaxf(block_max, combined.max[w][g + 8 * half]);
        factor[half] = exp2f(gathered.max[half] - block_max);
    }
    for (int w = 0; w < WARPS; w++)
    {
        if (w == warp)
        {
#pragma unroll
            for (int i = 0; i < kColumns; i++)
            {
#pragma unroll
                for (int e = 0; e < 4; e++)
                {
                    const int column = i / kValueChunk * 8 * kValueChunk + (2 * t + e % 2) * kValueChunk + i % kValueChunk;
                    float& total = combined.output[g + e / 2 * 8][column];
                    total = (w == 0 ? 0.f : total) + gathered.output[i][e] * factor[e / 2];
                }
            }
        }
        __syncthreads();
    }
}

__device__ __forceinline__ SplitStatistics statistics_of(const Combined& combined, int query)
{
    SplitStatistics total = {negative_infinity(), 0.f};
#pragma unroll
    for (int w = 0; w < WARPS; w++)
        total.max = fmaxf(total.max, combined.max[w][query]);
#pragma unroll
    for (int w = 0; w < WARPS; w++)
        total.sum += combined.sum[w][query] * exp2f(combined.max[w][query] - total.max);
    return total;
}

extern "C" __global__ void __launch_bounds__(32 * WARPS)
    paged_attention(const float* queries, long long row_stride, const int* slots, const int* positions, const int* page_table,
                    int pages_per_slot, const Stored* key_pages, const Stored* value_pages, float score_scale,
                    float* partial_outputs, SplitStatistics* partial_statistics)
{
    __shared__ Combined combined;
    const int kv_head = blockIdx.x / kTiles, first = blockIdx.x % kTiles * 16, count = min(16, kGroup - first);
    const int first_head = kv_head * kGroup + first, row = blockIdx.y, split = blockIdx.z, splits = gridDim.z;
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;

    pdl_launch();
    pdl_wait();
    const int length = positions[row] + 1;
    const int share = tokens_per_split(length, splits), begin = split * share, end = min(begin + share, length);
    if (begin >= length)
        return;
    const int* pages = page_table + (long long)slots[row] * pages_per_slot;
    unsigned q[kSteps][4];
#pragma unroll
    for (int step = 0; step < kSteps; step++)
        load_queries(q[step], queries + row * row_stride + first_head * HEAD_DIM, count, step, g, t);

    Gathered gathered = {{}, {negative_infinity(), negative_infinity()}, {}};
    for (int start = begin + 16 * warp; start < end; start += 16 * WARPS)
    {
        Tile tile;
        load_tile(tile, key_pages, value_pages, pages, kv_head, start, end, g, t);
        float score[2][4] = {};
        score_tile(score, q, tile, score_scale, end - start, t);
        soften(score, gathered);
        add_values(gathered, score, tile);
    }

    combine(combined, gathered, warp, g, t);
    for (int i = threadIdx.x; i < count * (HEAD_DIM / 4); i += 32 * WARPS)
    {
        const int query = i / (HEAD_DIM / 4), column = i % (HEAD_DIM / 4) * 4;
        const long long partial = partial_of(row, first_head + query, split, splits);
        store_floats<4>(partial_outputs + partial * HEAD_DIM + column, load_floats<4>(&combined.output[query][column]));
    }
    if (threadIdx.x < count)
        partial_statistics[partial_of(row, first_head + threadIdx.x, split, splits)] = statistics_of(combined, threadIdx.x);
}
