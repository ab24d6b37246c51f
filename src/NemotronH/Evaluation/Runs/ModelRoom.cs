namespace NemotronH.Evaluation.Runs;

/// <summary>Checks before a run that the model was loaded with room for it.</summary>
internal static class ModelRoom
{
    /// <summary>Requires slots for a batch, a context for its longest sequence, and a vocabulary that has its tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Sequences at a time.</param>
    /// <param name="longest">Tokens of the longest sequence.</param>
    /// <param name="what">What the longest sequence is, for the message.</param>
    /// <param name="ids">Every token.</param>
    /// <exception cref="EvaluationException">There are too few slots, the context is too short, or a token lies outside the vocabulary.</exception>
    public static void Require(LanguageModel model, int batch, int longest, string what, IEnumerable<int> ids)
    {
        Caching.CacheOptions cache = model.Runner.Cache.Options;
        if (batch < 1 || batch > model.Runner.Cache.FreeSlots)
        {
            throw new EvaluationException($"batch is {batch}; the model holds {model.Runner.Cache.FreeSlots} more sequences");
        }

        if (longest > cache.MaxContext)
        {
            throw new EvaluationException($"{what} takes {longest} tokens; the model's context holds {cache.MaxContext}");
        }

        int largest = ids.Max();
        if (largest >= model.Config.VocabSize)
        {
            throw new EvaluationException(
                $"{model.Directory}: its tokenizer gives the token id {largest}; the model's vocabulary ends at {model.Config.VocabSize - 1}");
        }
    }
}
