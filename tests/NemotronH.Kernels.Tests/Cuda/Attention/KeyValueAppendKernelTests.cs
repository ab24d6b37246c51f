using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Attention;

public sealed class KeyValueAppendKernelTests
{
    [Fact]
    public void The_reference_writes_the_page_of_the_position_and_saturates()
    {
        using var scope = NewDisposeScope();
        var shape = new PagedAttentionShape(1, 1, 2, 4, 3, 6) { Float8 = true };
        Tensor table = tensor(new[] { 0, 1, 2, 5, 3, 4 }).reshape(2, 3), pages = zeros([24, 1, 2], ScalarType.Byte);
        PagedCacheReference.Append(shape, tensor(new[] { 1000f, -3f }).reshape(1, 2), tensor(new[] { 1 }), tensor(new[] { 6 }), table, pages, 2);

        // Position 6 of slot 1 is row 2 of its page 1, which is page 3: row 14. 500 saturates at 448 = 0x7e; −1.5 is 0xbc.
        Assert.Equal([0x7e, 0xbc], pages[14].flatten().data<byte>().ToArray());
        Assert.Equal(0x7e + 0xbc, pages.to(ScalarType.Int64).sum().item<long>());
    }

    [Fact]
    public void What_does_not_fit_the_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => KeyValueAppendKernel.Source(new PagedAttentionShape(5, 2, 16, 64, 1, 500)));
        Assert.Contains("5 query heads are not a multiple of 2 KV heads", error.Message);
        error = Assert.Throws<ArgumentException>(() => KeyValueAppendKernel.Source(PagedInputs.Side(4, 2, 16, 64, 1) with { KeyColumn = 100 }));
        Assert.Contains("the keys is columns 100 to 132 of a row of 128", error.Message);
        var kernel = new KeyValueAppendKernel(PagedInputs.Side(4, 2, 16, 64, 1), null);
        Tensor none = zeros(1);
        error = Assert.Throws<ArgumentException>(() => kernel.Launch(null!, 1, none, none, none, none, none, none, 1, 1));
        Assert.Contains("projected is Float32 [1] on cpu", error.Message);
        var zero = Assert.Throws<ArgumentOutOfRangeException>(() => PageCheck.Scale(0, "keyScale"));
        Assert.Contains("keyScale is 0; expected a positive number", zero.Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(32, 2, 128, 64, 0, false)]
    [InlineData(32, 2, 128, 64, 0, true)]
    [InlineData(6, 3, 20, 10, 3, false)]
    [InlineData(6, 3, 5, 7, 3, true)]
    [InlineData(8, 8, 128, 16, 0, true)]
    public void The_kernel_equals_its_reference(int heads, int keyValueHeads, int headDim, int pageSize, int behind, bool float8)
    {
        using var gpu = new KernelRun();
        PagedAttentionShape shape = PagedInputs.Side(heads, keyValueHeads, headDim, pageSize, 3, behind) with { Float8 = float8 };
        var inputs = new PagedInputs(shape);
        const int Rows = 4, Live = 3;
        const float KeyScale = 0.003f, ValueScale = 0.7f;
        int[] slots = [2, 0, 3, PagedInputs.Slots - 1, 1], positions = [0, (2 * pageSize) + 1, pageSize - 1, 0, 3];
        Tensor projected = inputs.Projected(1, slots.Length), keys = inputs.Keys.clone(), values = inputs.Values.clone();
        Append(shape.KeyColumn, keys, KeyScale);
        Append(shape.ValueColumn, values, ValueScale);

        var kernel = new KeyValueAppendKernel(gpu.Library, shape);
        Tensor keyPages = KernelRun.Upload(inputs.Keys), valuePages = KernelRun.Upload(inputs.Values);
        Tensor[] others = [.. new[] { projected, tensor(slots), tensor(positions), inputs.PageTable }.Select(KernelRun.Upload)];
        kernel.Launch(
            gpu.Stream, Rows, others[0], others[1], others[2], others[3], keyPages, valuePages, KeyScale, ValueScale, programmatic: true);

        // The padding row wrote the first row of its own slot's first page.
        int padding = inputs.PageTable[PagedInputs.Slots - 1, 0].item<int>() * pageSize;
        Assert.True(Except(keyPages.cpu()).equal(Except(keys)).all().item<bool>());
        Assert.True(Except(valuePages.cpu()).equal(Except(values)).all().item<bool>());

        void Append(int column, Tensor pages, float scale) => PagedCacheReference.Append(
            shape,
            PagedInputs.Columns(projected, column, shape.KeyValueWidth)[..Live],
            tensor(slots[..Live]),
            tensor(positions[..Live]),
            inputs.PageTable,
            pages,
            scale);

        Tensor Except(Tensor pages) => cat([pages[..padding], pages[(padding + 1)..]]);
    }
}
