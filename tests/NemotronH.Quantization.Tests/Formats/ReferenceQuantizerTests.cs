using System.Runtime.InteropServices;
using System.Text.Json;

namespace NemotronH.Quantization.Formats;

/// <summary>Compares with tools/reference_quantizer.py, which states the same rule in another way, bit for bit.</summary>
public sealed class ReferenceQuantizerTests
{
    private static readonly JsonElement[] Goldens = Load();

    public static TheoryData<string> Names => new(Goldens.Select(golden => golden.GetProperty("name").GetString()!));

    [Theory]
    [MemberData(nameof(Names))]
    public void Nvfp4_equals_the_reference(string name)
    {
        JsonElement golden = Golden(name);
        float[] values = Values(golden);
        int variants = 0;
        foreach (JsonElement expected in golden.GetProperty("nvfp4").EnumerateArray())
        {
            var options = new Nvfp4Options
            {
                FourOverSix = expected.GetProperty("four_over_six").GetBoolean(),
                ScaleSearch = expected.GetProperty("mse").GetBoolean() ? ScaleSearch.Mse : ScaleSearch.AbsoluteMaximum,
            };
            Nvfp4Tensor tensor = Nvfp4.Quantize(values, values.Length / 16, 16, options);
            Assert.Equal(expected.GetProperty("weight_scale_2").GetUInt32(), BitConverter.SingleToUInt32Bits(tensor.WeightScale2));
            Assert.Equal(expected.GetProperty("scales").GetBytesFromBase64(), tensor.Scales);
            Assert.Equal(expected.GetProperty("codes").GetBytesFromBase64(), tensor.Codes);
            variants++;
        }

        Assert.Equal(4, variants);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fp8_equals_the_reference(string name)
    {
        JsonElement golden = Golden(name);
        JsonElement expected = golden.GetProperty("fp8");
        Fp8Tensor tensor = Fp8.Quantize(Values(golden));
        Assert.Equal(expected.GetProperty("weight_scale").GetUInt32(), BitConverter.SingleToUInt32Bits(tensor.Scale));
        Assert.Equal(expected.GetProperty("codes").GetBytesFromBase64(), tensor.Codes);
    }

    private static JsonElement Golden(string name) => Goldens.Single(golden => golden.GetProperty("name").GetString() == name);

    private static float[] Values(JsonElement golden) => MemoryMarshal.Cast<byte, float>(golden.GetProperty("values").GetBytesFromBase64()).ToArray();

    private static JsonElement[] Load()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "quantizer", "goldens.json")));
        return [.. file.RootElement.Clone().EnumerateArray()];
    }
}
