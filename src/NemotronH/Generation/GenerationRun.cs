using System.Diagnostics;
using System.Runtime.InteropServices;
using NemotronH.Caching;
using NemotronH.Generation.Recorded;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>One sequence being generated, token by token.</summary>
public sealed class GenerationRun : IDisposable
{
    private readonly LanguageModel _model;
    private readonly int[] _promptIds;
    private readonly CachedSequence _sequence;
    private readonly Sampler _sampler;
    private readonly StopConditions _stop;
    private readonly TextStream? _text;
    private readonly List<int> _outputIds = [];
    private readonly Stopwatch _clock = new();
    private readonly DeviceRow? _device;
    private float[] _logits = [];
    private TimeSpan _prefill;
    private bool _disposed;

    internal GenerationRun(LanguageModel model, IReadOnlyList<int> promptIds, GenerationOptions options)
    {
        model.CheckPrompt(promptIds);
        _model = model;
        _promptIds = [.. promptIds];
        _sampler = new Sampler(SamplingDefaults.Apply(options, model.Defaults), _promptIds);
        _stop = new StopConditions(options, model, _promptIds.Length);
        _text = model.Tokenizer is null ? null : new TextStream(model.Tokenizer, options);
        _sequence = model.Runner.Cache.Add();
        _device = model.Runner.Ahead is not null && !_sampler.Adjusts ? new DeviceRow(this) : null;
    }

    /// <summary>The text that the last step completed; may be empty.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Ids of the prompt.</summary>
    public IReadOnlyList<int> PromptIds => _promptIds;

    /// <summary>Ids generated so far, an end-of-text token included.</summary>
    public IReadOnlyList<int> OutputIds => _outputIds;

    /// <summary>Why the generation ended; <see langword="null"/> while it goes on.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>How long the steps took.</summary>
    public GenerationTimings Timings =>
        new(_outputIds.Count > 0 ? _promptIds.Length : 0, _prefill, Math.Max(0, _outputIds.Count - 1), _clock.Elapsed - _prefill);

    /// <summary>Generates one token.</summary>
    /// <param name="cancellationToken">Checked before the step, and between pieces of a long prompt.</param>
    /// <returns>Whether a step was made; <see langword="false"/> once the generation has ended.</returns>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public bool MoveNext(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (FinishReason is not null)
        {
            return false;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_stop.AtStart is FinishReason reason)
        {
            FinishReason = reason;
            return false;
        }

        int token = Choose(cancellationToken);
        if (_outputIds.Count == 0)
        {
            _prefill = _clock.Elapsed;
        }

        Accept(token);
        return true;
    }

    /// <summary>Gives the sequence's slot back.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _model.Runner.Cache.Remove(_sequence);
        }
    }

    private int Choose(CancellationToken cancellationToken)
    {
        _clock.Start();
        try
        {
            if (_outputIds.Count > 0)
            {
                return _device?.Next(_model.Runner.Ahead!) ?? ChooseOnHost(_model.Runner.Decode([(_sequence, _outputIds[^1])]));
            }

            // A prompt that was cancelled between two pieces goes on where it was.
            return ChooseOnHost(_model.Runner.Prefill(_sequence, _promptIds.AsMemory(_sequence.Length), cancellationToken));
        }
        finally
        {
            _clock.Stop();
        }
    }

    private int ChooseOnHost(Tensor logits)
    {
        using (logits)
        using (Tensor onHost = logits.cpu())
        {
            Array.Resize(ref _logits, (int)onHost.NumberOfElements);
            onHost.bytes.CopyTo(MemoryMarshal.AsBytes(_logits.AsSpan()));
        }

        return _sampler.Next(_logits);
    }

    private void Accept(int token)
    {
        _outputIds.Add(token);
        FinishReason = _stop.After(token, _outputIds.Count);
        Text = _text?.Append(token, isLast: FinishReason is not null) ?? "";
        if (_text is { Stopped: true })
        {
            FinishReason = Generation.FinishReason.Stop;
        }
    }

    /// <summary>The run as a row of a device's steps, which choose its tokens.</summary>
    private sealed class DeviceRow(GenerationRun run) : IDecodedSequence
    {
        private int? _arrived;
        private bool _hasFailed;

        public CachedSequence Cached => run._sequence;

        public Sampler Sampler => run._sampler;

        public int LastToken => run._outputIds[^1];

        public IReadOnlyList<int> EndTokens => run._stop.EndTokens;

        public int LengthLimit => run._stop.LengthLimit;

        public bool IsRunning => !run._disposed && !_hasFailed && run.FinishReason is null;

        /// <summary>Waits for the next token. Steps of other runs that were under way end first; their tokens wait for their run.</summary>
        public int Next(RunAheadDecoder ahead)
        {
            while (_arrived is null && !_hasFailed)
            {
                foreach ((IDecodedSequence row, int token) in ahead.Step([this]))
                {
                    ((DeviceRow)row)._arrived = token;
                }
            }

            // The device's row has ended then: no token of it means anything any more.
            _hasFailed |= _arrived < 0;
            int next = _hasFailed ? throw Sampler.NotFinite() : _arrived!.Value;
            _arrived = null;
            return next;
        }
    }
}
