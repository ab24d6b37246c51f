// What all kernels share: number formats, reductions, sums over lower threads, programmatic launches.
//
// The sources are header-free CUDA C: where they are compiled there is no toolkit, so no <cuda_bf16.h> and no <stdint.h>. A bf16 is an
// unsigned short, an E4M3 float an unsigned char. Sizes that a kernel is compiled for are macros with defaults (#ifndef), so that every
// file compiles as it stands. Fast math is never on: it flushes subnormals, and bf16, E4M3 and E2M1 values are scaled through them.
#ifndef COMMON_CUH
#define COMMON_CUH

typedef unsigned short bf16;
typedef unsigned char e4m3;

#define WARP_SIZE 32
#define FULL_WARP 0xffffffffu

// ---- bf16: the upper half of a float ------------------------------------------------------------------------------------------------

__device__ __forceinline__ float bf16_to_float(bf16 value)
{
    return __uint_as_float((unsigned)value << 16);
}

// The two halves of a word, the lower one first in memory.
__device__ __forceinline__ float bf16_low(unsigned pair)
{
    return __uint_as_float(pair << 16);
}

__device__ __forceinline__ float bf16_high(unsigned pair)
{
    return __uint_as_float(pair & 0xffff0000u);
}

// Round to nearest, ties to even.
__device__ __forceinline__ bf16 float_to_bf16(float value)
{
    bf16 result;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result) : "f"(value));
    return result;
}

__device__ __forceinline__ unsigned pack_bf16(float low, float high)
{
    unsigned result;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
    return result;
}

// The value after a trip through bf16, where a reference stores it.
__device__ __forceinline__ float round_to_bf16(float value)
{
    return bf16_to_float(float_to_bf16(value));
}

// What the rounding to bf16 leaves of a value, itself in bf16: with both parts a reader has 16 bits of the value. The subtraction is exact,
// and is not to be fused with a product that the value comes from.
__device__ __forceinline__ bf16 bf16_rest(float value)
{
    return float_to_bf16(__fsub_rn(value, round_to_bf16(value)));
}

// d = a * b, rounded to bf16; subnormal operands count. (sm_80 has no multiplication of bf16 pairs, but a fused one: -0 changes nothing.)
__device__ __forceinline__ unsigned mul_bf16x2(unsigned a, unsigned b)
{
    unsigned d;
#if __CUDA_ARCH__ >= 900
    asm("mul.rn.bf16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b));
#else
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(0x80008000u));
#endif
    return d;
}

// ---- E4M3 (no infinities, 0x7f and 0xff are NaN, largest 448) -----------------------------------------------------------------------

// Exponent and mantissa are moved to a float's place; the product shifts the exponent's bias from 127 to 7. Exact, subnormals included.
__device__ __forceinline__ float e4m3_to_float(e4m3 code)
{
    unsigned magnitude = code & 0x7fu;
    unsigned bits = magnitude == 0x7fu ? 0x7fc00000u : __float_as_uint(__uint_as_float(magnitude << 20) * 0x1p120f);
    return __uint_as_float(bits | (code & 0x80u) << 24);
}

// Two codes of which the lower byte comes first. Every E4M3 value is also a half, so both ways are exact.
__device__ __forceinline__ float2 e4m3x2_to_float2(unsigned short codes)
{
#if __CUDA_ARCH__ >= 900
    unsigned halves;
    float2 result;
    asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(halves) : "h"(codes));
    asm("{ .reg .b16 l, h; mov.b32 {l, h}, %2; cvt.f32.f16 %0, l; cvt.f32.f16 %1, h; }" : "=f"(result.x), "=f"(result.y) : "r"(halves));
    return result;
#else
    return make_float2(e4m3_to_float((e4m3)codes), e4m3_to_float((e4m3)(codes >> 8)));
#endif
}

// The lower two codes of a word, or the upper two, as a pair of bf16, exactly (but for NaN). Exponent and mantissa at bf16's place are the
// number times 2^-120 (the biases are 7 and 127), subnormals too.
template <bool Upper>
__device__ __forceinline__ unsigned e4m3x2_to_bf16x2(unsigned codes)
{
    unsigned halves = __byte_perm(codes, 0, Upper ? 0x3424 : 0x1404);  // A code in the upper byte of each half.
    return mul_bf16x2((halves & 0x80008000u) | (halves & 0x7f007f00u) >> 4, 0x7b807b80u);
}

// Round to nearest, ties to even; what lies beyond 448 becomes 448.
__device__ __forceinline__ e4m3 float_to_e4m3(float value)
{
    unsigned bits = __float_as_uint(value);
    unsigned magnitude = bits & 0x7fffffffu;
    unsigned code;
    if (magnitude > 0x7f800000u)
        code = 0x7fu;
    else if (magnitude >= 0x43e00000u)  // 448
        code = 0x7eu;
    else if (magnitude < 0x3c800000u)  // 2^-6: subnormals are multiples of 2^-9
        code = (unsigned)__float2int_rn(__uint_as_float(magnitude) * 512.0f);
    else
        code = ((magnitude + 0x7ffffu + (magnitude >> 20 & 1u)) >> 20) - (120u << 3);
    return (e4m3)(code | (bits >> 24 & 0x80u));
}

