// Orders floats by integers: what compares, reduces and sorts as unsigned is faster and has no surprises.
#ifndef ORDERING_CUH
#define ORDERING_CUH

// Rises with the value; both zeros have one key. NaN lies beyond the infinity of its sign. Never 0 but for one NaN.
__device__ __forceinline__ unsigned ordered_key(float value)
{
    unsigned bits = __float_as_uint(value + 0.0f);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ float from_ordered_key(unsigned key)
{
    return __uint_as_float(key & 0x80000000u ? key & 0x7FFFFFFFu : ~key);
}

__device__ __forceinline__ bool is_finite(float value)
{
    return (__float_as_uint(value) & 0x7F800000u) != 0x7F800000u;
}

__device__ __forceinline__ unsigned long long larger(unsigned long long a, unsigned long long b)
{
    return a > b ? a : b;
}

// The largest of a warp's values, in every lane.
__device__ __forceinline__ unsigned long long warp_largest(unsigned long long value)
{
    for (int offset = 16; offset > 0; offset /= 2)
    {
        value = larger(value, __shfl_xor_sync(0xFFFFFFFFu, value, offset));
    }

    return value;
}

// A logit and its token as one number: the largest is the largest logit, of equals the lowest token.
// What is not finite is larger than all else, so that a reduction finds it.
#define NOT_FINITE 0xFFFFFFFFFFFFFFFFull

__device__ __forceinline__ unsigned long long ranked(float logit, int token)
{
    return is_finite(logit) ? (unsigned long long)ordered_key(logit) << 32 | ~(unsigned)token : NOT_FINITE;
}

// The token of the largest ranked logit; -1 if some logit is not finite.
__device__ __forceinline__ int ranked_token(unsigned long long best)
{
    return best == NOT_FINITE ? -1 : (int)~(unsigned)best;
}

#endif
