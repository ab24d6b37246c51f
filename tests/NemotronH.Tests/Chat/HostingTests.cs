using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NemotronH.Chat;
using NemotronH.Generation;

namespace NemotronH.Tests.Chat;

public sealed class HostingTests
{
    [Fact]
    public async Task A_host_loads_the_model_at_its_start_and_finishes_answers_at_its_end()
    {
        using IHost host = Build(options => options.ModelDirectory = Fixtures.TinyModel);
        IChatClient client = host.Services.GetRequiredService<IChatClient>();
        Assert.Equal("tiny", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Null(client.GetService<InferenceEngine>());

        await host.StartAsync();
        InferenceEngine engine = client.GetService<InferenceEngine>()!;
        Task<ChatResponse> answer = client.GetResponseAsync("ROMEO:", new ChatOptions { MaxOutputTokens = 60, Seed = 1 });
        await WaitUntilRunning(engine);
        await host.StopAsync();

        // The engine has ended all answers; the reader only takes what lies ready.
        ChatResponse response = await answer.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.True(response.FinishReason == ChatFinishReason.Stop || response.Usage!.OutputTokenCount == 60);
        await Assert.ThrowsAsync<EngineBusyException>(() => client.GetResponseAsync("ROMEO:"));
    }

    [Fact]
    public async Task Without_a_host_the_first_request_loads_the_model()
    {
        ServiceCollection services = new();
        services.AddNemotronHChatClient(options => options.ModelDirectory = Fixtures.TinyModel).UseFunctionInvocation();
        services.AddKeyedNemotronHChatClient("other", options => (options.ModelDirectory, options.MaxSequences) = (Fixtures.TinyModel, 1));
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("ROMEO:", new ChatOptions { MaxOutputTokens = 3 });
        Assert.Equal(3, response.Usage!.OutputTokenCount);
        Assert.Null(provider.GetRequiredKeyedService<IChatClient>("other").GetService<InferenceEngine>());
    }

    [Fact]
    public async Task Wrong_options_end_the_host_at_its_start()
    {
        using IHost host = Build(options =>
        {
            options.ModelDirectory = "nowhere";
            options.Device = "tpu";
            options.MaxSequences = 0;
        });
        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(
            [
                "NemotronHChatClientOptions.ModelDirectory: 'nowhere' has no config.json; expected the directory of a checkpoint",
                "NemotronHChatClientOptions.Device is 'tpu'; expected cpu, cuda or cuda:N",
                "NemotronHChatClientOptions.MaxSequences is 0; expected 1 or more",
            ],
            exception.Failures);
    }

    [Fact]
    public async Task A_missing_model_or_template_is_named()
    {
        using IHost empty = Build(_ => { });
        Assert.Contains("ModelDirectory: is empty", (await Assert.ThrowsAsync<OptionsValidationException>(() => empty.StartAsync())).Message, StringComparison.Ordinal);
        using IHost bare = Build(options => options.ModelDirectory = Fixtures.Directory("hf", "dense"));
        Assert.Contains("chat_template", (await Assert.ThrowsAsync<OptionsValidationException>(() => bare.StartAsync())).Message, StringComparison.Ordinal);
    }

    private static IHost Build(Action<NemotronHChatClientOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddNemotronHChatClient(options =>
        {
            options.Device = "cpu";
            configure(options);
        });
        return builder.Build();
    }

    private static async Task WaitUntilRunning(InferenceEngine engine)
    {
        while (engine.Statistics.Running == 0 && engine.Statistics.GeneratedTokens == 0)
        {
            await Task.Delay(1);
        }
    }
}
