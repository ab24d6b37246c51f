namespace NemotronH.Server.Protocol;

/// <summary>A text as tokens.</summary>
/// <param name="Count">How many.</param>
/// <param name="MaxModelLen">Most tokens of prompt and answer together.</param>
/// <param name="Tokens">Their ids.</param>
/// <param name="TokenStrs">Their texts, where they were asked for.</param>
internal sealed record TokenizeResponse(int Count, int MaxModelLen, IReadOnlyList<int> Tokens, IReadOnlyList<string>? TokenStrs);
