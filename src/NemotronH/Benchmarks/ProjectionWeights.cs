using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Modules;
using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>Tells by their addresses which projection's weights a kernel reads.</summary>
internal sealed class ProjectionWeights
{
    private readonly List<(string Name, DeviceWeight Weight)> _weights = [];

    /// <summary>Collects a model's projections.</summary>
    /// <param name="model">The model, on a GPU.</param>
    public ProjectionWeights(NemotronHModel model)
    {
        foreach (Block block in model.Blocks)
        {
            Add(block.Mixer);
        }

        _weights.Add(("lm_head", model.Head?.DeviceWeight ?? model.Embeddings.DeviceWeight));
    }

    /// <summary>The projections that a launch reads, named after their modules and format.</summary>
    /// <param name="launch">The launch.</param>
    /// <returns>Name and weights, or <see langword="null"/> where it reads none as they are stored.</returns>
    public (string Name, DeviceWeight[] Weights)? Of(LoggedLaunch launch)
    {
        (string Name, DeviceWeight Weight)[] read = [.. _weights.Where(weight => launch.Uses(weight.Weight.Codes))];
        return read.Length == 0
            ? null
            : ($"{string.Join(" + ", read.Select(weight => weight.Name))} {read[0].Weight.Layout.ToString().ToLowerInvariant()}",
                [.. read.Select(weight => weight.Weight)]);
    }

    private void Add(Mixer mixer)
    {
        switch (mixer)
        {
            case Mamba2Mixer mamba:
                Add(mamba.Input, mamba.Output);
                break;
            case Attention attention:
                Add([.. attention.Inputs, attention.Output]);
                break;
            case Mlp mlp:
                Add(mlp.Up, mlp.Down);
                break;
            case MixtureOfExperts moe:
                Add(moe.SharedExperts?.Up, moe.SharedExperts?.Down, moe.ToLatent, moe.FromLatent);
                _weights.Add(("experts.up_proj", moe.Experts.DeviceUp));
                _weights.Add(("experts.down_proj", moe.Experts.DeviceDown));
                break;
        }
    }

    private void Add(params ReadOnlySpan<LinearMethod?> linears)
    {
        foreach (LinearMethod? linear in linears)
        {
            if (linear is not null)
            {
                string module = linear.Shape.Module;
                _weights.Add((module[(module.IndexOf(".mixer.", StringComparison.Ordinal) + ".mixer.".Length)..], linear.DeviceWeight));
            }
        }
    }
}
