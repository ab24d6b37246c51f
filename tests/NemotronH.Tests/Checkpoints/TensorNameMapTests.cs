using NemotronH.Checkpoints;

namespace NemotronH.Tests.Checkpoints;

public sealed class TensorNameMapTests
{
    [Theory]
    [InlineData("backbone.")]
    [InlineData("model.")]
    [InlineData("language_model.backbone.")]
    [InlineData("model.language_model.backbone.")]
    [InlineData("language_model.model.backbone.")]
    [InlineData("model.backbone.")]
    public void Every_known_prefix_of_the_language_model_becomes_backbone(string prefix)
    {
        string[] names =
        [
            "embeddings.weight",
            "norm_f.weight",
            "layers.0.norm.weight",
            "layers.10.mixer.A_log",
            "layers.3.mixer.experts.up_proj",
            "layers.3.mixer.experts.17.up_proj.weight_scale_2",
            "layers.5.mixer.k_proj.k_scale",
            "layers.4.mixer.in_proj",
        ];
        Assert.All(names, name => Assert.Equal(new MappedName($"backbone.{name}", null), TensorNameMap.Map(prefix + name)));
    }

    [Theory]
    [InlineData("lm_head.weight", "lm_head.weight")]
    [InlineData("lm_head", "lm_head")]
    [InlineData("language_model.lm_head.weight", "lm_head.weight")]
    [InlineData("language_model.lm_head.weight_scale", "lm_head.weight_scale")]
    [InlineData("model.language_model.lm_head.weight", "lm_head.weight")]
    [InlineData("backbone.embedding.weight", "backbone.embeddings.weight")]
    [InlineData("model.embed_tokens.weight", "backbone.embeddings.weight")]
    [InlineData("model.embed_tokens.weight_packed", "backbone.embeddings.weight_packed")]
    public void Heads_and_embeddings_have_one_name(string onDisk, string canonical) =>
        Assert.Equal(new MappedName(canonical, null), TensorNameMap.Map(onDisk));

    [Theory]
    [InlineData("mtp.layers.0.enorm.weight", "multi-token prediction")]
    [InlineData("language_model.mtp.layers.1.mixer.experts.0.up_proj.weight", "multi-token prediction")]
    [InlineData("model.mtp.norm.weight", "multi-token prediction")]
    [InlineData("backbone.mtp.layers.0.norm.weight", "multi-token prediction")]
    [InlineData("vision_model.radio_model.blocks.0.attn.qkv.weight", "vision")]
    [InlineData("model.vision_model.x", "vision")]
    [InlineData("mlp1.0.weight", "vision")]
    [InlineData("sound_encoder.layers.0.weight", "sound")]
    [InlineData("sound_projection.linear.weight", "sound")]
    public void Other_parts_of_the_model_are_recognised(string onDisk, string part) =>
        Assert.Equal(part, TensorNameMap.Map(onDisk).SetAside);

    [Theory]
    [InlineData("backbone.mlp.weight")]
    [InlineData("backbone.layersx.0.weight")]
    [InlineData("layers.0.norm.weight")]
    [InlineData("embeddings.weight")]
    [InlineData("transformer.layers.0.norm.weight")]
    [InlineData("model.norm.weight")]
    [InlineData("mtpx.weight")]
    [InlineData("lm_head_2.weight")]
    [InlineData("model.")]
    [InlineData("")]
    public void An_unknown_name_stays_as_it_is(string name) => Assert.Equal(new MappedName(name, null), TensorNameMap.Map(name));
}
