using NemotronH.Checkpoints.Hub;
using NemotronH.Cli.Models;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class ModelLocatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Default_model_is_found_above_the_program()
    {
        _directory.Write("repo/models/tiny/config.json", "{}");
        _directory.Write("repo/models/tiny-nvfp4/config.json", "{}");
        string program = Path.GetDirectoryName(_directory.Write("repo/src/bin/Release/program", ""))!;

        Assert.Equal(_directory["repo/models/tiny-nvfp4"], new ModelLocator(program).Find(null));
    }

    [Fact]
    public void Default_model_and_the_one_it_was_made_from_lie_beside_the_program()
    {
        Assert.Equal("tiny-nvfp4", Path.GetFileName(ModelLocator.OfProgram.Find(null)));
        Assert.Equal("tiny", Path.GetFileName(ModelLocator.OfProgram.Find(ModelLocator.UnquantizedModel)));
    }

    [Fact]
    public void Models_beside_the_program_come_before_those_above_it()
    {
        _directory.Write("models/tiny/config.json", "{}");
        _directory.Write("bin/models/tiny/config.json", "{}");

        Assert.Equal(_directory["bin/models/tiny"], new ModelLocator(_directory["bin"]).Find("tiny"));
    }

    [Fact]
    public void Shapes_without_weights_have_names_too()
    {
        _directory.Write("models/configs/known/config.json", "{}");

        Assert.Equal(_directory["models/configs/known"], new ModelLocator(_directory.Path).Find("known"));
    }

    [Fact]
    public void Directory_comes_before_a_name()
    {
        Assert.Equal(_directory.Path, new ModelLocator(_directory.Path).Find(_directory.Path));
    }

    [Fact]
    public void Unknown_name_is_answered_with_the_known_ones()
    {
        _directory.Write("models/b/config.json", "{}");
        _directory.Write("models/configs/a/config.json", "{}");
        _directory.Write("models/no-model/readme", "");

        var exception = Assert.Throws<NemotronHException>(() => new ModelLocator(_directory.Path).Find("tiny"));

        Assert.StartsWith("tiny: no such directory, nor a model of that name beside the program; those are a, b", exception.Message);
    }

    [Fact]
    public void Model_that_was_fetched_goes_by_its_name_on_the_Hub()
    {
        string commit = new('c', 40);
        string snapshot = $"cache/models--org--name/snapshots/{commit}";
        _directory.Write($"{snapshot}/config.json", "{}");
        _directory.Write("cache/models--org--name/refs/main", commit);
        var locator = new ModelLocator(_directory["bin"], new HubCache(_directory["cache"]));

        Assert.Equal(_directory[snapshot], locator.Find("org/name"));
        Assert.Equal(_directory[snapshot], locator.Find($"org/name@{commit}"));
        Assert.Contains("'nemotronh pull org/name@v2' fetches it", Assert.Throws<NemotronHException>(() => locator.Find("org/name@v2")).Message);
    }

    [Fact]
    public void Snapshot_without_config_is_no_model()
    {
        string commit = new('c', 40);
        Directory.CreateDirectory(_directory[$"cache/models--org--name/snapshots/{commit}"]);
        _directory.Write("cache/models--org--name/refs/main", commit);

        var exception = Assert.Throws<NemotronHException>(
            () => new ModelLocator(_directory["bin"], new HubCache(_directory["cache"])).Find("org/name"));

        Assert.Equal(
            $"org/name: no such directory, nor a model of that name in {_directory["cache"]}; 'nemotronh pull org/name' fetches it from the Hub",
            exception.Message);
    }

    [Fact]
    public void Missing_default_model_is_said_so()
    {
        var exception = Assert.Throws<NemotronHException>(() => new ModelLocator(_directory.Path).Find(null));

        Assert.StartsWith("the default model is not there: expected models/tiny-nvfp4 beside the program", exception.Message);
    }

    [Fact]
    public void File_is_refused()
    {
        string file = _directory.Write("file", "");

        var exception = Assert.Throws<NemotronHException>(() => new ModelLocator(_directory.Path).Find(file));

        Assert.Equal($"{file}: is a file; expected a model's directory", exception.Message);
    }
}
