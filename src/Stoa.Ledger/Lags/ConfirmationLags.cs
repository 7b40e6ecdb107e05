using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Lags;

/// <summary>What others confirm of a log. The numbers stand in the database.</summary>
public enum LagKind
{
    /// <summary>A quorum of cosignatures.</summary>
    Witnessing = 1,

    /// <summary>A time stamp.</summary>
    Stamping = 2,

    /// <summary>An anchor on a chain.</summary>
    Anchoring = 3,
}

/// <summary>That a confirmation is asked for, by the settings.</summary>
internal sealed record AskedConfirmation(LagKind Kind);

/// <summary>Something that others should confirm and have not.</summary>
/// <param name="Kind">What.</param>
/// <param name="Log">Of which log.</param>
/// <param name="Since">Since when it waits, over restarts.</param>
public readonly record struct Lag(LagKind Kind, LogName Log, Instant Since);

/// <summary>Since when confirmations of our logs are waiting: written by the node that leads, the same on all.</summary>
internal sealed class ConfirmationLags(Database database)
{
    private const string Insert =
        """
        INSERT INTO ledger_lag (kind, log, since)
        VALUES (@kind, @log, @since)
        ON CONFLICT (kind, log) DO NOTHING
        """;

    private const string Delete =
        """
        DELETE FROM ledger_lag
        WHERE  kind = @kind AND log = @log
        """;

    private const string Select =
        """
        SELECT   kind, log, since
        FROM     ledger_lag
        ORDER BY kind, log
        """;

    /// <summary>Says that a confirmation waits; the earliest time is kept.</summary>
    public Task BeginAsync(LagKind kind, LogName log, Instant since, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        using var insert = session.Prepare(Insert);
        return insert.Bind("@kind", (long)kind).Bind("@log", (long)log).Bind("@since", since.UnixMicroseconds).Execute();
    }, cancellation);

    /// <summary>Says that it came.</summary>
    public Task EndAsync(LagKind kind, LogName log, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        using var delete = session.Prepare(Delete);
        return delete.Bind("@kind", (long)kind).Bind("@log", (long)log).Execute();
    }, cancellation);

    /// <summary>All that wait.</summary>
    public async Task<IReadOnlyList<Lag>> ReadAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(Select);
        var lags = new List<Lag>();
        while (select.Step()) lags.Add(new((LagKind)select.Int64(0), (LogName)select.Int64(1), new(select.Int64(2))));
        return lags;
    }
}
