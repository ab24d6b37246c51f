// Rows of a product that are the newest inputs of a causal depthwise convolution, of one token each: a row's channel is its own, so whoever has
// the row's value has all that the channel needs. SiLU(sum over taps of window * weight + bias) goes to `output`, and the window moves on.
//
//   CONVOLVE    1 where there is one      CHANNELS  conv_dim      TAPS  2..8
//   STATE_BF16  1 where the states are bf16, 0 float
#pragma once
#ifndef CONVOLVE
#define CONVOLVE 0
#endif
#if CONVOLVE
#include "vector.cuh"

#if STATE_BF16
typedef bf16 State;
#else
typedef float State;
#endif

struct Convolution
{
    const int* slots;      // [batch]
    State* states;         // [slots, TAPS - 1, CHANNELS], the oldest first
    const float* weight;   // [TAPS, CHANNELS]
    const float* bias;     // [CHANNELS] or null
    float* output;         // [batch, CHANNELS]
    int first;             // the row of channel 0

    __device__ __forceinline__ State* window_of(int token, int channel) const
    {
        return states + (long long)slots[token] * (TAPS - 1) * CHANNELS + channel;
    }

    // Asks for what some neighbouring rows of a few tokens need, which nothing before this kernel changes but an earlier step.
    __device__ __forceinline__ void prefetch(int row, int first_token, int tokens) const
    {
        int channel = max(row - first, 0);
        for (int i = threadIdx.x; channel < CHANNELS && i < TAPS * (1 + tokens); i += blockDim.x)
        {
            int tap = i % TAPS, token = first_token + i / TAPS - 1;
            if (i < TAPS)
            {
                prefetch_line(weight + (long long)tap * CHANNELS + channel);
            }
            else if (tap < TAPS - 1)
            {
                prefetch_line(window_of(token, channel) + (long long)tap * CHANNELS);
            }
        }
    }

    // Whether the row is one of the convolution's; then it is dealt with.
    __device__ __forceinline__ bool take(int token, int row, float value) const
    {
        int channel = row - first;
        if (channel < 0 || channel >= CHANNELS)
        {
            return false;
        }

        State* state = window_of(token, channel);
        float window[TAPS], total = 0;
#pragma unroll
        for (int k = 0; k < TAPS - 1; k++)
        {
            window[k] = load_floats<1>(state + (long long)k * CHANNELS).at[0];
        }

        window[TAPS - 1] = value;
#pragma unroll
        for (int k = 0; k < TAPS; k++)
        {
            total += window[k] * weight[(long long)k * CHANNELS + channel];
        }

#pragma unroll
        for (int k = 0; k < TAPS - 1; k++)
        {
            store_floats<1>(state + (long long)k * CHANNELS, Floats<1>{{window[k + 1]}});
        }

        output[(long long)token * CHANNELS + channel] = silu(bias ? total + bias[channel] : total);
        return true;
    }
};

#define MORE_PARAMETERS                                                                                                                            \
    , const int *slots, State *states, const float *conv_weight, const float *conv_bias, float *convolved, int first_channel
#else
#define MORE_PARAMETERS
#endif
