using System.Diagnostics;
using System.Globalization;
using NemotronH;
using NemotronH.Generation;
using static TorchSharp.torch;

// Tokens per second of the engine at several numbers of concurrent requests, all in one run on one engine:
//   dotnet run -c Release --project bench/NemotronH.Bench -- MODEL_DIRECTORY [TOKENS [PROMPT [CONCURRENT,...]]]
// Prompts are random ids, so that no prefix is shared and every request does the same work.
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: NemotronH.Bench MODEL_DIRECTORY [TOKENS [PROMPT [CONCURRENT,...]]]");
    return 2;
}

string directory = args[0];
int tokens = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 128;
int prompt = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 32;
int[] levels = [.. (args.Length > 3 ? args[3] : "1,2,4,8,16").Split(',').Select(level => int.Parse(level, CultureInfo.InvariantCulture))];
var options = new EngineOptions { MaxSequences = levels.Max(), PrefixCacheBytes = 0, Model = new ModelOptions { Device = CPU, Dtype = ScalarType.Float32 } };
await using InferenceEngine engine = await InferenceEngine.LoadAsync(directory, options);
var random = new Random(1);
await Run(levels.Max());

double alone = 0;
foreach (int level in levels)
{
    double rate = Enumerable.Range(0, 3).Select(_ => Run(level).GetAwaiter().GetResult()).Max();
    alone = alone == 0 ? rate : alone;
    Console.WriteLine($"{level,3} concurrent: {rate,8:F0} tokens/s, {rate / alone,5:F2}x of {levels[0]}");
}

return 0;

async Task<double> Run(int concurrent)
{
    EngineRequest[] requests = [.. Enumerable.Range(0, concurrent).Select(_ => new EngineRequest
    {
        PromptIds = [.. Enumerable.Range(0, prompt).Select(_ => random.Next(engine.Config.VocabSize))],
        Options = new GenerationOptions { MaxTokens = tokens, IgnoreEos = true },
    })];
    var clock = Stopwatch.StartNew();
    int[] counts = await Task.WhenAll(requests.Select(async request =>
    {
        int count = 0;
        await foreach (GeneratedToken token in engine.Submit(request).ReadAllAsync())
        {
            count++;
        }

        return count;
    }));
    return counts.Sum() / clock.Elapsed.TotalSeconds;
}
