using NemotronH.Generation;

namespace NemotronH.Server.Answers;

/// <summary>One of the answers to a request, while it is made.</summary>
/// <typeparam name="TPiece">What it comes in.</typeparam>
internal interface IAnswer<out TPiece> : IAsyncDisposable
{
    /// <summary>Its tokens so far.</summary>
    GenerationUsage Usage { get; }

    /// <summary>How many of them are reasoning; <see langword="null"/> where nobody tells reasoning from the rest.</summary>
    int? ReasoningTokens { get; }

    /// <summary>Seconds until its first token.</summary>
    double? TimeToFirstToken { get; }

    /// <summary>Why it ended; <see langword="null"/> while it goes on, and when it was cut off.</summary>
    string? FinishReason { get; }

    /// <summary>Its pieces, once; the last one alone has a reason to end.</summary>
    IAsyncEnumerable<TPiece> ReadAsync(CancellationToken cancellationToken = default);
}
