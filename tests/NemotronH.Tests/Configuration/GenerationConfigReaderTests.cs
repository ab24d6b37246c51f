using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Configuration;

public sealed class GenerationConfigReaderTests
{
    private const string Origin = "generation_config.json";

    [Fact]
    public void Every_field_arrives_where_it_belongs()
    {
        GenerationDefaults defaults = GenerationConfigReader.Parse(
            """
            {
              "_from_model_config": true, "do_sample": true, "temperature": 1, "top_p": 0.95, "top_k": 20, "min_p": 0.05,
              "repetition_penalty": 1.1, "max_new_tokens": 512, "bos_token_id": 1, "eos_token_id": [2, 11], "pad_token_id": 0,
              "transformers_version": "4.55.4"
            }
            """,
            Origin);

        Assert.Equal([2, 11], defaults.EosTokenIds);
        Assert.Equal(
            new GenerationDefaults
            {
                DoSample = true,
                Temperature = 1.0,
                TopP = 0.95,
                TopK = 20,
                MinP = 0.05,
                RepetitionPenalty = 1.1,
                MaxNewTokens = 512,
                BosTokenId = 1,
                PadTokenId = 0,
            },
            defaults with { EosTokenIds = [] });
    }

    [Fact]
    public void What_the_file_does_not_say_stays_open() =>
        Assert.Equal(new GenerationDefaults(), GenerationConfigReader.Parse("""{"temperature": null}""", Origin));

    [Theory]
    [InlineData("do_sample", "1", "true or false")]
    [InlineData("temperature", "-1", "a non-negative number")]
    [InlineData("top_p", "0", "a number above 0 and at most 1")]
    [InlineData("top_p", "1.5", "a number above 0 and at most 1")]
    [InlineData("top_k", "-1", "a non-negative integer")]
    [InlineData("min_p", "2", "a number from 0 to 1")]
    [InlineData("repetition_penalty", "0", "a positive number")]
    [InlineData("max_new_tokens", "0", "a positive integer")]
    [InlineData("bos_token_id", "-1", "a non-negative integer")]
    [InlineData("pad_token_id", "0.5", "a non-negative integer")]
    [InlineData("eos_token_id", "true", "a non-negative integer or a list of them")]
    public void A_bad_field_is_named(string name, string value, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => GenerationConfigReader.Parse($$"""{"{{name}}": {{value}}}""", Origin));

        Assert.Equal($"generation_config.json: field '{name}' is {value}; expected {expected}", error.Message);
    }

    [Fact]
    public void An_absent_file_proposes_nothing_and_a_broken_one_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Assert.Null(GenerationConfigReader.Load(directory.Path));

        directory.Write("generation_config.json", """{"top_k": 3}""");
        Assert.Equal(3, GenerationConfigReader.Load(directory.Path)!.TopK);

        directory.Write("generation_config.json", "{");
        var error = Assert.Throws<ConfigurationException>(() => GenerationConfigReader.Load(directory.Path));
        Assert.StartsWith($"{directory["generation_config.json"]}: is not JSON: line 1, column 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_generation_defaults_eos_wins_over_the_configurations()
    {
        NemotronHConfig config = TinyConfig.Parse("eos_token_id", "2");

        Assert.Equal([2], GenerationDefaults.ResolveEosTokenIds(null, config));
        Assert.Equal([2], GenerationDefaults.ResolveEosTokenIds(new GenerationDefaults(), config));
        Assert.Equal([2, 11], GenerationDefaults.ResolveEosTokenIds(new GenerationDefaults { EosTokenIds = [2, 11] }, config));
    }
}
