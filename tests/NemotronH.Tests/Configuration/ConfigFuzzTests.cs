using System.Text;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>Whatever the bytes, the readers return or throw <see cref="ConfigurationException"/> with one line that names the file.</summary>
public sealed class ConfigFuzzTests
{
    private static readonly string[] Splices =
    [
        "null", "NaN", "-Infinity", "\"", "\\u", "\\ud800", "[", "]", "{", "}", ",", ":",
        "1e999", "-0", "99999999999999999999", "true", "\"M\"", "[[[[", "\0",
    ];

    [Fact]
    public void Mutated_configurations_are_read_or_refused()
    {
        var random = new Random(20261122);
        byte[][] seeds = [.. KnownConfigs.Names.Take(3).Select(Original), Encoding.UTF8.GetBytes(TinyConfig.With("time_step_limit", "[0, 1]"))];
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            accepted += Survives(Mutate(random, seeds[i % seeds.Length])) ? 1 : 0;
        }

        Assert.InRange(accepted, 1, 19_999);
    }

    [Fact]
    public void Configurations_with_shuffled_values_are_read_or_refused()
    {
        var random = new Random(7);
        string[] values =
        [
            "null", "0", "-1", "1", "2147483647", "4294967296", "1e5", "1e999", "0.5", "true", "false", "\"\"", "\"M*-E\"", "[]", "[1]", "[[]]", "{}",
            """{"__float__":"Infinity"}""", """{"__float__":1}""", """["moe"]""", "\"SURROGATE\"",
        ];
        string[] names =
        [
            .. TinyConfig.Json().Select(field => field.Key), "time_step_limit", "eos_token_id", "layer_types", "llm_config", "n_group", "topk_group",
            "attention_head_dim", "moe_latent_size", "num_hidden_layers", "sliding_window", "chunk_size",
        ];
        for (int i = 0; i < 20_000; i++)
        {
            string[] changes = [.. Enumerable.Range(0, random.Next(1, 4)).SelectMany(_ => new[] { Pick(random, names), Pick(random, values) })];
            Survives(Encoding.UTF8.GetBytes(TinyConfig.With(changes).Replace("SURROGATE", "\\ud800", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_long_or_odd_literal_does_not_spoil_the_message()
    {
        string message = TinyConfig.ErrorOf("{\"a\": t" + new string('\u0001', 5_000));

        Assert.InRange(message.Length, 1, 250);
        Assert.DoesNotContain(message, character => char.IsControl(character));
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            Assert.False(Survives(bytes));
        }
    }

    private static byte[] Original(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "models", "configs", name, "config.json"));

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int edits = random.Next(1, 5); edits > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pick(random, Splices)));
                    break;
                default:
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. bytes];
    }

    private static bool Survives(byte[] bytes)
    {
        try
        {
            NemotronHConfigReader.Parse(bytes, TinyConfig.Origin);
            return true;
        }
        catch (ConfigurationException exception)
        {
            Assert.StartsWith("config.json: ", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(exception.Message, character => char.IsControl(character));
            return false;
        }
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
