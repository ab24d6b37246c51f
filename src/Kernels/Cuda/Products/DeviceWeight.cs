using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>A weight [N, K] in a GPU's memory, or a bank [E, N, K] of them, as kernels read it.</summary>
/// <remarks>The tensors stay their owner's; who launches a kernel or records a graph keeps the owner alive.</remarks>
public sealed class DeviceWeight
{
    /// <summary>Kernels read this much at once.</summary>
    private const int AlignmentBytes = 16;

    private DeviceWeight(WeightLayout layout, int count, int rows, int columns, Tensor codes, Tensor? scales, Tensor? globalScale)
    {
        Layout = layout;
        Count = count;
        Rows = rows;
        Columns = columns;
        Codes = codes;
        Scales = scales;
        GlobalScale = globalScale;
    }

    /// <summary>How the weight lies in memory.</summary>
    public WeightLayout Layout { get; }

    /// <summary>Matrices E; 1 for a single one.</summary>
    public int Count { get; }

    /// <summary>Rows N of a matrix: outputs.</summary>
    public int Rows { get; }

    /// <summary>Columns K of a matrix: inputs.</summary>
    public int Columns { get; }

    /// <summary>The numbers or codes.</summary>
    public Tensor Codes { get; }

    /// <summary>Block scales of NVFP4, else <see langword="null"/>.</summary>
    public Tensor? Scales { get; }

    /// <summary>[E] float32 scales of the matrices, <see langword="null"/> for plain numbers.</summary>
    public Tensor? GlobalScale { get; }

    /// <summary>Bytes of all matrices, scales included: what must be read to multiply by all of them.</summary>
    public long Bytes =>
        Codes.NumberOfElements * Codes.element_size() + (Scales?.NumberOfElements ?? 0) + (GlobalScale?.NumberOfElements ?? 0) * sizeof(float);

    /// <summary>The tensors, to keep alive.</summary>
    public IEnumerable<Tensor> Tensors => new[] { Codes, Scales, GlobalScale }.OfType<Tensor>();

    /// <summary>A weight of plain numbers.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="weight">[N, K] or [E, N, K], bfloat16 or float32, contiguous, on a GPU.</param>
    /// <exception cref="ArgumentException">The tensor is not so.</exception>
    public static DeviceWeight Plain(string name, Tensor weight)
    {
        (int count, int rows, int columns) = Shape(name, weight, 1);
        TensorCheck.OnGpu(weight, name);
        TensorCheck.Aligned(weight, name, AlignmentBytes);
        WeightLayout layout = weight.dtype switch
        {
            ScalarType.BFloat16 => WeightLayout.BFloat16,
            ScalarType.Float32 => WeightLayout.Float32,
            _ => throw new ArgumentException($"{name} is {weight.dtype}; expected BFloat16 or Float32.", nameof(weight)),
        };
        return new DeviceWeight(layout, count, rows, columns, weight, null, null);
    }

    /// <summary>A weight of E4M3 codes.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="codes">[N, K] or [E, N, K] bytes, contiguous.</param>
    /// <param name="scale">[1] or [E] float32.</param>
    /// <exception cref="ArgumentException">A tensor is not so.</exception>
    public static DeviceWeight Float8(string name, Tensor codes, Tensor scale)
    {
        (int count, int rows, int columns) = Shape(name, codes, 1);
        TensorCheck.Expect(codes, name, ScalarType.Byte, codes.shape);
        TensorCheck.Aligned(codes, name, AlignmentBytes);
        TensorCheck.Expect(scale, $"{name}'s scale", ScalarType.Float32, count);
        return new DeviceWeight(WeightLayout.Float8, count, rows, columns, codes, null, scale);
    }

    /// <summary>An NVFP4 weight as checkpoints store it.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="codes">[N, K/2] or [E, N, K/2] bytes, contiguous.</param>
    /// <param name="scales">[N, K/16] or [E, N, K/16] bytes.</param>
    /// <param name="globalScale">[1] or [E] float32, <c>weight_scale_2</c>.</param>
    /// <exception cref="ArgumentException">A tensor is not so.</exception>
    public static DeviceWeight Nvfp4(string name, Tensor codes, Tensor scales, Tensor globalScale)
    {
        (int count, int rows, int columns) = Shape(name, codes, 2);
        TensorCheck.Expect(codes, name, ScalarType.Byte, codes.shape);
        TensorCheck.Aligned(codes, name, AlignmentBytes);
        TensorCheck.Expect(scales, $"{name}'s block scales", ScalarType.Byte, [.. codes.shape[..^1], columns / 16]);
        TensorCheck.Expect(globalScale, $"{name}'s weight_scale_2", ScalarType.Float32, count);
        return new DeviceWeight(WeightLayout.Nvfp4, count, rows, columns, codes, scales, globalScale);
    }

    /// <summary>An NVFP4 weight whose tensors <see cref="Nvfp4Repacker"/> has brought into the order of tiles; they keep their shapes.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="codes">[N, K/2] or [E, N, K/2] bytes, contiguous; N a multiple of 16, K of 64.</param>
    /// <param name="scales">[N, K/16] or [E, N, K/16] bytes.</param>
    /// <param name="globalScale">[1] or [E] float32, <c>weight_scale_2</c>.</param>
    /// <exception cref="ArgumentException">A tensor is not so.</exception>
    public static DeviceWeight Nvfp4Tiles(string name, Tensor codes, Tensor scales, Tensor globalScale)
    {
        DeviceWeight weight = Nvfp4(name, codes, scales, globalScale);
        return Nvfp4TileOrder.Fits(weight.Rows, weight.Columns)
            ? new DeviceWeight(WeightLayout.Nvfp4Tiles, weight.Count, weight.Rows, weight.Columns, codes, scales, globalScale)
            : throw new ArgumentException($"{name} is [{weight.Rows}, {weight.Columns}]; expected multiples of 16 and 64.", nameof(codes));
    }

    private static (int Count, int Rows, int Columns) Shape(string name, Tensor codes, int perElement)
    {
        if (codes.Dimensions is not (2 or 3) || !codes.is_contiguous())
        {
            throw new ArgumentException(
                $"{name} is [{string.Join(", ", codes.shape)}]; expected two or three dimensions, contiguous.", nameof(codes));
        }

        long[] shape = codes.shape;
        return ((int)(shape.Length == 3 ? shape[0] : 1), (int)shape[^2], (int)(shape[^1] * perElement));
    }
}
