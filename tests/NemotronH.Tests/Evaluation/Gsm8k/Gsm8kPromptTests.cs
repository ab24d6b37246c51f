using NemotronH.Evaluation;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Text;
using NemotronH.Tests.Text.Templates;
using NemotronH.Text;
using NemotronH.Text.Templates;
using TemporaryDirectory = NemotronH.Tests.Checkpoints.TemporaryDirectory;

namespace NemotronH.Tests.Evaluation.Gsm8k;

public sealed class Gsm8kPromptTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Tokenizer _tokenizer = EvaluationModel.Tokenizer().Load();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Few_shot_prompts_are_those_of_the_harness()
    {
        string examples = _directory.Write("examples.jsonl", """
            {"question": "One and one?", "answer": "1 + 1 = <<1+1=2>>2\n#### 2"}
            {"question": "Two  and two?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"}

            """);
        string problems = _directory.Write("problems.jsonl", """{"question": "Janet\u2019s ducks?", "answer": "#### 18"}""");
        Gsm8kPrompts prompts = Gsm8kPrompts.Load(problems, _tokenizer, new Gsm8kOptions { FewShot = 2, FewShotPath = examples });
        Assert.Equal(
            [
                "Question: One and one?\nAnswer: 1 + 1 = <<1+1=2>>2\n#### 2\n\n" +
                "Question: Two  and two?\nAnswer: 2 + 2 = <<2+2=4>>4\n#### 4\n\n" +
                "Question: Janet\u2019s ducks?\nAnswer:",
            ],
            prompts.Texts);
        Assert.Equal(prompts.Texts[0], _tokenizer.Decode(prompts.Ids[0], skipSpecialTokens: false));
    }

    [Fact]
    public void Examples_from_the_problems_are_not_asked()
    {
        Gsm8kPrompts prompts = Gsm8kPrompts.Load(Problems(12), _tokenizer, new Gsm8kOptions { FewShot = 5, Seed = 3 });
        Assert.Equal(5, prompts.Examples.Count);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"Problem {i}?").Order(), prompts.Items.Concat(prompts.Examples).Select(item => item.Question).Order());
        Assert.All(prompts.Texts, text => Assert.Equal(6, text.Split("Question: ").Length - 1));
    }

    [Fact]
    public void The_limit_draws_problems_by_the_seed()
    {
        Gsm8kPrompts first = Gsm8kPrompts.Load(Problems(40), _tokenizer, new Gsm8kOptions { FewShot = 0, Limit = 6, Seed = 1 });
        Gsm8kPrompts again = Gsm8kPrompts.Load(Problems(40), _tokenizer, new Gsm8kOptions { FewShot = 0, Limit = 6, Seed = 1 });
        Gsm8kPrompts other = Gsm8kPrompts.Load(Problems(40), _tokenizer, new Gsm8kOptions { FewShot = 0, Limit = 6, Seed = 2 });
        Assert.Equal(6, first.Items.Count);
        Assert.Equal(first.Items, again.Items);
        Assert.NotEqual(first.Items, other.Items);
    }

    [Theory]
    [InlineData(null, false, "<think></think>")]
    [InlineData(null, true, "<think>\n")]
    [InlineData("nemotron3nano.jinja", false, "<think></think>")]
    [InlineData("nemotron35.jinja", true, "<think>\n")]
    public void Chat_is_a_single_turn_by_the_models_template(string? name, bool thinking, string opening)
    {
        string? path = name is null ? Path.Join(Fixtures.TinyModel, "chat_template.jinja") : TestData.Find("chat_templates", name);
        Assert.SkipUnless(path is not null, $"chat_templates/{name} is not here; NEMOTRONH_TEST_DATA can say where");
        Gsm8kPrompts prompts = Chat(new Gsm8kOptions { Thinking = thinking }, File.ReadAllText(path!), count: 1);
        Assert.Equal(
            "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nProblem 0?\n\n" +
            "Solve the problem step by step. End with a line that holds \"#### \" and the answer as a number alone, without a unit." +
            "<|im_end|>\n<|im_start|>assistant\n" + opening,
            Assert.Single(prompts.Texts));
        Assert.Equal(_tokenizer.TokenToId("<|im_start|>"), prompts.Ids[0][0]);
        Assert.Equal(3, prompts.Ids[0].Count(id => id == _tokenizer.TokenToId("<|im_start|>")));
    }

    [Theory]
    [InlineData(false, "[system:][user:Problem 0?", "<think></think>")]
    [InlineData(true, "[system:][user:Problem 0?", "<think>")]
    public void A_template_that_is_told_by_a_word_in_the_system_message_is_told_so(bool thinking, string beginning, string end)
    {
        const string Template = "{% set text = messages[0].content %}"
            + "{% for m in messages %}[{{ m.role }}:{{ m.content.replace('/no_think', '').replace('/think', '') }}]{% endfor %}"
            + "{{ '<think></think>' if '/no_think' in text else '<think>' }}";
        string prompt = Chat(new Gsm8kOptions { Thinking = thinking }, Template, count: 1).Texts[0];
        Assert.StartsWith(beginning, prompt);
        Assert.EndsWith($"]{end}", prompt);
    }

    [Theory]
    [InlineData("{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}")]
    [InlineData("{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}")]
    public void A_template_that_knows_no_switch_gets_no_word(string template) =>
        Assert.StartsWith("[user:Problem 0?", Chat(new Gsm8kOptions(), template, count: 1).Texts[0]);

    [Fact]
    public void Chat_with_examples_puts_the_few_shot_form_into_the_turn()
    {
        const string Template = "{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}";
        Gsm8kPrompts prompts = Chat(new Gsm8kOptions { FewShot = 1, Seed = 1 }, Template, count: 2);
        (Gsm8kItem example, Gsm8kItem asked) = (prompts.Examples[0], prompts.Items[0]);
        Assert.Equal(
            $"[user:Question: {example.Question}\nAnswer: {example.Answer}\n\nQuestion: {asked.Question}\nAnswer:]", Assert.Single(prompts.Texts));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_template_chat_takes_the_markup_of_Nemotron_3_and_says_so(bool thinking)
    {
        Gsm8kOptions options = new() { Chat = true, Thinking = thinking };
        string template = File.ReadAllText(Path.Join(Fixtures.TinyModel, "chat_template.jinja"));
        Gsm8kPrompts own = Chat(options, template, count: 2), fallback = Gsm8kPrompts.Load(Problems(2), _tokenizer, options);
        Assert.Equal(own.Texts, fallback.Texts);
        Assert.False(own.HasNoTemplate);
        Assert.True(fallback.HasNoTemplate);
        Assert.Null(own.Describe(new RunIdentityBuilder("gsm8k")).Build()["chat_template"]);
        Assert.Equal("none; the markup of Nemotron 3 instead", fallback.Describe(new RunIdentityBuilder("gsm8k")).Build()["chat_template"]);
    }

    [Theory]
    [InlineData("{\"question\": \"q\", \"answer\": \"#### 1\"}\nnot json", "line 2: is not JSON; expected an object with 'question' and 'answer'")]
    [InlineData("{\"question\": \"q\"}", "line 1: has no 'answer'; expected an object with 'question' and 'answer'")]
    [InlineData("[]", "line 1: has no 'question'; expected an object with 'question' and 'answer'")]
    [InlineData("\n\n{\"question\": 5, \"answer\": \"#### 1\"}", "line 3: 'question' is not a text")]
    [InlineData("{\"question\": \"\\ud800\", \"answer\": \"#### 1\"}", "line 1: 'question' is not a text")]
    [InlineData("{\"question\": \"q\", \"answer\": \"1\"}", "line 1: 'answer' has no '#### ' and a number; expected the form that OpenAI published")]
    [InlineData("\n \n", "holds no problems; expected JSON lines with 'question' and 'answer'")]
    public void Bad_lines_are_named(string content, string expected)
    {
        string path = _directory.Write("bad.jsonl", content);
        var exception = Assert.Throws<EvaluationException>(() => Gsm8kPrompts.Load(path, _tokenizer, new Gsm8kOptions { FewShot = 0 }));
        Assert.Equal($"{path}: {expected}", exception.Message);
    }

    [Fact]
    public void Too_few_problems_and_options_out_of_range_are_named()
    {
        string path = Problems(5);
        Assert.Equal($"{path}: holds 5 problems; 5 examples are to be taken from it", Error(path, new Gsm8kOptions()));
        Assert.Equal("thinking is on without chat; only the chat form can think", Error(path, new Gsm8kOptions { Thinking = true }));
        Assert.Equal("max tokens is 0; expected at least 1", Error(path, new Gsm8kOptions { MaxTokens = 0 }));
        Assert.Equal("few-shot examples are -1; expected 0 or more", Error(path, new Gsm8kOptions { FewShot = -1 }));
        Assert.Equal("temperature is -1; expected 0 or more", Error(path, new Gsm8kOptions { Temperature = -1 }));
    }

    [Fact]
    public void The_published_test_set_is_read()
    {
        string? path = TestData.Find("data", "gsm8k_test.jsonl");
        Assert.SkipUnless(path is not null, "data/gsm8k_test.jsonl is not here; NEMOTRONH_TEST_DATA can say where");
        Gsm8kPrompts prompts = Gsm8kPrompts.Load(path!, _tokenizer, new Gsm8kOptions { FewShot = 0 });
        Assert.Equal(1319, prompts.Items.Count);
        Assert.StartsWith("Question: Janet\u2019s ducks lay 16 eggs per day.", prompts.Texts[0]);
        Assert.EndsWith("at the farmers' market?\nAnswer:", prompts.Texts[0]);
        Assert.Equal(["18", "3", "70000", "540", "20"], prompts.Items.Take(5).Select(item => Gsm8kAnswer.ExtractStrict(item.Answer)));
        Assert.All(prompts.Items, item => Assert.True(Gsm8kAnswer.IsCorrect(Gsm8kAnswer.ExtractStrict(item.Answer), item.Answer)));
    }

    private Gsm8kPrompts Chat(Gsm8kOptions options, string template, int count) =>
        Gsm8kPrompts.Load(Problems(count), _tokenizer, options with { Chat = true }, ChatTemplate.Parse(template));

    private string Error(string path, Gsm8kOptions options) =>
        Assert.ThrowsAny<NemotronHException>(() => Gsm8kPrompts.Load(path, _tokenizer, options)).Message;

    private string Problems(int count) => _directory.Write(
        $"problems{count}.jsonl", string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"question\": \"Problem {i}?\", \"answer\": \"#### {i}\"}}\n")));
}
