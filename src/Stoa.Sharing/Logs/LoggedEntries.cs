using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Logs;

/// <summary>Which entries are asked for: those that have all of this.</summary>
internal sealed record EntryQuery
{
    /// <summary>About this dataset.</summary>
    public DatasetId? Dataset { get; init; }

    /// <summary>About this agreement, or what belongs to it.</summary>
    public long? Agreement { get; init; }

    /// <summary>About, by or with this organization.</summary>
    public PartyId? Party { get; init; }

    /// <summary>The same, by short name or name, where the number is not given.</summary>
    public string? PartyCalled { get; init; }

    /// <summary>Of this type.</summary>
    public string? Type { get; init; }

    /// <summary>With a smaller index.</summary>
    public long Before { get; init; } = long.MaxValue;

    /// <summary>As what they are looked up by; what narrows most comes first.</summary>
    internal EntryKey[] Keys() =>
    [
        .. Agreement is { } agreement ? [new EntryKey(EntryKeyKind.Record, agreement)] : Array.Empty<EntryKey>(),
        .. Dataset is { } dataset ? [new EntryKey(EntryKeyKind.Dataset, dataset.Value)] : Array.Empty<EntryKey>(),
        .. Party is { } party ? [new EntryKey(EntryKeyKind.Party, party.Value)] : Array.Empty<EntryKey>(),
    ];
}

/// <summary>Entries, the newest first.</summary>
/// <param name="Entries">Those of the page.</param>
/// <param name="Size">Entries under the checkpoint that everybody is shown, visible or not.</param>
/// <param name="Before">Where the next page begins; null when this is the last.</param>
internal sealed record EntryList(IReadOnlyList<WrittenEntry> Entries, long Size, long? Before);

/// <summary>Entries of the logs, each for those whom it concerns.</summary>
internal sealed class LoggedEntries(Database database, LogReader logs, AccessPolicy policy, TimeProvider time)
{
    /// <summary>Entries of a page.</summary>
    public const int PageMax = 50;

    /// <summary>Entries that are looked at for one page, some at most: others may have made many that concern somebody and are not for him yet.</summary>
    public const int LookedAtMax = 2_000;

    /// <summary>The same for who sees all of them: each costs a row of an index, and no decision.</summary>
    public const int PassedMax = 20_000;

    // Where a page ends without being full: at a multiple of it, so that it does not tell where something hidden is.
    private const int Step = 256;

    /// <summary>One page of entries that the requester sees.</summary>
    /// <returns>401 for a log that is not public without a credential.</returns>
    public async Task<Result<EntryList>> ListAsync(Requester requester, LogName log, EntryQuery query, CancellationToken cancellation)
    {
        if (requester.IsAnonymous && !log.IsPublic()) return Refusals.CredentialRequired;
        var size = await logs.SizeAsync(log, cancellation) ?? 0;
        using var session = await database.ReadAsync(cancellation);
        // Absent is like one of which the caller sees nothing.
        if (query.PartyCalled is { } called) query = query with { Party = new(Organizations.Called(session, called)?.Id.Value ?? long.MaxValue) };
        return List(session, Visibility(session, requester), log, query with { Before = Math.Min(query.Before, size) }, size);
    }

    /// <summary>An entry, as it was written.</summary>
    /// <returns>404 when there is none under the checkpoint, and when the requester may not see it, alike.</returns>
    public async Task<Result<byte[]>> FindAsync(Requester requester, LogName log, long index, CancellationToken cancellation)
    {
        if (requester.IsAnonymous && !log.IsPublic()) return Refusals.CredentialRequired;
        // From the tiles: what was signed.
        var body = await logs.EntryAsync(log, index, cancellation);
        using var session = await database.ReadAsync(cancellation);
        return body is not null && EntryLookup.Find(session, log, index) is { } entry &&
            Visibility(session, requester).Sees(log, entry with { Body = body })
            ? body
            : Problem.NotFound();
    }

    /// <summary>The proof that an entry is in the log, with the entry.</summary>
    /// <returns>As <see cref="FindAsync"/>.</returns>
    public async Task<Result<LogProof>> ProofAsync(Requester requester, LogName log, long index, CancellationToken cancellation)
    {
        if (!(await FindAsync(requester, log, index, cancellation)).TryGet(out _, out var problem)) return problem;
        return await EvidenceLog.NowAsync(logs, log, cancellation) is { } shown && await shown.ProofAsync(index, cancellation) is { } proof
            ? proof
            : Problem.NotFound();
    }

    private EntryVisibility Visibility(Session session, Requester requester) => new(session, policy, requester, Instant.From(time.GetUtcNow()));

    // Where a page ends without being full is decided by the entries that concern whoever asks, whatever else is asked for: what is hidden moves it no more than what is absent.
    private static EntryList List(Session session, EntryVisibility visibility, LogName log, EntryQuery query, long size)
    {
        var way = Way(session, visibility, log, query);
        var seen = new List<WrittenEntry>();
        var (from, before) = (way.From ?? 0, query.Before);
        while (true)
        {
            var indices = EntryLookup.Newest(session, log, way.Any, way.All, query.Type, (from, before), PageMax + 1);
            foreach (var index in indices)
            {
                if (EntryLookup.Find(session, log, index) is not { } entry || !visibility.Sees(log, entry)) continue;
                if (seen.Count == PageMax) return new(seen, size, seen[^1].Index);
                seen.Add(entry);
            }

            if (indices.Count <= PageMax)
                return new(seen, size, from == 0 ? null : Math.Min(seen is [.., var last] ? last.Index : long.MaxValue, (from / Step + 1) * Step));
            before = indices[^1];
            if (way.From is null) way = way with { From = from = Floor(session, visibility, log, way.Any, query) };
        }
    }

    // By what is looked: never through more than what concerns whoever asks, and by what leads furthest back.
    private static EntryWay Way(Session session, EntryVisibility visibility, LogName log, EntryQuery query)
    {
        var asked = query.Keys();
        var seesAll = SeesAll(visibility, log);
        var ways = asked.Where(key => seesAll || visibility.Has(key)).Select(key => new EntryWay([key], [.. asked.Where(other => other != key)])).ToList();
        if (seesAll && (asked.Length == 0 || query.Type is not null)) ways.Add(new(null, asked));
        if (ways.Count == 0) ways.Add(new(visibility.Keys(), asked));
        // What nothing narrows fills a page at once.
        return ways is [{ All.Count: 0 } only] && (only.Any is null || query.Type is null)
            ? only
            : ways.Select(way => way with { From = Floor(session, visibility, log, way.Any, query) }).MinBy(way => way.From)!; // There is one.
    }

    private static long Floor(Session session, EntryVisibility visibility, LogName log, IReadOnlyCollection<EntryKey>? any, EntryQuery query) =>
        // Longer than a step, so that each page goes on.
        EntryLookup.Floor(session, log, any, query.Type, query.Before, SeesAll(visibility, log) ? PassedMax : LookedAtMax, Step + 1);

    private static bool SeesAll(EntryVisibility visibility, LogName log) => log.IsPublic() || visibility.Reader.IsOfficer;

    // Entries with any of some keys and all of others, no further back than a place; null: it is not asked yet how far.
    private sealed record EntryWay(IReadOnlyCollection<EntryKey>? Any, IReadOnlyCollection<EntryKey> All, long? From = null);
}
