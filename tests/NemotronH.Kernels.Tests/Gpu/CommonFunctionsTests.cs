using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>The functions of common.cuh against libtorch's conversions on the CPU and against plain sums.</summary>
[Trait("Category", "Gpu")]
public sealed class CommonFunctionsTests
{
    private const int Count = 1 << 20;

    [Fact]
    public void Every_E4M3_code_is_decoded_as_libtorch_does()
    {
        using var gpu = GpuSession.Open();
        byte[] codes = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        Tensor onCpu = tensor(codes);
        float[] expected = AtenInterop.ViewAs(onCpu, AtenInterop.Float8E4M3).to_type(ScalarType.Float32).data<float>().ToArray();
        Tensor onGpu = onCpu.cuda();
        Tensor singly = full(256, -1, ScalarType.Float32, CUDA);
        Tensor inPairs = full(256, -1, ScalarType.Float32, CUDA);
        gpu.Run("decode_e4m3", 256, singly, onGpu, 256);
        gpu.Run("decode_e4m3_pairs", 128, inPairs, onGpu, 128);

        Assert.Equal(expected.Select(Bits), Floats(singly).Select(Bits));
        Assert.Equal(expected.Select(Bits), Floats(inPairs).Select(Bits));
    }

    [Fact]
    public void E4M3_is_encoded_as_libtorch_does_up_to_448_and_as_448_beyond()
    {
        using var gpu = GpuSession.Open();
        float[] values = RandomBits(seed: 1, limit: 448);
        Tensor onCpu = tensor(values);
        using var expected = AtenInterop.ViewAs(onCpu.to_type(AtenInterop.Float8E4M3), ScalarType.Byte);
        Tensor codes = zeros(Count, dtype: ScalarType.Byte, device: CUDA);
        gpu.Run("encode_e4m3", Count, codes, onCpu.cuda(), Count);
        Assert.Equal(expected.data<byte>().ToArray(), codes.cpu().data<byte>().ToArray());

        Tensor beyond = tensor([449f, 464f, 465f, 1e30f, float.PositiveInfinity, -1e30f, float.NegativeInfinity]).cuda();
        gpu.Run("encode_e4m3", 7, codes, beyond, 7);
        Assert.Equal([0x7E, 0x7E, 0x7E, 0x7E, 0x7E, 0xFE, 0xFE], codes.cpu().data<byte>().ToArray()[..7]);
    }

    [Fact]
    public void Bf16_is_encoded_and_decoded_as_libtorch_does()
    {
        using var gpu = GpuSession.Open();
        Tensor onCpu = tensor(RandomBits(seed: 2, limit: float.PositiveInfinity));
        Tensor rounded = onCpu.to_type(ScalarType.BFloat16);
        using var expected = AtenInterop.ViewAs(rounded, ScalarType.Int16);
        Tensor onGpu = onCpu.cuda();
        Tensor singly = zeros(Count, dtype: ScalarType.Int16, device: CUDA);
        Tensor inPairs = zeros(Count, dtype: ScalarType.Int16, device: CUDA);
        Tensor decoded = zeros(Count / 2, 3, dtype: ScalarType.Float32, device: CUDA);
        gpu.Run("encode_bf16", Count, singly, onGpu, Count);
        gpu.Run("encode_bf16_pairs", Count / 2, inPairs, onGpu, Count / 2);
        gpu.Run("decode_bf16_pairs", Count / 2, decoded, inPairs, Count / 2);

        Assert.Equal(expected.data<short>().ToArray(), singly.cpu().data<short>().ToArray());
        Assert.Equal(expected.data<short>().ToArray(), inPairs.cpu().data<short>().ToArray());
        float[] back = rounded.to_type(ScalarType.Float32).data<float>().ToArray();
        Assert.Equal(back.Chunk(2).SelectMany(pair => new[] { pair[0], pair[1], pair[0] }).Select(Bits), Floats(decoded).Select(Bits));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(96)]
    [InlineData(1024)]
    public void A_block_adds_and_compares_in_every_thread(int threads)
    {
        using var gpu = GpuSession.Open();
        float[] values = [.. Enumerable.Range(0, threads).Select(index => (float)(index * 7919 % 1009) - 300)];
        Tensor results = full(threads * 4, float.NaN, ScalarType.Float32, CUDA);
        gpu.Kernel("reduce").Launch(gpu.Stream, 1, threads, 0, programmatic: false, results, tensor(values).cuda(), threads);

        // All sums are of integers below 2^24, so that no order of adding them rounds.
        float[] expected = [values.Sum(), values.Where((_, index) => index % 2 == 1).Sum(), values.Max(), -values.Min()];
        Assert.All(Floats(results).Chunk(4), found => Assert.Equal(expected, found));
    }

    private static int Bits(float value) => float.IsNaN(value) ? -1 : BitConverter.SingleToInt32Bits(value);

    private static float[] Floats(Tensor tensor) => tensor.cpu().data<float>().ToArray();

    /// <summary>Floats of random bits within a limit: every exponent is as likely as any other.</summary>
    private static float[] RandomBits(int seed, float limit)
    {
        var random = new Random(seed);
        float[] values = new float[Count];
        for (int index = 0; index < Count;)
        {
            float value = BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, int.MaxValue + 1L));
            if (MathF.Abs(value) <= limit)
            {
                values[index++] = value;
            }
        }

        return values;
    }
}
