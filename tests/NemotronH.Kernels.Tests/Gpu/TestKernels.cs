using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>Kernels that do nothing but call the functions of common.cuh, or that make a test's point.</summary>
internal static class TestKernels
{
    private const string Text = """
        #include "common.cuh"

        __device__ int element() { return blockIdx.x * blockDim.x + threadIdx.x; }

        extern "C" __global__ void decode_e4m3(float* out, const e4m3* codes, int n)
        {
            if (element() < n)
                out[element()] = e4m3_to_float(codes[element()]);
        }

        extern "C" __global__ void decode_e4m3_pairs(float2* out, const unsigned short* codes, int n)
        {
            if (element() < n)
                out[element()] = e4m3x2_to_float2(codes[element()]);
        }

        extern "C" __global__ void encode_e4m3(e4m3* out, const float* in, int n)
        {
            if (element() < n)
                out[element()] = float_to_e4m3(in[element()]);
        }

        extern "C" __global__ void encode_bf16(bf16* out, const float* in, int n)
        {
            if (element() < n)
                out[element()] = float_to_bf16(in[element()]);
        }

        extern "C" __global__ void encode_bf16_pairs(unsigned* out, const float2* in, int n)
        {
            if (element() < n)
                out[element()] = pack_bf16(in[element()].x, in[element()].y);
        }

        extern "C" __global__ void decode_bf16_pairs(float* out, const unsigned* in, int n)
        {
            if (element() < n) {
                out[3 * element()] = bf16_low(in[element()]);
                out[3 * element() + 1] = bf16_high(in[element()]);
                out[3 * element() + 2] = bf16_to_float((bf16)in[element()]);
            }
        }

        // One block: the sums and the maxima of the whole and of the odd-numbered elements, from every thread.
        extern "C" __global__ void reduce(float* out, const float* in, int n)
        {
            float value = threadIdx.x < n ? in[threadIdx.x] : 0.0f, odd = threadIdx.x % 2 ? value : 0.0f;
            out[4 * threadIdx.x] = block_sum(value);
            out[4 * threadIdx.x + 1] = block_sum(odd);
            out[4 * threadIdx.x + 2] = block_max(value);
            out[4 * threadIdx.x + 3] = block_max(-value);
        }

        // Every element comes from another block's part of what the kernel before wrote.
        extern "C" __global__ void reverse(unsigned* out, const unsigned* in, unsigned k, int n)
        {
            pdl_launch();
            pdl_wait();
            if (element() < n)
                out[element()] = in[n - 1 - element()] * 3u + k;
        }

        extern "C" __global__ void fill_shared(float* out, int n)
        {
            extern __shared__ float shared[];
            shared[n - 1] = 7.0f;
            __syncthreads();
            out[0] = shared[n - 1];
        }
        """;

    public static KernelSource Source { get; } = new("tests.cu");

    public static SourceSet Sources { get; } = SourceSet.Embedded.With("tests.cu", Text);
}
