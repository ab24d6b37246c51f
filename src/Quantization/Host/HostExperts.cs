using NemotronH.Kernels.Interop;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace NemotronH.Quantization;

/// <summary>Runs the chosen experts of a few tokens on the CPU, where torch's operations would take longer to start than to run.</summary>
internal static unsafe class HostExperts
{
    /// <summary>See <see cref="ActiveExperts.OneByOne"/>, whose arguments and result these are, in float32.</summary>
    /// <param name="input">[T, K].</param>
    /// <param name="expertIds">[T, top-k] int64.</param>
    /// <param name="expertWeights">[T, top-k].</param>
    /// <param name="up">Each expert's up projection, K to I.</param>
    /// <param name="down">Each expert's down projection, I to K.</param>
    /// <returns>[T, K].</returns>
    public static Tensor Run(Tensor input, Tensor expertIds, Tensor expertWeights, IReadOnlyList<PanelWeight> up, IReadOnlyList<PanelWeight> down)
    {
        using var scope = NewDisposeScope();
        int topK = (int)expertIds.size(1), most = (int)expertIds.NumberOfElements;
        int width = up[0].Inputs, inner = up[0].Outputs;
        Tensor rows = input.contiguous(), ids = expertIds.contiguous(), weights = expertWeights.contiguous();
        Tensor sum = zeros_like(rows), scratch = empty([most * ((2L * width) + inner)], ScalarType.Float32, CPU);
        float* gathered = Pointer(scratch), between = gathered + (most * width), output = between + (most * inner);
        Span<int> choices = stackalloc int[most];
        for (int expert = 0; expert < up.Count; expert++)
        {
            int count = Find((long*)AtenInterop.DataPointer(ids), expert, choices);
            for (int i = 0; i < count; i++)
            {
                Row(Pointer(rows), choices[i] / topK).CopyTo(Row(gathered, i));
            }

            up[expert].Multiply(gathered, count, between);
            SquareRelu(new Span<float>(between, count * inner));
            down[expert].Multiply(between, count, output);
            for (int i = 0; i < count; i++)
            {
                Span<float> target = Row(Pointer(sum), choices[i] / topK);
                TensorPrimitives.MultiplyAdd(Row(output, i), Pointer(weights)[choices[i]], target, target);
            }
        }

        return sum.MoveToOuterDisposeScope();

        Span<float> Row(float* matrix, int index) => new(matrix + ((long)index * width), width);

        static float* Pointer(Tensor tensor) => (float*)AtenInterop.DataPointer(tensor);
    }

    /// <summary>Lists the choices (t · top-k + k) that fell on an expert.</summary>
    private static int Find(long* ids, int expert, Span<int> choices)
    {
        int count = 0;
        for (int i = 0; i < choices.Length; i++)
        {
            if (ids[i] == expert)
            {
                choices[count++] = i;
            }
        }

        return count;
    }

    private static void SquareRelu(Span<float> values)
    {
        TensorPrimitives.Max(values, 0, values);
        TensorPrimitives.Multiply(values, values, values);
    }
}
