// The Mamba-2 output norm: g = y * silu(z), then within each group g * rsqrt(mean(g^2) + eps) * weight. Grid (groups, rows).
//
//   LENGTH  of a group                  THREADS  block size
//   VEC     elements per access: 4 where group, row stride and offset of z are multiples of 4, else 1
//   INPUT   type of y, WEIGHT of the weight: float or bf16
//
// normed_low is null or gets what the rounding of normed leaves.
#ifndef LENGTH
#define LENGTH 512
#define VEC 4
#define THREADS 128
#define INPUT float
#define WEIGHT float
#endif

#include "row_norm.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
    gated_group_rms_norm(const INPUT* y, const float* gate, long long gate_stride, const WEIGHT* __restrict__ weight, bf16* normed,
                         bf16* normed_low, float epsilon)
{
    const int group = blockIdx.x * LENGTH;
    const long long row = ((long long)blockIdx.y * gridDim.x + blockIdx.x) * LENGTH;
    const auto gated = [&](int i)
    {
        Floats<VEC> g = load_floats<VEC>(y + row + i);
        const Floats<VEC> z = load_floats<VEC>(gate + blockIdx.y * gate_stride + group + i);
#pragma unroll
        for (int e = 0; e < VEC; e++)
            g.at[e] *= silu(z.at[e]);
        return g;
    };
    norm_row(weight + group, epsilon, gated, normed + row, normed_low ? normed_low + row : nullptr);
}
