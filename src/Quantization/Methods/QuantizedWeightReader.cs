using NemotronH.Quantization.Formats;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Takes the tensors of quantised weights from a checkpoint; on the CPU the codes stay in the source's memory.</summary>
/// <param name="loader">The model's weight loader.</param>
internal readonly struct QuantizedWeightReader(WeightLoader loader)
{
    /// <summary>Reads a weight.</summary>
    /// <param name="names">The names of its tensors.</param>
    /// <param name="format">A quantised format.</param>
    /// <param name="shape">[N, K], or [E, N, K] for a stack.</param>
    /// <returns>The weight on the model's device; the caller disposes.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, has another shape, or a scale is no number to scale by.</exception>
    public QuantizedWeight Read(WeightNames names, WeightFormat format, params ReadOnlySpan<long> shape)
    {
        using var scope = NewDisposeScope();
        MarkUsed(names.InputScale);
        MarkUsed(names.InputGlobalScale);
        return format switch
        {
            WeightFormat.Fp8 => new Fp8Weight(names.Owner, ReadCodes(names.Weight, shape), ReadFactors(names.WeightScale, shape)),
            WeightFormat.Nvfp4 => ReadNvfp4(names, names.Weight, ReadFactors(names.WeightScale2, shape), shape),
            WeightFormat.CompressedTensorsNvfp4 => ReadNvfp4(names, names.WeightPacked, ReadInverseFactors(names.WeightGlobalScale, shape), shape),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a quantised format."),
        };
    }

    private PackedNvfp4Weight ReadNvfp4(WeightNames names, string codes, Tensor factors, ReadOnlySpan<long> shape)
    {
        long columns = shape[^1];
        if (columns % Nvfp4.BlockSize != 0)
        {
            throw new CheckpointException($"module '{names.Owner}' is NVFP4 with {columns} columns; expected a multiple of {Nvfp4.BlockSize}");
        }

        Tensor packed = ReadCodes(codes, [.. shape[..^1], columns / 2]);
        return new PackedNvfp4Weight(names.Owner, packed, ReadBlockScales(names.WeightScale, shape), factors);
    }

    private Tensor ReadCodes(string name, ReadOnlySpan<long> shape)
    {
        loader.Expect(name, shape);
        return ToDevice(name, loader.Source.Read(name));
    }

    private Tensor ReadBlockScales(string name, ReadOnlySpan<long> shape)
    {
        StoredTensorInfo stored = loader.Source.Describe(name)!;
        BlockScales blocks = new(shape.Length == 3 ? shape[0] : null, shape[^2], shape[^1] / Nvfp4.BlockSize);
        BlockScaleLayout layout = blocks.Classify(stored.Shape.ToArray())
            ?? throw new CheckpointException(
                $"tensor '{name}' has shape {TensorContract.Text(stored.Shape.ToArray())}; expected {blocks.Expectation}");
        Tensor read = loader.Source.Read(name);
        Tensor linear = layout == BlockScaleLayout.Linear ? read : blocks.ToLinear(read);
        BlockScaleCheck.Require(name, linear);
        if (layout == BlockScaleLayout.Linear)
        {
            return ToDevice(name, linear);
        }

        loader.Source.Release(name);
        return linear.to(loader.Options.Device);
    }

    /// <summary>One scale of each matrix.</summary>
    private Tensor ReadFactors(string name, ReadOnlySpan<long> shape) =>
        tensor(loader.ReadScales(name, shape.Length == 3 ? shape[0] : null), device: loader.Options.Device);

    private Tensor ReadInverseFactors(string name, ReadOnlySpan<long> shape)
    {
        float[] inverse = loader.ReadScales(name, shape.Length == 3 ? shape[0] : null);
        return tensor([.. inverse.Select(scale => CompressedTensors.InvertGlobalScale(scale, $"tensor '{name}'"))], device: loader.Options.Device);
    }

    private Tensor ToDevice(string name, Tensor stored)
    {
        if (loader.IsInPlace(stored))
        {
            return stored;
        }

        using (stored)
        {
            Tensor moved = stored.to(loader.Options.Device);
            loader.Source.Release(name);
            return moved;
        }
    }

    /// <summary>Scales of activations are part of the module, whether or not this method quantises activations.</summary>
    private void MarkUsed(string name)
    {
        if (loader.Source.Describe(name) is not null)
        {
            loader.Source.Read(name).Dispose();
        }
    }
}
