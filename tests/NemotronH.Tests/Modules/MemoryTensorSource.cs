using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>A checkpoint in memory.</summary>
internal sealed class MemoryTensorSource : ITensorSource, IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    public Tensor this[string name]
    {
        get => _tensors[name];
        set => _tensors[name] = value.DetachFromDisposeScope();
    }

    public StoredTensorInfo? Describe(string name) =>
        _tensors.TryGetValue(name, out Tensor? tensor) ? new StoredTensorInfo(name, tensor.dtype.ToStoredDtype(), tensor.shape) : null;

    public Tensor Read(string name) => _tensors[name].alias();

    public void Release(string name)
    {
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
