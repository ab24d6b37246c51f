using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Elementwise;

public sealed class EmbeddingLookupKernelTests
{
    [Fact]
    public void The_reference_reads_the_even_column_from_the_low_half()
    {
        using var scope = NewDisposeScope();
        byte[] packed = [0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0xed, 0x0f];
        Tensor table = tensor(packed, ScalarType.Byte).reshape(1, 8), scales = tensor(new byte[] { 0x40 }, ScalarType.Byte).reshape(1, 1);
        Tensor row = EmbeddingLookupReference.Compute(EmbeddingFormat.Nvfp4, tensor(new[] { 0, -1 }), table, scales, tensor(new[] { 0.5f }));

        // 0x40 is 2 in E4M3: the scale is 2 · 0.5 = 1.
        Assert.Equal([0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6, 0], row[0].data<float>().ToArray());
        Assert.All(row[1].data<float>().ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void What_does_not_fit_the_format_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => new EmbeddingLookupShape(24, 10, EmbeddingFormat.Nvfp4).Source());
        Assert.Contains("width of 24; expected a multiple of 16", error.Message);
        var kernel = new EmbeddingLookupKernel(new EmbeddingLookupShape(32, 10, EmbeddingFormat.Fp8), null);
        error = Assert.Throws<ArgumentException>(() => kernel.Launch(null!, 1, zeros(1), zeros(1), null, null, zeros(1)));
        Assert.Contains("tokens is Float32 [1] on cpu", error.Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(EmbeddingFormat.Float32, 37)]
    [InlineData(EmbeddingFormat.BFloat16, 2688)]
    [InlineData(EmbeddingFormat.BFloat16, 131)]
    [InlineData(EmbeddingFormat.Fp8, 96)]
    [InlineData(EmbeddingFormat.Fp8, 33)]
    [InlineData(EmbeddingFormat.Nvfp4, 2688)]
    [InlineData(EmbeddingFormat.Nvfp4, 16)]
    public void The_kernel_equals_its_reference(EmbeddingFormat format, int hidden)
    {
        using var gpu = new KernelRun();
        const int Vocabulary = 1003, Rows = 6;
        var shape = new EmbeddingLookupShape(hidden, Vocabulary, format);
        Tensor tokens = tensor(new[] { 0, 1002, 17, 17, -1, 5, 0, 0 });
        Tensor table = shape.IsQuantized
            ? Numbers.Integers(1, format == EmbeddingFormat.Fp8 ? 0x7f : 256, ScalarType.Byte, Vocabulary, shape.TableWidth)
            : Numbers.Normal(1, Vocabulary, hidden).to(shape.TableDtype);
        Tensor? scales = format == EmbeddingFormat.Nvfp4 ? Numbers.Integers(2, 0x7f, ScalarType.Byte, Vocabulary, shape.ScaleWidth) : null;
        Tensor? factor = shape.IsQuantized ? tensor(new[] { 0.0123f }) : null;
        Tensor expected = EmbeddingLookupReference.Compute(format, tokens, table, scales, factor);

        var kernel = new EmbeddingLookupKernel(gpu.Library, shape);
        Tensor residual = KernelRun.Poisoned(ScalarType.Float32, 8, hidden);
        Tensor[] inputs = [KernelRun.Upload(tokens), KernelRun.Upload(table)];
        Tensor? blockScales = scales?.cuda(), scale = factor?.cuda();
        kernel.Launch(gpu.Stream, Rows, inputs[0], inputs[1], blockScales, scale, residual, programmatic: true);

        Numbers.AssertClose(residual[..Rows], expected[..Rows], Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(residual[Rows..]);
    }
}
