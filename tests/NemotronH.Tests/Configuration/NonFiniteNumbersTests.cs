using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

public sealed class NonFiniteNumbersTests
{
    [Theory]
    [InlineData("NaN", """{"__float__":"NaN"}""")]
    [InlineData("[Infinity,-Infinity]", """[{"__float__":"Infinity"},{"__float__":"-Infinity"}]""")]
    [InlineData("""{"a":-Infinity}""", """{"a":{"__float__":"-Infinity"}}""")]
    [InlineData("""{"Infinity":"NaN","a\"":-1e-5,"b\\":NaN}""", """{"Infinity":"NaN","a\"":-1e-5,"b\\":{"__float__":"NaN"}}""")]
    public void Bare_names_are_respelled_and_strings_left_alone(string text, string expected) => Assert.Equal(expected, Rewrite(text));

    [Theory]
    [InlineData("""{"a": [1, -2.5, "Infinity, NaN", true, null]}""")]
    [InlineData("\"never closed NaN")]
    [InlineData("\"ends in a backslash\\")]
    [InlineData("- Infinit N")]
    [InlineData("")]
    public void Text_without_them_comes_back_as_it_is(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        Assert.True(new NonFiniteNumbers().Rewrite(bytes).Equals(bytes), "the same memory comes back");
    }

    [Fact]
    public void Any_tree_survives_being_written_with_bare_names() =>
        Prop.ForAll(Trees(3).ToArbitrary(), tree => Read(Rewrite(tree.Bare)) == Read(tree.Strict)).QuickCheckThrowOnFailure();

    private static string Rewrite(string text) => Encoding.UTF8.GetString(new NonFiniteNumbers().Rewrite(Encoding.UTF8.GetBytes(text)).Span);

    private static string Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement);
    }

    private static Gen<(string Bare, string Strict)> Trees(int depth)
    {
        Gen<(string, string)> leaf = Gen.OneOf(
            Gen.Elements("NaN", "Infinity", "-Infinity").Select(name => (name, $$"""{"__float__":"{{name}}"}""")),
            Gen.Elements("1", "-0.5", "1e-05", "true", "null").Select(text => (text, text)),
            Texts().Select(text => (text, text)));
        if (depth == 0)
        {
            return leaf;
        }

        Gen<(string, string)> list = Trees(depth - 1).ListOf().Select(items =>
            ($"[{string.Join(", ", items.Select(item => item.Bare))}]", $"[{string.Join(",", items.Select(item => item.Strict))}]"));
        Gen<(string, string)> pair = from name in Texts()
                                     from value in Trees(depth - 1)
                                     select ($"{{{name}:\n{value.Bare}}}", $"{{{name}:{value.Strict}}}");
        return Gen.OneOf(leaf, list, pair);
    }

    // JSON strings of the characters and words that could lead the rewriter astray.
    private static Gen<string> Texts() => Gen.Elements("NaN", "Infinity", "-", "\"", "\\", "\n", "{", "]", "é", "\U0001F600", " ")
        .ListOf().Select(parts => JsonSerializer.Serialize(string.Concat(parts)));
}
