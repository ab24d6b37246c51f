// A conversation in the terminal; an empty line ends it.
// dotnet run --project samples/ConsoleChat [MODEL_DIRECTORY]
using Microsoft.Extensions.AI;
using NemotronH;
using NemotronH.Chat;

try
{
    string model = args.FirstOrDefault() ?? Path.Join(AppContext.BaseDirectory, "tiny");
    await using NemotronHChatClient client = await NemotronHChatClient.LoadAsync(model);
    var history = new List<ChatMessage>();
    Console.Write("> ");
    while (Console.ReadLine() is { Length: > 0 } line)
    {
        history.Add(new ChatMessage(ChatRole.User, line));
        var answer = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(history, new() { MaxOutputTokens = 400 }))
        {
            Console.Write(update.Text);
            answer.Add(update);
        }
        history.AddMessages(answer);
        Console.Write("\n> ");
    }
}
catch (NemotronHException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    Environment.ExitCode = 1;
}
