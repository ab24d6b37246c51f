using NemotronH.Configuration;
using static NemotronH.Configuration.LayerKind;

namespace NemotronH.Tests.Configuration;

public sealed class LayerPatternTests
{
    [Theory]
    [InlineData("hybrid_override_pattern", "\"M*-E\"")]
    [InlineData("hybrid_override_pattern", "\"MA-E\"")]
    [InlineData("hybrid_override_pattern", """["M", "*", "-", "E"]""")]
    [InlineData("hybrid_override_pattern", """["M*", "-E"]""")]
    [InlineData("layers_block_type", """["mamba", "attention", "mlp", "moe"]""")]
    [InlineData("layers_block_type", """["linear_attention", "full_attention", "mlp", "moe"]""")]
    [InlineData("layer_types", """["mamba", "full_attention", "mlp", "moe"]""")]
    public void Every_spelling_gives_the_same_layers(string field, string value)
    {
        NemotronHConfig config = TinyConfig.Parse("hybrid_override_pattern", "absent", field, value);

        Assert.Equal([Mamba, Attention, Mlp, MixtureOfExperts], config.Layers);
        Assert.Empty(config.Notes);
    }

    [Fact]
    public void Adjacent_layers_of_one_kind_are_legal() => Assert.Equal(
        [Mlp, Mlp, Mlp, Mamba, Mamba], TinyConfig.Parse("hybrid_override_pattern", "\"---MM\"").Layers);

    [Theory]
    [InlineData("""["hybrid", "hybrid"]""")]
    [InlineData("""["mamba", "mamba", "mamba", "mamba"]""")]
    [InlineData("7")]
    [InlineData("[]")]
    public void The_pattern_wins_over_a_meaningless_list(string list)
    {
        NemotronHConfig config = TinyConfig.Parse("layers_block_type", list);

        Assert.Equal([Mamba, Attention, Mlp, MixtureOfExperts], config.Layers);
        Assert.Equal("field 'layers_block_type' disagrees with 'hybrid_override_pattern' and is ignored", Assert.Single(config.Notes));
    }

    [Fact]
    public void A_list_that_says_the_same_as_the_pattern_is_no_news() =>
        Assert.Empty(TinyConfig.Parse("layers_block_type", """["mamba", "attention", "mlp", "moe"]""").Notes);

    [Theory]
    [InlineData("absent")]
    [InlineData("null")]
    [InlineData("4")]
    public void The_layer_count_may_be_absent_null_or_right(string count)
    {
        NemotronHConfig config = TinyConfig.Parse("num_hidden_layers", count);

        Assert.Equal(4, config.Layers.Length);
        Assert.Empty(config.Notes);
    }

    [Theory]
    [InlineData("52")]
    [InlineData("-1")]
    public void A_wrong_layer_count_is_noted(string count)
    {
        NemotronHConfig config = TinyConfig.Parse("num_hidden_layers", count);

        Assert.Equal(4, config.Layers.Length);
        Assert.Equal($"field 'num_hidden_layers' is {count} but 'hybrid_override_pattern' has 4 layers, which count", Assert.Single(config.Notes));
    }

    [Theory]
    [InlineData("\"MX-E\"", "config.json: field 'hybrid_override_pattern' has the unknown layer letter 'X' at position 1; expected M, E, * or -")]
    [InlineData("\"M*-\\n\"", "config.json: field 'hybrid_override_pattern' has the unknown layer letter U+000A at position 3; expected M, E, * or -")]
    [InlineData("\"\"", "config.json: field 'hybrid_override_pattern' is empty; expected one letter or name per layer")]
    [InlineData("[]", "config.json: field 'hybrid_override_pattern' is empty; expected one letter or name per layer")]
    [InlineData("""["M", "rwkv"]""", "config.json: field 'hybrid_override_pattern[1]' is the unknown layer kind 'rwkv'; expected mamba, attention, moe or mlp")]
    [InlineData("""["M", 3]""", "config.json: field 'hybrid_override_pattern[1]' is 3; expected a string of Unicode text")]
    [InlineData("7", "config.json: field 'hybrid_override_pattern' is 7; expected a string of letters or a list of names")]
    [InlineData("absent", "config.json: field 'hybrid_override_pattern' (or 'layers_block_type', 'layer_types') is missing")]
    public void A_bad_pattern_is_refused(string value, string message) =>
        Assert.Equal(message, TinyConfig.ErrorOf(TinyConfig.With("hybrid_override_pattern", value)));

    [Fact]
    public void A_layer_count_that_is_no_number_is_refused() => Assert.Equal(
        "config.json: field 'num_hidden_layers' is a string; expected an integer", TinyConfig.ErrorOf(TinyConfig.With("num_hidden_layers", "\"4\"")));
}
