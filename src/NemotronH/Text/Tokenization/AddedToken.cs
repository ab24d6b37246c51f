namespace NemotronH.Text.Tokenization;

/// <summary>A token that is found in the text as written, before anything else happens to it.</summary>
/// <param name="Content">The text it matches.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether decoding may leave it out.</param>
/// <param name="SingleWord">Whether it matches only where no word character touches it.</param>
/// <param name="LeftStrip">Whether it swallows the white space before it.</param>
/// <param name="RightStrip">Whether it swallows the white space after it.</param>
/// <param name="Normalized">Whether it is looked for in the second pass, among what the others left.</param>
internal sealed record AddedToken(string Content, int Id, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
