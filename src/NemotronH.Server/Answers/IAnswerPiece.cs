namespace NemotronH.Server.Answers;

/// <summary>What is new of one of the answers to a request.</summary>
internal interface IAnswerPiece
{
    /// <summary>The answer's number.</summary>
    int Index { get; }

    /// <summary>What it says, for a log.</summary>
    string Text { get; }
}
