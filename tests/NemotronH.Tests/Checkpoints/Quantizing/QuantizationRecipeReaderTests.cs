using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Tests.Checkpoints.Quantizing;

public sealed class QuantizationRecipeReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_says_all_that_a_recipe_can()
    {
        QuantizationRecipe recipe = Read("""
            {
              "description": "mine",
              "rules": [
                {"modules": "*.in_proj", "precision": "bfloat16", "before_attention": true},
                {"modules": "*.in_proj", "precision": "nvfp4"},
                {"modules": "*", "precision": "fp8", "before_attention": false}
              ],
              "exclude": ["lm_head", "*.layers.3.*"],
              "four_over_six": true,
              "scale_search": "mse"
            }
            """);
        Assert.Equal(
            [
                new("*.in_proj", ModulePrecision.Unquantized, true),
                new("*.in_proj", ModulePrecision.W4A16Nvfp4),
                new("*", ModulePrecision.Fp8),
            ],
            recipe.Rules);
        Assert.Equal(["lm_head", "*.layers.3.*"], recipe.Excluded);
        Assert.Equal(new Nvfp4Options { FourOverSix = true, ScaleSearch = ScaleSearch.Mse }, recipe.Nvfp4Options);
    }

    [Fact]
    public void Rules_are_enough()
    {
        QuantizationRecipe recipe = Read("""{"rules":[]}""");
        Assert.Empty(recipe.Rules);
        Assert.Empty(recipe.Excluded);
        Assert.Equal(Nvfp4Options.Default, recipe.Nvfp4Options);
        Assert.Equal(_directory["recipe.json"], recipe.Name);
    }

    [Theory]
    [InlineData("rules", "is not JSON: line 1, column 1")]
    [InlineData("[]", "holds a list; expected an object")]
    [InlineData("{}", "field 'rules' is missing")]
    [InlineData("""{"rules":{}}""", "field 'rules' is an object; expected a list of rules")]
    [InlineData("""{"rules":["nvfp4"]}""", "field 'rules[0]' is a string; expected an object with modules and precision")]
    [InlineData("""{"rules":[{"precision":"fp8"}]}""", "field 'rules[0].modules' is missing")]
    [InlineData("""{"rules":[{"modules":"*"}]}""", "field 'rules[0].precision' is missing")]
    [InlineData("""{"rules":[{"modules":5,"precision":"fp8"}]}""", "field 'rules[0].modules' is 5; expected a string")]
    [InlineData(
        """{"rules":[{"modules":"*.[qk]_proj","precision":"fp8"}]}""",
        "field 'rules[0].modules' is '*.[qk]_proj', which has a character that no module name has; the wildcards are * and ?")]
    [InlineData("""{"rules":[{"modules":"","precision":"fp8"}]}""", "field 'rules[0].modules' is '', which is empty")]
    [InlineData("""{"rules":[{"modules":"*","precision":"int4"}]}""", "field 'rules[0].precision' is 'int4'; expected 'nvfp4', 'fp8' or 'bfloat16'")]
    [InlineData(
        """{"rules":[{"modules":"*","precision":"fp8","befor_attention":true}]}""",
        "field 'rules[0].befor_attention' is unknown; expected modules, precision, before_attention")]
    [InlineData("""{"rules":[{"modules":"*","precision":"fp8","before_attention":1}]}""", "field 'rules[0].before_attention' is 1; expected true or false")]
    [InlineData("""{"rules":[],"excluded":[]}""", "field 'excluded' is unknown; expected description, rules, exclude, four_over_six, scale_search")]
    [InlineData("""{"rules":[],"exclude":"lm_head"}""", "field 'exclude' is a string; expected a list of patterns")]
    [InlineData("""{"rules":[],"exclude":["a","{b}"]}""", "field 'exclude[1]' is '{b}', which has a character")]
    [InlineData("""{"rules":[],"four_over_six":"yes"}""", "field 'four_over_six' is a string; expected true or false")]
    [InlineData("""{"rules":[],"scale_search":"amax"}""", "field 'scale_search' is 'amax'; expected 'mse'")]
    public void A_file_that_is_no_recipe_is_refused_in_one_line(string json, string fault)
    {
        string message = Assert.Throws<ConfigurationException>(() => Read(json)).Message;
        Assert.StartsWith($"{_directory["recipe.json"]}: {fault}", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_file_that_is_not_there_or_no_file_is_refused()
    {
        string missing = _directory["missing.json"];
        Assert.StartsWith($"{missing}: cannot be read", Assert.Throws<ConfigurationException>(() => QuantizationRecipeReader.Load(missing)).Message);
        Assert.Equal(
            $"{_directory.Path}: is a directory; expected a recipe file",
            Assert.Throws<ConfigurationException>(() => QuantizationRecipeReader.Load(_directory.Path)).Message);
    }

    [Fact]
    public void Broken_files_never_fail_in_another_way()
    {
        var random = new Random(5);
        byte[] valid = """{"rules":[{"modules":"*.in_proj","precision":"nvfp4"}],"exclude":["lm_head"],"four_over_six":true}"""u8.ToArray();
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            try
            {
                QuantizationRecipeReader.Parse(Fuzzing.Mutate(random, valid), "recipe.json");
            }
            catch (ConfigurationException exception)
            {
                refused++;
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.True(refused > 2000);
    }

    private QuantizationRecipe Read(string json) => QuantizationRecipeReader.Load(_directory.Write("recipe.json", json));
}
