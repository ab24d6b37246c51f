using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>A checkpoint in memory that knows which of its tensors were read.</summary>
internal sealed class StoredTensors : ITensorSource, IDisposable
{
    private readonly Dictionary<string, (StoredDtype Dtype, Tensor Tensor)> _tensors = [];

    public HashSet<string> Read { get; } = [];

    public HashSet<string> Released { get; } = [];

    public Tensor this[string name] => _tensors[name].Tensor;

    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>Adds or replaces a tensor; E4M3 codes come as bytes.</summary>
    public StoredTensors Add(string name, Tensor tensor, StoredDtype? dtype = null)
    {
        Remove(name);
        _tensors[name] = (dtype ?? tensor.dtype.ToStoredDtype(), tensor.DetachFromDisposeScope());
        return this;
    }

    public void Remove(string name)
    {
        if (_tensors.Remove(name, out (StoredDtype, Tensor Tensor) old))
        {
            old.Tensor.Dispose();
        }
    }

    public StoredTensorInfo? Describe(string name) =>
        _tensors.TryGetValue(name, out (StoredDtype Dtype, Tensor Tensor) stored) ? new StoredTensorInfo(name, stored.Dtype, stored.Tensor.shape) : null;

    Tensor ITensorSource.Read(string name)
    {
        Read.Add(name);
        return _tensors[name].Tensor.alias();
    }

    public void Release(string name) => Released.Add(name);

    public void Dispose()
    {
        foreach ((_, Tensor tensor) in _tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
