// Root-mean-square norm of LENGTH neighbouring numbers by one block: x * rsqrt(mean(x^2) + eps) * weight. They live in registers between the
// two passes, so they are read once. Included by kernels that define
//
//   LENGTH   numbers                   THREADS  block size
//   VEC      elements per access       WEIGHT   float or bf16
#pragma once
#include "vector.cuh"

constexpr int kVectors = LENGTH / VEC;
constexpr int kPerThread = (kVectors + THREADS - 1) / THREADS;

// load(i) gives VEC numbers from the i-th on, and is called behind the dependency wait. `low` is null or gets what the rounding of `normed`
// leaves.
template <class Load>
__device__ __forceinline__ void norm_row(const WEIGHT* __restrict__ weight, float epsilon, Load load, bf16* normed, bf16* low)
{
    Floats<VEC> x[kPerThread], w[kPerThread];
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v < kVectors)
            w[i] = load_floats<VEC>(weight + v * VEC);
    }

    pdl_launch();
    pdl_wait();
    float squares = 0.f;
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v >= kVectors)
            break;
        x[i] = load(v * VEC);
#pragma unroll
        for (int e = 0; e < VEC; e++)
            squares += x[i].at[e] * x[i].at[e];
    }

    const float scale = 1.f / sqrtf(block_sum(squares) / LENGTH + epsilon);
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v >= kVectors)
            break;
#pragma unroll
        for (int e = 0; e < VEC; e++)
            x[i].at[e] = x[i].at[e] * scale * w[i].at[e];
        store_floats<VEC>(normed + v * VEC, x[i]);
        if (low)
            store_rests<VEC>(low + v * VEC, x[i]);
    }
}
