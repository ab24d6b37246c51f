using NemotronH.Checkpoints.Hub;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubSettingsTests : IDisposable
{
    private static readonly string Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Cache_is_where_the_variables_of_Hugging_Face_say()
    {
        Assert.Equal($"{Home}/.cache/huggingface/hub", Cache());
        Assert.Equal("/x/huggingface/hub", Cache(("XDG_CACHE_HOME", "/x")));
        Assert.Equal("/h/hub", Cache(("XDG_CACHE_HOME", "/x"), ("HF_HOME", "/h")));
        Assert.Equal($"{Home}/h/hub", Cache(("HF_HOME", "~/h")));
        Assert.Equal("/old", Cache(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old")));
        Assert.Equal("/c", Cache(("HF_HOME", "/h"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/c")));
        Assert.Equal("/h/hub", Cache(("HF_HOME", "/h"), ("HF_HUB_CACHE", "")));

        static string Cache(params (string, string)[] variables) => HubCache.FromEnvironment(Variables(variables)).Directory.Replace('\\', '/');
    }

    [Fact]
    public void Token_is_the_variable_or_the_file()
    {
        Assert.Equal((null, null), Token(("HF_HOME", _directory.Path)));
        _directory.Write("token", "hf_file\n");
        Assert.Equal(("hf_file", _directory["token"]), Token(("HF_HOME", _directory.Path)));
        Assert.Equal(("hf_file", _directory["token"]), Token(("HF_HOME", "/nowhere"), ("HF_TOKEN_PATH", _directory["token"])));
        Assert.Equal(("hf_variable", "HF_TOKEN"), Token(("HF_HOME", _directory.Path), ("HF_TOKEN", " hf_variable\n")));

        static (string?, string?) Token(params (string, string)[] variables)
        {
            var settings = HubSettings.FromEnvironment(Variables(variables));
            return (settings.Token, settings.TokenSource);
        }
    }

    [Fact]
    public void Token_is_not_shown()
    {
        var settings = HubSettings.FromEnvironment(Variables([("HF_HOME", _directory.Path), ("HF_TOKEN", "hf_secret")]));
        Assert.DoesNotContain("secret", settings.ToString());

        var exception = Assert.Throws<HubException>(() => HubSettings.FromEnvironment(Variables([("HF_TOKEN", "hf_secret\r\nX-Evil: 1")])));
        Assert.Equal("HF_TOKEN: holds something that is no access token; expected letters, digits and underscores on one line", exception.Message);
    }

    [Theory]
    [InlineData(null, "https://huggingface.co/")]
    [InlineData("https://mirror.example/hf/", "https://mirror.example/hf")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://localhost", "http://localhost/")]
    public void Endpoint_is_https_or_on_this_machine(string? value, string expected)
    {
        Assert.Equal(expected, HubSettings.FromEnvironment(Variables([("HF_HOME", _directory.Path), ("HF_ENDPOINT", value!)])).Endpoint.AbsoluteUri);
    }

    [Theory]
    [InlineData("http://mirror.example")]
    [InlineData("mirror.example")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("https://user:password@mirror.example")]
    [InlineData("https://mirror.example/?x=1")]
    [InlineData("http://127.0.0.1.evil.example")]
    public void Other_endpoints_are_refused(string value)
    {
        var exception = Assert.Throws<HubException>(() => HubSettings.FromEnvironment(Variables([("HF_ENDPOINT", value)])));

        Assert.Equal($"HF_ENDPOINT: '{value}' is not an https address (http is taken on this machine only)", exception.Message);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Offline_is_what_Hugging_Face_calls_so(string value, bool expected)
    {
        Assert.Equal(expected, HubSettings.FromEnvironment(Variables([("HF_HOME", _directory.Path), ("HF_HUB_OFFLINE", value)])).IsOffline);
    }

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("")]
    [InlineData("CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC")]
    public void Ref_that_holds_no_commit_leads_nowhere(string content)
    {
        Directory.CreateDirectory(_directory["models--org--model/refs"]);
        Directory.CreateDirectory(_directory["models--org--model/snapshots"]);
        _directory.Write("models--org--model/refs/main", content);

        Assert.Null(new HubCache(_directory.Path).Find(HubModelName.Parse("org/model")));
    }

    private static Func<string, string?> Variables((string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;
}
