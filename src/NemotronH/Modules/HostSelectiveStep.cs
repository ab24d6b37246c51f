using System.Numerics;
using System.Runtime.CompilerServices;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>One token of the selective scan on the CPU, in one pass over the states, where torch's operations take three.</summary>
internal static unsafe class HostSelectiveStep
{
    /// <summary>States of fewer elements are updated by the calling thread alone.</summary>
    private const long ElementsWorthThreads = 1 << 21;

    /// <summary>See <see cref="SelectiveScan.Step"/>, whose arguments and result these are.</summary>
    /// <param name="state">[D, heads, head_dim, N] float32, contiguous; updated in place.</param>
    /// <param name="x">[D, heads, head_dim].</param>
    /// <param name="dt">[D, heads], after softplus.</param>
    /// <param name="a">[heads], negative.</param>
    /// <param name="b">[D, groups, N].</param>
    /// <param name="c">[D, groups, N].</param>
    /// <returns>y: [D, heads, head_dim].</returns>
    public static Tensor Run(Tensor state, Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c)
    {
        using var scope = NewDisposeScope();
        int heads = (int)x.size(1), headDim = (int)x.size(2), groups = (int)b.size(1), n = (int)b.size(2);
        Tensor input = x.contiguous();
        Tensor y = empty_like(input);
        nint states = AtenInterop.DataPointer(state), inputs = AtenInterop.DataPointer(input), outputs = AtenInterop.DataPointer(y);
        nint steps = AtenInterop.DataPointer(dt.contiguous()), decays = AtenInterop.DataPointer(a);
        nint bs = AtenInterop.DataPointer(b.contiguous()), cs = AtenInterop.DataPointer(c.contiguous());
        int count = (int)x.size(0) * heads;
        if ((long)count * headDim * n < ElementsWorthThreads)
        {
            for (int i = 0; i < count; i++)
            {
                UpdateHead(i);
            }
        }
        else
        {
            Parallel.For(0, count, UpdateHead);
        }

        return y.MoveToOuterDisposeScope();

        void UpdateHead(int i)
        {
            (int sequence, int head) = Math.DivRem(i, heads);
            int group = (sequence * groups) + (head / (heads / groups));
            float step = ((float*)steps)[i];
            float decay = MathF.Exp(step * ((float*)decays)[head]);
            float* bRow = (float*)bs + ((long)group * n), cRow = (float*)cs + ((long)group * n);
            for (int row = i * headDim; row < (i + 1) * headDim; row++)
            {
                ((float*)outputs)[row] = UpdateRow((float*)states + ((long)row * n), n, decay, step * ((float*)inputs)[row], bRow, cRow);
            }
        }
    }

    /// <summary>s ← decay · s + input · b.</summary>
    /// <returns>s · c.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float UpdateRow(float* s, int n, float decay, float input, float* b, float* c)
    {
        Vector<float> sums = Vector<float>.Zero, decays = new(decay);
        int i = 0;
        for (; i <= n - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> updated = Vector.MultiplyAddEstimate(Vector.Load(s + i), decays, Vector.Load(b + i) * input);
            updated.Store(s + i);
            sums = Vector.MultiplyAddEstimate(updated, Vector.Load(c + i), sums);
        }

        float sum = Vector.Sum(sums);
        for (; i < n; i++)
        {
            s[i] = (s[i] * decay) + (b[i] * input);
            sum += s[i] * c[i];
        }

        return sum;
    }
}
