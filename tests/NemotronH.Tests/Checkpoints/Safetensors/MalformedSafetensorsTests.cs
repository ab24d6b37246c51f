using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints.Safetensors;

public sealed class MalformedSafetensorsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", "the file is empty, expected at least the 8 bytes of a header length")]
    [InlineData("0102030405", "the file is only 5 bytes long, expected at least the 8 bytes of a header length")]
    [InlineData("0900000000000000 7b7d", "the header should be 9 bytes long, but only 2 bytes follow: the file is truncated or no safetensors file")]
    [InlineData("ffffffffffffffff 7b7d", "the header should be 18446744073709551615 bytes long, but only 2 bytes follow: the file is truncated or no safetensors file")]
    [InlineData("0000000000000000", "the header is not valid JSON: ")]
    [InlineData("0300000000000000 efbbbf", "the header is not valid JSON: ")]
    [InlineData("0500000000000000 7b22ff2278", "the header is not valid JSON: ")]
    public void A_file_that_is_not_a_header_and_data_is_refused(string hex, string fault) =>
        Refuses(Convert.FromHexString(hex.Replace(" ", "")), fault);

    [Theory]
    [InlineData("""{"a":""", "the header is not valid JSON: ")]
    [InlineData("""{} x""", "the header is not valid JSON: ")]
    [InlineData("""["a"]""", "the header is a JSON array, expected an object")]
    [InlineData("7", "the header is a JSON number, expected an object")]
    [InlineData("""{"a":3}""", "tensor 'a' is described by a JSON number, expected an object")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has no dtype")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", "tensor 'a' has no shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", "tensor 'a' has no data_offsets")]
    [InlineData("""{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has a dtype that is a JSON number, expected string")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", "tensor 'a' has a shape that is a JSON number, expected array")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":null}}""", "tensor 'a' has a data_offsets that is a JSON null, expected array")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has two dtype fields")]
    [InlineData("""{"a":{"dtype":"BF17","shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has the unknown dtype 'BF17', expected one of BOOL, U8, I8, F8_E4M3, ")]
    [InlineData("""{"a":{"dtype":"u8","shape":[1],"data_offsets":[0,1]}}""", "tensor 'a' has the unknown dtype 'u8', expected one of ")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", "tensor 'a' has '1.5' in its shape, expected integers from 0 to 2^63 - 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}""", """tensor 'a' has '"1"' in its shape, expected integers from 0 to 2^63 - 1""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", "tensor 'a' has '-1' in its shape, expected integers from 0 to 2^63 - 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}""", "tensor 'a' has '9223372036854775808' in its shape, expected integers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}}""", "tensor 'a' has a shape whose size overflows: U8 [4294967296, 4294967296]")]
    [InlineData("""{"a":{"dtype":"I64","shape":[2305843009213693952],"data_offsets":[0,1]}}""", "tensor 'a' has a shape whose size overflows: I64 [2305843009213693952]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}""", "tensor 'a' has '-1' in its data_offsets, expected integers from 0 to 2^63 - 1")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", "tensor 'a' has 1 data_offsets, expected 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", "tensor 'a' has 3 data_offsets, expected 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[3,2]}}""", "tensor 'a' has reversed data_offsets [3, 2]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}""", "tensor 'a' has data_offsets [0, 5] outside the 4 data bytes of the file (is it truncated?)")]
    [InlineData("""{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,4]}}""", "tensor 'a' has data_offsets [0, 4], 4 bytes, expected 8 bytes for BF16 [4]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,2]}}""", "tensor 'a' has data_offsets [0, 2], 2 bytes, expected 4 bytes for F32 []")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'b' overlaps tensor 'a' in the data section")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "tensor 'b' overlaps tensor 'a' in the data section")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'b' begins at data byte 2, but bytes from 1 on belong to no tensor")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "the last 1 of 4 data bytes belong to no tensor")]
    [InlineData("{}", "the last 4 of 4 data bytes belong to no tensor")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "'a' is listed twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "'__metadata__' is listed twice")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__ is a JSON array, expected an object of strings")]
    [InlineData("""{"__metadata__":{"n":1}}""", "__metadata__ entry 'n' is a JSON number, expected a string")]
    [InlineData("""{"\ud800":{}}""", "the header is not valid JSON: ")]
    public void A_header_that_breaks_a_rule_is_refused(string header, string fault) => Refuses(RawSafetensors.File(header, 1, 2, 3, 4), fault);

    [Fact]
    public void A_header_over_the_limit_is_refused()
    {
        string path = _directory["huge.safetensors"];
        using (FileStream stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes(100_000_001L));
            stream.SetLength(100_000_009);
        }

        var exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.Equal($"{path}: the header is 100000001 bytes long, expected at most 100000000", exception.Message);
    }

    [Fact]
    public void A_pointer_of_Git_LFS_is_recognised()
    {
        string path = _directory.Write("a.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n");
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.Equal($"{path}: is a Git LFS pointer, expected the file it stands for (git lfs pull fetches it)", message);
    }

    [Fact]
    public void What_is_no_file_is_refused_by_name()
    {
        string missing = _directory["missing.safetensors"];
        Assert.Equal($"{missing}: no such file", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(missing)).Message);
        string path = _directory.Path;
        Assert.Equal($"{path}: is a directory, expected a file", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void A_message_stays_on_one_short_line_whatever_the_file_holds()
    {
        string name = "evil\\u000a\\u001b[31m" + new string('x', 5000);
        string path = _directory.Write("a.safetensors", RawSafetensors.File($$$"""{"{{{name}}}":{}}"""));
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.True(message.Length < path.Length + 300, message);
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_nothing_else_happens()
    {
        var random = new Random(20260211);
        byte[] valid = RawSafetensors.File("""{"__metadata__":{"k":"v"},"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}""", 1, 2, 3, 4);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = i % 3 == 0 ? Noise(random) : Fuzzing.Mutate(random, valid);
            string path = _directory.Write("fuzz.safetensors", bytes);
            try
            {
                SafetensorsFile.Open(path).Dispose();
            }
            catch (CheckpointException exception)
            {
                Assert.StartsWith($"{path}: ", exception.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 2000, 2999);
    }

    private static byte[] Noise(Random random)
    {
        byte[] header = new byte[random.Next(64)];
        random.NextBytes(header);
        return random.Next(2) == 0 ? header : RawSafetensors.File([(byte)'{', .. header], []);
    }

    private void Refuses(byte[] file, string fault)
    {
        string path = _directory.Write("bad.safetensors", file);
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.StartsWith($"{path}: {fault}", message);
        Assert.DoesNotContain('\n', message);
    }
}
