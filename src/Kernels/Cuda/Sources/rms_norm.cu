// One row of the residual stream per block, normed.
//
//   LENGTH   row length H              THREADS  block size
//   VEC      elements per access: 4 where H is a multiple of 4, else 1
//   WEIGHT   float or bf16
//
// normed_low is null or gets what the rounding of normed leaves.
#ifndef LENGTH
#define LENGTH 2688
#define THREADS 672
#define VEC 4
#define WEIGHT float
#endif

#include "row_norm.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
    rms_norm(const float* residual, const WEIGHT* __restrict__ weight, bf16* normed, bf16* normed_low, float epsilon)
{
    const long long row = (long long)blockIdx.x * LENGTH;
    norm_row(
        weight, epsilon, [&](int i) { return load_floats<VEC>(residual + row + i); }, normed + row, normed_low ? normed_low + row : nullptr);
}
