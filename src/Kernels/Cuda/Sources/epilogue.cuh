// What becomes of a product's value.
//
//   EPILOGUE   0 y = float32, 1 y = bfloat16, 2 y = bfloat16 of relu(.)^2, 3 y += (float32)
//
// Where y is bfloat16, y_low is null or gets what the rounding leaves.
#pragma once
#ifndef EPILOGUE
#define EPILOGUE 0
#endif
#include "common.cuh"

__device__ __forceinline__ void store_bf16(void* y, unsigned short* y_low, long long index, float value)
{
    static_cast<unsigned short*>(y)[index] = float_to_bf16(value);
    if (y_low)
    {
        y_low[index] = bf16_rest(value);
    }
}

__device__ __forceinline__ void store(void* y, unsigned short* y_low, long long index, float value)
{
#if EPILOGUE == 0
    static_cast<float*>(y)[index] = value;
#elif EPILOGUE == 1
    store_bf16(y, y_low, index, value);
#elif EPILOGUE == 2
    float positive = fmaxf(value, 0.0f);
    store_bf16(y, y_low, index, positive * positive);
#elif EPILOGUE == 3
    static_cast<float*>(y)[index] += value;
#endif
}
