using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Checkpoints.Hub;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed partial class RepositoryPathTests
{
    private static readonly string[] Pieces =
    [
        "..", ".", "/", "//", "\\", ":", "C:", "~", "a", "model", ".json", ".safetensors", "con", "NUL", "Com1", "lpt9", "aux.", "prn ", "conin$", " ",
        "\0", "\n", "\u202E", "\uD83D", "é", "*", "?", "|", "%2e%2e", "%2F", "-", "--", "..\\..", "\\\\server\\share", "$MFT", "@", "#",
    ];

    [Theory]
    [InlineData("model-00001-of-00004.safetensors")]
    [InlineData("a/b/c.json")]
    [InlineData(".hidden.json")]
    [InlineData("..a.json")]
    [InlineData("console.txt")]
    [InlineData("com10.txt")]
    [InlineData("a b+c@d=e~f.txt")]
    [InlineData("%2e%2e.json")]
    public void Ordinary_names_are_safe(string name) => Assert.Null(RepositoryPath.Fault(name));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData(" a")]
    [InlineData("a\u0000b")]
    [InlineData("caf\u00e9.json")]
    [InlineData("AUX")]
    [InlineData("aux.tar.gz")]
    [InlineData("com1 .txt")]
    [InlineData("LPT0")]
    [InlineData("CONOUT$")]
    [InlineData("a/b/c/d/e/f/g/h/i")]
    public void Names_that_mean_something_else_somewhere_are_not(string name) => Assert.NotNull(RepositoryPath.Fault(name));

    [Fact]
    public void Long_names_are_refused()
    {
        Assert.Null(RepositoryPath.Fault(new string('x', 200)));
        Assert.Equal("has a part of 201 characters, expected at most 200", RepositoryPath.Fault(new string('x', 201)));
    }

    [Fact]
    public void Safe_name_is_a_file_below_its_directory_whatever_it_is_made_of()
    {
        int safe = 0;
        string root = Path.Join(Path.GetTempPath(), "root");
        Prop.ForAll(Names().ToArbitrary(), name =>
        {
            if (RepositoryPath.Fault(name) is null)
            {
                safe++;
                string path = Path.GetFullPath(Path.Join(root, name));
                Assert.Equal(name, Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'));
                Assert.DoesNotMatch(WindowsTrap(), name);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20000));
        Assert.InRange(safe, 100, 19000);
    }

    [Fact]
    public void Name_that_reaches_above_is_never_safe()
    {
        Gen<string> reaching = from before in Names() from after in Names() select $"{before}/../{after}";
        Prop.ForAll(reaching.ToArbitrary(), name => Assert.NotNull(RepositoryPath.Fault(name))).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Name_of_a_model_stays_one_directory_and_one_address()
    {
        int names = 0;
        string[] ordinary = ["org", "Model-1", "v2.0", "_x", "-", "main", "@"];
        Gen<string> part = Gen.Elements([.. ordinary, .. ordinary, .. Pieces]).ArrayOf(2).Select(string.Concat);
        Gen<string> texts = from first in part from second in part select $"{first}/{second}";
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            if (HubModelName.TryParse(text, out HubModelName? name))
            {
                names++;
                Assert.Matches("^models--[A-Za-z0-9_][A-Za-z0-9_.-]*--[A-Za-z0-9_.-]*[A-Za-z0-9_]$", name.DirectoryName);
                Assert.Equal(2, Regex.Count(name.DirectoryName, "--"));
                Uri listing = HubAddress.Listing(new Uri("https://hub.example/base"), name);
                Assert.Equal(new[] { "/", "base/", "api/", "models/" }, listing.Segments[..4]);
                Assert.Equal(8, listing.Segments.Length);
                Assert.Equal("hub.example", listing.Host);
                Assert.Equal("?blobs=true", listing.Query);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20000));
        Assert.InRange(names, 100, 19000);
    }

    private static Gen<string> Names() => Gen.Elements(Pieces).NonEmptyListOf().Select(pieces => string.Concat(pieces.Take(6)));

    /// <summary>What Windows does not take as it stands: another statement of the rules of "Naming Files, Paths, and Namespaces".</summary>
    [GeneratedRegex("""[\x00-\x1F\\:*?"<>|]|[. ](/|$)|(^|/)((?i:CON|PRN|AUX|NUL|COM\d|LPT\d))(\.[^/]*)?(/|$)""")]
    private static partial Regex WindowsTrap();
}
