using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>The last checkpoint of each of our logs that has a quorum of cosignatures. It is the one that is shown, on all nodes and after a restart.</summary>
public sealed class CosignedCheckpoints
{
    private const string Select =
        """
        SELECT note
        FROM   ledger_cosigned
        WHERE  log = @log
        """;

    private const string Upsert =
        """
        INSERT INTO ledger_cosigned (log, note, met)
        VALUES (@log, @note, @met)
        ON CONFLICT (log) DO UPDATE SET note = excluded.note, met = excluded.met
        """;

    private readonly Database _database;

    internal CosignedCheckpoints(Database database) => _database = database;

    /// <summary>The last one of a log; null before the first.</summary>
    public async Task<SignedNote?> ReadAsync(LogName log, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(Select);
        select.Bind("@log", (long)log);
        return select.Step() && SignedNote.TryParse(select.Blob(0), out var note) ? note : null;
    }

    internal Task KeepAsync(LogName log, SignedNote note, Instant met, CancellationToken cancellation) => _database.WriteAsync(session =>
    {
        using var write = session.Prepare(Upsert);
        return write.Bind("@log", (long)log).BindBlob("@note", note.ToBytes()).Bind("@met", met.UnixMicroseconds).Execute();
    }, cancellation);
}
