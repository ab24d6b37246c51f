using NemotronH.Generation;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Telemetry;

/// <summary>What <c>/metrics</c> answers: vLLM's names with a prefix of our own, so that dashboards map one to one.</summary>
internal static class MetricsReport
{
    /// <summary>Content type of Prometheus' text format.</summary>
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes all metrics.</summary>
    internal static string Write(ServedModel model, ServerMetrics metrics)
    {
        var text = new PrometheusText(model.Name);
        WriteEngine(text, model.Engine.Statistics);
        text.Counter("request_success_total", "Answers that ended.", "finished_reason", metrics.Finished);
        text.Counter("request_failure_total", "Answers that failed in the engine.", model.Engine.Statistics.FailedRequests);
        text.Counter("http_requests_total", "Requests by the status of their answer.", "status", metrics.Statuses);
        text.Histogram("time_to_first_token_seconds", "Seconds from a request's arrival to its first token.", metrics.TimeToFirstToken);
        text.Histogram("inter_token_latency_seconds", "Seconds between two tokens: an answer's mean, for each of its further tokens.", metrics.InterTokenLatency);
        text.Histogram("e2e_request_latency_seconds", "Seconds from a request's arrival to an answer's end.", metrics.EndToEnd);
        text.Histogram("request_queue_time_seconds", "Seconds that an answer waited for a slot.", metrics.Queued);
        text.Histogram("request_prefill_time_seconds", "Seconds from the slot to the first token.", metrics.Prefill);
        text.Histogram("request_decode_time_seconds", "Seconds from the first token to the last.", metrics.Decode);
        text.Histogram("request_inference_time_seconds", "Seconds from the slot to the last token.", metrics.Inference);
        text.Histogram("request_prompt_tokens", "Tokens of prompts.", metrics.PromptTokens);
        text.Histogram("request_generation_tokens", "Tokens of answers.", metrics.GenerationTokens);
        return text.ToString();
    }

    private static void WriteEngine(PrometheusText text, EngineStatistics engine)
    {
        text.Gauge("num_requests_running", "Sequences that hold a slot.", engine.Running);
        text.Gauge("num_requests_waiting", "Requests that wait for a slot.", engine.Waiting);
        double pages = engine.TotalPages == 0 ? 0 : (double)engine.UsedPages / engine.TotalPages;
        text.Gauge("kv_cache_usage_perc", "Part of the attention pages in use; 1 is all.", pages);
        text.Counter("prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.", engine.PromptTokens);
        text.Counter("prefix_cache_hits_total", "Those that it held.", engine.CachedTokens);
        text.Counter("prompt_tokens_total", "Prompt tokens.", engine.PromptTokens);
        text.Counter("generation_tokens_total", "Tokens generated.", engine.GeneratedTokens);
    }
}
