using System.Collections.Concurrent;

namespace Stoa.Simulation;

/// <summary>
/// What was asked of the server and what it acknowledged, kept outside of it. Every observation carries a result that
/// no other has, so that a row found later can be told from every other.
/// </summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<long, Request> _observations = new();
    private readonly ConcurrentDictionary<string, Request> _things = new();
    private readonly ConcurrentDictionary<long, ThingVersion> _versions = new();
    private long _nextResult;
    private long _repeated;

    public IReadOnlyCollection<Request> Observations => [.. _observations.Values.Distinct()];

    public IReadOnlyCollection<Request> Things => [.. _things.Values];

    public IReadOnlyCollection<ThingVersion> Versions => [.. _versions.Values];

    /// <summary>How many of them were sent again after a kill.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    public void CountRepeat() => Interlocked.Increment(ref _repeated);

    /// <summary>Requests with a key whose answer has not come, by their key: they may be done or not, and are sent again.</summary>
    public ConcurrentDictionary<string, Repeat> Unanswered { get; } = new();

    /// <summary>Results for one request of so many observations, entered as sent.</summary>
    public Request SendObservations(int count, RequestKind kind = RequestKind.Rows)
    {
        var last = Interlocked.Add(ref _nextResult, count);
        var request = new Request([.. Enumerable.Range(0, count).Select(row => last - count + 1 + row)], "") { Kind = kind };
        foreach (var result in request.Results) _observations[result] = request;
        return request;
    }

    public Request SendThing()
    {
        var number = Interlocked.Increment(ref _nextResult);
        var request = new Request([], $"thing {number}");
        _things[request.Name] = request;
        return request;
    }

    /// <summary>The versions of one Thing, which only one worker changes.</summary>
    public ThingVersion VersionOf(long thing) => _versions.GetOrAdd(thing, id => new ThingVersion(id));
}

/// <summary>One request that writes.</summary>
/// <param name="Results">The results of its observations.</param>
/// <param name="Name">The name of its Thing.</param>
internal sealed record Request(long[] Results, string Name)
{
    public RequestKind Kind { get; init; }

    public bool IsAcknowledged { get; set; }

    /// <summary>Refused with a full sentence, so that nothing of it may be there.</summary>
    public bool IsRefused { get; set; }

    public bool IsRemovalSent { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Id of its first entity, once acknowledged.</summary>
    public long Id { get; set; }
}

/// <summary>By which way observations were sent together.</summary>
internal enum RequestKind
{
    /// <summary>By themselves, or as a data array.</summary>
    Rows,

    /// <summary>As a change set of a batch.</summary>
    ChangeSet,
}

/// <summary>A request that may be sent again.</summary>
/// <param name="Request">What it writes.</param>
/// <param name="Key">Its Idempotency-Key.</param>
/// <param name="Path">Where it is posted.</param>
/// <param name="Body">The same bytes each time.</param>
internal sealed record Repeat(Request Request, string Key, string Path, string Body);

/// <summary>A Thing whose version is counted up by PATCH.</summary>
internal sealed class ThingVersion(long id)
{
    public long Id => id;

    public long Sent { get; set; }

    public long Acknowledged { get; set; }
}
