using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>A random weight in one of the layouts, and the numbers that it stands for, taken from the formats' definitions.</summary>
internal sealed class RandomWeight
{
    private static readonly float[] E2M1 = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    private RandomWeight(DeviceWeight stored, Tensor values) => (Stored, Values) = (stored, values);

    public DeviceWeight Stored { get; }

    /// <summary>[E, N, K] float64 on the GPU.</summary>
    public Tensor Values { get; }

    public static RandomWeight Create(WeightLayout layout, int count, int rows, int columns)
    {
        switch (layout)
        {
            case WeightLayout.BFloat16:
            case WeightLayout.Float32:
                ScalarType dtype = layout == WeightLayout.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
                Tensor plain = randn([count, rows, columns], device: CUDA).to(dtype);
                return new(DeviceWeight.Plain("weight", plain), plain.to(ScalarType.Float64));
            case WeightLayout.Float8:
                Tensor codes = Codes([count, rows, columns], zeros: 0.05);
                Tensor scale = rand([count], device: CUDA) + 0.5f;
                return new(DeviceWeight.Float8("weight", codes, scale), E4M3(codes) * scale.to(ScalarType.Float64).view(-1, 1, 1));
            default:
                return Nvfp4(count, rows, columns);
        }
    }

    private static RandomWeight Nvfp4(int count, int rows, int columns)
    {
        Tensor codes = randint(0, 256, [count, rows, columns / 2], ScalarType.Byte, CUDA);
        Tensor scales = Codes([count, rows, columns / 16], zeros: 0.05) & 0x7f;
        Tensor global = rand([count], device: CUDA) + 0.5f;
        Tensor table = tensor(E2M1, device: CUDA).to(ScalarType.Float64);
        Tensor both = stack([codes & 15, codes.bitwise_right_shift(tensor((byte)4, dtype: ScalarType.Byte))], -1).to(ScalarType.Int64);
        Tensor values = table.index_select(0, both.flatten()).view(count, rows, columns / 16, 16) * E4M3(scales).unsqueeze(-1);
        values = values.view(count, rows, columns) * global.to(ScalarType.Float64).view(-1, 1, 1);
        return new(DeviceWeight.Nvfp4("weight", codes, scales, global), values);
    }

    /// <summary>All codes but NaN; some zeros more.</summary>
    private static Tensor Codes(long[] shape, double zeros)
    {
        Tensor magnitude = randint(0, 127, shape, ScalarType.Byte, CUDA);
        Tensor sign = randint(0, 2, shape, ScalarType.Byte, CUDA) * 128;
        return (magnitude + sign.to(ScalarType.Byte)).to(ScalarType.Byte).masked_fill_(rand(shape, device: CUDA).lt(zeros), 0).contiguous();
    }

    private static Tensor E4M3(Tensor codes)
    {
        var table = new double[256];
        for (int code = 0; code < 256; code++)
        {
            int exponent = code >> 3 & 15, mantissa = code & 7;
            double magnitude = exponent == 0 ? mantissa * Math.Pow(2, -9) : (1 + (mantissa / 8.0)) * Math.Pow(2, exponent - 7);
            table[code] = code >= 128 ? -magnitude : magnitude;
        }

        return tensor(table, device: CUDA).index_select(0, codes.to(ScalarType.Int64).flatten()).view(codes.shape);
    }
}
