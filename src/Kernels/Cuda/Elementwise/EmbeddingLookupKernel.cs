using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Starts the residual stream: each row's embedding, widened to float32.</summary>
/// <remarks>
/// An id outside the table gives a row of zeros and reads nothing, so that padding rows may carry −1. NVFP4 and FP8 rows are dequantised
/// as code · (block scale · factor) and code · factor in float32. A row's bytes and 4H written: latency only.
/// </remarks>
public sealed class EmbeddingLookupKernel
{
    private readonly EmbeddingLookupShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public EmbeddingLookupKernel(KernelLibrary library, EmbeddingLookupShape shape)
        : this(shape, library.Get(shape.Source(), "embedding_lookup"))
    {
    }

    internal EmbeddingLookupKernel(EmbeddingLookupShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the lookup of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B.</param>
    /// <param name="tokens">[≥ B] int32 ids.</param>
    /// <param name="table">The table in the shape's format (see <see cref="EmbeddingFormat"/>).</param>
    /// <param name="blockScales">[V, H/16] bytes (E4M3) of an NVFP4 table; else null.</param>
    /// <param name="scale">[1] float32 factor of an FP8 or NVFP4 table (weight_scale, weight_scale_2); else null.</param>
    /// <param name="residual">[≥ B, H] float32; written.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor tokens,
        Tensor table,
        Tensor? blockScales,
        Tensor? scale,
        Tensor residual,
        bool programmatic = false)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(tokens, nameof(tokens), ScalarType.Int32, rows);
        TensorCheck.Expect(table, nameof(table), _shape.TableDtype, _shape.VocabularySize, _shape.TableWidth);
        TensorCheck.Aligned(table, nameof(table), _shape.Vector * (int)table.ElementSize);
        bool isBlockScaled = _shape.Format == EmbeddingFormat.Nvfp4;
        Companion(blockScales, nameof(blockScales), isBlockScaled, ScalarType.Byte, _shape.VocabularySize, _shape.ScaleWidth);
        Companion(scale, nameof(scale), _shape.IsQuantized, ScalarType.Float32, 1);
        RowCheck.Expect(residual, nameof(residual), ScalarType.Float32, rows, _shape.HiddenSize, _shape.Vector);
        _function!.Launch(
            stream, (_shape.Blocks, rows), _shape.Threads, 0, programmatic, tokens, table, KernelArgument.Of(blockScales), KernelArgument.Of(scale), residual);
    }

    private void Companion(Tensor? tensor, string name, bool expected, ScalarType dtype, params ReadOnlySpan<long> shape)
    {
        if (tensor is null != !expected)
        {
            throw new ArgumentException($"{name} is {(expected ? "missing" : "given")}; the table is {_shape.Format}.", name);
        }

        if (tensor is not null)
        {
            TensorCheck.Expect(tensor, name, dtype, shape);
        }
    }
}
