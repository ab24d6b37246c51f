// Writes the new token's keys and values into the pages of its sequence. Grid (width / (VEC * THREADS), rows, 2): z = 0 keys, 1 values.
//
//   WIDTH        kv heads * head_dim     PAGE_SIZE  tokens per page    PAGES  page table entries per slot
//   VEC          4 where width, row stride and offsets are multiples of 4, else 1
//   FP8          1: pages hold E4M3 codes of x / scale, saturated; 0: bf16
#include "vector.cuh"

// Round to nearest even, saturating at +-448; NaN stays NaN. In integers: the instruction needs sm_89.
__device__ __forceinline__ unsigned char float_to_e4m3(float value) {
    const unsigned sign = __float_as_uint(value) >> 24 & 0x80u;
    const float magnitude = fminf(fabsf(value), 448.f);
    if (value != value) return sign | 0x7fu;
    if (magnitude < 0.015625f) return sign | __float2int_rn(magnitude * 512.f);   // subnormal: multiples of 2^-9
    const unsigned bits = __float_as_uint(magnitude);
    return sign | ((bits + 0x7ffffu + (bits >> 20 & 1u)) >> 20) - (120u << 3);     // exponent bias 127 -> 7
}

extern "C" __global__ void __launch_bounds__(THREADS) key_value_append(
    const float* keys, const float* values, long long row_stride, const int* slots, const int* positions, const int* page_table,
    void* key_pages, void* value_pages, float key_scale, float value_scale) {
    const int column = (blockIdx.x * THREADS + threadIdx.x) * VEC;
    pdl_wait();
    pdl_launch();
    if (column >= WIDTH) return;
    const int position = positions[blockIdx.y];
    const long long page = page_table[(long long)slots[blockIdx.y] * PAGES + position / PAGE_SIZE];
    const long long to = (page * PAGE_SIZE + position % PAGE_SIZE) * WIDTH + column;
    const Floats<VEC> x = load_floats<VEC>((blockIdx.z ? values : keys) + blockIdx.y * row_stride + column);
    void* pages = blockIdx.z ? value_pages : key_pages;
#if FP8
    const float scale = blockIdx.z ? value_scale : key_scale;
    struct alignas(VEC) Codes { unsigned char at[VEC]; } codes;
#pragma unroll
    for (int e = 0; e < VEC; e++) codes.at[e] = float_to_e4m3(x.at[e] / scale);
    *reinterpret_cast<Codes*>(static_cast<unsigned char*>(pages) + to) = codes;
#else
    store_floats<VEC>(static_cast<unsigned short*>(pages) + to, x);
#endif
}
