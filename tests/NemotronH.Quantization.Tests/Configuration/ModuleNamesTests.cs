using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization;

public sealed class ModuleNamesTests
{
    [Theory]
    [InlineData("backbone.layers.0.mixer.in_proj")]
    [InlineData("model.layers.0.mixer.in_proj")]
    [InlineData("model.backbone.layers.0.mixer.in_proj")]
    [InlineData("language_model.backbone.layers.0.mixer.in_proj")]
    [InlineData("model.language_model.backbone.layers.0.mixer.in_proj")]
    [InlineData("language_model.model.backbone.layers.0.mixer.in_proj")]
    [InlineData("language_model.model.layers.0.mixer.in_proj")]
    public void Every_root_becomes_the_backbone(string name) => Assert.Equal("backbone.layers.0.mixer.in_proj", ModuleNames.Canonicalize(name));

    [Theory]
    [InlineData("lm_head", "lm_head")]
    [InlineData("language_model.lm_head", "lm_head")]
    [InlineData("language_model.mtp.layers.0.eh_proj", "mtp.layers.0.eh_proj")]
    [InlineData("mtp", "mtp")]
    [InlineData("model", "backbone")]
    [InlineData("model.embed_tokens", "backbone.embeddings")]
    [InlineData("backbone.embedding", "backbone.embeddings")]
    [InlineData("model.norm_f", "backbone.norm_f")]
    [InlineData("vision_model.blocks.0.attn", "vision_model.blocks.0.attn")]
    [InlineData("model_x.layers", "model_x.layers")]
    [InlineData("", "")]
    public void Head_and_mtp_lie_beside_the_backbone_and_other_names_stay(string name, string canonical) =>
        Assert.Equal(canonical, ModuleNames.Canonicalize(name));

    [Fact]
    public void Every_spelling_of_a_name_leads_back_to_it() =>
        Prop.ForAll(Gen.Elements("backbone.layers.3.mixer", "lm_head", "mtp.layers.0.mixer.q_proj", "backbone.embeddings", "sound.x").ToArbitrary(),
            name => ModuleNames.Spellings(name).Contains(name) && ModuleNames.Spellings(name).All(spelling => ModuleNames.Canonicalize(spelling) == name))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Canonical_names_stay_canonical() =>
        Prop.ForAll(
            Gen.ListOf(Gen.Elements("model", "backbone", "language_model", "layers", "0", "lm_head", "mtp", "x")).Select(parts => string.Join('.', parts)).ToArbitrary(),
            name => ModuleNames.Canonicalize(ModuleNames.Canonicalize(name)) == ModuleNames.Canonicalize(name)).QuickCheckThrowOnFailure();
}
