using NemotronH.Generation;
using NemotronH.Text.Parsing;

namespace NemotronH.Chat;

/// <summary>What one token, or the end, adds to an answer.</summary>
/// <param name="Token">The token; <see langword="null"/> for what was held back until the end.</param>
/// <param name="Events">What became certain: reasoning, content, tool calls; often nothing.</param>
public sealed record ChatDelta(GeneratedToken? Token, IReadOnlyList<OutputEvent> Events);
