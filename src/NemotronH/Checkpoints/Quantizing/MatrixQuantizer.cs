using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>
/// Quantises matrices on all processors, a few rows at a time: memory stays the same however large a matrix is. Each is read twice, for its
/// largest magnitude and for its codes.
/// </summary>
/// <param name="writer">Where the codes and scales go.</param>
/// <param name="options">How NVFP4 weights are rounded.</param>
internal sealed class MatrixQuantizer(ReportingWriter writer, Nvfp4Options options)
{
    /// <summary>Elements that one processor widens at once, unless a row has more.</summary>
    private const int PieceElements = 1 << 18;

    private const int PiecesAtOnce = 32;

    private readonly ParallelOptions _parallel = new() { CancellationToken = writer.CancellationToken };

    /// <summary>Quantises a matrix.</summary>
    /// <param name="planned">The weight, [N, K].</param>
    /// <param name="source">Its numbers.</param>
    /// <param name="precision">What it becomes.</param>
    /// <exception cref="QuantizationException">A number is NaN or infinite.</exception>
    internal void Write(PlannedTensor planned, SourceTensor source, ModulePrecision precision)
    {
        var matrix = new Matrix(source, planned.Shape[0], checked((int)planned.Shape[1]));
        string module = QuantizedTensors.ModuleOf(planned);
        float amax = AbsoluteMaximumOf(matrix);
        if (precision.IsNvfp4())
        {
            WriteNvfp4(matrix, module, Nvfp4.WeightScale2(amax, options));
        }
        else
        {
            WriteFp8(matrix, module, Fp8.Scale(amax));
        }
    }

    private float AbsoluteMaximumOf(Matrix matrix)
    {
        float[] maxima = new float[matrix.Pieces];
        ForEach(matrix, 0, matrix.Pieces, (piece, values) => maxima[piece] = AbsoluteMaximum.Of(values, matrix.NameOf(piece)));
        return maxima.Max();
    }

    private void WriteNvfp4(Matrix matrix, string module, float weightScale2)
    {
        byte[] codes = new byte[matrix.BatchElements / 2];
        byte[] scales = new byte[matrix.BatchElements / Nvfp4.BlockSize];
        for (int start = 0; start < matrix.Pieces; start += PiecesAtOnce)
        {
            int end = Math.Min(start + PiecesAtOnce, matrix.Pieces);
            int first = start;
            ForEach(matrix, start, end, (piece, values) =>
            {
                int at = (piece - first) * matrix.PieceElements;
                Span<byte> pieceCodes = codes.AsSpan(at / 2, values.Length / 2);
                Span<byte> pieceScales = scales.AsSpan(at / Nvfp4.BlockSize, values.Length / Nvfp4.BlockSize);
                Nvfp4.QuantizeBlocks(values, weightScale2, options, pieceCodes, pieceScales);
            });
            int elements = (int)(matrix.StartOf(end) - matrix.StartOf(start));
            writer.Append(module + QuantizedTensors.Weight, codes.AsSpan(0, elements / 2));
            writer.Append(module + QuantizedTensors.WeightScale, scales.AsSpan(0, elements / Nvfp4.BlockSize));
        }

        WriteScalar(module + QuantizedTensors.WeightScale2, weightScale2);
    }

    private void WriteFp8(Matrix matrix, string module, float scale)
    {
        byte[] codes = new byte[matrix.BatchElements];
        for (int start = 0; start < matrix.Pieces; start += PiecesAtOnce)
        {
            int end = Math.Min(start + PiecesAtOnce, matrix.Pieces);
            int first = start;
            ForEach(matrix, start, end, (piece, values) =>
                Fp8.Quantize(values, scale, codes.AsSpan((piece - first) * matrix.PieceElements, values.Length)));
            writer.Append(module + QuantizedTensors.Weight, codes.AsSpan(0, (int)(matrix.StartOf(end) - matrix.StartOf(start))));
        }

        WriteScalar(module + QuantizedTensors.WeightScale, scale);
    }

    private void WriteScalar(string name, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        writer.Append(name, bytes);
    }

    /// <summary>Hands pieces of a matrix out, widened, to all processors.</summary>
    private void ForEach(Matrix matrix, int start, int end, PieceAction action)
    {
        try
        {
            Parallel.For(start, end, _parallel, piece =>
            {
                int length = (int)(matrix.StartOf(piece + 1) - matrix.StartOf(piece));
                float[] values = ArrayPool<float>.Shared.Rent(length);
                matrix.Source.Widen(matrix.StartOf(piece), values.AsSpan(0, length));
                action(piece, values.AsSpan(0, length));
                ArrayPool<float>.Shared.Return(values);
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    private delegate void PieceAction(int piece, Span<float> values);

    /// <summary>A matrix in pieces of whole rows.</summary>
    private sealed record Matrix(SourceTensor Source, long Rows, int Columns)
    {
        private int RowsOfPiece { get; } = Math.Max(1, MatrixQuantizer.PieceElements / Columns);

        public int PieceElements => RowsOfPiece * Columns;

        public int Pieces => checked((int)((Rows + RowsOfPiece - 1) / RowsOfPiece));

        /// <summary>Most elements that are quantised before they are written.</summary>
        public int BatchElements => checked((int)Math.Min(Rows * Columns, (long)PieceElements * PiecesAtOnce));

        public long StartOf(int piece) => Math.Min(Rows, (long)piece * RowsOfPiece) * Columns;

        public string NameOf(int piece)
        {
            string name = Message.Quote(Source.Stored.OnDiskName);
            return piece == 0 ? $"tensor {name}" : $"tensor {name} from row {StartOf(piece) / Columns} on";
        }
    }
}
