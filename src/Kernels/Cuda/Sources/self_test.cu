// A kernel small enough to be checked by hand: what `doctor` runs to see that kernels compile, load and launch.
#include "common.cuh"

// y[i] += a * x[i].
extern "C" __global__ void axpy(float* __restrict__ y, const float* __restrict__ x, float a, int n)
{
    pdl_launch();
    pdl_wait();
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] += a * x[i];
}
