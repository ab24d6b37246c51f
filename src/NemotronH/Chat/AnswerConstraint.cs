using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Chat;

/// <summary>Makes the constraint of an answer from what the request asks for.</summary>
internal static class AnswerConstraint
{
    /// <summary>The constraint, or <see langword="null"/> where the answer is free.</summary>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="request">The request.</param>
    /// <param name="tools">Its tools.</param>
    /// <param name="startsInReasoning">Whether reasoning comes first, which stays free.</param>
    public static TokenConstraint? Create(Lazy<TokenVocabulary> vocabulary, ChatRequest request, ChatTools tools, bool startsInReasoning)
    {
        List<ParseStack> starts = [];
        if (tools.MustCall)
        {
            starts.AddRange(ToolCallGrammar.Calls(tools.Format, tools.Callable));
        }
        else if (request.ResponseFormat is { } format)
        {
            starts.Add(format.Start);
            starts.AddRange(tools.Any ? [ToolCallGrammar.Opening(tools.Format)] : []);
        }

        if (starts.Count == 0)
        {
            return null;
        }

        GrammarConstraint answer = new(vocabulary.Value, starts);
        return startsInReasoning
            ? new ReasoningConstraint(vocabulary.Value, answer, tools.Any ? ToolCallGrammar.OpeningTag(tools.Format) : null)
            : answer;
    }
}
