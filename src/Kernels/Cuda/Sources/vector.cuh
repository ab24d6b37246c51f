// Short vectors of neighbouring elements, moved by one load or store where they are 4: a row whose length or offset
// is not a multiple of 4 is walked element by element through the same code.
//
// In the kernels, __restrict__ const marks parameters only. What another launch writes comes through plain pointers: the compiler may
// move a read-only load above the dependency wait.
#pragma once
#include "common.cuh"

template <int Count>
struct alignas(4 * Count) Floats
{
    float at[Count];
};
template <int Count>
struct alignas(2 * Count) Halfs
{
    bf16 at[Count];
};

template <int Count>
__device__ __forceinline__ Floats<Count> load_floats(const float* from)
{
    return *reinterpret_cast<const Floats<Count>*>(from);
}

template <int Count>
__device__ __forceinline__ Floats<Count> load_floats(const bf16* from)
{
    const Halfs<Count> halfs = *reinterpret_cast<const Halfs<Count>*>(from);
    Floats<Count> values;
#pragma unroll
    for (int e = 0; e < Count; e++)
        values.at[e] = bf16_to_float(halfs.at[e]);
    return values;
}

template <int Count>
__device__ __forceinline__ void store_floats(float* to, const Floats<Count>& values)
{
    *reinterpret_cast<Floats<Count>*>(to) = values;
}

template <int Count>
__device__ __forceinline__ void store_floats(bf16* to, const Floats<Count>& values)
{
    Halfs<Count> halfs;
#pragma unroll
    for (int e = 0; e < Count; e++)
        halfs.at[e] = float_to_bf16(values.at[e]);
    *reinterpret_cast<Halfs<Count>*>(to) = halfs;
}

// The low parts of values whose high parts are stored as bf16.
template <int Count>
__device__ __forceinline__ void store_rests(bf16* to, const Floats<Count>& values)
{
    Halfs<Count> halfs;
#pragma unroll
    for (int e = 0; e < Count; e++)
        halfs.at[e] = bf16_rest(values.at[e]);
    *reinterpret_cast<Halfs<Count>*>(to) = halfs;
}

__device__ __forceinline__ float silu(float x)
{
    return x / (1.f + expf(-x));
}
