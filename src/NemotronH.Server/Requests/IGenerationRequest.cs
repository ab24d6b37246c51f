namespace NemotronH.Server.Requests;

/// <summary>What every request for answers of the model says.</summary>
internal interface IGenerationRequest
{
    /// <summary>The model that is asked for, if one is.</summary>
    string? Model { get; }

    /// <summary>How many answers to each prompt.</summary>
    int Choices { get; }

    /// <summary>How many answers to all prompts together.</summary>
    int Answers { get; }

    /// <summary>Whether and how the answer is streamed.</summary>
    StreamParameters Stream { get; }
}
