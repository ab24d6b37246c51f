using System.Runtime.CompilerServices;
using System.Text;
using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Answers;

/// <summary>The answers to a request, while they are made: <c>n</c> to each prompt, one prompt after the other.</summary>
/// <typeparam name="TPiece">What they come in.</typeparam>
/// <param name="choices">How many there are to each prompt.</param>
/// <param name="keepsText">Whether <see cref="Said"/> is wanted.</param>
internal sealed class AnswerSet<TPiece>(int choices, bool keepsText) : IAsyncDisposable
    where TPiece : IAnswerPiece
{
    private readonly List<IAnswer<TPiece>> _answers = [];
    private StringBuilder[] _said = [];

    /// <summary>The answers.</summary>
    internal IReadOnlyList<IAnswer<TPiece>> All => _answers;

    /// <summary>Hands answers in, one after the other.</summary>
    /// <param name="answers">Hands the next one in when it is asked for it.</param>
    /// <returns>How many there are.</returns>
    internal int Add(IEnumerable<IAnswer<TPiece>> answers)
    {
        foreach (IAnswer<TPiece> answer in answers)
        {
            _answers.Add(answer);
        }

        return _answers.Count;
    }

    /// <summary>What the answers said so far, where that is kept.</summary>
    internal IEnumerable<string> Said => _said.Select(said => said.ToString());

    /// <summary>The pieces of all answers as they come, once.</summary>
    internal async IAsyncEnumerable<TPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _said = keepsText ? [.. _answers.Select(_ => new StringBuilder())] : [];
        IAsyncEnumerable<TPiece>[] all = [.. _answers.Select(answer => answer.ReadAsync(cancellationToken))];
        await foreach (TPiece piece in Merging.MergeAsync(all, cancellationToken))
        {
            if (keepsText)
            {
                _said[piece.Index].Append(piece.Text);
            }

            yield return piece;
        }
    }

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
        GenerationUsage[] prompts = [.. _answers.Chunk(choices).Select(answers => answers[0].Usage)];
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
