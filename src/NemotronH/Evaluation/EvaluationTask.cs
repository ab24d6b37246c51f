using System.Text.Json.Serialization.Metadata;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Evaluation;

/// <summary>A benchmark over one model or two: items that are evaluated in batches, a record for each, and a result made of the records.</summary>
/// <remarks>
/// <para>
/// The result depends on the records alone, in item order. Batches are cut the same way whatever was recorded before: a matrix product of
/// another height may round otherwise, so a batch of which some records are missing is evaluated whole, and those that are missing are kept.
/// So an interrupted and resumed run ends in the same result, bit by bit, as an unbroken one, where the device's kernels are deterministic.
/// </para>
/// <para>Belongs to the thread that runs the model.</para>
/// </remarks>
/// <typeparam name="TRecord">What is recorded of an item.</typeparam>
/// <typeparam name="TResult">What comes of all records.</typeparam>
public abstract class EvaluationTask<TRecord, TResult>
    where TRecord : class
    where TResult : EvaluationResult
{
    private readonly JsonTypeInfo<TRecord> _recordType;

    private protected EvaluationTask(RunIdentity identity, int itemCount, JsonTypeInfo<TRecord> recordType)
    {
        Identity = identity;
        ItemCount = itemCount;
        _recordType = recordType;
    }

    /// <summary>Everything that determines the result: task, data, model and options.</summary>
    public RunIdentity Identity { get; }

    /// <summary>Number of items.</summary>
    public int ItemCount { get; }

    /// <summary>Evaluates the items that are not recorded yet.</summary>
    /// <param name="state">Where the records of finished items are kept and found again; <see langword="null"/> keeps none.</param>
    /// <param name="progress">Told how many items are finished, first of all how many were found.</param>
    /// <param name="cancellationToken">Checked between passes through the model; finished items stay recorded.</param>
    /// <returns>The result.</returns>
    /// <exception cref="NemotronHException">The state belongs to another run or is damaged, or the model's logits are not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public TResult Run(StateLocation? state = null, IProgress<RunProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using StateFile? file = state is null ? null : StateFile.Open(state, Identity);
        var records = new RunState<TRecord>(ItemCount, _recordType, file, progress);
        Evaluate(records, cancellationToken);
        return Summarize(records.Records);
    }

    private protected abstract void Evaluate(RunState<TRecord> state, CancellationToken cancellationToken);

    private protected abstract TResult Summarize(IReadOnlyList<TRecord> records);

    /// <summary>Evaluates items that end together, a batch at a time.</summary>
    private protected static void EvaluateInBatches(
        RunState<TRecord> state, int batch, Func<Range, IReadOnlyList<TRecord>> evaluate, CancellationToken cancellationToken)
    {
        for (int start = 0; start < state.ItemCount; start += batch)
        {
            int end = Math.Min(start + batch, state.ItemCount);
            if (state.AllDone(start, end))
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<TRecord> records = evaluate(start..end);
            state.AddMissing(records.Select((record, index) => (start + index, record)));
        }
    }
}
