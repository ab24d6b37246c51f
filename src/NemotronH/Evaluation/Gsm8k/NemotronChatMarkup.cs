namespace NemotronH.Evaluation.Gsm8k;

/// <summary>
/// The markup of Nemotron 3 for one user turn without tools: what the chat templates of those checkpoints give, an empty system block included.
/// It does not read the checkpoint's own template, so models of other generations are not asked in their own markup.
/// </summary>
public sealed class NemotronChatMarkup : IChatMarkup
{
    /// <inheritdoc/>
    public string Name => "nemotron-3";

    /// <inheritdoc/>
    public string RenderUserTurn(string content, bool thinking) =>
        $"<|im_start|>system\n<|im_end|>\n<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n{(thinking ? "<think>\n" : "<think></think>")}";
}
