using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>Reads a column of a parquet file row by row, whether it holds one value a row, perhaps none, or a list.</summary>
internal static class ParquetColumn
{
    /// <summary>Reads a column of a row group.</summary>
    /// <typeparam name="T">Type of a value; of texts, <c>ReadOnlyMemory&lt;char&gt;</c>.</typeparam>
    /// <returns>The values of each row; what is null is left out.</returns>
    /// <exception cref="InvalidDataException">The values are of another type.</exception>
    public static async Task<IReadOnlyList<IReadOnlyList<T>>> ReadAsync<T>(ParquetRowGroupReader group, DataField field)
        where T : struct
    {
        using RawColumnData column = await group.ReadRawColumnDataBaseAsync(field);
        return column is RawColumnData<T> values
            ? Rows(values, field, checked((int)group.RowCount))
            : throw new InvalidDataException($"column '{field.Path.FirstPart}' holds {field.ClrType.Name}, expected {typeof(T).Name}");
    }

    /// <summary>Values lie close together; levels say which row a place belongs to (repetition 0 begins one) and whether it has a value.</summary>
    private static List<List<T>> Rows<T>(RawColumnData<T> column, DataField field, int count)
        where T : struct
    {
        ReadOnlySpan<T> values = column.Values;
        ReadOnlySpan<int> definition = field.MaxDefinitionLevel > 0 ? column.DefinitionLevels : [];
        ReadOnlySpan<int> repetition = field.MaxRepetitionLevel > 0 ? column.RepetitionLevels : [];
        int places = repetition.IsEmpty ? count : repetition.Length;
        var rows = new List<List<T>>(count);
        int next = 0;
        for (int place = 0; place < places; place++)
        {
            if (repetition.IsEmpty || repetition[place] == 0)
            {
                rows.Add([]);
            }

            if (definition.IsEmpty || definition[place] == field.MaxDefinitionLevel)
            {
                rows[^1].Add(values[next++]);
            }
        }

        return rows.Count == count ? rows : throw new InvalidDataException($"column '{field.Path.FirstPart}' has {rows.Count} rows, expected {count}");
    }
}