// ---- E2M1 (0, 0.5, 1, 1.5, 2, 3, 4, 6) ----------------------------------------------------------------------------------------------

// The code in the topmost four bits, times 2^-126: sign, exponent (bias 1) and mantissa put where a float has them. 0.5 is a subnormal there.
__device__ __forceinline__ float e2m1_shifted(unsigned codes)
{
    return __uint_as_float((codes & 0x80000000u) | ((codes >> 6) & 0x01c00000u));
}

// The code in the lowest four bits.
__device__ __forceinline__ float e2m1_to_float(unsigned code)
{
    return e2m1_shifted(code << 28) * 0x1p126f;
}

// ---- reductions ---------------------------------------------------------------------------------------------------------------------

// Over a whole warp; every lane has the result, and it is the same in every run.
__device__ __forceinline__ float warp_sum(float value)
{
#pragma unroll
    for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(FULL_WARP, value, offset);
    return value;
}

__device__ __forceinline__ float warp_max(float value)
{
#pragma unroll
    for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2)
        value = fmaxf(value, __shfl_xor_sync(FULL_WARP, value, offset));
    return value;
}

// Over a one-dimensional block of whole warps; every thread calls it and has the result.
__device__ __forceinline__ float block_sum(float value)
{
    __shared__ float partial[WARP_SIZE];
    int lane = threadIdx.x % WARP_SIZE;
    value = warp_sum(value);
    __syncthreads();  // The last call's sums may still be being read.
    if (lane == 0)
        partial[threadIdx.x / WARP_SIZE] = value;
    __syncthreads();
    return warp_sum(lane < blockDim.x / WARP_SIZE ? partial[lane] : 0.0f);
}

__device__ __forceinline__ float block_max(float value)
{
    __shared__ float partial[WARP_SIZE];
    int lane = threadIdx.x % WARP_SIZE;
    value = warp_max(value);
    __syncthreads();
    if (lane == 0)
        partial[threadIdx.x / WARP_SIZE] = value;
    __syncthreads();
    return warp_max(lane < blockDim.x / WARP_SIZE ? partial[lane] : -__int_as_float(0x7f800000));
}

// The sum over lower threads of the first `Warps` warps, the others' values being 0; `total` is that over all. `warp_totals` has room for
// all warps of the block, and is no longer read after the next __syncthreads().
template <int Warps, class T>
__device__ __forceinline__ T exclusive_sum(T value, T& total, T* warp_totals)
{
    int lane = threadIdx.x % WARP_SIZE, warp = threadIdx.x / WARP_SIZE;
    T sum = value;
    for (int offset = 1; offset < WARP_SIZE; offset *= 2)
    {
        T lower = __shfl_up_sync(FULL_WARP, sum, offset);
        sum += lane >= offset ? lower : 0;
    }

    if (lane == WARP_SIZE - 1)
        warp_totals[warp] = sum;
    __syncthreads();
    T before = 0;
    total = 0;
    for (int i = 0; i < Warps; i++)
    {
        before += i < warp ? warp_totals[i] : 0;
        total += warp_totals[i];
    }

    return before + sum - value;
}

// ---- memory -------------------------------------------------------------------------------------------------------------------------

// 16 bytes that are read once, such as weights: through the read-only path, without displacing what the L1 cache holds.
__device__ __forceinline__ uint4 load_streaming(const void* address)
{
    uint4 value;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(address));
    return value;
}

// Asks for the line that an address lies in to be brought into the second-level cache.
__device__ __forceinline__ void prefetch_line(const void* address)
{
    asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
}

// Asks for neighbouring bytes to be brought into the second-level cache, by one thread, which does not wait for them. Address and length are
// multiples of 16. Where the hardware or the compiler has no such request, nothing happens.
__device__ __forceinline__ void prefetch_l2(const void* address, unsigned bytes)
{
#if __CUDA_ARCH__ >= 900 && __CUDACC_VER_MAJOR__ >= 12
    asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(address), "r"(bytes) : "memory");
#endif
}

// ---- tensor cores -------------------------------------------------------------------------------------------------------------------

// d += a b: a 16x16 and b 16x8, both bf16; d float32.
__device__ __forceinline__ void mma(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1)
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// ---- programmatic dependent launch --------------------------------------------------------------------------------------------------

// Waits until the kernels in front of this one have ended and their writes are visible. Every kernel of a chain calls it before it
// reads or writes anything that an earlier one touches: a kernel that does not wait breaks the chain for the one after the next.
// Weights may be read before.
__device__ __forceinline__ void pdl_wait()
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel begin once every block has called this or ended. What it needs, it waits for. Called first thing, so that several
// kernels of a chain are on the GPU at once and load what they may; a kernel in front of one that reads what others write before its wait calls
// it behind its own.
__device__ __forceinline__ void pdl_launch()
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

#endif
