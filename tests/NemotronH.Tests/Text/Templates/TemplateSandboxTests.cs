using System.Reflection;
using NemotronH.Text.Templates;
using NemotronH.Text.Templates.Builtins;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Tests.Text.Templates;

public sealed class TemplateSandboxTests
{
    /// <summary>One value of every kind that a template can get hold of.</summary>
    private static readonly string[] Expressions =
    [
        "'a'", "1", "1.5", "true", "none", "missing", "[1]", "(1,)", "{'k': 1}", "{'k': 1}.items()", "{'k': 1}.keys()", "range(2)", "[1] | map('string')",
        "[1] | groupby(0) | first", "namespace(a=1)", "cycler(1)", "joiner()", "range", "'a'.upper", "'a' | safe", "macro", "loop", "loop.cycle", "messages",
    ];

    [Fact]
    public void No_member_of_a_CLR_type_can_be_reached()
    {
        string[] names =
        [
            .. typeof(TemplateValue).Assembly.GetTypes()
                .Where(type => type.IsSubclassOf(typeof(TemplateValue)))
                .Concat([typeof(object), typeof(string), typeof(Type), typeof(Delegate), typeof(List<int>)])
                .SelectMany(type => type.GetMembers(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Select(member => member.Name)
                .Where(name => char.IsAsciiLetterUpper(name[0]) && name.All(char.IsAsciiLetterOrDigit))
                .Distinct(),
        ];
        Assert.Contains("GetType", names);
        Assert.True(names.Length > 100);
        foreach (string expression in Expressions.Except(["missing"]))
        {
            string reached = string.Concat(names.Select(name =>
                $"{{% if ({expression}).{name} is defined or ({expression})['{name}'] is defined or ({expression}) | attr('{name}') is defined %}}{name} {{% endif %}}"));

            Assert.Equal("", Render(reached));
        }
    }

    [Theory]
    [InlineData("__class__")]
    [InlineData("__init__")]
    [InlineData("__subclasshook__")]
    public void Attributes_of_every_Python_object_are_closed(string name)
    {
        foreach (string expression in Expressions)
        {
            string template = $"{{{{ (({expression}).{name}).x }}}}";

            string message = Assert.Throws<TemplateException>(() => Render(template)).Message;
            Assert.StartsWith("t: line 1: ", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{{ ''.__class__.__mro__[1].__subclasses__() }}")]
    [InlineData("{{ cycler.__init__.__globals__.os.popen('id').read() }}")]
    [InlineData("{{ namespace.__init__.__globals__ }}")]
    [InlineData("{{ self.__init__.__globals__ }}")]
    [InlineData("{{ joiner.__call__.__globals__ }}")]
    [InlineData("{{ lipsum.__globals__['os'] }}")]
    [InlineData("{{ ('a' | attr('__class__')).x }}")]
    [InlineData("{{ ([''] | map(attribute='__class__') | first).x }}")]
    [InlineData("{{ '{0.__class__.__mro__}'.format('') }}")]
    [InlineData("{{ ('{0.__class__.__mro__}' | safe).format('') }}")]
    [InlineData("{{ messages.append(1) }}")]
    [InlineData("{{ messages | map('attr', 'append') | first }}{{ {}.update({'a': 1}) }}")]
    public void Known_ways_out_of_sandboxes_are_closed(string template) => Assert.Throws<TemplateException>(() => Render(template));

    [Fact]
    public void A_rendering_leaves_nothing_behind_for_the_next()
    {
        Template template = Template.Parse("{{ n is defined }}{% set n = 1 %}{% set range = 5 %}{{ range }}", "t");

        Assert.Equal("False5", template.Render([], new TemplateOptions()));
        Assert.Equal("False5", template.Render([], new TemplateOptions()));
        Assert.Contains(GlobalFunctions.All, function => function.Name == "range");
    }

    private static string Render(string template) => Template.Parse(
        "{% macro macro() %}{% endmacro %}{% for x in [1] %}" + template + "{% endfor %}", "t").Render(
            [KeyValuePair.Create("messages", (TemplateValue)new ListValue([new DictValue()]))], new TemplateOptions());
}
