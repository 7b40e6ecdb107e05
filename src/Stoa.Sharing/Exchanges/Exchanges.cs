using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Which exchange records are asked for: of one dataset, one agreement, one party, or of all; and from when to when.</summary>
public sealed record ExchangeQuery
{
    /// <summary>Of this dataset.</summary>
    public DatasetId? Dataset { get; init; }

    /// <summary>Under this agreement.</summary>
    public long? Agreement { get; init; }

    /// <summary>By this party.</summary>
    public PartyId? Party { get; init; }

    /// <summary>For this organization, by whoever acted for it.</summary>
    public PartyId? Organization { get; init; }

    /// <summary>Because the data office may read everything, or not so; null for both.</summary>
    public bool? IsByOffice { get; init; }

    /// <summary>Datasets that may be named in the records; null for all: the owner of one does not learn of others.</summary>
    internal IReadOnlyCollection<DatasetId>? Named { get; init; }

    /// <summary>From then on.</summary>
    public Instant From { get; init; } = new(0);

    /// <summary>Until then, not included.</summary>
    public Instant Until { get; init; } = Instant.Max;
}

/// <summary>Reads what was recorded of exchanges.</summary>
public sealed partial class Exchanges
{
    private readonly Database _database;
    private readonly AccessPolicy _policy;
    private readonly TimeProvider _time;

    internal Exchanges(Database database, AccessPolicy policy, TimeProvider time) => (_database, _policy, _time) = (database, policy, time);

    /// <summary>Most rows of usage: a year of days of a few parties.</summary>
    public const int UsageRowsMax = 2_000;

    // Rows, each of them up to ExchangeGroup.AccessesMax accesses, that are read at once.
    private const int PartRows = 64;

    /// <summary>Whether the requester may see these records; 404 for what is absent and what is not for him alike.</summary>
    /// <remarks>Administrators see all; the sides of an agreement its records; a party its own; owner and primary publisher those of a dataset.</remarks>
    internal async Task<Result<ExchangeQuery>> MayReadAsync(Requester requester, ExchangeQuery query, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (requester.IsAdministrator) return query;
        using var read = await _database.ReadAsync(cancellation);
        var own = Acting.Candidates(read, requester);
        if (own.Count == 0) return Problem.NotFound();
        if ((query.Organization ?? query.Party) is { } party && own.Contains(party)) return query;
        if (query.Agreement is { } agreement &&
            GovernedRecords.Find(read, RecordTypes.Agreement, agreement) is { Content.Terms: var terms } &&
            (own.Contains(terms.Consumer) || own.Contains(terms.Provider))) return query with { Named = terms.Datasets };
        return query.Dataset is { } dataset && IsOwner(own, dataset) ? query with { Named = [dataset] } : Problem.NotFound();
    }

    /// <summary>One record, if the requester may see it among those of its party, organization, agreement or datasets; and the datasets that may be
    /// named in it, null for all.</summary>
    /// <returns>404 for what is absent and what is not for him alike.</returns>
    internal async Task<Result<(ExchangeRecord Record, IReadOnlyCollection<DatasetId>? Named)>> FindAsync(
        Requester requester, ExchangeId id, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        ExchangeRecord? record;
        using (var read = await _database.ReadAsync(cancellation))
            record = All(read, new() { From = id.At, Until = new(id.At.UnixMicroseconds + 1) }).FirstOrDefault(one => one.Id == id);
        if (record is null) return Problem.NotFound();
        var asked = record.Datasets.Select(dataset => new ExchangeQuery { Dataset = dataset })
            .Append(new() { Agreement = record.Agreement }).Append(new() { Party = record.Party }).Append(new() { Organization = record.Organization });
        HashSet<DatasetId>? named = null;
        foreach (var query in asked)
        {
            if (!(await MayReadAsync(requester, query, cancellation)).TryGet(out var admitted, out _)) continue;
            if (admitted.Named is null) return (record, null);
            (named ??= []).UnionWith(admitted.Named);
        }

        return named is null ? Problem.NotFound() : (record, named);
    }

    /// <summary>What is asked for, if the requester may see it: 400, 401, or 404 for what is absent and what is not for him alike.</summary>
    public async Task<Result<ExchangeQuery>> AdmitAsync(Requester requester, IQueryCollection parameters, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (!ExchangeParameters.Parse(parameters, _policy).TryGet(out var query, out var problem)) return problem;
        return await MayReadAsync(requester, query, cancellation);
    }

