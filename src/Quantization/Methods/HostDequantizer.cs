using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Dequantises in the CPU's memory with the vector code of <see cref="Formats"/>, large pieces in parallel.</summary>
internal static unsafe class HostDequantizer
{
    /// <summary>Elements of a parallel task: so many that starting it costs little, so few that they stay in a core's cache.</summary>
    private const long ChunkElements = 1 << 17;

    /// <summary>Dequantises NVFP4; parameters as in <see cref="TorchDequantizer.Nvfp4"/>, on the CPU and contiguous.</summary>
    public static void Nvfp4(Tensor codes, Tensor scales, Tensor weightScale2, Tensor target)
    {
        nint source = AtenInterop.DataPointer(codes), blockScales = AtenInterop.DataPointer(scales), output = AtenInterop.DataPointer(target);
        bool narrow = target.dtype == ScalarType.BFloat16;
        ForChunks(target, weightScale2, (first, count, factor) =>
        {
            var chunk = new ReadOnlySpan<byte>((byte*)source + (first / 2), count / 2);
            var chunkScales = new ReadOnlySpan<byte>((byte*)blockScales + (first / Formats.Nvfp4.BlockSize), count / Formats.Nvfp4.BlockSize);
            if (narrow)
            {
                Formats.Nvfp4.Dequantize(chunk, chunkScales, factor, new Span<ushort>((ushort*)output + first, count));
            }
            else
            {
                Formats.Nvfp4.Dequantize(chunk, chunkScales, factor, new Span<float>((float*)output + first, count));
            }
        });
        KeepAlive(codes, scales, target);
    }

    /// <summary>Dequantises FP8; parameters as in <see cref="TorchDequantizer.Fp8"/>, on the CPU and contiguous.</summary>
    public static void Fp8(Tensor codes, Tensor scale, Tensor target)
    {
        nint source = AtenInterop.DataPointer(codes), output = AtenInterop.DataPointer(target);
        bool narrow = target.dtype == ScalarType.BFloat16;
        ForChunks(target, scale, (first, count, factor) =>
        {
            var chunk = new ReadOnlySpan<byte>((byte*)source + first, count);
            if (narrow)
            {
                Formats.Fp8.Dequantize(chunk, factor, new Span<ushort>((ushort*)output + first, count));
            }
            else
            {
                Formats.Fp8.Dequantize(chunk, factor, new Span<float>((float*)output + first, count));
            }
        });
        KeepAlive(codes, target);
    }

    /// <summary>Splits a target into pieces of whole rows that have one factor.</summary>
    private static void ForChunks(Tensor target, Tensor factors, Action<long, int, float> dequantize)
    {
        float* values = (float*)AtenInterop.DataPointer(factors);
        long columns = target.size(-1), matrix = target.NumberOfElements / factors.NumberOfElements;
        long chunk = Math.Max(1, ChunkElements / columns) * columns;
        long chunks = (matrix + chunk - 1) / chunk, total = chunks * factors.NumberOfElements;
        int threads = (int)Math.Min(get_num_threads(), total);
        if (threads <= 1)
        {
            for (long i = 0; i < total; i++)
            {
                Run(i);
            }
        }
        else
        {
            Parallel.For(0, total, new ParallelOptions { MaxDegreeOfParallelism = threads }, Run);
        }

        KeepAlive(factors);

        void Run(long index)
        {
            (long at, long start) = (index / chunks, index % chunks * chunk);
            dequantize((at * matrix) + start, (int)Math.Min(chunk, matrix - start), values[at]);
        }
    }

    /// <summary>The pointers do not keep their tensors' memory; the tensors do.</summary>
    private static void KeepAlive(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            GC.KeepAlive(tensor);
        }
    }
}
