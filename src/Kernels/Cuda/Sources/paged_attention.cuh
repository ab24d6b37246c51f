// What the decode attention kernels share: how a sequence's tokens are split among blocks, where a token's row lies in the pages, and the
// form of the partial results that paged_attention_merge.cu puts together.
//
//   HEADS, KV_HEADS, HEAD_DIM    shape: query heads h * GROUP .. share KV head h
//   PAGE_SIZE                    tokens per page
//   FP8                          1: pages hold E4M3 codes; 0: bf16
//   VEC                          floats per access: 4 where head_dim and the queries' row stride and offset are multiples of 4, else 1
//   WARPS                        warps per block
#pragma once
#ifndef HEADS
#define HEADS 32
#define KV_HEADS 2
#define HEAD_DIM 128
#define PAGE_SIZE 64
#define FP8 0
#define VEC 4
#define WARPS 4
#endif

#include "vector.cuh"

constexpr int kGroup = HEADS / KV_HEADS;
constexpr int kSplitUnit = 64;  // tokens; splits are whole multiples, so short contexts use few of them

#if FP8
typedef e4m3 Stored;
#else
typedef bf16 Stored;
#endif

// Tokens per split where `length` tokens are divided among at most `splits` blocks.
__device__ __forceinline__ int tokens_per_split(int length, int splits)
{
    return ((length + splits - 1) / splits + kSplitUnit - 1) / kSplitUnit * kSplitUnit;
}

// Index of a token's first element of one KV head within the pages.
__device__ __forceinline__ long long element_of(const int* pages, int token, int kv_head)
{
    const long long row = (long long)pages[token / PAGE_SIZE] * PAGE_SIZE + token % PAGE_SIZE;
    return (row * KV_HEADS + kv_head) * HEAD_DIM;
}

// Partial results: per (row, head, split) HEAD_DIM floats sum p v, and {max, sum p} of p = 2^(score - max).
struct alignas(8) SplitStatistics
{
    float max, sum;
};

__device__ __forceinline__ long long partial_of(int row, int head, int split, int splits)
{
    return ((long long)row * HEADS + head) * splits + split;
}

__device__ __forceinline__ float negative_infinity()
{
    return __uint_as_float(0xff800000u);
}
