// Brings NVFP4 weights from the checkpoint's order into that of gemm.cu's tiles (weights.cuh, Nvfp4Tile), once, while loading.
//
// Stored: codes [rows, columns / 2], the even column in the low bits; scales [rows, columns / 16], E4M3.
// Repacked: for each 16 x 64 tile, row tiles first, 512 bytes of codes: lane (g, t)'s 16 bytes are 16t..16t+15 of row g, then of row g + 8, as
// words of 8 codes whose pairs lie from the top of each half downwards, the even column in the lower half. And 64 bytes of scales: lane (g, t)'s
// two are those of row g and of row g + 8.
#include "common.cuh"

// E4M3 with its subnormals normalised: (exponent + 10) << 3 | mantissa for 2^exponent * 1.mantissa; 2^-9 for zero of either sign, whose codes become
// zeros.
__device__ __forceinline__ unsigned char rebias(unsigned char scale)
{
    int exponent = scale >> 3 & 15, mantissa = scale & 7;
    if (exponent == 0)
    {
        if (mantissa == 0)
        {
            return 1 << 3;
        }

        // m * 2^-9 with m = 1..7: the leading bit becomes the hidden one.
        int shift = __clz(mantissa) - 28;
        return (1 - 7 - shift + 10) << 3 | (mantissa << shift & 7);
    }

    return (exponent - 7 + 10) << 3 | mantissa;
}

// Grid: one thread for each lane of each tile; matrices of a bank follow one another, so a bank is one tall matrix.
extern "C" __global__ void repack(
    const unsigned char* codes, const unsigned char* scales, unsigned* repacked_codes, unsigned char* repacked_scales, long long lanes, int columns)
{
    long long index = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= lanes)
    {
        return;
    }

    int lane = index & 31, g = lane >> 2, t = lane & 3, tiles = columns / 64;
    long long tile = index >> 5, row_tile = tile / tiles;
    int block = (int)(tile % tiles) * 4 + t;
    for (int half = 0; half < 2; half++)
    {
        long long row = row_tile * 16 + g + 8 * half;
        unsigned char scale = scales[row * (columns / 16) + block];
        const unsigned char* stored = codes + row * (columns / 2) + 8 * block;
        for (int word = 0; word < 2; word++)
        {
            unsigned packed = 0;
            for (int pair = 0; pair < 4; pair++)
            {
                unsigned byte = (scale & 0x7f) == 0 ? 0 : stored[4 * word + pair];
                packed |= ((byte & 15) << 12 | (byte >> 4) << 28) >> (4 * pair);
            }

            repacked_codes[index * 4 + 2 * half + word] = packed;
        }

        repacked_scales[index * 2 + half] = rebias(scale);
    }
}
