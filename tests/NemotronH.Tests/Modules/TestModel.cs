using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Modules;
using NemotronH.Quantization;
using NemotronH.Tests.Checkpoints;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>A small model with random weights, loaded from a checkpoint on disk.</summary>
internal sealed class TestModel : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Checkpoint _checkpoint;
    private readonly NemotronHModel _model;

    public TestModel(NemotronHConfig config, ScalarType dtype = ScalarType.Float32, int maxSequences = 4, int maxContext = 512)
    {
        _directory.Write("config.json", "{}");
        RandomCheckpoint.Write(config, _directory.Path, _directory["model"], new RandomCheckpointOptions { Seed = 17 });
        _checkpoint = Checkpoint.Open(_directory["model"]);
        _model = new NemotronHModel(config, new WeightLoader(_checkpoint, new WeightOptions { ComputeDtype = dtype }));
        Config = config;
        Cache = new ModelCache(config, new CacheOptions
        {
            MaxSequences = maxSequences,
            MaxContext = maxContext,
            PageSize = 16,
            ComputeDtype = dtype,
            ConvDtype = dtype,
            KeyValueDtype = dtype,
        });
    }

    public static TheoryData<string> Names => ["nano", "super", "dense", "odd"];

    public NemotronHConfig Config { get; }

    public ModelCache Cache { get; }

    public static TestModel Create(string name, ScalarType dtype = ScalarType.Float32, int maxContext = 512) =>
        new(Configs(name), dtype, maxContext: maxContext);

    public ModelRunner Runner(int prefillChunk = 512) => new(_model, Cache, prefillChunk);

    public int[] RandomIds(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Config.VocabSize))];
    }

    public void Dispose()
    {
        Cache.Dispose();
        _model.Dispose();
        _checkpoint.Dispose();
        _directory.Dispose();
    }

    private static NemotronHConfig Configs(string name)
    {
        NemotronHConfig tiny = TestConfigs.Tiny;
        MambaConfig mamba = tiny.Mamba! with { UseBias = false };
        MoeConfig moe = tiny.Moe! with { NumExperts = 8, TopK = 3, LatentSize = null, Bias = false };
        return name switch
        {
            "nano" => tiny with { Layers = Layers("MEM*EM"), Mamba = mamba, Moe = moe, Attention = tiny.Attention! with { Bias = false }, Mlp = null },
            "super" => tiny with { Layers = Layers("MEM*E"), Moe = moe with { NumExperts = 16, TopK = 4, NumGroups = 4, TopKGroups = 2, LatentSize = 16 }, Mlp = null },
            "dense" => tiny with { Layers = Layers("M-M*-"), Moe = null, Mlp = new MlpConfig { IntermediateSizes = [56, 24] } },
            _ => tiny with
            {
                Layers = Layers("ME*M-"),
                Mamba = tiny.Mamba! with { ConvKernel = 3, ChunkSize = 5, UseConvBias = false },
                Attention = tiny.Attention! with { NumKeyValueHeads = 4 },
                Moe = tiny.Moe! with { TopK = 1, NormTopKProb = false },
                TieWordEmbeddings = true,
            },
        };
    }

    private static LayerKind[] Kinds(string pattern) => [.. pattern.Select(letter => letter switch
    {
        'M' => LayerKind.Mamba,
        '*' => LayerKind.Attention,
        '-' => LayerKind.Mlp,
        _ => LayerKind.MixtureOfExperts,
    })];

    private static System.Collections.Immutable.ImmutableArray<LayerKind> Layers(string pattern) => [.. Kinds(pattern)];
}
