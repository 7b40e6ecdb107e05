using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stoa.Sensing.Http;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>One open stream of changes.</summary>
/// <remarks>
/// What may be seen is asked before each read, the credential once a second. When it differs from what it was at first the stream
/// ends: its places are good no more, and the client begins anew.
/// </remarks>
internal sealed class ChangeStream : IChangeSink, IDisposable
{
    /// <summary>Changes read at once, and sent before more are read.</summary>
    internal const int RowsMax = 500;

    /// <summary>Between two reads of a stream: changes within it are sent together.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // What is withdrawn must act within a second.
    private static readonly TimeSpan CredentialPeriod = TimeSpan.FromSeconds(1);

    // Below the usual 30 to 60 seconds after which proxies close a silent connection.
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(15);

    private readonly ChangeSources _sources;
    private readonly HttpContext _context;
    private readonly Caller _caller;
    private readonly ChangeQuery _query;
    private readonly Func<bool, ValueTask<AccessScope?>> _sight;
    private readonly LiveFeed.Follower _follower; // From before the first read, so that nothing is committed unheard between reading and waiting.
    private readonly byte[] _fingerprint;
    private readonly ArrayBufferWriter<byte> _events = new(16 * 1024);
    private readonly ArrayBufferWriter<byte> _text = new(1024);
    private readonly Utf8JsonWriter _json;
    private Session? _session;
    private ChangePlace _place;
    private long _lastCheck;
    private long _lastSent;
    private long _lastRead;
    private int _missed;
    private long _rows;

