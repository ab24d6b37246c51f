using System.Net;
using System.Net.Http.Headers;
using System.Text;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Tests;

public sealed class GuardTests
{
    [Theory]
    [InlineData(null, "there is no API key; expected 'Authorization: Bearer KEY'")]
    [InlineData("Basic a2V5", "there is no API key; expected 'Authorization: Bearer KEY'")]
    [InlineData("Bearer", "there is no API key; expected 'Authorization: Bearer KEY'")]
    [InlineData("Bearer key-3", "the API key is not known here")]
    [InlineData("Bearer key-", "the API key is not known here")]
    [InlineData("Bearer key-12", "the API key is not known here")]
    [InlineData("Bearer KEY-1", "the API key is not known here")]
    public async Task Without_a_known_key_nothing_but_open_endpoints_answers(string? authorization, string expected)
    {
        await using GuardedServer server = await GuardedServer.StartAsync(new ServerOptions { ApiKeys = ["key-1", "key-2"] });
        if (authorization is not null)
        {
            server.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        }

        Assert.Equal("open", await server.Client.GetStringAsync("/open"));
        foreach (string path in new[] { "/closed", "/nowhere" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.Unauthorized);
            Assert.Equal(new ApiError(expected, "invalid_request_error", null, "invalid_api_key"), error);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Theory]
    [InlineData("Bearer key-1")]
    [InlineData("bearer key-2")]
    public async Task Each_of_the_keys_opens(string authorization)
    {
        await using GuardedServer server = await GuardedServer.StartAsync(new ServerOptions { ApiKeys = ["key-1", "key-2"] });
        server.Client.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(authorization);

        Assert.Equal("closed", await server.Client.GetStringAsync("/closed"));
    }

    [Fact]
    public async Task Two_keys_in_one_request_open_nothing()
    {
        await using GuardedServer server = await GuardedServer.StartAsync(new ServerOptions { ApiKeys = ["key-1"] });
        var request = new HttpRequestMessage(HttpMethod.Get, "/closed");
        request.Headers.TryAddWithoutValidation("Authorization", ["Bearer key-1", "Bearer key-1"]);

        await server.FailAsync(request, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("schlüssel")]
    public async Task Key_that_no_header_carries_is_refused_at_the_start(string key)
    {
        var exception = await Assert.ThrowsAsync<NemotronHException>(() => GuardedServer.StartAsync(new ServerOptions { ApiKeys = [key] }));

        Assert.Equal("an API key is empty or has characters other than printable ASCII", exception.Message);
    }

    [Fact]
    public void Keys_are_not_shown() => Assert.DoesNotContain("hidden", new ServerOptions { ApiKeys = ["hidden"] }.ToString());

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("localhost.evil.example", 400)]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:1234", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:80", 200)]
    public async Task Server_answers_to_its_own_names_alone(string host, int status)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/open") { Headers = { Host = host } };
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 400)
        {
            ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.BadRequest);
            Assert.Equal(new ApiError($"the server is not known by the name '{host}'; its option --allowed-host adds names", "invalid_request_error", null, "invalid_host"), error);
        }
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("https://127.0.0.1")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("null")]
    public async Task Pages_of_other_origins_may_not_ask(string origin)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = Json("{}"), Headers = { { "Origin", origin } } };

        ApiError error = await server.FailAsync(request, HttpStatusCode.Forbidden);

        Assert.Equal("origin_not_allowed", error.Code);
    }

    /// <summary>A gateway may change the scheme, and the name that the server is asked by.</summary>
    [Theory]
    [InlineData("https://llm.example", "llm.example", null, 200)]
    [InlineData("https://llm.example:8443", "llm.example:8443", null, 200)]
    [InlineData("https://llm.example", "10.0.0.1:8000", "same-origin", 200)]
    [InlineData("https://llm.example", "10.0.0.1:8000", null, 403)]
    [InlineData("https://evil.example", "llm.example", null, 403)]
    [InlineData("https://evil.llm.example", "llm.example", "same-site", 403)]
    [InlineData("https://llm.example", "llm.example", "cross-site", 403)]
    [InlineData("null", "llm.example", "cross-site", 403)]
    public async Task Own_page_behind_a_gateway_may_ask(string origin, string host, string? site, int status)
    {
        await using GuardedServer server = await GuardedServer.StartAsync(new ServerOptions { AllowedHosts = ["llm.example", "10.0.0.1"] });
        var request = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = Json("{}"), Headers = { { "Origin", origin }, { "Host", host } } };
        request.Headers.Add("Sec-Fetch-Site", site is null ? [] : [site]);
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Health_is_told_under_any_name()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        foreach ((string path, int status) in (IEnumerable<(string, int)>)[("/health/ready", 200), ("/health", 200), ("/healthy", 400)])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "10.1.2.3:8000" } };
            using HttpResponseMessage response = await server.Client.SendAsync(request);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Own_page_may_ask_and_no_other_is_told_that_it_may()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/open")
        {
            Headers = { { "Origin", server.Address.GetLeftPart(UriPartial.Authority) } },
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Origin_that_is_configured_may_ask_and_gets_its_preflight_without_a_key()
    {
        var options = new ServerOptions { AllowedOrigins = ["https://chat.example"], ApiKeys = ["key"] };
        await using GuardedServer server = await GuardedServer.StartAsync(options);
        var request = new HttpRequestMessage(HttpMethod.Options, "/closed")
        {
            Headers =
            {
                { "Origin", "https://chat.example" },
                { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "authorization,content-type,x-stainless-lang" },
            },
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("https://chat.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("x-stainless-lang", response.Headers.GetValues("Access-Control-Allow-Headers").Single());

        var busy = new HttpRequestMessage(HttpMethod.Get, "/busy") { Headers = { { "Origin", "https://chat.example" }, { "Authorization", "Bearer key" } } };
        using HttpResponseMessage told = await server.Client.SendAsync(busy);
        Assert.Equal("Retry-After", told.Headers.GetValues("Access-Control-Expose-Headers").Single());
    }

    [Theory]
    [InlineData("/open")]
    [InlineData("/nowhere")]
    [InlineData("/defect")]
    public async Task Every_answer_says_what_a_browser_may_do_with_it(string path)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        using HttpResponseMessage response = await server.Client.GetAsync(path);

        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; ", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Errors_of_any_origin_have_one_form()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();

        Assert.Equal(
            new ApiError("there is no /nowhere", "invalid_request_error", null, "not_found"),
            await server.FailAsync(new HttpRequestMessage(HttpMethod.Get, "/nowhere"), HttpStatusCode.NotFound));
        Assert.Equal(
            new ApiError("/closed does not answer POST", "invalid_request_error", null, "method_not_allowed"),
            await server.FailAsync(new HttpRequestMessage(HttpMethod.Post, "/closed"), HttpStatusCode.MethodNotAllowed));
        Assert.Equal(
            new ApiError("the prompt has 9 tokens; expected at most 8", "invalid_request_error", null, "invalid_value"),
            await server.FailAsync(new HttpRequestMessage(HttpMethod.Get, "/refusal"), HttpStatusCode.BadRequest));
        Assert.Equal(
            new ApiError("the server failed to answer; its log says why", "server_error", null, "internal_error"),
            await server.FailAsync(new HttpRequestMessage(HttpMethod.Get, "/defect"), HttpStatusCode.InternalServerError));
        Assert.Equal(
            "internal_error", (await server.FailAsync(new HttpRequestMessage(HttpMethod.Get, "/defect/known"), HttpStatusCode.InternalServerError)).Code);
    }

    [Fact]
    public async Task Busy_server_says_when_to_come_back()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        using HttpResponseMessage response = await server.Client.GetAsync("/busy");

        ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.TooManyRequests);
        Assert.Equal(new ApiError("64 requests are waiting", "rate_limit_error", null, "queue_full"), error);
        Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Request_that_is_too_large_is_refused_with_its_limit()
    {
        await using GuardedServer server = await GuardedServer.StartAsync(new ServerOptions { MaxRequestBytes = 1000 });

        Assert.Equal("102", await PostAsync(server, $"\"{new string('x', 100)}\""));
        var large = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = Json($"\"{new string('x', 1000)}\"") };
        Assert.Equal(
            new ApiError("the request is larger than 1000 bytes", "invalid_request_error", null, "request_too_large"),
            await server.FailAsync(large, HttpStatusCode.RequestEntityTooLarge));
    }

    [Theory]
    [InlineData("{", "the request is not valid JSON at line 1, byte 2")]
    [InlineData("", "the request is not valid JSON at line 1, byte 1")]
    [InlineData("{\"a\":1,\n\"a\":2}", "the request is not valid JSON")]
    [InlineData("{'a':1}", "the request is not valid JSON at line 1, byte 2")]
    public async Task Body_that_is_no_JSON_is_refused(string body, string expected)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = Json(body) };

        ApiError error = await server.FailAsync(request, HttpStatusCode.BadRequest);

        Assert.StartsWith(expected, error.Message);
        Assert.Equal("invalid_json", error.Code);
    }

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string body = new string('[', 100_000) + new string(']', 100_000);

        await server.FailAsync(new HttpRequestMessage(HttpMethod.Post, "/read") { Content = Json(body) }, HttpStatusCode.BadRequest);
        Assert.Equal("2", await PostAsync(server, "{}"));
    }

    [Fact]
    public async Task Body_that_is_not_called_JSON_is_refused()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/read") { Content = new StringContent("{}", Encoding.UTF8, "text/plain") };

        Assert.Equal("unsupported_media_type", (await server.FailAsync(request, HttpStatusCode.UnsupportedMediaType)).Code);
    }

    [Fact]
    public async Task Flood_of_headers_is_cut_off_and_the_server_goes_on()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/open");
        request.Headers.Add("X-Flood", new string('x', 40_000));
        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
        Assert.Equal("open", await server.Client.GetStringAsync("/open"));
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<string> PostAsync(GuardedServer server, string body)
    {
        using HttpResponseMessage response = await server.Client.PostAsync("/read", Json(body));
        return await response.Content.ReadAsStringAsync();
    }
}
