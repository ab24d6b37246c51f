namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Writes a user's question in the markup that a model was tuned with.</summary>
public interface IChatMarkup
{
    /// <summary>Names the markup; results made with different ones are not mixed.</summary>
    string Name { get; }

    /// <summary>Writes a prompt that ends where the assistant's answer begins.</summary>
    /// <param name="content">The user's text.</param>
    /// <param name="thinking">Whether the assistant is to think first.</param>
    /// <returns>The whole prompt; special tokens in it are recognised, none are added.</returns>
    string RenderUserTurn(string content, bool thinking);
}
