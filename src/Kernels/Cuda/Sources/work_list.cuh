// Groups a step's (token, choice) entries by expert: what the expert products walk. Part of router_topk.cu, which defines the sizes.
//
// A token's experts differ, so a set of rows per expert says all: an entry's place among its expert's is the number of lower rows in the set.
// Only integer ORs and counts: the same input gives the same list.
#ifndef WORK_LIST_CUH
#define WORK_LIST_CUH

#include "common.cuh"

#define EXPERTS_PER_THREAD ((EXPERTS + THREADS - 1) / THREADS)

// Row `row` of an expert's set, of which every word holds 32.
__device__ __forceinline__ unsigned bit_of(int row)
{
    return 1u << row % 32;
}

// One CTA. ids [batch, TOP_K] may come from other CTAs, which have ended their writes. An entry is row * CHOICES + choice. Written: how many
// experts are active; their numbers, ascending, then -1; where each one's entries begin, after the last their number; the entries, then -1.
__device__ __forceinline__ void list_work(
    const int* ids, const int* slots, int dummy_slot, int batch, int max_active, int* active_count, int* active_experts, int* offsets,
    int* entries)
{
    __shared__ unsigned rows[EXPERTS][ROW_WORDS];
    __shared__ int first[EXPERTS];
    __shared__ unsigned warp_totals[THREADS / WARP_SIZE];
    for (int i = threadIdx.x; i < EXPERTS * ROW_WORDS; i += THREADS)
    {
        rows[i / ROW_WORDS][i % ROW_WORDS] = 0;
    }

    __syncthreads();
    for (int i = threadIdx.x; i < batch * TOP_K; i += THREADS)
    {
        int row = i / TOP_K;
        if (slots[row] != dummy_slot)
        {
            atomicOr(&rows[__ldcg(ids + i)][row / 32], bit_of(row));
        }
    }

    __syncthreads();
    int first_expert = threadIdx.x * EXPERTS_PER_THREAD;
    unsigned counts[EXPERTS_PER_THREAD] = {}, sum = 0;
    for (int e = 0; e < EXPERTS_PER_THREAD && first_expert + e < EXPERTS; e++)
    {
        for (int word = 0; word < ROW_WORDS; word++)
        {
            counts[e] += __popc(rows[first_expert + e][word]);
        }

        // Two sums in one: entries in the low half, active experts in the high half.
        sum += counts[e] | (counts[e] > 0 ? 1u << 16 : 0);
    }

    unsigned total, before = exclusive_sum<THREADS / WARP_SIZE>(sum, total, warp_totals);
    int listed = total & 0xffff, active = total >> 16;
    for (int e = 0; e < EXPERTS_PER_THREAD && first_expert + e < EXPERTS; e++)
    {
        first[first_expert + e] = before & 0xffff;
        if (counts[e] > 0)
        {
            active_experts[before >> 16] = first_expert + e;
            offsets[before >> 16] = before & 0xffff;
            before += counts[e] | 1u << 16;
        }
    }

    for (int i = active + threadIdx.x; i <= max_active; i += THREADS)
    {
        offsets[i] = listed;
        if (i < max_active)
        {
            active_experts[i] = -1;
        }
    }

    if (threadIdx.x == 0)
    {
        *active_count = active;
    }

    __syncthreads();
    for (int i = threadIdx.x; i < batch * TOP_K; i += THREADS)
    {
        int row = i / TOP_K;
        if (slots[row] != dummy_slot)
        {
            int expert = __ldcg(ids + i), place = first[expert] + __popc(rows[expert][row / 32] & (bit_of(row) - 1));
            for (int word = 0; word < row / 32; word++)
            {
                place += __popc(rows[expert][word]);
            }

            entries[place] = row * CHOICES + i % TOP_K;
        }
    }

    for (int i = listed + threadIdx.x; i < batch * TOP_K; i += THREADS)
    {
        entries[i] = -1;
    }
}

#endif
