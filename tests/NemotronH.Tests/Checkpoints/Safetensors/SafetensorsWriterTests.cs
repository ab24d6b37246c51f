using System.Buffers.Binary;
using System.Text;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private static readonly StoredTensorInfo Scale = new("layer.weight_scale", StoredDtype.Float8E4M3, [3]);
    private static readonly StoredTensorInfo Bias = new("layer.bias", StoredDtype.Float32, [2]);
    private static readonly StoredTensorInfo Scalar = new("größe.層", StoredDtype.BFloat16, []);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_file_is_laid_out_as_the_format_demands()
    {
        string path = _directory["out.safetensors"];
        using (var writer = new SafetensorsWriter(path, [Scale, Bias, Scalar], new Dictionary<string, string> { ["format"] = "pt" }))
        {
            writer.Write(Scale, [1, 2, 3]);
            writer.Write(Bias, [11, 12, 13, 14, 15, 16, 17, 18]);
            writer.Write(Scalar, [21, 22]);
            writer.Complete();
        }

        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        string header = Encoding.UTF8.GetString(bytes.AsSpan(8, headerLength));
        Assert.Equal(0, headerLength % 8);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"layer.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"größe.層":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},"layer.weight_scale":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[10,13]}}""",
            header.TrimEnd(' '));
        Assert.Equal([11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 1, 2, 3], bytes[(8 + headerLength)..]);
        Assert.Equal(["out.safetensors"], _directory.Contents());
    }

    [Fact]
    public void Pieces_of_different_tensors_may_alternate()
    {
        string path = _directory["out.safetensors"];
        using (var writer = new SafetensorsWriter(path, [Scale, Bias]))
        {
            Assert.Equal(11, writer.BytesMissing);
            writer.Append(Bias.Name, [1, 2, 3]);
            writer.Append(Scale.Name, [21, 22]);
            writer.Append(Bias.Name, [4, 5, 6, 7, 8]);
            writer.Append(Scale.Name, [23]);
            Assert.Equal(0, writer.BytesMissing);
            writer.Complete();
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 21, 22, 23], File.ReadAllBytes(path)[^11..]);
    }

    [Fact]
    public void A_file_without_tensors_is_a_valid_file()
    {
        string path = _directory["out.safetensors"];
        using (var writer = new SafetensorsWriter(path, []))
        {
            writer.Complete();
        }

        Assert.Equal(RawSafetensors.File("{}      "), File.ReadAllBytes(path));
    }

    [Fact]
    public void A_writer_that_is_abandoned_leaves_the_old_file_and_nothing_else()
    {
        string path = _directory.Write("out.safetensors", "old");
        using (var writer = new SafetensorsWriter(path, [Scale, Bias]))
        {
            writer.Write(Scale, [1, 2, 3]);
            Assert.Equal(2, _directory.Contents().Length);
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["out.safetensors"], _directory.Contents());
    }

    [Fact]
    public void A_finished_writer_replaces_the_old_file()
    {
        string path = _directory.Write("out.safetensors", "old");
        using (var writer = new SafetensorsWriter(path, []))
        {
            writer.Complete();
        }

        Assert.Equal(RawSafetensors.File("{}      "), File.ReadAllBytes(path));
        Assert.Equal(["out.safetensors"], _directory.Contents());
    }

    [Fact]
    public void An_unfinished_tensor_is_named_and_no_file_appears()
    {
        string path = _directory["out.safetensors"];
        using (var writer = new SafetensorsWriter(path, [Scale, Bias]))
        {
            writer.Write(Scale, [1, 2, 3]);
            writer.Append(Bias.Name, [1]);
            var exception = Assert.Throws<InvalidOperationException>(writer.Complete);
            Assert.Equal("Tensor 'layer.bias' lacks 7 of 8 bytes.", exception.Message);
        }

        Assert.Empty(_directory.Contents());
    }

    [Fact]
    public void What_was_not_announced_is_refused()
    {
        using var writer = new SafetensorsWriter(_directory["out.safetensors"], [Scale, Bias]);
        Assert.StartsWith("No tensor 'other' was announced.", Refusal(() => writer.Append("other", [1])));
        Assert.StartsWith("Tensor 'layer.bias' got 9 more bytes, expected at most 8.", Refusal(() => writer.Append(Bias.Name, new byte[9])));
        Assert.StartsWith(
            "Tensor 'layer.bias' is I32 [2] in 8 bytes, expected F32 [2] in 8.",
            Refusal(() => writer.Write(Bias with { Dtype = StoredDtype.Int32 }, new byte[8])));
        Assert.StartsWith(
            "Tensor 'layer.bias' is F32 [1, 2] in 8 bytes, expected F32 [2] in 8.",
            Refusal(() => writer.Write(Bias with { Shape = [1, 2] }, new byte[8])));
        Assert.StartsWith("Tensor 'layer.bias' is F32 [2] in 7 bytes, expected F32 [2] in 8.", Refusal(() => writer.Write(Bias, new byte[7])));
    }

    [Fact]
    public void Names_that_a_header_cannot_hold_are_refused()
    {
        string path = _directory["out.safetensors"];
        Assert.Contains("'layer.bias' is listed twice", Refusal(() => Begin(path, [Bias, Bias])));
        Assert.Contains("'__metadata__' is listed twice, or its name is reserved", Refusal(() => Begin(path, [Bias with { Name = "__metadata__" }])));
        Assert.Contains("'layer.bias' has a negative dimension: F32 [-1]", Refusal(() => Begin(path, [Bias with { Shape = [-1] }])));
        Assert.Empty(_directory.Contents());
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_named()
    {
        string path = _directory["missing/out.safetensors"];
        var exception = Assert.Throws<CheckpointException>(() => new SafetensorsWriter(path, [Bias]));
        Assert.StartsWith($"{path}: cannot be written: ", exception.Message);
    }

    private static string Refusal(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private static void Begin(string path, StoredTensorInfo[] tensors) => new SafetensorsWriter(path, tensors).Dispose();
}
