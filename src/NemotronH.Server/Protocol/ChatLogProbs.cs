namespace NemotronH.Server.Protocol;

/// <summary>The probabilities of an answer's tokens.</summary>
/// <param name="Content">Token by token.</param>
internal sealed record ChatLogProbs(IReadOnlyList<ChatTokenLogProb> Content);
