// Ends a decode step: the sampled tokens become the next step's inputs, positions move on, rows of sequences that end become padding. The
// host queues steps ahead and reads the tokens late, so all that decides about the next step is decided here. One CTA, a thread a row.
#include "common.cuh"

#define RUNNING 0
#define STOPPED 1                // its token was one of its end tokens
#define FULL 2                   // it reached its length limit
#define FAILED 3                 // its logits were not finite

extern "C" __global__ void advance_sequences(
    const int* sampled,            // [batch]; -1 where the logits were not finite
    int* slots,                    // [batch]
    int dummy_slot,                // rows with it are padding
    const int* end_tokens,         // [batch, end_count], unused places -1
    int end_count,
    const int* limits,             // [batch], the length at which a sequence ends
    int batch,
    int* token_ids,                // [batch], the next step's inputs
    int* positions,                // [batch], their places
    int* finished,                 // [batch], one of the states above
    unsigned long long* draws,     // [batch], random numbers drawn
    int* ring,                     // [ring_size, batch], this step's tokens; -1 where there is none
    int ring_size,
    unsigned* step)                // [1], steps done
{
    pdl_launch();
    pdl_wait();
    int row = threadIdx.x;
    unsigned now = *step;
    __syncthreads();
    if (row == 0)
        *step = now + 1;
    if (row >= batch)
        return;

    bool live = slots[row] != dummy_slot && finished[row] == RUNNING;
    int token = live ? sampled[row] : -1;
    ring[(size_t)(now % ring_size) * batch + row] = token;
    if (!live)
        return;

    bool failed = token < 0, stopped = false;
    for (int i = 0; i < end_count; i++)
        stopped |= token == end_tokens[row * end_count + i];
    if (!failed)
        draws[row]++;

    // The sampled token's place is one further; with it the sequence has two tokens more than the position says.
    bool full = positions[row] + 2 >= limits[row];
    if (failed || stopped || full)
    {
        // Further steps write to the dummy slot's states and page: those of the sequence stay as they are.
        finished[row] = failed ? FAILED : stopped ? STOPPED : FULL;
        slots[row] = dummy_slot;
        positions[row] = 0;
        return;
    }

    token_ids[row] = token;
    positions[row]++;
}
