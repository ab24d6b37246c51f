using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Text.Templates;

public sealed class TemplateGoldenTests
{
    [Theory]
    [InlineData("output")]
    [InlineData("operators")]
    [InlineData("access")]
    [InlineData("filters")]
    [InlineData("tests")]
    [InlineData("methods")]
    [InlineData("statements")]
    [InlineData("whitespace")]
    public void Snippets_render_as_in_Jinja2(string group)
    {
        JsonElement goldens = Goldens.Load("snippets.json");
        StringBuilder differences = new();
        int count = 0;
        foreach (JsonElement golden in goldens.GetProperty("cases").EnumerateArray().Where(golden => golden.GetProperty("group").GetString() == group))
        {
            string template = golden.GetProperty("template").GetString()!;
            (string? output, string? error) = Goldens.Render(template, goldens.GetProperty("variables"));
            AppendDifference(differences, template, golden.GetProperty("expected"), output, error);
            count++;
        }

        Assert.True(differences.Length == 0, differences.ToString());
        Assert.True(count > 10);
    }

    [Theory]
    [InlineData("nemotron35.jinja")]
    [InlineData("nemotron3nano.jinja")]
    public void Chat_templates_of_real_checkpoints_render_as_in_transformers(string name)
    {
        string? path = TestData.Find("chat_templates", name);
        Assert.SkipUnless(path is not null, $"chat_templates/{name} is not here; NEMOTRONH_TEST_DATA can say where");
        Compare(name, File.ReadAllBytes(path));
    }

    [Fact]
    public void The_tiny_models_chat_template_renders_as_in_transformers() =>
        Compare("chat_template.jinja", File.ReadAllBytes(Fixtures.File("templates", "chat_template.jinja")));

    private static void Compare(string name, byte[] source)
    {
        JsonElement goldens = Goldens.Load("chats.json");
        Assert.Equal(goldens.GetProperty("sha256").GetProperty(name).GetString(), Convert.ToHexStringLower(SHA256.HashData(source)));
        ChatTemplate template = ChatTemplate.Parse(Encoding.UTF8.GetString(source));
        StringBuilder differences = new();
        int count = 0;
        foreach (JsonElement golden in goldens.GetProperty("cases").EnumerateArray())
        {
            (string? output, string? error) = Goldens.Render(template, golden);
            AppendDifference(differences, golden.GetProperty("name").GetString()!, golden.GetProperty("expected").GetProperty(name), output, error);
            count++;
        }

        Assert.True(differences.Length == 0, differences.ToString());
        Assert.True(count >= 60);
    }

    private static void AppendDifference(StringBuilder differences, string name, JsonElement expected, string? output, string? error)
    {
        bool mustFail = expected.ValueKind == JsonValueKind.Object;
        if (mustFail ? output is not null : output != expected.GetString())
        {
            string wanted = mustFail ? expected.GetProperty("error").GetString()! : expected.GetString()!;
            differences.AppendLine().AppendLine(name).AppendLine($"expected {wanted}").AppendLine($"found    {output ?? error}");
        }
    }
}
