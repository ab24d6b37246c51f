using System.Numerics;
using System.Runtime.CompilerServices;

namespace NemotronH.Modules;

/// <summary>The keys or values of one head of a sequence, where they lie in the CPU's memory.</summary>
/// <param name="pages">The sequence's pages.</param>
/// <param name="pageSize">Tokens per page.</param>
/// <param name="stride">Elements from a token to the next.</param>
/// <param name="offset">Elements from a token's begin to the head.</param>
/// <param name="width">Elements of the head.</param>
internal readonly unsafe struct PagedRows(IReadOnlyList<int> pages, int pageSize, int stride, int offset, int width)
{
    /// <summary>Multiplies each row with a vector.</summary>
    /// <param name="cache">The cache's memory.</param>
    /// <param name="vector">The vector.</param>
    /// <param name="products">One for each of the first rows; overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Dot(float* cache, float* vector, Span<float> products)
    {
        for (int page = 0; page * pageSize < products.Length; page++)
        {
            float* row = Page(cache, page);
            int end = Math.Min(products.Length, (page + 1) * pageSize);
            for (int i = page * pageSize; i < end; i++, row += stride)
            {
                products[i] = Dot(row, vector, width);
            }
        }
    }

    /// <summary>Adds the weighted rows to a vector.</summary>
    /// <param name="cache">The cache's memory.</param>
    /// <param name="weights">One for each of the first rows.</param>
    /// <param name="sum">The vector.</param>
    public void AddWeighted(float* cache, ReadOnlySpan<float> weights, float* sum)
    {
        int first = 0;
        for (; first <= width - (4 * Vector<float>.Count); first += 4 * Vector<float>.Count)
        {
            AddWeightedColumns(cache + first, weights, sum + first);
        }

        for (int page = 0; page * pageSize < weights.Length && first < width; page++)
        {
            float* row = Page(cache, page);
            int end = Math.Min(weights.Length, (page + 1) * pageSize);
            for (int i = page * pageSize; i < end; i++, row += stride)
            {
                AddScaled(row + first, weights[i], sum + first, width - first);
            }
        }
    }

    /// <summary>Adds the first columns of the weighted rows, as many as four vectors hold, which stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddWeightedColumns(float* cache, ReadOnlySpan<float> weights, float* sum)
    {
        int lanes = Vector<float>.Count, step = stride;
        Vector<float> a = Vector.Load(sum), b = Vector.Load(sum + lanes), c = Vector.Load(sum + (2 * lanes)), d = Vector.Load(sum + (3 * lanes));
        for (int page = 0; page * pageSize < weights.Length; page++)
        {
            float* row = Page(cache, page);
            int end = Math.Min(weights.Length, (page + 1) * pageSize);
            for (int i = page * pageSize; i < end; i++, row += step)
            {
                var weight = new Vector<float>(weights[i]);
                a = Vector.MultiplyAddEstimate(Vector.Load(row), weight, a);
                b = Vector.MultiplyAddEstimate(Vector.Load(row + lanes), weight, b);
                c = Vector.MultiplyAddEstimate(Vector.Load(row + (2 * lanes)), weight, c);
                d = Vector.MultiplyAddEstimate(Vector.Load(row + (3 * lanes)), weight, d);
            }
        }

        a.Store(sum);
        b.Store(sum + lanes);
        c.Store(sum + (2 * lanes));
        d.Store(sum + (3 * lanes));
    }

    private float* Page(float* cache, int page) => cache + ((long)pages[page] * pageSize * stride) + offset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(float* a, float* b, int count)
    {
        Vector<float> even = Vector<float>.Zero, odd = Vector<float>.Zero;
        int i = 0;
        for (; i <= count - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            even = Vector.MultiplyAddEstimate(Vector.Load(a + i), Vector.Load(b + i), even);
            odd = Vector.MultiplyAddEstimate(Vector.Load(a + i + Vector<float>.Count), Vector.Load(b + i + Vector<float>.Count), odd);
        }

        float sum = Vector.Sum(even + odd);
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(float* row, float weight, float* sum, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.MultiplyAddEstimate(Vector.Load(row + i), Vector.Create(weight), Vector.Load(sum + i)).Store(sum + i);
        }

        for (; i < count; i++)
        {
            sum[i] += weight * row[i];
        }
    }
}
