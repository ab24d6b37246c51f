using NemotronH.Chat;
using NemotronH.Generation;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using NemotronH.Text;
using NemotronH.Text.Templates;

namespace NemotronH.Server.Serving;

/// <summary>The model that the server has.</summary>
internal sealed class ServedModel
{
    /// <summary>Takes an engine.</summary>
    /// <param name="engine">The engine, which stays its owner's.</param>
    /// <param name="options">How the model is called.</param>
    /// <exception cref="NemotronHException">The checkpoint has no tokenizer, or a chat template that cannot be read.</exception>
    internal ServedModel(InferenceEngine engine, ServerOptions options)
    {
        Engine = engine;
        Name = options.ModelName ?? engine.ModelName;
        Tokenizer = engine.Tokenizer ?? throw new NemotronHException($"'{engine.ModelDirectory}' has no tokenizer.json; serving needs one");
        Chat = ChatTemplate.LoadIfAny(engine.ModelDirectory) is { } template ? new ChatEngine(engine, template) : null;
        Tokens = new TokenTexts(Tokenizer);
    }

    /// <summary>The engine.</summary>
    internal InferenceEngine Engine { get; }

    /// <summary>What clients call the model.</summary>
    internal string Name { get; }

    /// <summary>Its tokenizer.</summary>
    internal Tokenizer Tokenizer { get; }

    /// <summary>The texts of its tokens.</summary>
    internal TokenTexts Tokens { get; }

    /// <summary>When it was loaded, in seconds since 1970.</summary>
    internal long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Most answers that run or wait.</summary>
    internal long MostAnswers => (long)Engine.MaxSequences + Engine.Options.QueueLimit;

    private ChatEngine? Chat { get; }

    /// <summary>Requires that this is the model that a request asks for.</summary>
    /// <exception cref="ApiException">It is another.</exception>
    internal void Require(string? model)
    {
        if (model is not null && model != Name)
        {
            throw ApiException.NoSuchModel(model.Length <= 100 ? model : $"{model[..99]}…", Name);
        }
    }

    /// <summary>Requires room for a request's answers: those that are let in alone would be made for nothing. The engine decides in the end.</summary>
    /// <exception cref="ApiException">There never is.</exception>
    /// <exception cref="EngineBusyException">There is none now.</exception>
    internal void RequireRoom(int answers)
    {
        EngineStatistics now = Engine.Statistics;
        if (answers > MostAnswers)
        {
            throw ApiException.TooManyAnswers("n", answers, MostAnswers);
        }

        if (now.Running + now.Waiting + answers > MostAnswers)
        {
            throw new EngineBusyException(
                $"{now.Running} requests run and {now.Waiting} wait; {answers} more are too many for the {MostAnswers} that there may be");
        }
    }

    /// <summary>Requires that the model has the tokens of a list.</summary>
    /// <param name="ids">The tokens; none is negative.</param>
    /// <param name="path">What the request calls the list.</param>
    /// <exception cref="ApiException">It has not.</exception>
    internal void RequireTokens(IReadOnlyList<int> ids, string path)
    {
        foreach ((int i, int id) in ids.Index())
        {
            if (id >= Engine.Config.VocabSize)
            {
                throw ApiException.BadRequest($"{path}[{i}]", $"'{path}[{i}]' is {id}; expected 0 to {Engine.Config.VocabSize - 1}");
            }
        }
    }

    /// <summary>Requires that the model has the tokens that a request prefers or avoids.</summary>
    /// <exception cref="ApiException">It has not.</exception>
    internal void RequireTokens(SamplingParameters sampling)
    {
        foreach (int id in sampling.LogitBias.Keys)
        {
            if (id >= Engine.Config.VocabSize)
            {
                throw ApiException.BadRequest("logit_bias", $"'logit_bias' is for token {id}; expected 0 to {Engine.Config.VocabSize - 1}");
            }
        }
    }

    /// <summary>Chat with the model.</summary>
    /// <exception cref="ApiException">It has no chat template.</exception>
    internal ChatEngine RequireChat() => Chat ?? throw ApiException.BadRequest(
        "model", $"the model '{Name}' has no chat template; /v1/completions continues texts", "no_chat_template");
}
