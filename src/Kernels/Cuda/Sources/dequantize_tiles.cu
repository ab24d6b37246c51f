// Brings NVFP4 weights that lie in the order of tiles (repack.cu) to bfloat16, row by row: what prefill's library products read. Values are
// bf16((code * scale) * weight_scale_2), rounded once in float32, as those of dequantize.cu.
#define FORMAT 2
#include "weights.cuh"

// A lane's 16 columns of one row, from two words of codes.
__device__ __forceinline__ void store_row(unsigned first, unsigned second, unsigned scale, float factor, bf16* row)
{
    unsigned pairs[8];
#pragma unroll
    for (int i = 0; i < 8; i++)
    {
        unsigned exact = mul_bf16x2(Nvfp4Tile::decode((i < 4 ? first : second) << (i % 4 * 4)), scale);
        pairs[i] = pack_bf16(bf16_low(exact) * factor, bf16_high(exact) * factor);
    }

    reinterpret_cast<uint4*>(row)[0] = {pairs[0], pairs[1], pairs[2], pairs[3]};
    reinterpret_cast<uint4*>(row)[1] = {pairs[4], pairs[5], pairs[6], pairs[7]};
}

// Grid: one thread for each lane of each tile; matrices of a bank follow one another.
extern "C" __global__ void __launch_bounds__(256) dequantize_tiles(
    const unsigned char* codes, const unsigned char* scales, const float* global_scale, bf16* target, long long lanes, int rows, int columns)
{
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= lanes)
    {
        return;
    }

    int lane = index & 31, tiles = columns / Nvfp4Tile::K;
    long long record = index >> 5, row_tile = record / tiles;
    uint4 q = load_streaming(codes + record * Nvfp4Tile::CodeBytes + 16 * lane);
    unsigned s = *reinterpret_cast<const unsigned short*>(scales + record * Nvfp4Tile::ScaleBytes + 2 * lane);
    float factor = 128 * global_scale[row_tile / (rows / 16)];
    bf16* first = target + (row_tile * 16 + (lane >> 2)) * columns + record % tiles * Nvfp4Tile::K + 16 * (lane & 3);
    store_row(q.x, q.y, Nvfp4Tile::decode_scale(s & 0xff), factor, first);
    store_row(q.z, q.w, Nvfp4Tile::decode_scale(s >> 8), factor, first + 8ll * columns);
}
