using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Portal.Map;

/// <summary><c>GET /live</c>: the newest value of each datastream as it arrives, as server-sent events.</summary>
/// <remarks>
/// HTML Living Standard, 9.2. One event a second at most, with one row a datastream, however fast observations come: what
/// a page can show. A slow client misses values and gets the newest. The scope is asked for every group of the feed and
/// the credential is checked again from time to time, so that a withdrawn right ends what is sent. Of narrowed datasets values are
/// sent where <see cref="LiveScope"/> says so; the datasets stay out where it does not, and their pages say why.
/// </remarks>
internal sealed class LiveValues(LiveFeed feed, Visitors visitors, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Streams open at once; one more is asked to come back later.</summary>
    internal const int StreamsMax = 500;

    /// <summary>Rows of one event; of more, the oldest wait for the next.</summary>
    internal const int RowsMax = 500;

    internal static readonly TimeSpan EventPeriod = TimeSpan.FromSeconds(1);

    // Below the usual 30 to 60 seconds after which proxies close a silent connection.
    internal static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(15);

    // With each event: what is withdrawn must act within a second, and the check itself remembers for as long.
    internal static readonly TimeSpan CredentialPeriod = EventPeriod;

    private int _streams;

    // Asked by a program it is a stream as any other.
    internal void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/live", StreamAsync).ExcludeFromDescription().WithMetadata(new WayOutRule(_ => WayOut.Subscription));

    private async Task StreamAsync(HttpContext http)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        if (Interlocked.Increment(ref _streams) > StreamsMax)
        {
            Interlocked.Decrement(ref _streams);
            await TooMany.WriteAsync(http);
            return;
        }

        try
        {
            await FollowAsync(http, requester);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The page was closed, or the server stops and must not wait for open pages; they come back by themselves.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private static Problem TooMany { get; } = new(
        503, "too-many-streams", "Too many pages follow the live values",
        "Load the page again later, or subscribe over MQTT.") { RetryAfterSeconds = 30 };

    private async Task FollowAsync(HttpContext http, Requester requester)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var slug = http.Request.Query["dataset"].ToString();
        var known = AccessScope.Nothing;
        AccessScope Scope()
        {
            // The same object while nothing changes, so that what was made of it is kept.
            var scope = slug.Length > 0 ? visitors.ReadWithin(http, requester, slug) : visitors.Read(http, requester);
            return Volatile.Read(ref known) is var last && last.IsSameAs(scope) ? last : known = scope;
        }

        async ValueTask<bool> RenewAsync()
        {
            if (!(await visitors.AuthenticateAsync(http)).TryGet(out var again, out _)) return false;
            requester = again;
            return true;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var newest = new Newest();
        var collecting = CollectAsync(newest, Scope, stop.Token);
        try
        {
            await http.Response.WriteAsync("retry: 5000\n\n", stop.Token);
            await http.Response.Body.FlushAsync(stop.Token);
            await SendAsync(http, newest, Scope, RenewAsync, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await collecting;
        }
    }

    private async Task CollectAsync(Newest newest, Func<AccessScope> scope, CancellationToken cancellation)
    {
        try
        {
            await foreach (var group in feed.FollowAsync(() => LiveScope.Of(scope()).Followed, cancellation))
                newest.Add(LiveScope.Of(scope()).Within(group));
        }
        catch (OperationCanceledException)
        {
            // Ended together with the stream.
        }
    }

    private async Task SendAsync(
        HttpContext http, Newest newest, Func<AccessScope> scope, Func<ValueTask<bool>> renewAsync, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(EventPeriod, time);
        using var buffer = new MemoryStream();
        var lastSent = time.GetTimestamp();
        var lastChecked = lastSent;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (time.GetElapsedTime(lastChecked) >= CredentialPeriod)
            {
                lastChecked = time.GetTimestamp();
                if (!await renewAsync()) return;
            }

            if (newest.TryTake(scope(), buffer, out var rows))
            {
                _ = ExchangeMeter.Of(http)?.TryAddRows(rows);
                await http.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellation);
            }
            else if (time.GetElapsedTime(lastSent) >= HeartbeatPeriod)
            {
                await http.Response.WriteAsync(": still here\n\n", cancellation);
            }
            else
            {
                continue;
            }

            await http.Response.Body.FlushAsync(cancellation);
            lastSent = time.GetTimestamp();
        }
    }

    /// <summary>The newest observation of each datastream since the last event.</summary>
    private sealed class Newest
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<long, StoredObservation> _rows = [];
        private long _count;

        internal void Add(IReadOnlyList<StoredObservation> group)
        {
            lock (_gate)
            {
                _count += group.Count;
                foreach (var observation in group)
                {
                    var id = observation.Series.Value;
                    if (!_rows.TryGetValue(id, out var known))
                    {
                        // Bounded: of more datastreams than fit, those that came first are shown.
                        if (_rows.Count < RowsMax) _rows[id] = observation;
                    }
                    else if (known.PhenomenonTime.Start.CompareTo(observation.PhenomenonTime.Start) <= 0)
                    {
                        _rows[id] = observation;
                    }
                }
            }
        }

        /// <summary>Writes an event and starts anew; false when nothing came. Asks the scope once more: a right that was
        /// withdrawn while the rows waited must act.</summary>
        internal bool TryTake(AccessScope scope, MemoryStream buffer, out int written)
        {
            StoredObservation[] rows;
            long count;
            lock (_gate)
            {
                var live = LiveScope.Of(scope);
                rows = [.. _rows.Values.Where(live.Contains)];
                count = rows.Length == _rows.Count ? _count : rows.Length;
                _rows.Clear();
                _count = 0;
            }

            written = rows.Length;
            if (rows.Length == 0) return false;
            buffer.SetLength(0);
            buffer.Write("event: observations\ndata: "u8);
            using (var json = new Utf8JsonWriter(buffer)) Write(json, rows, count);
            buffer.Write("\n\n"u8);
            return true;
        }

        private static void Write(Utf8JsonWriter json, StoredObservation[] rows, long count)
        {
            json.WriteStartObject();
            json.WriteNumber("n"u8, count);
            json.WriteStartArray("o"u8);
            foreach (var row in rows)
            {
                json.WriteStartArray();
                json.WriteNumberValue(row.Series.Value);
                json.WriteNumberValue(row.PhenomenonTime.Start.UnixMicroseconds / 1000);
                if (row.Result.Kind is ResultKind.Text or ResultKind.Json) json.WriteStringValue(ResultText.Cut(row.Result.TextValue!));
                else row.Result.WriteTo(json);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
