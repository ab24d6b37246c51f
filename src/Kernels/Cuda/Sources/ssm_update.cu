// One token of the selective state space recurrence (Mamba-2): per head, with state S [head_dim, N],
//   dt = clamp(softplus(dt_raw + dt_bias)),  S <- exp(dt A) S + dt x (outer) B,  y = S C + D x.
//
// The state is all that costs: each row of S (N floats) is read once into registers, updated, written back and dotted with C.
// LANES neighbouring lanes own a row; a thread holds ROWS rows' pieces at once, so that enough bytes are in flight.
// Grid (head_dim / rows per block, heads, batch rows).
//
// State and slot are read before the dependency wait: only a launch at least two back in the stream may have written them, and the one in front
// (a product with CONVOLVE) lets this one begin only when those have ended.
//
//   HEADS, HEAD_DIM, GROUPS, STATE_SIZE         shape (STATE_SIZE = ssm_state_size N)
//   VEC     floats per access: 4 where it is a multiple of 4, else 1
//   LANES   lanes per row, a power of 2    ROWS  rows per thread
//   OUTPUT  float or bf16
#ifndef HEADS
#define HEADS 64
#define HEAD_DIM 64
#define GROUPS 8
#define STATE_SIZE 128
#define VEC 4
#define LANES 32
#define ROWS 8
#define THREADS 128
#define OUTPUT float
#endif

#include "vector.cuh"

constexpr int kPieces = STATE_SIZE / VEC;  // of a row
constexpr int kPerLane = (kPieces + LANES - 1) / LANES;
constexpr int kRowsPerPass = THREADS / LANES;
constexpr bool kWholeHead = HEAD_DIM % (ROWS * kRowsPerPass) == 0, kWholeRow = kPieces % LANES == 0;
constexpr int kInner = HEADS * HEAD_DIM;
constexpr int kConvDim = kInner + 2 * GROUPS * STATE_SIZE;

__device__ __forceinline__ float softplus(float x)
{
    return x > 20.f ? x : log1pf(expf(x));
}

__device__ __forceinline__ Floats<VEC> load_state(const float* from)
{
    Floats<VEC> s;
#if VEC == 4
    asm volatile("ld.global.cs.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(s.at[0]), "=f"(s.at[1]), "=f"(s.at[2]), "=f"(s.at[3])
                 : "l"(from));
#else
    s = load_floats<VEC>(from);
#endif
    return s;
}

__device__ __forceinline__ void store_state(float* to, const Floats<VEC>& s)
{
#if VEC == 4
    asm volatile("st.global.cs.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(to), "f"(s.at[0]), "f"(s.at[1]), "f"(s.at[2]), "f"(s.at[3])
                 : "memory");
#else
    store_floats<VEC>(to, s);
#endif
}

extern "C" __global__ void __launch_bounds__(THREADS)
    ssm_update(const float* convolved, const float* dt_raw, long long dt_stride, const int* slots, float* states,
               const float* __restrict__ a, const float* __restrict__ d, const float* __restrict__ dt_bias, OUTPUT* y, float dt_min,
               float dt_max)
{
    const int head = blockIdx.y, lane = threadIdx.x % LANES;
    const int first = blockIdx.x * ROWS * kRowsPerPass + threadIdx.x / LANES;
    const auto has_row = [&](int i) { return kWholeHead || first + i * kRowsPerPass < HEAD_DIM; };
    const auto has_piece = [&](int j) { return kWholeRow || lane + j * LANES < kPieces; };
    float* state = states + ((long long)slots[blockIdx.z] * HEADS + head) * HEAD_DIM * STATE_SIZE + first * STATE_SIZE + lane * VEC;
    const auto piece_of = [&](int i, int j) { return state + i * kRowsPerPass * STATE_SIZE + j * LANES * VEC; };

    pdl_launch();
    Floats<VEC> s[ROWS][kPerLane];
#pragma unroll
    for (int i = 0; i < ROWS; i++)
    {
#pragma unroll
        for (int j = 0; j < kPerLane; j++)
        {
            s[i][j] = {};
            if (has_row(i) && has_piece(j))
                s[i][j] = load_state(piece_of(i, j));
        }
    }
    const float bias = dt_bias[head], rate = a[head], skip = d[head];

    pdl_wait();
    const float* x = convolved + (long long)blockIdx.z * kConvDim + head * HEAD_DIM + first;
    const float* b_row = convolved + (long long)blockIdx.z * kConvDim + kInner + head / (HEADS / GROUPS) * STATE_SIZE + lane * VEC;
    const float* c_row = b_row + GROUPS * STATE_SIZE;
    Floats<VEC> b[kPerLane], c[kPerLane];
#pragma unroll
    for (int j = 0; j < kPerLane; j++)
    {
        b[j] = c[j] = {};
        if (has_piece(j))
        {
            b[j] = load_floats<VEC>(b_row + j * LANES * VEC);
            c[j] = load_floats<VEC>(c_row + j * LANES * VEC);
        }
    }
    const float dt = fminf(fmaxf(softplus(dt_raw[blockIdx.z * dt_stride + head] + bias), dt_min), dt_max);
    const float decay = expf(dt * rate);
    float value[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++)
        value[i] = has_row(i) ? x[i * kRowsPerPass] : 0.f;

    float dot[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++)
    {
        const float input = value[i] * dt;
        dot[i] = 0.f;
#pragma unroll
        for (int j = 0; j < kPerLane; j++)
        {
#pragma unroll
            for (int e = 0; e < VEC; e++)
            {
                s[i][j].at[e] = s[i][j].at[e] * decay + input * b[j].at[e];
                dot[i] += s[i][j].at[e] * c[j].at[e];
            }
            if (has_row(i) && has_piece(j))
                store_state(piece_of(i, j), s[i][j]);
        }
    }

    // Row by row inside: the rows' shuffles are independent, a row's own are not.
#pragma unroll
    for (int step = LANES / 2; step > 0; step /= 2)
    {
#pragma unroll
        for (int i = 0; i < ROWS; i++)
            dot[i] += __shfl_xor_sync(0xffffffffu, dot[i], step);
    }
    if (lane != 0)
        return;
    OUTPUT* out = y + (long long)blockIdx.z * kInner + head * HEAD_DIM + first;
#pragma unroll
    for (int i = 0; i < ROWS; i++)
    {
        const Floats<1> result = {{dot[i] + skip * value[i]}};
        if (has_row(i))
            store_floats<1>(out + i * kRowsPerPass, result);
    }
}
