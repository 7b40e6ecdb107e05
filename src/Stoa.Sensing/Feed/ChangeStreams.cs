using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Stoa.Identity.Http;
using Stoa.Sensing.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Answers GET of a set with <c>Accept: text/event-stream</c>: its changes as they are committed.</summary>
/// <remarks>
/// HTML Living Standard, 9.2. The live feed only wakes a stream; what it sends is read from the store as delta links do, so
/// a slow client misses nothing, and <c>Last-Event-ID</c> goes on where a connection broke off.
/// </remarks>
internal sealed class ChangeStreams(
    ChangeSources sources, LiveFeed feed, SensingOptions options, IHostApplicationLifetime lifetime)
{
    /// <summary>Streams open at once; one more is asked to come back later.</summary>
    internal const int StreamsMax = 500;

    private int _streams;

    /// <summary>Whether the request asks for a stream.</summary>
    internal static bool IsMeant(HttpRequest request)
    {
        foreach (var line in request.Headers.Accept)
            foreach (var type in (line ?? "").Split(','))
                if (type.Split(';')[0].Trim().Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    /// <summary>Sends changes until the client leaves or may see other things than at first.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">What may be seen at first.</param>
    /// <param name="path">The set.</param>
    /// <param name="sight">What may be seen now; null when nothing may. True: look at the credential again first.</param>
    internal async Task AnswerAsync(
        HttpContext context, Caller caller, ResourcePath path, Func<bool, ValueTask<AccessScope?>> sight)
    {
        var now = Instant.From(sources.Time.GetUtcNow());
        if (!ChangeQuery.Parse(path, context.Request.QueryString.Value, options.Query, now).TryGet(out var query, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (Interlocked.Increment(ref _streams) > StreamsMax)
        {
            Interlocked.Decrement(ref _streams);
            await ChangeProblems.TooManyStreams().WriteAsync(context);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            using var stream = new ChangeStream(sources, context, caller, query, sight, feed);
            if (await stream.BeginAsync(path, stop.Token) is { } refusal) await refusal.WriteAsync(context);
            else await stream.RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The client has gone, or the server stops and must not wait for open streams; clients come back by themselves.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }
}

/// <summary>What a stream reads from.</summary>
internal sealed record ChangeSources(
    Database Database, ChangeReader Reader, ChangeReads Reads, ChangeTokens Tokens, TimeProvider Time);
