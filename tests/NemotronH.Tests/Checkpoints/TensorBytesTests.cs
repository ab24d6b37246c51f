using NemotronH.Checkpoints;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints;

public sealed class TensorBytesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(12)]
    [InlineData(100)]
    public void Spans_follow_one_another_to_the_last_byte(int spanBytes)
    {
        using Tensor values = tensor(new byte[] { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8 }).reshape(3, 4);
        var found = new List<byte>();
        TensorBytes.ForEachSpan(values, span => found.AddRange(span), spanBytes);
        Assert.Equal([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], found);
    }
}
