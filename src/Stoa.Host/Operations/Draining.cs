using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Host.Operations;

/// <summary>The time between the word to stop and the stop: the server says that it is not ready and goes on serving, so that
/// whoever sends requests here sends them elsewhere before nobody answers any more.</summary>
/// <remarks>
/// Connections end with their next answer. A proxy that knows of no readiness (nginx) may set <see cref="RetryHeader"/> on what it
/// can send elsewhere: such requests are refused without being looked at, by which it learns that this server is to be left alone.
/// </remarks>
internal sealed class Draining
{
    /// <summary>Set by a proxy on requests that it sends to another server when this one answers 502, which it never does
    /// otherwise.</summary>
    internal const string RetryHeader = "Stoa-Retry";

    private static readonly Problem Refusal = new(
        502, "stopping", "The server stops", "Nothing was done. Send the request again.") { RetryAfterSeconds = 1 };

    private volatile bool _hasBegun;

    /// <summary>Whether the server has been told to stop.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>Says from now on that the server is not ready, and returns when the time is over.</summary>
    public async Task RunAsync(TimeSpan time, CancellationToken stop)
    {
        _hasBegun = true;
        await Task.Delay(time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (!_hasBegun) return next(context);
        if (HttpProtocol.IsHttp11(context.Request.Protocol)) context.Response.Headers.Connection = "close";
        // Health answers for itself.
        if (!context.Request.Headers.ContainsKey(RetryHeader) || context.Request.Path.StartsWithSegments("/health")) return next(context);
        return Refusal.WriteAsync(context);
    }
}
