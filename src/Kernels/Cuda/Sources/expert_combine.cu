// Weighted sum of each token's experts, in the order of its choices: the same input gives the same bits. The parts of the shared experts,
// where there are any, are its last choices, and weigh 1.
//
// Grid (ceil(WIDTH / 512), batch), block 128; a thread owns four columns of one row.
//
// WIDTH: a multiple of 4. OUT_BF16: 0 added to float32, 1 written as bf16.
#include "common.cuh"

#ifndef WIDTH
#define WIDTH 2688
#define TOP_K 6
#define CHOICES 8
#define OUT_BF16 0
#endif

extern "C" __global__ void __launch_bounds__(128) expert_combine(
    const float* outputs,          // [batch * CHOICES, WIDTH], an expert's output for one token, unweighted
    const float* weights,          // [batch, TOP_K]
    const int* slots,              // [batch]
    int dummy_slot,                // no expert ran for rows with it: they sum to 0
    void* target,                  // [batch, WIDTH]; float, added to; or bf16, written, if OUT_BF16
    bf16* target_low)              // [batch, WIDTH] or null: what the rounding to bf16 leaves
{
    pdl_launch();
    pdl_wait();
    int column = (blockIdx.x * 128 + threadIdx.x) * 4, row = blockIdx.y;
    if (column >= WIDTH)
    {
        return;
    }

    float4 sum = make_float4(0, 0, 0, 0);
    if (slots[row] != dummy_slot)
    {
#pragma unroll
        for (int k = 0; k < CHOICES; k++)
        {
            float weight = k < TOP_K ? weights[row * TOP_K + k] : 1.0f;
            float4 output = *(const float4*)(outputs + ((size_t)row * CHOICES + k) * WIDTH + column);
            sum.x = fmaf(weight, output.x, sum.x);
            sum.y = fmaf(weight, output.y, sum.y);
            sum.z = fmaf(weight, output.z, sum.z);
            sum.w = fmaf(weight, output.w, sum.w);
        }
    }

    size_t at = (size_t)row * WIDTH + column;
#if OUT_BF16
    *(uint2*)((bf16*)target + at) = make_uint2(pack_bf16(sum.x, sum.y), pack_bf16(sum.z, sum.w));
    if (target_low)
    {
        *(ushort4*)(target_low + at) = make_ushort4(bf16_rest(sum.x), bf16_rest(sum.y), bf16_rest(sum.z), bf16_rest(sum.w));
    }

#else
    float4 residual = *(const float4*)((float*)target + at);
    *(float4*)((float*)target + at) = make_float4(residual.x + sum.x, residual.y + sum.y, residual.z + sum.z, residual.w + sum.w);
#endif
}
