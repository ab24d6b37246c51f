// One row of the residual stream per block: adds what the last mixer gave, then x * rsqrt(mean(x^2) + eps) * weight.
// The row lives in registers between the two, so it is read once.
//
//   HIDDEN   row length H              THREADS  block size
//   VEC      elements per access: 4 where H is a multiple of 4, else 1
//   ADDENDS  0..2 rows added to the residual and written back
//   WEIGHT   float or bf16
//   WIDE     1: the normed row is also written in float32
//
// normed_low is null or gets what the rounding of normed leaves.
#ifndef HIDDEN
#define HIDDEN 2688
#define THREADS 672
#define VEC 4
#define ADDENDS 1
#define WEIGHT float
#define WIDE 0
#endif

#include "vector.cuh"

constexpr int kVectors = HIDDEN / VEC;
constexpr int kPerThread = (kVectors + THREADS - 1) / THREADS;

extern "C" __global__ void __launch_bounds__(THREADS)
    rms_norm(float* residual, const float* first, const float* second, const WEIGHT* __restrict__ weight, bf16* normed,
             bf16* normed_low, float* wide, float epsilon)
{
    const long long row = (long long)blockIdx.x * HIDDEN;
    Floats<VEC> x[kPerThread], w[kPerThread];
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v < kVectors)
            w[i] = load_floats<VEC>(weight + v * VEC);
    }

    pdl_wait();
    pdl_launch();
    float squares = 0.f;
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v >= kVectors)
            break;
        x[i] = load_floats<VEC>(residual + row + v * VEC);
        Floats<VEC> a = {}, b = {};
        if (ADDENDS > 0)
            a = load_floats<VEC>(first + row + v * VEC);
        if (ADDENDS > 1)
            b = load_floats<VEC>(second + row + v * VEC);
#pragma unroll
        for (int e = 0; e < VEC; e++)
        {
            if (ADDENDS > 0)
                x[i].at[e] += ADDENDS > 1 ? a.at[e] + b.at[e] : a.at[e];
            squares += x[i].at[e] * x[i].at[e];
        }
    }

    const float scale = 1.f / sqrtf(block_sum(squares) / HIDDEN + epsilon);
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v >= kVectors)
            break;
        if (ADDENDS > 0)
            store_floats<VEC>(residual + row + v * VEC, x[i]);
#pragma unroll
        for (int e = 0; e < VEC; e++)
            x[i].at[e] = x[i].at[e] * scale * w[i].at[e];
        store_floats<VEC>(normed + row + v * VEC, x[i]);
        if (normed_low)
            store_rests<VEC>(normed_low + row + v * VEC, x[i]);
        if (WIDE)
            store_floats<VEC>(wide + row + v * VEC, x[i]);
    }
}
