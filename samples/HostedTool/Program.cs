// A host whose services hold the model, and a tool that the model calls.
// dotnet run --project samples/HostedTool [--model MODEL_DIRECTORY]
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NemotronH;
using NemotronH.Chat;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // What fails at the start is said below, on one line.
builder.Services
    .AddNemotronHChatClient(options => options.ModelDirectory = builder.Configuration["model"] ?? Path.Join(AppContext.BaseDirectory, "tiny"))
    .UseFunctionInvocation()
    .UseOpenTelemetry();

using IHost host = builder.Build();
try
{
    await host.StartAsync();
}
catch (Exception exception) when (exception is OptionsValidationException or NemotronHException)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    return 1;
}

IChatClient client = host.Services.GetRequiredService<IChatClient>();

AIFunction weather = AIFunctionFactory.Create(Weather, "get_weather", "Tells the weather in a city.");
var options = new ChatOptions
{
    Tools = [weather],

    // A large model finds out by itself when to call a tool (ChatToolMode.Auto); the tiny one has to be told.
    ToolMode = ChatToolMode.RequireSpecific(weather.Name),
    MaxOutputTokens = 200,
};
ChatResponse response = await client.GetResponseAsync("What is the weather in Verona?", options);
foreach (AIContent content in response.Messages.SelectMany(message => message.Contents))
{
    Console.WriteLine(content switch
    {
        FunctionCallContent call => $"[call] {call.Name}({string.Join(", ", call.Arguments!.Select(argument => $"{argument.Key}: {argument.Value}"))})",
        FunctionResultContent result => $"[result] {result.Result}",
        _ => content.ToString(),
    });
}

await host.StopAsync();
return 0;

static string Weather([Description("The city")] City city, [Description("How many days ahead"), Range(0, 7)] int days = 0) =>
    $"In {city} it will {(days % 2 == 0 ? "rain" : "be fair")}.";

internal enum City
{
    Verona,
    Venice,
    Padua,
}