    internal ChangeStream(
        ChangeSources sources, HttpContext context, Caller caller, ChangeQuery query, Func<bool, ValueTask<AccessScope?>> sight,
        LiveFeed feed)
    {
        (_sources, _context, _caller, _query, _sight) = (sources, context, caller, query, sight);
        _follower = feed.Follow(() => Volatile.Write(ref _missed, 1));
        _fingerprint = query.Fingerprint(caller.Root, caller.Read);
        _json = new(_text, new JsonWriterOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
        });
    }

    private TimeProvider Time => _sources.Time;

    /// <summary>Finds where to begin: behind the last event received, at the place of a delta link, or now.</summary>
    internal async ValueTask<Problem?> BeginAsync(ResourcePath path, CancellationToken cancellation)
    {
        using var session = await _sources.Database.ReadAsync(cancellation);
        if (_sources.Reads.Absent(session, _caller, path) is { } absent) return absent;
        var last = _context.Request.Headers["Last-Event-ID"].ToString();
        var token = last.Length > 0 ? last : ChangeQuery.Find(_context.Request.QueryString.Value, ChangeQuery.PlaceOption);
        if (token is null)
        {
            _place = ChangeLog.Head(session).End;
            return null;
        }

        if (!_sources.Reads.Place(session, token, _fingerprint).TryGet(out var place, out var problem)) return problem;
        _place = place.Reopened;
        return null;
    }

    /// <summary>Sends until what may be seen changes.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        var response = _context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Authorization, Accept";
        response.Headers["X-Accel-Buffering"] = "no";
        _context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.WriteAsync("retry: 5000\n\n", cancellation);
        await response.Body.FlushAsync(cancellation);
        _lastCheck = _lastSent = _lastRead = Time.GetTimestamp();
        var isDue = true;
        while (await SeesTheSameAsync(cancellation))
        {
            if (isDue)
            {
                _lastRead = Time.GetTimestamp();
                var isDone = await ReadAsync(cancellation);
                await SendAsync(cancellation);
                if (!isDone) continue;
                // A stream whose reads are costly reads at most a fifth of the time.
                var rest = 4 * Time.GetElapsedTime(_lastRead);
                await Task.Delay(rest > Pause ? rest : Pause, Time, cancellation);
            }

            isDue = await WaitAsync(cancellation) || Time.GetElapsedTime(_lastRead) >= HeartbeatPeriod;
        }
    }

    private async ValueTask<bool> SeesTheSameAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var (asked, isDue) = (Time.GetTimestamp(), Time.GetElapsedTime(_lastCheck) >= CredentialPeriod);
            try
            {
                var now = await _sight(isDue);
                if (isDue) _lastCheck = asked;
                return now is not null && now.IsSameAs(_caller.Read);
            }
            catch (StorageException error) when (error.Failure == StorageFailure.Busy)
            {
                // Until it is known nothing is sent.
                await Task.Delay(Pause, Time, cancellation);
            }
        }
    }

    private async ValueTask<bool> ReadAsync(CancellationToken cancellation)
    {
        using var session = await RentAsync(cancellation);
        if (session is null) return false;
        _session = session;
        _place = _sources.Reader.Read(session, _query, _caller.Read, _place, RowsMax, this);
        _session = null;
        if (!_place.IsDone) return false;
        _place = _place.Reopened;
        return true;
    }

    // Many streams wake together: one that found no reader free asks again, and ends for that no more than a slow client does.
    private async ValueTask<ReadSession?> RentAsync(CancellationToken cancellation)
    {
        try
        {
            return await _sources.Database.ReadAsync(cancellation);
        }
        catch (StorageException error) when (error.Failure == StorageFailure.Busy)
        {
            await Task.Delay(Pause, Time, cancellation);
            return null;
        }
    }

    private async ValueTask SendAsync(CancellationToken cancellation)
    {
        if (_events.WrittenCount > 0)
        {
            // What is limited is not seen by streams.
            _ = ExchangeMeter.Of(_context)?.TryAddRows(_rows);
            _rows = 0;
            await _context.Response.Body.WriteAsync(_events.WrittenMemory, cancellation);
        }
        else if (Time.GetElapsedTime(_lastSent) >= HeartbeatPeriod)
        {
            await _context.Response.WriteAsync(": still here\n\n", cancellation);
        }
        else
        {
            return;
        }

        _events.ResetWrittenCount();
        await _context.Response.Body.FlushAsync(cancellation);
        _lastSent = Time.GetTimestamp();
    }

    /// <summary>Waits until something was committed that may concern the query, or until the credential is due.</summary>
    /// <returns>Whether something was committed. What was missed for being slow may concern it.</returns>
    private async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        using var due = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var timer = Task.Delay(CredentialPeriod, Time, due.Token);
        var concerns = Interlocked.Exchange(ref _missed, 0) != 0;
        while (!concerns && !timer.IsCompleted)
        {
            while (_follower.Groups.TryRead(out var group)) concerns |= Concerns(group);
            if (!concerns) await Task.WhenAny(_follower.Groups.WaitToReadAsync(due.Token).AsTask(), timer);
        }

        await due.CancelAsync();
        await timer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        return concerns;
    }

    // Observations that went with something else are not listed one by one: any change may have taken some along.
    private bool Concerns(ChangeGroup group) => _query.IsOfObservations
        ? group.Changes.Any(change => change.Kind != ChangeKind.Derived) ||
          Array.Exists(group.Observations, observation => _query.Series is not { } series || observation.Series == series)
        : Array.Exists(group.Changes, change => change.Set == _query.Entity.SetName);

    public void Changed(ReadPlan plan, in ChangePlace place)
    {
        var before = plan.Written;
        plan.WriteEntity(_json, _caller.Root.Utf8);
        _rows += plan.Written - before;
        End("changed"u8, place);
    }

    public void Removed(long id, bool isDeleted, in ChangePlace place)
    {
        ChangeReads.WriteRemoved(_json, id, isDeleted);
        End("removed"u8, place);
    }

    private void End(ReadOnlySpan<byte> name, in ChangePlace place)
    {
        _json.Flush();
        _events.Write("event: "u8);
        _events.Write(name);
        _events.Write("\nid: "u8);
        var token = _sources.Tokens.Write(_session!, place.Reopened, _fingerprint); // Set by ReadAsync, which calls here.
        System.Text.Encoding.ASCII.GetBytes(token, _events.GetSpan(token.Length));
        _events.Advance(token.Length);
        _events.Write("\ndata: "u8);
        // JSON that clients sent may hold line ends, which would end the field.
        var text = _text.WrittenSpan;
        for (int end; (end = text.IndexOfAny((byte)'\n', (byte)'\r')) >= 0; text = text[(end + 1)..])
        {
            _events.Write(text[..end]);
            _events.Write("\ndata: "u8);
        }

        _events.Write(text);
        _events.Write("\n\n"u8);
        _text.ResetWrittenCount();
        _json.Reset();
    }

    public void Dispose()
    {
        _follower.Dispose();
        _json.Dispose();
    }
}
