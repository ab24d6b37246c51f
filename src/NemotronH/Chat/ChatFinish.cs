namespace NemotronH.Chat;

/// <summary>Why an answer ended.</summary>
public enum ChatFinish
{
    /// <summary>The model ended its turn, or a stop string came.</summary>
    Stop,

    /// <summary>The limit of tokens or the end of the context.</summary>
    Length,

    /// <summary>The model called tools.</summary>
    ToolCalls,
}
