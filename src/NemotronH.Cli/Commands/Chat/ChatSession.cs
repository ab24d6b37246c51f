using System.Text;
using NemotronH.Chat;
using NemotronH.Text.Parsing;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>A conversation with a model: what was said, and how to answer.</summary>
/// <param name="chat">Answers.</param>
/// <param name="settings">How.</param>
/// <param name="conversation">What was said already.</param>
/// <param name="streams">Where answers are shown, and where Ctrl-C comes from.</param>
internal sealed class ChatSession(ChatEngine chat, ChatSettings settings, Conversation conversation, StandardStreams streams)
{
    /// <summary>How the model answers.</summary>
    public ChatSettings Settings => settings;

    /// <summary>What was said.</summary>
    public Conversation Conversation { get; set; } = conversation;

    /// <summary>Longest conversation in tokens.</summary>
    public int MaxContext => chat.Engine.MaxContext;

    /// <summary>Tokens of what was said.</summary>
    /// <exception cref="NemotronHException">The template refuses it.</exception>
    public int CountTokens()
    {
        if (Conversation.Count == 0)
        {
            return 0;
        }

        string text = chat.Template.Render(Conversation.ToJson(), kwargs: Settings.TemplateArguments);
        return chat.Engine.Tokenizer!.Encode(text, addSpecialTokens: false).Length;
    }

    /// <summary>Says something and shows the answer. Ctrl-C ends the answer; what there is of it is kept.</summary>
    /// <param name="message">What to say.</param>
    /// <param name="cancellationToken">Ends the program, and the answer with it.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="NemotronHException">The message cannot be answered; the conversation is as before.</exception>
    /// <exception cref="OperationCanceledException">The program ends.</exception>
    public async Task<AnswerReport> SayAsync(string message, CancellationToken cancellationToken)
    {
        Conversation.AddUser(message);
        var answer = new Answer();
        try
        {
            AnswerReport report = await AnswerAsync(answer, cancellationToken);
            if (report.IsInterrupted && answer.Content.Length == 0)
            {
                return report with { IsTakenBack = true };
            }

            Conversation.AddAssistant(answer.Content.ToString(), answer.Reasoning.ToString());
            answer.IsKept = true;
            return report;
        }
        finally
        {
            if (!answer.IsKept)
            {
                Conversation.RemoveLast();
            }
        }
    }

    private async Task<AnswerReport> AnswerAsync(Answer answer, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using IDisposable? diversion = streams.Interruption?.Divert(() => _ = stop.CancelAsync());
        var request = new ChatRequest
        {
            Messages = Conversation.ToJson(),
            TemplateArguments = Settings.TemplateArguments,
            Options = Settings.Options,
        };
        await using ChatGeneration generation = chat.Submit(request, stop.Token);
        bool isInterrupted = await ShowAsync(generation, answer, stop.Token, cancellationToken);
        return new AnswerReport(generation.Usage, generation.Timings, generation.Finish, isInterrupted);
    }

    /// <summary>Shows an answer as it comes.</summary>
    /// <returns>Whether it was interrupted.</returns>
    private async Task<bool> ShowAsync(ChatGeneration generation, Answer answer, CancellationToken stop, CancellationToken end)
    {
        var writer = new AnswerWriter(streams);
        try
        {
            await foreach (ChatDelta delta in generation.ReadAllAsync(stop))
            {
                // What the model has said ahead of the screen is not wanted any more.
                stop.ThrowIfCancellationRequested();
                foreach (OutputEvent part in delta.Events)
                {
                    answer.Add(part);
                    writer.Write(part);
                }
            }

            return false;
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            return true;
        }
        finally
        {
            writer.EndLine();
        }
    }

    private sealed class Answer
    {
        public StringBuilder Content { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public bool IsKept { get; set; }

        public void Add(OutputEvent part)
        {
            Content.Append((part as ContentDelta)?.Text);
            Reasoning.Append((part as ReasoningDelta)?.Text);
        }
    }
}
