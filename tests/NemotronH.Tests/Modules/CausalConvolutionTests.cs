using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

public sealed class CausalConvolutionTests : IDisposable
{
    private const int Channels = 12;
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly MemoryTensorSource _source = new();

    public CausalConvolutionTests() => manual_seed(5);

    public void Dispose()
    {
        _source.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Pieces_and_steps_equal_one_torch_convolution_over_the_whole_sequence(int kernel, bool bias)
    {
        const int Length = 23;
        CausalConvolution convolution = Create(kernel, bias);
        Tensor input = randn([Length, Channels]);
        Tensor padded = nn.functional.pad(input.transpose(0, 1).unsqueeze(0), [kernel - 1, 0]);
        Tensor expected = nn.functional.silu(
            nn.functional.conv1d(padded, _source["conv.weight"], bias ? _source["conv.bias"] : null, groups: Channels)).squeeze(0).transpose(0, 1);
        MambaStates states = new ModelCache(Config(kernel), new CacheOptions { MaxSequences = 2, MaxContext = 32 }).Mamba(0);

        var outputs = new List<Tensor>();
        foreach ((int start, int count) in new[] { (0, 1), (1, 2), (3, 10) })
        {
            outputs.Add(convolution.Prefill(input.narrow(0, start, count), states.Conv[1]));
        }

        for (int t = 13; t < Length; t++)
        {
            outputs.Add(convolution.Step(input.narrow(0, t, 1), states.Conv.narrow(0, 1, 1)));
        }

        Assert.True(allclose(expected, cat(outputs, 0), 1e-5, 1e-6));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    public void Pieces_of_several_sequences_are_convolved_as_each_alone(int kernel, bool bias)
    {
        CausalConvolution convolution = Create(kernel, bias);
        var cache = new ModelCache(Config(kernel), new CacheOptions { MaxSequences = 4, MaxContext = 32 });
        MambaStates states = cache.Mamba(0);
        CachedSequence[] sequences = [.. Enumerable.Range(0, 4).Select(_ => cache.Add())];
        states.Conv.normal_();
        Tensor before = states.Conv.clone();
        (int Slot, int Count)[] pieces = [(2, 5), (0, 1), (3, 9)];
        Tensor input = randn([15, Channels]);
        int row = 0;
        SequenceSpan[] spans = [.. pieces.Select(piece => new SequenceSpan(sequences[piece.Slot], (row += piece.Count) - piece.Count, piece.Count))];

        using var layout = new ConvolutionLayout(spans, kernel, CPU);
        Tensor together = convolution.Prefill(input, states.Conv, layout);

        foreach (SequenceSpan span in spans)
        {
            Tensor state = before[span.Sequence.Slot].clone();
            Tensor alone = convolution.Prefill(input.narrow(0, span.Row, span.Count), state);
            Assert.True(allclose(alone, together.narrow(0, span.Row, span.Count), 1e-6, 1e-7));
            Assert.True(state.equal(states.Conv[span.Sequence.Slot]).all().item<bool>());
        }

        Assert.True(before[1].equal(states.Conv[1]).all().item<bool>());
    }

    private CausalConvolution Create(int kernel, bool bias)
    {
        _source["conv.weight"] = randn([Channels, 1, kernel]);
        if (bias)
        {
            _source["conv.bias"] = randn([Channels]);
        }

        return new CausalConvolution(new WeightLoader(_source, new WeightOptions()), "conv", Channels, kernel, bias);
    }

    private static NemotronHConfig Config(int kernel) => new()
    {
        VocabSize = 8,
        HiddenSize = 8,
        Layers = [LayerKind.Mamba],
        LayerNormEpsilon = 1e-5,
        MaxPositionEmbeddings = 32,
        Mamba = new MambaConfig
        {
            NumHeads = 2,
            HeadDim = 2,
            StateSize = 4,
            NumGroups = 1,
            ConvKernel = kernel,
            ChunkSize = 8,
            UseConvBias = true,
        },
    };
}
