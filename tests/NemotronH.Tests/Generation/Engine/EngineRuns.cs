using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Tests.Generation.Recorded;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>Shorthand for requests of the tests.</summary>
internal static class EngineRuns
{
    /// <summary>An engine whose steps run ahead of it, or not.</summary>
    public static InferenceEngine Engine(LanguageModel model, EngineOptions options, bool ahead) =>
        ahead ? RunAhead(model, options, new StandInSteps(model.Runner)) : new InferenceEngine(model, options);

    public static InferenceEngine RunAhead(LanguageModel model, EngineOptions options, StandInSteps steps) =>
        new(model, options, new RecordedDecodeExecutor(new RunAheadDecoder(steps), new TorchDecodeExecutor(model.Runner)));

    public static EngineRequest Request(int[] prompt, int tokens, params int[] borders) => new()
    {
        PromptIds = prompt,
        Options = new GenerationOptions { MaxTokens = tokens, IgnoreEos = true, Temperature = 0 },
        PrefixBorders = borders,
    };

    public static async Task<GeneratedToken[]> ReadAsync(EngineGeneration generation)
    {
        var tokens = new List<GeneratedToken>();
        await foreach (GeneratedToken token in generation.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            tokens.Add(token);
        }

        return [.. tokens];
    }

    public static async Task<int[]> IdsAsync(InferenceEngine engine, EngineRequest request)
    {
        await using EngineGeneration generation = engine.Submit(request);
        return [.. (await ReadAsync(generation)).Select(token => token.Id)];
    }
}
