using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Reads a recipe from a JSON file.</summary>
/// <remarks>
/// <para>The file is an object: <c>rules</c> is a list of objects with <c>modules</c> (a pattern of canonical module names),
/// <c>precision</c> (<c>nvfp4</c>, <c>fp8</c> or <c>bfloat16</c>, which leaves the stored type alone) and perhaps <c>before_attention</c>
/// (true: only in blocks that an attention block follows). Beside it may stand <c>description</c>, <c>exclude</c> (a list of patterns),
/// <c>four_over_six</c> (true or false) and <c>scale_search</c> (<c>mse</c>). The first rule that covers a module holds; a module that none
/// covers is left as it is.</para>
/// </remarks>
public static class QuantizationRecipeReader
{
    private static readonly string[] KnownFields = ["description", "rules", "exclude", "four_over_six", "scale_search"];
    private static readonly string[] KnownRuleFields = ["modules", "precision", "before_attention"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The recipe, named after the file.</returns>
    /// <exception cref="ConfigurationException">
    /// The file cannot be read, is no JSON, or a field is missing, unknown or not as expected.
    /// </exception>
    public static QuantizationRecipe Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new ConfigurationException($"{path}: is a directory; expected a recipe file");
        }

        using JsonDocument document = LenientJson.Load(path);
        return Read(document, path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="utf8Json">The text in UTF-8.</param>
    /// <param name="origin">Name for messages and for the recipe.</param>
    /// <returns>The recipe.</returns>
    /// <exception cref="ConfigurationException">The text is no JSON, or a field is missing, unknown or not as expected.</exception>
    public static QuantizationRecipe Parse(ReadOnlyMemory<byte> utf8Json, string origin)
    {
        using JsonDocument document = LenientJson.Parse(utf8Json, origin);
        return Read(document, origin);
    }

    private static QuantizationRecipe Read(JsonDocument document, string origin)
    {
        var fields = new JsonFields(document.RootElement, origin);
        fields.RefuseOthers(KnownFields);
        _ = fields.Find("description")?.Text();
        return new QuantizationRecipe
        {
            Name = origin,
            Rules = [.. Rules(fields)],
            Excluded = [.. fields.Find("exclude")?.Elements("a list of patterns").Select(Pattern) ?? []],
            Nvfp4Options = new Nvfp4Options
            {
                FourOverSix = fields.Find("four_over_six")?.Flag() ?? false,
                ScaleSearch = fields.Find("scale_search") is { } search ? Search(search) : ScaleSearch.AbsoluteMaximum,
            },
        };
    }

    private static IEnumerable<QuantizationRule> Rules(JsonFields fields)
    {
        foreach (JsonField rule in fields.Demand("rules").Elements("a list of rules"))
        {
            if (rule.Value.ValueKind != JsonValueKind.Object)
            {
                throw rule.Wrong("an object with modules and precision");
            }

            var ruleFields = new JsonFields(rule.Value, rule.Origin, rule.Name + ".");
            ruleFields.RefuseOthers(KnownRuleFields);
            yield return new QuantizationRule(
                Pattern(ruleFields.Demand("modules")),
                Precision(ruleFields.Demand("precision")),
                ruleFields.Find("before_attention")?.Flag() ?? false);
        }
    }

    private static string Pattern(JsonField field)
    {
        string pattern = field.Text();
        return ModulePattern.Fault(pattern) is { } fault
            ? throw new ConfigurationException($"{field.Origin}: field '{field.Name}' is {JsonText.Quote(field.Value)}, which {fault}")
            : pattern;
    }

    private static ModulePrecision Precision(JsonField field) => field.Text() switch
    {
        "nvfp4" => ModulePrecision.W4A16Nvfp4,
        "fp8" => ModulePrecision.Fp8,
        "bfloat16" => ModulePrecision.Unquantized,
        _ => throw new ConfigurationException(
            $"{field.Origin}: field '{field.Name}' is {JsonText.Quote(field.Value)}; expected 'nvfp4', 'fp8' or 'bfloat16'"),
    };

    private static ScaleSearch Search(JsonField field)
    {
        field.MustBe("mse");
        return ScaleSearch.Mse;
    }
}
