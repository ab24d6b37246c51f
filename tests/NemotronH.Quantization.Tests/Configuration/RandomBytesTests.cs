using System.Text;

namespace NemotronH.Quantization;

/// <summary>Broken files end in one line, whatever is broken.</summary>
public sealed class RandomBytesTests
{
    private static readonly byte[][] Configs =
    [
        Encoding.UTF8.GetBytes($$"""{"quantization_config":{{TestConfigs.MixedSection(TestConfigs.SuperModules()).ToJsonString()}}}"""),
        Encoding.UTF8.GetBytes($$"""{"quantization_config":{{TestConfigs.CompressedTensors().ToJsonString()}}}"""),
    ];

    private static readonly byte[][] Files = [TestConfigs.Utf8(TestConfigs.Nano()), TestConfigs.Utf8(TestConfigs.MixedFile(TestConfigs.SuperModules()))];

    [Fact]
    public void Damaged_files_are_read_or_refused_in_one_line()
    {
        var random = new Random(20260);
        int refused = 0;
        for (int round = 0; round < 6000; round++)
        {
            byte[]? config = round % 2 == 0 ? Damage(Configs[random.Next(Configs.Length)], random) : null;
            byte[]? file = round % 2 == 1 ? Damage(Files[random.Next(Files.Length)], random) : null;
            refused += ReadsOrRefuses(config, file) ? 0 : 1;
        }

        Assert.InRange(refused, 1000, 5999);
    }

    [Fact]
    public void Noise_is_refused_in_one_line()
    {
        var random = new Random(20261);
        for (int round = 0; round < 2000; round++)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.False(ReadsOrRefuses(noise, null));
            Assert.False(ReadsOrRefuses(null, noise));
        }
    }

    private static bool ReadsOrRefuses(byte[]? config, byte[]? file)
    {
        try
        {
            QuantizationConfigReader.ParseFiles(config, file, "dir")?.Expected("backbone.layers.0.mixer.in_proj");
            return true;
        }
        catch (QuantizationException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
            return false;
        }
    }

    private static byte[] Damage(byte[] text, Random random)
    {
        byte[] damaged = [.. text];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(damaged.Length);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged[at] = (byte)"0123456789{}[]\",:\\u"[random.Next(19)];
                    break;
                case 2:
                    damaged = [.. damaged[..at], .. damaged[Math.Min(damaged.Length, at + random.Next(8))..], (byte)' '];
                    break;
                default:
                    damaged = [.. damaged[..at], .. damaged[random.Next(damaged.Length)..].Take(random.Next(12)), .. damaged[at..]];
                    break;
            }
        }

        return damaged;
    }
}
