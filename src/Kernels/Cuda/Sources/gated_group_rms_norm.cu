// The Mamba-2 output norm: g = y * silu(z), then within each group g * rsqrt(mean(g^2) + eps) * weight. Grid (groups, rows).
//
//   INNER, GROUPS  shape                THREADS  block size
//   VEC     elements per access: 4 where group, row stride and offset of z are multiples of 4, else 1
//   INPUT   type of y, WEIGHT of the weight: float or bf16
//
// normed_low is null or gets what the rounding of normed leaves.
#ifndef INNER
#define INNER 4096
#define GROUPS 8
#define VEC 4
#define THREADS 128
#define INPUT float
#define WEIGHT float
#endif

#include "vector.cuh"

constexpr int kGroup = INNER / GROUPS;
constexpr int kVectors = kGroup / VEC;
constexpr int kPerThread = (kVectors + THREADS - 1) / THREADS;

extern "C" __global__ void __launch_bounds__(THREADS)
    gated_group_rms_norm(const INPUT* y, const float* gate, long long gate_stride, const WEIGHT* __restrict__ weight, bf16* normed,
                         bf16* normed_low, float epsilon)
{
    const int group = blockIdx.x * kGroup;
    const long long row = (long long)blockIdx.y * INNER + group;
    Floats<VEC> g[kPerThread], w[kPerThread];
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v < kVectors)
            w[i] = load_floats<VEC>(weight + group + v * VEC);
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
        g[i] = load_floats<VEC>(y + row + v * VEC);
        const Floats<VEC> z = load_floats<VEC>(gate + blockIdx.y * gate_stride + group + v * VEC);
#pragma unroll
        for (int e = 0; e < VEC; e++)
        {
            g[i].at[e] *= silu(z.at[e]);
            squares += g[i].at[e] * g[i].at[e];
        }
    }

    const float scale = 1.f / sqrtf(block_sum(squares) / kGroup + epsilon);
#pragma unroll
    for (int i = 0; i < kPerThread; i++)
    {
        const int v = threadIdx.x + i * THREADS;
        if (v >= kVectors)
            break;
#pragma unroll
        for (int e = 0; e < VEC; e++)
            g[i].at[e] = g[i].at[e] * scale * w[i].at[e];
        store_floats<VEC>(normed + row + v * VEC, g[i]);
        if (normed_low)
            store_rests<VEC>(normed_low + row + v * VEC, g[i]);
    }
}
