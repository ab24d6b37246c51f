using FsCheck;
using FsCheck.Fluent;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_by_hand_is_described_in_the_order_of_its_header()
    {
        const string Header =
            """ {"b":{"dtype":"F8_E4M3","shape":[2,1],"data_offsets":[4,6],"extra":[]}, "__metadata__":{"format":"pt","note":"ä"}, "a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}, "c":{"dtype":"BF16","shape":[3,0],"data_offsets":[6,6]}}  """;
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("a.safetensors", RawSafetensors.File(Header, 0, 0, 128, 63, 9, 8)));
        Assert.Equal(["b", "a", "c"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["note"] = "ä" }, file.Metadata);
        Assert.Equal(StoredDtype.Float8E4M3, file.Describe("b")!.Dtype);
        Assert.Equal([2, 1], file.Describe("b")!.Shape);
        Assert.Equal([3, 0], file.Describe("c")!.Shape);
        Assert.Null(file.Describe("d"));
    }

    [Fact]
    public void Values_are_read_as_torch_knows_them()
    {
        const string Header =
            """{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F8_E4M3","shape":[2,1],"data_offsets":[4,6]},"c":{"dtype":"BF16","shape":[3,0],"data_offsets":[6,6]}}       """;
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("a.safetensors", RawSafetensors.File(Header, 0, 0, 128, 63, 9, 8)));
        using Tensor one = file.Read("a");
        Assert.Equal(1f, one.item<float>());
        using Tensor bytes = file.Read("b");
        Assert.Equal(ScalarType.Byte, bytes.dtype);
        Assert.Equal([2, 1], bytes.shape);
        Assert.Equal([9, 8], bytes.bytes.ToArray());
        using Tensor nothing = file.Read("c");
        Assert.Equal(ScalarType.BFloat16, nothing.dtype);
        Assert.Equal([3, 0], nothing.shape);
    }

    [Fact]
    public void What_was_written_is_read_back() => Prop.ForAll(TensorGenerators.Lists, tensors =>
    {
        string path = _directory["round.safetensors"];
        var metadata = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Dtype.ToString());
        using (var writer = new SafetensorsWriter(path, tensors, metadata))
        {
            foreach (StoredTensorInfo tensor in tensors.Reverse())
            {
                writer.Write(tensor, TensorGenerators.Content(tensor));
            }

            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(tensors.Length, file.Tensors.Count);
        Assert.All(tensors, tensor =>
        {
            StoredTensorInfo read = file.Describe(tensor.Name)!;
            Assert.Equal((tensor.Name, tensor.Dtype), (read.Name, read.Dtype));
            Assert.Equal(tensor.Shape, read.Shape);
        });
        Assert.All(tensors.Where(tensor => tensor.Dtype is not (StoredDtype.UInt16 or StoredDtype.UInt32 or StoredDtype.UInt64)), tensor =>
        {
            using Tensor read = file.Read(tensor.Name);
            Assert.Equal(tensor.Dtype.ToScalarType(), read.dtype);
            Assert.Equal(tensor.Shape, read.shape);
            Assert.Equal(TensorGenerators.Content(tensor), read.bytes.ToArray());
        });
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Data_that_are_not_aligned_are_read_right(int padding)
    {
        string header = """{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""";
        header += new string(' ', (8 - (header.Length % 8)) % 8 + padding);
        byte[] data = [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-3e300)];
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("a.safetensors", RawSafetensors.File(header, data)));
        using Tensor read = file.Read("a");
        Assert.Equal([1.5, -3e300], read.data<double>().ToArray());
    }

    [Fact]
    public void Aligned_tensors_alias_one_map_and_stay_right_when_their_pages_are_dropped()
    {
        using Tensor values = randn(300, 1000);
        string path = _directory["a.safetensors"];
        using (var writer = new SafetensorsWriter(path, [new StoredTensorInfo("a", StoredDtype.Float32, [300, 1000])]))
        {
            writer.Write("a", values);
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        using Tensor first = file.Read("a");
        using Tensor second = file.Read("a");
        Assert.True(System.Runtime.CompilerServices.Unsafe.AreSame(ref first.bytes[0], ref second.bytes[0]));
        Assert.True(first.equal(values).all().item<bool>());
        file.Release("a");
        Assert.True(first.equal(values).all().item<bool>());
        file.Release("a");
        using Tensor third = file.Read("a");
        Assert.True(third.equal(values).all().item<bool>());
    }

    [Fact]
    public void Tensors_are_written_whatever_their_strides()
    {
        using Tensor matrix = arange(12, dtype: ScalarType.Int32).reshape(3, 4);
        using Tensor transposed = matrix.t();
        using Tensor half = matrix.to(ScalarType.BFloat16)[TensorIndex.Colon, 1];
        string path = _directory["a.safetensors"];
        using (var writer = new SafetensorsWriter(path, [new("t", StoredDtype.Int32, [4, 3]), new("h", StoredDtype.BFloat16, [3])]))
        {
            writer.Write("h", half);
            writer.Write("t", transposed);
            Assert.Throws<ArgumentException>(() => writer.Write("t", matrix));
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        using Tensor read = file.Read("t");
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], read.data<int>().ToArray());
        using Tensor readHalf = file.Read("h").to(ScalarType.Float32);
        Assert.Equal([1f, 5f, 9f], readHalf.data<float>().ToArray());
    }

    [Fact]
    public void A_tensor_that_is_not_there_or_not_for_torch_is_named()
    {
        const string Header = """{"a":{"dtype":"U16","shape":[2],"data_offsets":[0,4]}}""";
        string path = _directory.Write("a.safetensors", RawSafetensors.File(Header, 1, 2, 3, 4));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal($"{path}: there is no tensor 'b' in this file", Assert.Throws<CheckpointException>(() => file.Read("b")).Message);
        Assert.Equal($"{path}: there is no tensor 'b' in this file", Assert.Throws<CheckpointException>(() => file.Release("b")).Message);
        string message = Assert.Throws<CheckpointException>(() => file.Read("a")).Message;
        Assert.StartsWith($"{path}: tensor 'a' is U16 [2]: torch has no counterpart of UInt16", message);
    }

    [Fact]
    public void A_closed_file_reads_nothing()
    {
        const string Header = """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""";
        SafetensorsFile file = SafetensorsFile.Open(_directory.Write("a.safetensors", RawSafetensors.File(Header, 1, 2, 3, 4)));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Read("a"));
        Assert.Throws<ObjectDisposedException>(() => file.Release("a"));
    }
}
