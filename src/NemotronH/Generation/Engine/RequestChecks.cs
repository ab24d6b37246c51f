namespace NemotronH.Generation;

/// <summary>Refuses requests that could never run.</summary>
internal static class RequestChecks
{
    /// <summary>Checks what constructing a sequence does not.</summary>
    /// <exception cref="RequestException">Something is out of its range; the message names it.</exception>
    public static void Verify(EngineRequest request, LanguageModel model)
    {
        model.CheckPrompt(request.PromptIds);
        int vocabulary = model.Config.VocabSize;
        Check(
            request.TopLogProbs >= -1 && request.TopLogProbs <= vocabulary,
            $"the number of log-probabilities is {request.TopLogProbs}; expected −1 to {vocabulary}");
        foreach (int border in request.PrefixBorders)
        {
            Check(
                border >= 0 && border <= request.PromptIds.Count,
                $"a prefix border lies at {border}; expected 0 to {request.PromptIds.Count}, the length of the prompt");
        }

        foreach (int id in request.Options.LogitBias.Keys)
        {
            Check(id >= 0 && id < vocabulary, $"a logit bias is for token {id}; expected 0 to {vocabulary - 1}");
        }

        Check(!request.Options.StopStrings.Contains(""), "a stop string is empty; expected at least one character");
        Check(
            request.Options.StopStrings.Count == 0 || model.Tokenizer is not null,
            $"'{model.Directory}' has no tokenizer.json; stop strings cannot be found without it");
    }

    private static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new RequestException(message);
        }
    }
}
