// One token of the causal depthwise convolution: SiLU(sum over taps of window * weight + bias), and the window moves on.
// Grid (channels / (VEC * THREADS), rows); a thread owns VEC channels, whose window is the state's KERNEL - 1 inputs
// (oldest first) and the row's own.
//
//   CHANNELS  conv_dim                 KERNEL  taps (2..8)
//   VEC       4 where channels, row stride and offset are multiples of 4, else 1
//   STATE     float or bf16
//   BIAS      1: there is one
#ifndef CHANNELS
#define CHANNELS 6144
#define KERNEL 4
#define VEC 4
#define THREADS 128
#define STATE float
#define BIAS 1
#endif

#include "vector.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
    conv_update(const float* input, long long row_stride, const int* slots, STATE* states, const float* __restrict__ weight,
                const float* __restrict__ bias, float* output)
{
    const int channel = (blockIdx.x * THREADS + threadIdx.x) * VEC;
    if (channel >= CHANNELS)
    {
        pdl_wait();
        return;
    }

    Floats<VEC> taps[KERNEL], window[KERNEL], sum = {};
#pragma unroll
    for (int k = 0; k < KERNEL; k++)
        taps[k] = load_floats<VEC>(weight + (long long)k * CHANNELS + channel);
    if (BIAS)
        sum = load_floats<VEC>(bias + channel);

    pdl_wait();
    pdl_launch();  // Not sooner: ssm_update.cu, which follows, reads its state before it waits.
    STATE* state = states + (long long)slots[blockIdx.y] * (KERNEL - 1) * CHANNELS + channel;
    window[KERNEL - 1] = load_floats<VEC>(input + blockIdx.y * row_stride + channel);
#pragma unroll
    for (int k = 0; k < KERNEL - 1; k++)
        window[k] = load_floats<VEC>(state + (long long)k * CHANNELS);
#pragma unroll
    for (int k = 0; k < KERNEL - 1; k++)
        store_floats<VEC>(state + (long long)k * CHANNELS, window[k + 1]);

    Floats<VEC> activated;
#pragma unroll
    for (int e = 0; e < VEC; e++)
    {
        float total = 0.f;
#pragma unroll
        for (int k = 0; k < KERNEL; k++)
            total += window[k].at[e] * taps[k].at[e];
        activated.at[e] = silu(total + sum.at[e]);
    }
    store_floats<VEC>(output + (long long)blockIdx.y * CHANNELS + channel, activated);
}
