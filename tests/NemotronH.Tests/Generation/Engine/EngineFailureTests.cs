using System.Runtime.InteropServices;
using NemotronH.Generation;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>What a step that fails ends: its requests, or, where no further one can succeed, the engine.</summary>
public sealed class EngineFailureTests
{
    public static TheoryData<Exception, bool> Failures => new()
    {
        { new CudaException("CUDA failed while launching."), true },
        { new TorchFailure("CUDA error: an illegal memory access was encountered"), true },
        { new InsufficientMemoryException(), true },
        { new TorchFailure("CUDA out of memory. Tried to allocate 2.00 GiB"), false },
        { new NemotronHException("no token is left to choose"), false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Engine_ends_where_no_further_step_can_succeed(Exception failure, bool ends)
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions(), new FailingExecutor(failure));
        var request = new EngineRequest { PromptIds = [1, 2, 3], Options = new GenerationOptions { MaxTokens = 4, IgnoreEos = true } };

        await Assert.ThrowsAnyAsync<Exception>(() => EngineRuns.IdsAsync(engine, request));

        if (ends)
        {
            await engine.Completion.WaitAsync(TestContext.Current.CancellationToken);
            Assert.Throws<NemotronHException>(() => engine.Submit(request));
        }

        Assert.Equal((ends, ends), (engine.HasFailed, engine.Completion.IsCompleted));
    }

    /// <summary>What TorchSharp throws has this type and libtorch's message.</summary>
    private sealed class TorchFailure(string message) : ExternalException(message);

    private sealed class FailingExecutor(Exception failure) : IDecodeExecutor
    {
        public IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch) => throw failure;

        public void Dispose()
        {
        }
    }
}
