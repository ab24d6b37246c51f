namespace NemotronH.Quantization;

public sealed class ExcludeListTests
{
    [Theory]
    [InlineData("lm_head", "lm_head", true)]
    [InlineData("lm_head", "lm_head2", false)]
    [InlineData("backbone.layers.1", "backbone.layers.1.mixer.in_proj", true)]
    [InlineData("backbone.layers.1", "backbone.layers.10.mixer.in_proj", false)]
    [InlineData("in_proj", "backbone.layers.1.mixer.in_proj", false)]
    [InlineData("model.layers.4.mixer.in_proj", "backbone.layers.4.mixer.in_proj", true)]
    [InlineData("language_model.lm_head", "lm_head", true)]
    [InlineData("language_model.mtp*", "mtp.layers.0.mixer.q_proj", true)]
    [InlineData("mtp.layers.0*", "mtp.layers.0.eh_proj", true)]
    [InlineData("backbone.layers.1*", "backbone.layers.1", true)]
    [InlineData("backbone.layers.1*", "backbone.layers.1.mixer.in_proj", true)]
    [InlineData("backbone.layers.1*", "backbone.layers.12.mixer.in_proj", false)]
    [InlineData("backbone.layers.1.mixer.q*", "backbone.layers.1.mixer.q_proj", true)]
    [InlineData("backbone.layers.1.*", "backbone.layers.1.mixer.in_proj", true)]
    [InlineData("backbone.layers.1.*", "backbone.layers.1", false)]
    [InlineData("model*", "backbone.layers.1", true)]
    [InlineData("model.*", "backbone.layers.1", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*.mixer.conv1d", "backbone.layers.0.mixer.conv1d", true)]
    [InlineData("*.mixer.conv1d", "backbone.layers.0.mixer.conv1d.weight", false)]
    [InlineData("model.layers.*.mixer.?_proj", "backbone.layers.3.mixer.q_proj", true)]
    [InlineData("model.layers.*.mixer.?_proj", "backbone.layers.3.mixer.in_proj", false)]
    [InlineData("*lm_head*", "lm_head", true)]
    [InlineData("re:model.layers.[0-3].mixer.*", "backbone.layers.3.mixer.q_proj", true)]
    [InlineData("re:model.layers.[0-3].mixer.*", "backbone.layers.4.mixer.q_proj", false)]
    [InlineData("re:.*gate$", "backbone.layers.4.mixer.gate", true)]
    [InlineData("re:layers", "backbone.layers.4.mixer.gate", false)] // from the start of the name
    [InlineData("re:^language_model.*(?<!lm_head)$", "backbone.layers.4.mixer.gate", true)]
    [InlineData("re:a|.*b$", "b", true)]
    public void An_entry_covers_what_it_names(string entry, string module, bool excluded) =>
        Assert.Equal(excluded, new ExcludeList([entry], "ignore").Match(module) is not null);

    [Fact]
    public void The_entry_that_matched_is_told()
    {
        var list = new ExcludeList(["model.layers.3*", "lm_head", "re:.*gate", "*.conv1d"], "ignore");
        Assert.Equal("backbone.layers.3*", list.Match("backbone.layers.3.mixer"));
        Assert.Equal("lm_head", list.Match("lm_head"));
        Assert.Equal("re:.*gate", list.Match("backbone.layers.1.mixer.gate"));
        Assert.Equal("*.conv1d", list.Match("backbone.layers.1.mixer.conv1d"));
        Assert.Null(list.Match("backbone.layers.1.mixer.in_proj"));
        Assert.Equal(["backbone.layers.3*", "lm_head", "re:.*gate", "*.conv1d"], list.Entries);
    }

    [Theory]
    [InlineData("re:(", "config.json: ignore: \"re:(\" is not a regular expression.")]
    [InlineData("layers.[12].x", "config.json: ignore: \"layers.[12].x\" has a character class; expected the wildcards * and ?, or \"re:\" and a regular expression.")]
    public void A_pattern_that_cannot_be_read_is_refused(string entry, string message) =>
        Assert.Equal(message, Assert.Throws<QuantizationException>(() => new ExcludeList([entry], "config.json: ignore")).Message);

    [Fact]
    public void A_pattern_that_never_ends_is_refused()
    {
        var list = new ExcludeList(["re:(a+)+$"], "ignore");
        string message = Assert.Throws<QuantizationException>(() => list.Match(new string('a', 60) + "!")).Message;
        Assert.StartsWith("The pattern \"\\A(?:(a+)+$)\" of the quantisation config takes longer than 1 s on aaa", message, StringComparison.Ordinal);
    }
}
