// Log probability of each row's chosen token under the plain softmax of its logits (no temperature, no filters).
//
// Grid (batch), block 1024.
#include "common.cuh"

#define THREADS 1024

extern "C" __global__ void __launch_bounds__(THREADS) token_logprobs(
    const float* logits,           // [batch, vocab]
    int vocab,
    const int* tokens,             // [batch]; of a row with a negative one the result is NaN
    float* logprobs)               // [batch]
{
    pdl_launch();
    pdl_wait();
    const float* row = logits + (size_t)blockIdx.x * vocab;
    float max = row[0];
#pragma unroll 8
    for (int i = threadIdx.x; i < vocab; i += THREADS)
        max = fmaxf(max, row[i]);
    max = block_max(max);

    float sum = 0;
#pragma unroll 8
    for (int i = threadIdx.x; i < vocab; i += THREADS)
        sum += expf(row[i] - max);
    sum = block_sum(sum);
    if (threadIdx.x == 0)
    {
        int token = tokens[blockIdx.x];
        logprobs[blockIdx.x] = token < 0 ? __int_as_float(0x7fc00000) : row[token] - max - logf(sum);
    }
}