    /// <summary>Writes all of them as CSV (RFC 4180), newest first.</summary>
    public Task WriteTableAsync(Stream body, ExchangeQuery query, CancellationToken cancellation) =>
        ExchangeTable.WriteAsync(body, AllAsync(query, cancellation), _policy, query.Named, cancellation);

    /// <summary>One page, newest first.</summary>
    internal async Task<List<ExchangeRecord>> ListAsync(ExchangeQuery query, Page page, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return [.. All(read, query).Skip(page.Skip).Take(page.Limit)];
    }

    /// <summary>All of them, newest first, in parts, so that a slow client holds no snapshot.</summary>
    internal async IAsyncEnumerable<List<ExchangeRecord>> AllAsync(
        ExchangeQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        ExchangeId? before = null;
        while (true)
        {
            (List<ExchangeRecord> Records, ExchangeId? Next) part;
            using (var read = await _database.ReadAsync(cancellation)) part = ReadPart(read, query, before);
            if (part.Records.Count > 0) yield return part.Records;
            if (part.Next is null) yield break;
            before = part.Next;
        }
    }

    /// <summary>Sums by day, party, organization, agreement and purpose, newest day first; and by group of users.</summary>
    public async Task<UsageList> UsageAsync(ExchangeQuery query, CancellationToken cancellation)
    {
        var snapshot = _policy.Snapshot;
        using var read = await _database.ReadAsync(cancellation);
        var rows = new List<UsageView>();
        using (var select = Bind(read.Prepare(SelectUsage(query)), query, null).Bind("@limit", UsageRowsMax))
            while (select.Step())
                rows.Add(new(
                    new Instant(select.Int64(0) * DayMicroseconds).ToString()[..10], select.Int64OrNull(1), select.Int64OrNull(2),
                    UserGroups.Of(snapshot, PartyOrNull(select, 1), PartyOrNull(select, 2)), select.Int64OrNull(3), select.TextOrNull(4),
                    select.Int64(5) != 0, select.Int64(6), select.Int64(7), select.Int64(8)));
        return new(rows, rows.Count == UsageRowsMax, Groups(read, query, snapshot));
    }

    // All six, so that those that use nothing are seen too, and what is of no known group at the end.
    private static List<UsageGroup> Groups(Session read, ExchangeQuery query, PolicySnapshot snapshot)
    {
        var sums = UserGroups.All.ToDictionary(group => group, group => new UsageGroup(group, 0, 0, 0));
        var others = new UsageGroup(null, 0, 0, 0);
        using var select = Bind(read.Prepare(SelectUsers(query)), query, null);
        while (select.Step())
        {
            var group = UserGroups.Of(snapshot, PartyOrNull(select, 0), PartyOrNull(select, 1));
            if (group is null) others = others.Plus(select.Int64(2), select.Int64(3), select.Int64(4));
            else sums[group] = sums[group].Plus(select.Int64(2), select.Int64(3), select.Int64(4));
        }

        return [.. UserGroups.All.Select(group => sums[group]), .. others.Accesses > 0 ? [others] : Array.Empty<UsageGroup>()];
    }

    // An owner that was only described counts in the snapshot as one that was assigned.
    private bool IsOwner(IReadOnlyList<PartyId> own, DatasetId dataset)
    {
        var snapshot = _policy.Snapshot;
        var now = Instant.From(_time.GetUtcNow());
        return own.Any(party => snapshot.TryFind(party, out var standing) && standing.RolesFor(dataset)
            .Any(role => role.Role is DataRole.Owner or DataRole.PrimaryPublisher && role.From.CompareTo(now) <= 0 &&
                (role.To is not { } to || to.CompareTo(now) > 0)));
    }

    private static IEnumerable<ExchangeRecord> All(Session session, ExchangeQuery query)
    {
        ExchangeId? before = null;
        do
        {
            (var records, before) = ReadPart(session, query, before);
            foreach (var record in records) yield return record;
        }
        while (before is not null);
    }

