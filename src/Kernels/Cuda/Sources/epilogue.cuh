// What becomes of a product's value.
//
//   EPILOGUE   0 y = float32, 1 y = bfloat16, 2 y = bfloat16 of relu(.)^2, 3 y += (float32)
#pragma once
#ifndef EPILOGUE
#define EPILOGUE 0
#endif
#include "common.cuh"

__device__ __forceinline__ void store(void* y, long index, float value)
{
#if EPILOGUE == 0
    static_cast<float*>(y)[index] = value;
#elif EPILOGUE == 1
    static_cast<unsigned short*>(y)[index] = float_to_bf16(value);
#elif EPILOGUE == 2
    float positive = fmaxf(value, 0.0f);
    static_cast<unsigned short*>(y)[index] = float_to_bf16(positive * positive);
#elif EPILOGUE == 3
    static_cast<float*>(y)[index] += value;
#endif
}
