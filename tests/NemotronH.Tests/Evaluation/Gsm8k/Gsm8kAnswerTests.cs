using NemotronH.Evaluation.Gsm8k;

namespace NemotronH.Tests.Evaluation.Gsm8k;

/// <summary>Expected values follow from the regular expressions of lm-eval-harness's task gsm8k, version 3.</summary>
public sealed class Gsm8kAnswerTests
{
    [Theory]
    [InlineData("She has 18 left.\n#### 18", "18", "18")]
    [InlineData("#### 1,234.", "1,234.", "1,234.")]
    [InlineData("#### -5", "-5", "-5")]
    [InlineData("#### $18", null, "$18")]
    [InlineData("####18", null, "18")]
    [InlineData("#### 18 dollars\nQuestion: 3", "18", "3")]
    [InlineData("#### 18\n#### 20", "18", "20")]
    [InlineData("The answer is 42.", null, "42.")]
    [InlineData("It costs $1,050.50 in all", null, "$1,050.50")]
    [InlineData("5", null, "5")]
    [InlineData("x-7", null, "-7")]
    [InlineData("7 apples", null, "7")]
    [InlineData("18 apples ...", null, "...")]
    [InlineData("18 apples.", null, "18")]
    [InlineData("3 / 4 = 0.75", null, "0.75")]
    [InlineData("no number", null, null)]
    [InlineData("", null, null)]
    [InlineData("#### ", null, null)]
    [InlineData("#### ,", ",", null)]
    [InlineData("\u0663 apples", null, null)]
    public void Answers_are_found_where_the_filters_find_them(string text, string? strict, string? flexible)
    {
        Assert.Equal(strict, Gsm8kAnswer.ExtractStrict(text));
        Assert.Equal(flexible, Gsm8kAnswer.ExtractFlexible(text));
    }

    [Theory]
    [InlineData("18", "18")]
    [InlineData("1,234", "1234")]
    [InlineData("$1,234.", "1234")]
    [InlineData("18.00", "18.00")]
    [InlineData("A\nB = <<1+1=2>>2\n#### 2,000", "2000")]
    [InlineData("#### 1\n#### 2", "2")]
    [InlineData("[invalid]", "[invalid]")]
    [InlineData("No", "no")]
    public void Answers_are_compared_without_commas_dollars_and_a_last_dot(string text, string normalized) =>
        Assert.Equal(normalized, Gsm8kAnswer.Normalize(text));

    [Theory]
    [InlineData("70,000", true)]
    [InlineData("$70000", true)]
    [InlineData("70000.", true)]
    [InlineData("70000.00", false)]
    [InlineData("7", false)]
    [InlineData("-70000", false)]
    [InlineData(null, false)]
    public void An_answer_is_right_if_it_is_the_same_text(string? extracted, bool expected) =>
        Assert.Equal(expected, Gsm8kAnswer.IsCorrect(extracted, "80,000*1.5=<<80000*1.5=120000>>120,000\n#### 70000"));

    [Theory]
    [InlineData("so 3.</think>#### 4", true, "#### 4")]
    [InlineData("so 3.</think>four</think>five", true, "five")]
    [InlineData("so 3, and then", true, "")]
    [InlineData("#### 4", false, "#### 4")]
    [InlineData("hm</think>#### 4", false, "#### 4")]
    public void Thoughts_are_not_part_of_the_answer(string text, bool thinking, string expected) =>
        Assert.Equal(expected, Gsm8kPromptFormat.WithoutThoughts(text, thinking));
}
