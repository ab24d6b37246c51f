using System.Text.Json;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Text.Templates;

public sealed class TemplateLimitTests
{
    private const string Steps = "rendering takes more than 200000 steps, the limit";
    private const string Length = "a text becomes longer than 10000 characters, the limit";
    private const string Depth = "nested";

    private static readonly TemplateOptions Small = new() { MaxSteps = 200_000, MaxTextLength = 10_000, MaxCallDepth = 50 };

    [Theory]
    [InlineData("{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}", Steps)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", Steps)]
    [InlineData("{% set ns = namespace(x=1, y=1) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}", Steps)]
    [InlineData("{{ [0] * 99999999 }}", Steps)]
    [InlineData("{{ ('a' * 9999).split('') if false else ('a,' * 4999).split(',') * 999 }}", Steps)]
    [InlineData("{% set ns = namespace(x=[1, 2]) %}{% for i in range(99) %}{% set ns.x = ns.x | batch(99999999, 0) | list %}{% endfor %}", Steps)]
    [InlineData("{{ 'x' | batch(2000000000, 1) | list }}", Steps)]
    [InlineData("{{ [] | slice(2000000000) | list }}", Steps)]
    [InlineData("{{ 'a' * 99999999999 }}", Length)]
    [InlineData("{% for i in range(1000) %}0123456789abcdef{% endfor %}", Length)]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", Length)]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x | replace('', ns.x) %}{% endfor %}", Length)]
    [InlineData("{{ 'a'.center(99999999) }}", Length)]
    [InlineData("{{ 'a' | center(99999999) }}", Length)]
    [InlineData("{{ '%99999999d' % 1 }}", Length)]
    [InlineData("{{ '{:99999999}'.format(1) }}", Length)]
    [InlineData("{{ 'a\tb'.expandtabs(99999999) }}", Length)]
    [InlineData("{{ 'a\\nb' | indent(99999999) }}", Length)]
    [InlineData("{{ [[1]] | tojson(indent=99999999) }}", Length)]
    [InlineData("{{ '%.99999d' % 1 }}", "a format asks for 99999 digits")]
    [InlineData("{{ ','.join(['0123456789'] * 2000) }}", Length)]
    [InlineData("{{ 9 ** 99999 }}", "an integer has more than 4300 digits, the limit")]
    [InlineData("{% set ns = namespace(x=9) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}", "an integer has more than 4300 digits, the limit")]
    [InlineData("{{ range(100001) }}", "Range too big")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "macros or loops call one another more than 50 deep, the limit")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "macros or loops call one another more than 50 deep, the limit")]
    public void A_rendering_stays_within_its_limits(string template, string expected)
    {
        string message = Failure(() => Template.Parse(template, "t").Render([], Small));

        Assert.StartsWith("t: line 1: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData("{% set ns = namespace(x=1, y=1) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x | map('string') %}{% endfor %}{{ ns.x | list }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}")]
    public void Values_nested_deeper_than_the_stack_are_refused(string template)
    {
        string message = Failure(() => Template.Parse(template, "t").Render([], new TemplateOptions()));

        Assert.Equal("t: line 1: the template, or a value that it made, is nested too deeply", message);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("{1:", "}")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("1 if 1 else ", "")]
    [InlineData("f(", ")")]
    [InlineData("x[", "]")]
    public void Deeply_nested_expressions_are_refused_when_parsing(string open, string close)
    {
        string template = "{{ " + string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000)) + " }}";

        Assert.Equal("t: line 1: tags or expressions are nested more than 200 deep, the limit", Failure(() => Template.Parse(template, "t")));
    }

    [Fact]
    public void Deeply_nested_tags_are_refused_when_parsing() => Assert.Equal(
        "t: line 1: tags or expressions are nested more than 200 deep, the limit",
        Failure(() => Template.Parse(string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)), "t")));

    [Theory]
    [InlineData(".a", Depth)]
    [InlineData("|d", Depth)]
    [InlineData(" is defined", "cannot be chained")]
    [InlineData("+1", Depth)]
    [InlineData("()", Depth)]
    public void Endless_chains_do_not_overflow_the_stack(string link, string expected)
    {
        string template = "{{ x" + string.Concat(Enumerable.Repeat(link, 300_000)) + " }}";

        Assert.Contains(expected, Failure(() => Template.Parse(template, "t").Render([], new TemplateOptions())), StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_recursion_in_moderation_is_fine()
    {
        const string Fibonacci = "{% macro f(n) %}{{ n if n < 2 else (f(n - 1) | int) + (f(n - 2) | int) }}{% endmacro %}{{ f(15) }}";

        Assert.Equal("610", Template.Parse(Fibonacci, "t").Render([], new TemplateOptions()));
    }

    [Fact]
    public void A_request_nested_deeper_than_the_stack_is_refused()
    {
        string json = new string('[', 100_000) + new string(']', 100_000);
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200_000 });

        Assert.Equal("the request is nested too deeply", Failure(() => ChatTemplate.Parse("{{ messages }}").Render(document.RootElement)));
    }

    private static string Failure(Func<object> action) => Assert.Throws<TemplateException>(action).Message;
}
