// Writes the new token's keys and values into the pages of its sequence. Grid (width / (VEC * THREADS), rows, 2): z = 0 keys, 1 values.
//
//   WIDTH        kv heads * head_dim     PAGE_SIZE  tokens per page
//   VEC          4 where width, row stride and offsets are multiples of 4, else 1
//   FP8          1: pages hold E4M3 codes of x / scale, saturated, to nearest even; 0: bf16
#ifndef WIDTH
#define WIDTH 256
#define PAGE_SIZE 64
#define VEC 4
#define THREADS 64
#define FP8 0
#endif

#include "vector.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
    key_value_append(const float* keys, const float* values, long long row_stride, const int* slots, const int* positions,
                     const int* page_table, int pages_per_slot, void* key_pages, void* value_pages, float key_scale, float value_scale)
{
    const int column = (blockIdx.x * THREADS + threadIdx.x) * VEC;
    pdl_launch();
    pdl_wait();
    if (column >= WIDTH)
        return;
    const int position = positions[blockIdx.y];
    const long long page = page_table[(long long)slots[blockIdx.y] * pages_per_slot + position / PAGE_SIZE];
    const long long to = (page * PAGE_SIZE + position % PAGE_SIZE) * WIDTH + column;
    const Floats<VEC> x = load_floats<VEC>((blockIdx.z ? values : keys) + blockIdx.y * row_stride + column);
    void* pages = blockIdx.z ? value_pages : key_pages;
#if FP8
    const float scale = blockIdx.z ? value_scale : key_scale;
    struct alignas(VEC) Codes
    {
        e4m3 at[VEC];
    } codes;
#pragma unroll
    for (int e = 0; e < VEC; e++)
        codes.at[e] = float_to_e4m3(x.at[e] / scale);
    *reinterpret_cast<Codes*>(static_cast<e4m3*>(pages) + to) = codes;
#else
    store_floats<VEC>(static_cast<bf16*>(pages) + to, x);
#endif
}
