// Groups a step's (token, choice) entries by expert, on the device: what the expert GEMMs walk. One CTA.
//
// A token's experts differ, so a set of rows per expert says all: an entry's place among its expert's is the number of lower rows in the
// set. Only integer ORs and counts: the same input gives the same list. EXPERTS: at most THREADS.
#include "common.cuh"

#ifndef EXPERTS
#define EXPERTS 128
#define TOP_K 6
#define ROW_WORDS 4 // of 32 rows: the largest batch
#endif

#define THREADS 512

extern "C" __global__ void __launch_bounds__(THREADS) expert_work_list(
    const int* ids,                // [batch, TOP_K]
    const int* slots,              // [batch]
    int dummy_slot,                // rows with it are padding and contribute nothing
    int batch,
    int max_active,
    int* active_count,             // [1]
    int* active_experts,           // [max_active], ascending, then -1
    int* offsets,                  // [max_active + 1], where an active expert's entries begin; after the last: their number
    int* entries)                  // [batch * TOP_K], row * TOP_K + choice by expert, ascending; then -1
{
    __shared__ unsigned rows[EXPERTS][ROW_WORDS];
    __shared__ int first[EXPERTS];
    __shared__ unsigned warp_totals[THREADS / WARP_SIZE];
    int expert = threadIdx.x;
    for (int i = threadIdx.x; i < EXPERTS * ROW_WORDS; i += THREADS)
    {
        rows[i / ROW_WORDS][i % ROW_WORDS] = 0;
    }

    pdl_launch();
    pdl_wait();
    __syncthreads();
    for (int entry = threadIdx.x; entry < batch * TOP_K; entry += THREADS)
    {
        int row = entry / TOP_K;
        if (slots[row] != dummy_slot)
        {
            atomicOr(&rows[ids[entry]][row / 32], 1u << row % 32);
        }
    }

    __syncthreads();
    unsigned count = 0;
    for (int word = 0; expert < EXPERTS && word < ROW_WORDS; word++)
    {
        count += __popc(rows[expert][word]);
    }

    // Two sums in one: entries in the low half, active experts in the high half.
    unsigned total, before = exclusive_sum<THREADS / WARP_SIZE>(count | (count > 0 ? 1u << 16 : 0), total, warp_totals);
    int listed = total & 0xFFFF, active = total >> 16;
    if (expert < EXPERTS)
    {
        first[expert] = before & 0xFFFF;
    }

    if (count > 0)
    {
        active_experts[before >> 16] = expert;
        offsets[before >> 16] = before & 0xFFFF;
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
    for (int entry = threadIdx.x; entry < batch * TOP_K; entry += THREADS)
    {
        int row = entry / TOP_K;
        if (slots[row] != dummy_slot)
        {
            const unsigned* set = rows[ids[entry]];
            int place = first[ids[entry]] + __popc(set[row / 32] & ((1u << row % 32) - 1));
            for (int word = 0; word < row / 32; word++)
            {
                place += __popc(set[word]);
            }

            entries[place] = entry;
        }
    }

    for (int i = listed + threadIdx.x; i < batch * TOP_K; i += THREADS)
    {
        entries[i] = -1;
    }
}
