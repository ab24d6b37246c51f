using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NemotronH.Server.Errors;
using NemotronH.Server.Protocol;

namespace NemotronH.Server.Serving;

/// <summary>Answers with server-sent events: one JSON text each, and <c>[DONE]</c> at the end.</summary>
internal static class EventStream
{
    private const int FlushAt = 16 << 10;

    /// <summary>Sends bodies as they come. A failure after the first byte becomes an event with an error, which nothing follows.</summary>
    /// <param name="context">The request.</param>
    /// <param name="bodies">What is sent.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="onFailure">Is told of a defect that is sent as an event.</param>
    internal static async Task WriteAsync<T>(
        HttpContext context, IAsyncEnumerable<T> bodies, JsonTypeInfo<T> type, Action<Exception> onFailure)
    {
        Begin(context);
        PipeWriter writer = context.Response.BodyWriter;
        try
        {
            await SendAsync(writer, bodies, type, context.RequestAborted);
            writer.Write("data: [DONE]\n\n"u8);
        }
        catch (Exception failure) when (HasBegun(context) && !context.RequestAborted.IsCancellationRequested)
        {
            ApiException error = ErrorResponses.Translate(failure, context);
            if (error.IsDefect)
            {
                onFailure(failure);
            }

            Write(writer, new ApiErrorBody(error.Error), ServerJson.Plain.ApiErrorBody);
        }

        await writer.FlushAsync(context.RequestAborted);
    }

    /// <summary>What is written and not flushed yet is sent with whatever follows.</summary>
    private static bool HasBegun(HttpContext context) => context.Response.HasStarted || context.Response.BodyWriter.UnflushedBytes > 0;

    private static void Begin(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache, no-store";

        // nginx would otherwise collect the events.
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Flushes when there is nothing to send for the moment, so that what comes at once goes at once.</summary>
    private static async Task SendAsync<T>(
        PipeWriter writer, IAsyncEnumerable<T> bodies, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<T> next = bodies.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            Task<bool> moved = next.MoveNextAsync().AsTask();
            if (!moved.IsCompleted || writer.UnflushedBytes > FlushAt)
            {
                await FlushAsync(writer, moved, cancellationToken);
            }

            if (!await moved)
            {
                return;
            }

            Write(writer, next.Current, type);
        }
    }

    /// <summary>The move must end before anything else may happen to the sequence, even when the client has gone.</summary>
    private static async Task FlushAsync(PipeWriter writer, Task pending, CancellationToken cancellationToken)
    {
        try
        {
            await writer.FlushAsync(cancellationToken);
        }
        catch
        {
            await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static void Write<T>(PipeWriter writer, T body, JsonTypeInfo<T> type)
    {
        writer.Write("data: "u8);
        using (var json = new Utf8JsonWriter(writer, new JsonWriterOptions { Encoder = type.Options.Encoder }))
        {
            JsonSerializer.Serialize(json, body, type);
        }

        writer.Write("\n\n"u8);
    }
}