    /// <summary>The accesses of some rows, newest first, and before which row to go on; null at the end.</summary>
    /// <remarks>Rows of one second are read together: their accesses lie between one another.</remarks>
    private static (List<ExchangeRecord> Records, ExchangeId? Next) ReadPart(Session session, ExchangeQuery query, ExchangeId? before)
    {
        var rows = ReadRows(session, query, before, PartRows);
        var isLast = rows.Count < PartRows;
        var second = rows.Count == 0 ? 0 : rows[^1].Common.Id.Second;
        if (!isLast && rows[0].Common.Id.Second != second)
        {
            // That second may go on in further rows: it belongs to the next part.
            rows.RemoveAll(row => row.Common.Id.Second == second);
        }
        else if (!isLast)
        {
            var start = new Instant(second * 1_000_000);
            rows = ReadRows(session, query.From.CompareTo(start) > 0 ? query : query with { From = start }, before, ExchangeLog.WaitingMax);
        }

        var records = new List<ExchangeRecord>();
        foreach (var (common, accesses, packed) in rows)
        {
            var whole = common.DatasetCount == 1 ? common : common with { Datasets = DatasetsOf(session, common.Id) };
            ExchangeGroup.Unpack(whole, accesses, packed, records);
        }

        records.RemoveAll(record => record.Id.At.CompareTo(query.From) < 0 || record.Id.At.CompareTo(query.Until) >= 0);
        records.Sort((one, other) => other.Id.Value.CompareTo(one.Id.Value));
        return (records, isLast ? null : rows[^1].Common.Id);
    }

    /// <summary>The accesses of those rows of a span of ids that are asked for, row by row.</summary>
    internal static List<List<ExchangeRecord>> Rows(Session session, ExchangeId first, ExchangeId last, IReadOnlySet<long> ids)
    {
        using var select = session.Prepare(SelectPage(new())).Bind("@first", first.Value).Bind("@last", last.Value).Bind("@limit", ExchangeLog.WaitingMax);
        var rows = new List<(ExchangeRecord Common, long Accesses, byte[] Packed)>();
        while (select.Step())
            if (ids.Contains(select.Int64(0))) rows.Add((From(select), select.Int64(17), select.Blob(14).ToArray()));
        var all = new List<List<ExchangeRecord>>();
        foreach (var (common, accesses, packed) in rows)
        {
            var whole = new List<ExchangeRecord>();
            ExchangeGroup.Unpack(common.DatasetCount == 1 ? common : common with { Datasets = DatasetsOf(session, common.Id) }, accesses, packed, whole);
            all.Add(whole);
        }

        return all;
    }

    private static List<(ExchangeRecord Common, long Accesses, byte[] Packed)> ReadRows(
        Session session, ExchangeQuery query, ExchangeId? before, int limit)
    {
        using var select = Bind(session.Prepare(SelectPage(query)), query, before).Bind("@limit", limit);
        var rows = new List<(ExchangeRecord, long, byte[])>();
        while (select.Step()) rows.Add((From(select), select.Int64(17), select.Blob(14).ToArray()));
        return rows;
    }

    private static ImmutableArray<DatasetId> DatasetsOf(Session session, ExchangeId exchange)
    {
        using var select = session.Prepare(SelectDatasets).Bind("@exchange", exchange.Value);
        var datasets = ImmutableArray.CreateBuilder<DatasetId>();
        while (select.Step()) datasets.Add(new(select.Int64(0)));
        return datasets.ToImmutable();
    }

    private static Statement Bind(Statement statement, ExchangeQuery query, ExchangeId? before)
    {
        var last = before is { } id ? id.Value - 1 : ExchangeId.From(query.Until).Value - 1;
        statement.Bind("@first", ExchangeId.FromSecond(query.From).Value).Bind("@last", last);
        if (query.Dataset is { } dataset) statement.Bind("@dataset", dataset.Value);
        if (query.Agreement is { } agreement) statement.Bind("@agreement", agreement);
        if (query.Party is { } party) statement.Bind("@party", party.Value);
        if (query.Organization is { } organization) statement.Bind("@organization", organization.Value);
        if (query.IsByOffice is { } isByOffice) statement.Bind("@office", isByOffice ? 1L : 0L);
        return statement;
    }

    private static ExchangeRecord From(Statement row) => new()
    {
        Id = new(row.Int64(0)),
        Party = PartyOrNull(row, 1),
        Organization = PartyOrNull(row, 18),
        IsByOffice = row.Int64(19) != 0,
        Token = row.Int64OrNull(2),
        Agreement = row.Int64OrNull(3),
        Datasets = row.Int64OrNull(4) is { } dataset ? [new(dataset)] : [],
        DatasetCount = (int)row.Int64(5),
        Channel = (Channel)row.Int64(6),
        Purpose = row.TextOrNull(7),
        Method = row.Text(8),
        Route = row.Text(9),
        Query = row.Text(10),
        Status = (int)row.Int64(11),
        Rows = row.Int64(12),
        Bytes = row.Int64(13),
        Digest = default,
        Decision = row.TextOrNull(15),
        Version = row.Int64(16),
    };

    private static PartyId? PartyOrNull(Statement row, int column) => row.Int64OrNull(column) is { } id ? new PartyId(id) : null;
}
