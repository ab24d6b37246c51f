// What all kernels share: number formats, reductions, asynchronous copies, programmatic launches.
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

// Copies 16 bytes from global to shared memory in the background; both addresses are multiples of 16.
__device__ __forceinline__ void cp_async_16(void* shared, const void* global)
{
    unsigned target = (unsigned)__cvta_generic_to_shared(shared);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target), "l"(global) : "memory");
}

// The same where `valid`, else 16 zero bytes; `global` must still be an address within some allocation.
__device__ __forceinline__ void cp_async_16(void* shared, const void* global, bool valid)
{
    unsigned target = (unsigned)__cvta_generic_to_shared(shared);
    int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(global), "r"(bytes) : "memory");
}

// Closes a group of copies.
__device__ __forceinline__ void cp_async_commit()
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most `Pending` of this thread's groups are under way; other threads' copies are there after a __syncthreads().
template <int Pending>
__device__ __forceinline__ void cp_async_wait()
{
    asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
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

// Lets the next kernel begin once every block has called this or ended. What it needs, it waits for.
__device__ __forceinline__ void pdl_launch()
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

#endif
