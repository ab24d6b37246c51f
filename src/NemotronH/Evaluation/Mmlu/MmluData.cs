using NemotronH.Evaluation.Runs;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>Questions of MMLU and the files that they came from.</summary>
/// <param name="Questions">The questions, in the order of files and rows.</param>
/// <param name="Files">The files.</param>
internal sealed record MmluData(IReadOnlyList<MmluQuestion> Questions, IReadOnlyList<DataFile> Files)
{
    private const string Expected = "expected a folder with test/SUBJECT_test.csv or test-*.parquet, or a parquet file";

    /// <summary>Reads the questions that are asked.</summary>
    /// <param name="path">The folder that holds <c>test/</c> or <c>test-*.parquet</c>, or a parquet file.</param>
    /// <exception cref="NemotronHException">There are none, or a file is not what it should be.</exception>
    public static MmluData LoadTest(string path) => Load(path, "test", Expected);

    /// <summary>Reads the questions that serve as examples.</summary>
    /// <param name="path">Where the questions that are asked are, or a folder or file of its own.</param>
    /// <exception cref="NemotronHException">There are none, or a file is not what it should be.</exception>
    public static MmluData LoadDev(string path) => Load(
        IsTestFile(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path,
        "dev",
        "expected dev/SUBJECT_dev.csv or dev-*.parquet for the few-shot examples");

    private static bool IsTestFile(string path) => File.Exists(path) && Path.GetFileName(path).StartsWith("test", StringComparison.Ordinal);

    private static MmluData Load(string path, string split, string expected)
    {
        if (File.Exists(path))
        {
            return Path.GetExtension(path) == ".parquet"
                ? LoadParquet([path])
                : throw new EvaluationException($"{path}: is not a parquet file; {expected}");
        }

        if (!Directory.Exists(path))
        {
            throw new EvaluationException($"{path}: no such file or folder; {expected}");
        }

        string[] parquet = Find(path, $"{split}-*.parquet");
        string folder = Path.Join(path, split);
        string[] csv = Directory.Exists(folder) ? Find(folder, $"*_{split}.csv") : [];
        return csv.Length > 0 ? LoadCsv(csv, $"_{split}.csv")
            : parquet.Length > 0 ? LoadParquet(parquet)
            : throw new EvaluationException($"{path}: holds no {split} questions; {expected}");
    }

    private static string[] Find(string folder, string pattern) => [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)];

    private static MmluData LoadCsv(string[] paths, string suffix)
    {
        DataFile[] files = [.. paths.Select(DataFile.Read)];
        return new MmluData([.. files.SelectMany(file => MmluCsvReader.Read(file, file.Name[..^suffix.Length]))], files);
    }

    private static MmluData LoadParquet(string[] paths)
    {
        DataFile[] files = [.. paths.Select(DataFile.Read)];
        return new MmluData([.. files.SelectMany(MmluParquetReader.Read)], files);
    }
}
