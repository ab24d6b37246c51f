using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Answers;

/// <summary>The answers to a request, while they are made: <c>n</c> to each prompt, one prompt after the other.</summary>
/// <typeparam name="TPiece">What they come in.</typeparam>
internal sealed class AnswerSet<TPiece> : IAsyncDisposable
    where TPiece : IAnswerPiece
{
    private readonly List<IAnswer<TPiece>> _answers = [];
    private readonly int _choices;

    private AnswerSet(int choices) => _choices = choices;

    /// <summary>The answers.</summary>
    internal IReadOnlyList<IAnswer<TPiece>> All => _answers;

    /// <summary>Hands a request's answers in, one after the other.</summary>
    /// <param name="choices">How many there are to each prompt.</param>
    /// <param name="answers">Hands the next one in when it is asked for it; what it throws ends those before it.</param>
    internal static async Task<AnswerSet<TPiece>> SubmitAsync(int choices, IEnumerable<IAnswer<TPiece>> answers)
    {
        var set = new AnswerSet<TPiece>(choices);
        try
        {
            foreach (IAnswer<TPiece> answer in answers)
            {
                set._answers.Add(answer);
            }

            return set;
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>The pieces of all answers as they come.</summary>
    internal IAsyncEnumerable<TPiece> ReadAsync(CancellationToken cancellationToken) =>
        Merging.MergeAsync([.. _answers.Select(answer => answer.ReadAsync(cancellationToken))], cancellationToken);

    /// <summary>The pieces of each answer, once all have ended.</summary>
    internal async Task<IReadOnlyList<IReadOnlyList<TPiece>>> ReadToEndAsync(CancellationToken cancellationToken)
    {
        List<TPiece>[] pieces = [.. _answers.Select(_ => new List<TPiece>())];
        await foreach (TPiece piece in ReadAsync(cancellationToken))
        {
            pieces[piece.Index].Add(piece);
        }

        return pieces;
    }

    /// <summary>The tokens of all answers; each prompt counts once.</summary>
    internal Usage CountTokens()
    {
        GenerationUsage[] prompts = [.. _answers.Chunk(_choices).Select(answers => answers[0].Usage)];
        int prompt = prompts.Sum(usage => usage.PromptTokens);
        int completion = _answers.Sum(answer => answer.Usage.CompletionTokens);
        return new Usage(
            prompt,
            completion,
            prompt + completion,
            new PromptTokensDetails(prompts.Sum(usage => usage.CachedTokens)),
            _answers[0].ReasoningTokens is null ? null : new CompletionTokensDetails(_answers.Sum(answer => answer.ReasoningTokens ?? 0)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAnswer<TPiece> answer in _answers)
        {
            await answer.DisposeAsync();
        }
    }
}
