using System.Text.Json;
using NemotronH.Generation.Constraints;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Text;
using NemotronH.Text;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Generation.Constraints;

public sealed class ReasoningConstraintTests
{
    private const int End = 260;
    private static readonly Tokenizer Tokenizer = CreateTokenizer();
    private static readonly TokenVocabulary Vocabulary = new(Tokenizer, 300, [End]);

    [Fact]
    public void Reasoning_is_free_but_must_end_before_the_text_may()
    {
        ReasoningConstraint constraint = Create();
        Say(constraint, "Hm, {<thin");
        Assert.Equal((0, float.NegativeInfinity), (Logit(constraint, "x"), Logit(constraint, End)));
        Say(constraint, "k></think>");
        Assert.Equal((float.NegativeInfinity, 0), (Logit(constraint, "x"), Logit(constraint, "1")));
        Say(constraint, "12");
        Assert.Equal(0, Logit(constraint, End));
        Assert.False(constraint.IsComplete);
        constraint.Accept(End);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void A_token_that_ends_the_reasoning_may_bring_white_space_but_no_answer()
    {
        ReasoningConstraint constraint = Create();
        Assert.Equal((0, 0), (Logit(constraint, ">x"), Logit(constraint, ">Ċ")));
        Say(constraint, "so</think");
        Assert.Equal((float.NegativeInfinity, 0, 0), (Logit(constraint, ">x"), Logit(constraint, ">Ċ"), Logit(constraint, ">")));
        constraint.Accept(Tokenizer.TokenToId(">Ċ")!.Value);
        Say(constraint, "7");
    }

    [Fact]
    public void The_beginning_of_a_call_ends_reasoning_too()
    {
        JsonGrammar grammar = JsonGrammar.FromSchema(JsonElement.Parse("""{"type": "integer"}"""));
        GrammarConstraint answer = new(Vocabulary, grammar.Start, ToolCallGrammar.Opening(ToolCallFormat.FunctionTags));
        ReasoningConstraint constraint = new(Vocabulary, answer, "<tool_call>");
        Say(constraint, "I shall call.<tool_call>\nanything");
        Assert.Equal((0, 0), (Logit(constraint, "x"), Logit(constraint, End)));
    }

    [Fact]
    public void After_reasoning_the_answer_may_be_a_call_or_the_value()
    {
        GrammarConstraint Answer() => new(
            Vocabulary, JsonGrammar.FromSchema(JsonElement.Parse("""{"type": "integer"}""")).Start, ToolCallGrammar.Opening(ToolCallFormat.FunctionTags));
        Assert.True(Answer().TryRead("<tool_call>\nwhatever"u8));
        Assert.True(Answer().TryRead("12"u8));
        Assert.False(Answer().TryRead("<tool_kall"u8));
    }

    private static ReasoningConstraint Create() =>
        new(Vocabulary, new GrammarConstraint(Vocabulary, JsonGrammar.FromSchema(JsonElement.Parse("""{"type": "integer"}""")).Start), null);

    private static void Say(ReasoningConstraint constraint, string text)
    {
        foreach (byte value in System.Text.Encoding.UTF8.GetBytes(text))
        {
            constraint.Accept(value);
        }
    }

    private static float Logit(ReasoningConstraint constraint, string token) => Logit(constraint, Tokenizer.TokenToId(token)!.Value);

    private static float Logit(ReasoningConstraint constraint, int id)
    {
        float[] logits = new float[300];
        constraint.Apply(logits);
        return logits[id];
    }

    private static Tokenizer CreateTokenizer()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["tokenizer.json"], TokenizerJson.Create("> x", "> Ċ", "a b", "c d").WithTokens(("<|im_end|>", "special")).ToJsonString());
        return Tokenizer.Load(Path.GetDirectoryName(directory["tokenizer.json"])!);
    }
}
