using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Causal depthwise convolution over time with SiLU, its last inputs kept as state.</summary>
/// <remarks>Written as a sum of shifted rows: kernels are 2 to 4 wide, and rows stay contiguous.</remarks>
public sealed class CausalConvolution : nn.Module
{
    [ComponentName(Name = "weight")]
    private readonly Tensor _weight;

    [ComponentName(Name = "bias")]
    private readonly Tensor? _bias;

    private readonly int _kernel;

    /// <summary>Loads a convolution.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="channels">Channels: conv_dim.</param>
    /// <param name="kernel">Width of the kernel.</param>
    /// <param name="bias">Whether the config promises a bias.</param>
    public CausalConvolution(WeightLoader loader, string name, int channels, int kernel, bool bias)
        : base(name)
    {
        using Tensor stored = loader.Load($"{name}.weight", ScalarType.Float32, channels, 1, kernel);
        using Tensor flat = stored.squeeze(1);
        using Tensor byTap = flat.transpose(0, 1);
        using Tensor rows = byTap.contiguous();
        _weight = rows.clone();
        _bias = bias ? loader.Load($"{name}.bias", ScalarType.Float32, channels) : loader.LoadOptional($"{name}.bias", ScalarType.Float32, channels);
        _kernel = kernel;
        RegisterComponents();
    }

    /// <summary>[kernel, channels] float32: one row for each tap, the oldest first.</summary>
    internal Tensor Weight => _weight;

    /// <summary>[channels] float32, or <see langword="null"/>.</summary>
    internal Tensor? Bias => _bias;

    /// <summary>Convolves a piece of one sequence and leaves its last inputs in the state.</summary>
    /// <param name="input">[L, channels].</param>
    /// <param name="state">[kernel − 1, channels]: the inputs before this piece; overwritten.</param>
    /// <returns>[L, channels] float32, SiLU applied.</returns>
    public Tensor Prefill(Tensor input, Tensor state)
    {
        using var scope = NewDisposeScope();
        Tensor padded = cat([state.to(ScalarType.Float32), input.to(ScalarType.Float32)], 0);
        Tensor sum = Slide(padded);
        state.copy_(padded.narrow(0, input.size(0), _kernel - 1));
        return Activate(sum).MoveToOuterDisposeScope();
    }

    /// <summary>Convolves pieces of several sequences, each behind its own state, and leaves their last inputs there.</summary>
    /// <param name="input">[T, channels], piece by piece.</param>
    /// <param name="states">[slots, kernel − 1, channels]; the sequences' slots are overwritten.</param>
    /// <param name="layout">Which rows and slots are which sequence's.</param>
    /// <returns>[T, channels] float32, SiLU applied.</returns>
    internal Tensor Prefill(Tensor input, Tensor states, ConvolutionLayout layout)
    {
        using var scope = NewDisposeScope();
        Tensor kept = states.index_select(0, layout.Slots).to(ScalarType.Float32).flatten(0, 1);
        Tensor padded = cat([input.to(ScalarType.Float32), kept], 0).index_select(0, layout.Order);

        // Windows across a border are computed too, and dropped.
        Tensor sum = Slide(padded).index_select(0, layout.Windows);
        Tensor tails = padded.index_select(0, layout.Tails).view(layout.Slots.size(0), _kernel - 1, padded.size(1));
        states.index_copy_(0, layout.Slots, tails.to(states.dtype));
        return Activate(sum).MoveToOuterDisposeScope();
    }

    /// <summary>Convolves one token of each of several sequences and updates their states.</summary>
    /// <param name="input">[D, channels].</param>
    /// <param name="states">[D, kernel − 1, channels]: the inputs before; updated in place.</param>
    /// <returns>[D, channels] float32, SiLU applied.</returns>
    public Tensor Step(Tensor input, Tensor states)
    {
        using var scope = NewDisposeScope();
        Tensor window = cat([states.to(ScalarType.Float32), input.to(ScalarType.Float32).unsqueeze(1)], 1);
        states.copy_(window.narrow(1, 1, _kernel - 1));
        return Activate((window * _weight).sum(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The weighted sum of each row and the kernel − 1 rows behind it.</summary>
    private Tensor Slide(Tensor padded)
    {
        long length = padded.size(0) - _kernel + 1;
        Tensor sum = padded.narrow(0, 0, length) * _weight[0];
        for (int tap = 1; tap < _kernel; tap++)
        {
            sum.addcmul_(padded.narrow(0, tap, length), _weight[tap], 1);
        }

        return sum;
    }

    private Tensor Activate(Tensor sum) => nn.functional.silu(_bias is null ? sum : sum.add_(_bias));
}
