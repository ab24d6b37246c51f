using NemotronH.Chat;
using NemotronH.Generation;
using NemotronH.Tests.Modules;

namespace NemotronH.Tests.Chat;

/// <summary>A client of the tiny model, shared by the tests of a class.</summary>
public sealed class TinyChat : IAsyncLifetime
{
    public static EngineOptions EngineOptions => new() { Model = ReferenceRecord.Float32, MaxSequences = 4 };

    public NemotronHChatClient Client { get; private set; } = null!;

    public InferenceEngine Engine => (InferenceEngine)Client.GetService(typeof(InferenceEngine))!;

    public async ValueTask InitializeAsync() => Client = await NemotronHChatClient.LoadAsync(Fixtures.TinyModel, EngineOptions);

    public ValueTask DisposeAsync() => Client.DisposeAsync();
}
