namespace NemotronH.Evaluation.Runs;

/// <summary>Checks before a run that the model was loaded with room for it.</summary>
internal static class ModelRoom
{
    /// <summary>Requires slots for a batch, and a context for its longest sequence.</summary>
    /// <exception cref="EvaluationException">There are too few, or it is too short.</exception>
    public static void Require(LanguageModel model, int batch, int longest, string what)
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
    }

    /// <summary>Requires token ids that the model's vocabulary has.</summary>
    /// <exception cref="EvaluationException">One lies outside.</exception>
    public static void RequireVocabulary(LanguageModel model, IEnumerable<int> ids)
    {
        int largest = ids.Max();
        if (largest >= model.Config.VocabSize)
        {
            throw new EvaluationException(
                $"{model.Directory}: its tokenizer gives the token id {largest}; the model's vocabulary ends at {model.Config.VocabSize - 1}");
        }
    }
}
