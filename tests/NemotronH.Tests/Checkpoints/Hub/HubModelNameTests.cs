using NemotronH.Checkpoints.Hub;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubModelNameTests
{
    [Theory]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "main")]
    [InlineData("org/a_b.c", "org/a_b.c", "main")]
    [InlineData("org/model@v1.0", "org/model", "v1.0")]
    [InlineData("org/model@feature/x", "org/model", "feature/x")]
    public void Names_are_taken_apart(string text, string repository, string revision)
    {
        var name = HubModelName.Parse(text);

        Assert.Equal((repository, revision), (name.Repository, name.Revision));
        Assert.Equal(text, name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tiny")]
    [InlineData("./model")]
    [InlineData("../model")]
    [InlineData("/models/x")]
    [InlineData("/x")]
    [InlineData("~/model")]
    [InlineData("org/..")]
    [InlineData("org/model/")]
    [InlineData("org/sub/model")]
    [InlineData("org\\model")]
    [InlineData("C:/model")]
    [InlineData("C:\\a/b")]
    [InlineData("org//model")]
    [InlineData("org/mo..del")]
    [InlineData("org/mo--del")]
    [InlineData("org/model.git")]
    [InlineData("org/-model")]
    [InlineData("org/model\n")]
    [InlineData("org/mod el")]
    [InlineData("org/modèl")]
    [InlineData("org/model@")]
    [InlineData("org/model@../main")]
    [InlineData("https://huggingface.co/org/model")]
    public void Whatever_may_be_a_path_is_no_name(string text)
    {
        Assert.False(HubModelName.TryParse(text, out _));
        Assert.Contains("is no name of a model on the Hub; expected ORGANIZATION/NAME", Assert.Throws<HubException>(() => HubModelName.Parse(text)).Message);
    }

    [Fact]
    public void Names_have_an_end()
    {
        Assert.True(HubModelName.TryParse($"org/{new string('x', 92)}", out _));
        Assert.False(HubModelName.TryParse($"org/{new string('x', 93)}", out _));
    }

    [Fact]
    public void Revision_that_leads_elsewhere_is_refused()
    {
        var exception = Assert.Throws<HubException>(() => HubModelName.Parse("org/model").At("../../x"));

        Assert.Equal("'../../x' is no revision: it has the part '..', which leads elsewhere; expected a branch, a tag or a commit", exception.Message);
    }
}
