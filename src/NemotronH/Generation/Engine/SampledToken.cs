namespace NemotronH.Generation;

/// <summary>A token that was chosen for a sequence, or why none could be.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Id">Token id.</param>
/// <param name="LogProb">Its log-probability, where the request wants it.</param>
/// <param name="Top">The most likely tokens, as many as the request wants.</param>
/// <param name="Failure">Why no token could be chosen; the other sequences go on.</param>
internal readonly record struct SampledToken(
    EngineSequence Sequence,
    int Id,
    float? LogProb,
    IReadOnlyList<TokenLogProb> Top,
    Exception? Failure = null);
