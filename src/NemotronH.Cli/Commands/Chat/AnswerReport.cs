using NemotronH.Chat;
using NemotronH.Generation;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>What an answer took, and how it ended.</summary>
/// <param name="Usage">Its tokens.</param>
/// <param name="Timings">Its times.</param>
/// <param name="Finish">Why it ended; <see langword="null"/> where it was interrupted.</param>
/// <param name="IsInterrupted">Whether Ctrl-C ended it.</param>
internal sealed record AnswerReport(ChatUsage Usage, EngineTimings Timings, ChatFinish? Finish, bool IsInterrupted)
{
    /// <summary>Whether nothing was said, so that what was asked is forgotten too.</summary>
    public bool IsTakenBack { get; init; }

    /// <summary>The line under an answer. The first token belongs to the prompt's time, the others to the answer's.</summary>
    public override string ToString()
    {
        int decoded = Math.Max(0, Usage.CompletionTokens - 1);
        string speed = decoded > 0 && Timings.Decode > TimeSpan.Zero ? $", {decoded / Timings.Decode.TotalSeconds:0.0} tok/s" : "";
        string end = IsTakenBack ? "; interrupted, and the message taken back"
            : IsInterrupted ? "; interrupted"
            : Finish == ChatFinish.Length ? "; cut at the limit of tokens"
            : "";
        return $"[prompt {Usage.PromptTokens} tokens, {Usage.CachedTokens} cached; answer {Usage.CompletionTokens} tokens{speed}{end}]";
    }
}
