using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Server.Endpoints;
using NemotronH.Server.Protocol;
using NemotronH.Server.Security;
using NemotronH.Text.Templates;

namespace NemotronH.Server.Errors;

/// <summary>Gives every error the form of OpenAI's API, whoever found it: an endpoint, the web server, or nobody.</summary>
/// <param name="next">What answers the request.</param>
/// <param name="logger">Is told of defects.</param>
internal sealed partial class ErrorResponses(RequestDelegate next, ILogger<ErrorResponses> logger)
{
    /// <summary>Answers a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is listening any more; the status is for what counts requests.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            ApiException error = Translate(exception, context);
            if (error.IsDefect)
            {
                LogDefect(logger, exception, context.Request.Path);
            }

            await WriteAsync(context, error);
            return;
        }

        if (IsBare(context.Response))
        {
            await WriteAsync(context, OfStatus(context));
        }
    }

    /// <summary>The error for a failure while a request was read or answered.</summary>
    internal static ApiException Translate(Exception exception, HttpContext context) => exception switch
    {
        ApiException error => error,
        BadHttpRequestException { StatusCode: 413 } => ApiException.TooLarge(MaxBytes(context)),
        BadHttpRequestException wrong => ApiException.Refused(wrong.StatusCode, wrong.Message, "bad_request"),
        EngineBusyException busy => ApiException.Busy(busy.Message, OptionsOf(context).RetryAfter),
        OperationCanceledException => ApiException.Stopping(),
        ObjectDisposedException => ApiException.Stopping(),
        PromptTooLongException tooLong => ApiException.BadRequest(PromptOf(context), tooLong.Message, "context_length_exceeded"),
        JsonSchemaException schema => ApiException.BadRequest("tools", schema.Message, ErrorTypes.InvalidSchema),
        TemplateException template => ApiException.BadRequest(GenerationKind.Chat.Prompt, template.Message, "template_error"),
        RequestException refused => ApiException.BadRequest(null, refused.Message),
        _ => ApiException.Defect(),
    };

    private static async Task WriteAsync(HttpContext context, ApiException error)
    {
        HttpResponse response = context.Response;
        if (!response.Headers.ContainsKey("Allow") && !response.Headers.ContainsKey("WWW-Authenticate"))
        {
            response.Clear();
            SecurityHeaders.Add(response);
        }

        response.StatusCode = error.Status;
        if (error.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        await response.WriteAsJsonAsync(
            new ApiErrorBody(error.Error), ServerJson.Plain.ApiErrorBody, cancellationToken: context.RequestAborted);
    }

    private static bool IsBare(HttpResponse response) =>
        !response.HasStarted && response.StatusCode >= 400 && response.ContentType is null && response.ContentLength is null;

    private static ApiException OfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        404 => ApiException.Refused(404, $"there is no {context.Request.Path}", "not_found"),
        405 => ApiException.Refused(405, $"{context.Request.Path} does not answer {context.Request.Method}", "method_not_allowed"),
        var status => ApiException.Refused(status, ReasonPhrases.GetReasonPhrase(status), "refused"),
    };

    private static ServerOptions OptionsOf(HttpContext context) => context.RequestServices.GetRequiredService<ServerOptions>();

    private static string PromptOf(HttpContext context) => context.Request.Path.StartsWithSegments("/v1/completions")
        ? GenerationKind.Completion.Prompt
        : GenerationKind.Chat.Prompt;

    private static long MaxBytes(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? 0;

    [LoggerMessage(LogLevel.Error, "a request to {Path} failed")]
    private static partial void LogDefect(ILogger logger, Exception exception, PathString path);
}
