using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Text.Templates;

public sealed class TemplateErrorTests
{
    [Theory]
    [InlineData("a\nb\n{% include 'x' %}", 3, "the tag 'include' is not supported")]
    [InlineData("{% extends 'x' %}", 1, "the tag 'extends' is not supported")]
    [InlineData("\n{% do x %}", 2, "unknown tag 'do'")]
    [InlineData("{% if x %}\n{% for y in z %}\n{% endif %}", 3, "unknown tag 'endif'")]
    [InlineData("\n{% if x %}\ntext\n{% else %}", 4, "the tag 'else' is not closed; expected 'endif'")]
    [InlineData("{% for x in y %}", 1, "the tag 'for' is not closed; expected 'endfor' or 'else'")]
    [InlineData("{% endif %}", 1, "unknown tag 'endif'")]
    [InlineData("{# never", 1, "a comment does not end; expected '#}'")]
    [InlineData("{% raw %}\n", 1, "the tag 'raw' is not closed; expected 'endraw'")]
    [InlineData("{{ 'abc }}", 1, "a string does not end")]
    [InlineData("{{ a\n", 1, "the template ends inside a tag; expected '}}'")]
    [InlineData("{{ (a\n}}", 2, "unexpected '}'")]
    [InlineData("{{ a $ b }}", 1, "unexpected character '$'")]
    [InlineData("{{ a b }}", 1, "unexpected 'b'; expected '}}'")]
    [InlineData("{{ }}", 1, "unexpected '}}'; expected an expression")]
    [InlineData("{% set 5 = 1 %}", 1, "unexpected '5'; expected a variable's name")]
    [InlineData("{% set true = 1 %}", 1, "can't assign to 'true'")]
    [InlineData("{% for loop in x %}{% endfor %}", 1, "can't assign to 'loop'")]
    [InlineData("{% break %}", 1, "the tag 'break' stands outside of loops")]
    [InlineData("{{ a is odd is even }}", 1, "tests cannot be chained with 'is'")]
    [InlineData("{{ f(a=1, 2) }}", 1, "a call has its arguments in the wrong order")]
    [InlineData("{% macro m(a=1, b) %}{% endmacro %}", 1, "the parameter 'b' has no default but follows one that has")]
    [InlineData("{% call 5 %}{% endcall %}", 1, "the tag 'call' holds something else than a call")]
    [InlineData("{{ '\\N{BULLET}' }}", 1, "the escape '\\N' is not supported")]
    [InlineData("{{ '\\xZZ' }}", 1, "the escape '\\x' lacks its 2 hexadecimal digits")]
    public void A_malformed_template_is_refused_with_line_and_construct(string template, int line, string expected)
    {
        TemplateException failure = Assert.Throws<TemplateException>(() => Template.Parse(template, "some.jinja"));

        Assert.StartsWith($"some.jinja: line {line}: {expected}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(line, failure.Line);
    }

    [Theory]
    [InlineData("\n{{ x.y }}", 2, "'x' is undefined")]
    [InlineData("{{ {'a': 1}.b.c }}", 1, "'dict object' has no attribute 'b'")]
    [InlineData("{{ none.b.c }}", 1, "'None' has no attribute 'b'")]
    [InlineData("{{ [1][5] + 1 }}", 1, "list object has no element 5")]
    [InlineData("{{ [1][none] + 1 }}", 1, "list object has no such element")]
    [InlineData("{{ ''.__class__.__mro__ }}", 1, "access to attribute '__class__' of 'str' object is unsafe")]
    [InlineData("{{ [].append(1) }}", 1, "access to attribute 'append' of 'list' object is unsafe")]
    [InlineData("{{ 'a'.encode() }}", 1, "the method 'encode' of str is not supported")]
    [InlineData("a\n{{ 1 | random }}", 2, "the filter 'random' is not supported")]
    [InlineData("{{ 1 | nope }}", 1, "there is no filter named 'nope'")]
    [InlineData("{{ 1 is nope }}", 1, "there is no test named 'nope'")]
    [InlineData("{{ lipsum() }}", 1, "the function 'lipsum' is not supported")]
    [InlineData("{{ 'a' | replace('b') }}", 1, "the filter 'replace' lacks its argument 'new'")]
    [InlineData("{{ 'a' | upper(1) }}", 1, "the filter 'upper' takes at most 0 arguments; 1 are given")]
    [InlineData("{{ 'a' | trim(x=1) }}", 1, "the filter 'trim' has no argument 'x'")]
    [InlineData("{{ f(a=1, **{'a': 2}) }}", 1, "the argument 'a' is given twice")]
    [InlineData("{{ 'a' + 1 }}", 1, "unsupported operand type(s) for +: 'str' and 'int'")]
    [InlineData("{{ 'a' < 1 }}", 1, "'<' not supported between instances of 'str' and 'int'")]
    [InlineData("{{ 1 / 0 }}", 1, "division by zero")]
    [InlineData("{% macro m() %}\n\n{{ 1 + '' }}{% endmacro %}\n{{ m() }}", 3, "unsupported operand type(s) for +: 'int' and 'str'")]
    [InlineData("{{ strftime_now('%Q') }}", 1, "strftime_now does not know '%Q'")]
    [InlineData("{{ '%q' % 1 }}", 1, "the format 'q' is not supported")]
    [InlineData("\n\n{{ raise_exception('one\ntwo') }}", 3, "one two")]
    public void A_failing_template_names_line_and_construct(string template, int line, string expected)
    {
        TemplateException failure = Assert.Throws<TemplateException>(() => Template.Parse(template, "some.jinja").Render([], new TemplateOptions()));

        Assert.StartsWith($"some.jinja: line {line}: {expected}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(line, failure.Line);
    }

    [Fact]
    public void Whatever_is_not_a_template_ends_in_a_TemplateException()
    {
        string[] parts =
        [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "if", "for", "in", "set", "macro", "call", "else", "endif", "endfor", "endset", "raw", "endraw", "is",
            "not", "and", "x", "'a'", "1", "2.5", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "=", "*", "**", "~", "%", "loop", " ", "\n", "\\", "'", "é", "😀",
        ];
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            string template = string.Join(random.Next(2) == 0 ? "" : " ", Enumerable.Range(0, random.Next(25)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                Template.Parse(template, "t").Render([], new TemplateOptions { MaxSteps = 10_000, MaxTextLength = 10_000 });
            }
            catch (TemplateException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }
}
