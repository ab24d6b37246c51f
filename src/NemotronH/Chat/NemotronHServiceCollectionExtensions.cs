using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace NemotronH.Chat;

/// <summary>Puts a model into a host's services.</summary>
public static class NemotronHServiceCollectionExtensions
{
    /// <summary>
    /// Adds a model as the singleton <see cref="IChatClient"/>. The options are validated and the model is loaded when the host starts; when it stops, running
    /// answers are finished first, as long as the host waits. Without a host the first request loads the model.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Says which model, and how it is loaded.</param>
    /// <returns>The client's pipeline, to add <c>UseFunctionInvocation()</c>, <c>UseOpenTelemetry()</c> and the like.</returns>
    public static ChatClientBuilder AddNemotronHChatClient(this IServiceCollection services, Action<NemotronHChatClientOptions> configure)
    {
        AddOptions(services, Options.DefaultName, configure);
        services.AddSingleton(provider => CreateHost(provider, Options.DefaultName));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<HostedEngine>());
        return services.AddChatClient(provider => CreateClient(provider, provider.GetRequiredService<HostedEngine>(), Options.DefaultName));
    }

    /// <summary>Adds one of several models, as a keyed <see cref="IChatClient"/>; otherwise as <see cref="AddNemotronHChatClient"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; the options' name too.</param>
    /// <param name="configure">Says which model, and how it is loaded.</param>
    /// <returns>The client's pipeline.</returns>
    public static ChatClientBuilder AddKeyedNemotronHChatClient(
        this IServiceCollection services, string serviceKey, Action<NemotronHChatClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        AddOptions(services, serviceKey, configure);
        services.AddKeyedSingleton(serviceKey, (provider, _) => CreateHost(provider, serviceKey));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<HostedEngine>(serviceKey));
        return services.AddKeyedChatClient(
            serviceKey, provider => CreateClient(provider, provider.GetRequiredKeyedService<HostedEngine>(serviceKey), serviceKey));
    }

    private static void AddOptions(IServiceCollection services, string name, Action<NemotronHChatClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<NemotronHChatClientOptions>, NemotronHChatClientOptionsValidator>());
        services.AddOptions<NemotronHChatClientOptions>(name).Configure(configure).ValidateOnStart();
    }

    private static HostedEngine CreateHost(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<NemotronHChatClientOptions>>(), name, provider.GetService<ILoggerFactory>());

    private static HostedChatClient CreateClient(IServiceProvider provider, HostedEngine host, string name) => new(
        host, () => NemotronHChatClient.CreateMetadata(provider.GetRequiredService<IOptionsMonitor<NemotronHChatClientOptions>>().Get(name).ModelDirectory));
}
