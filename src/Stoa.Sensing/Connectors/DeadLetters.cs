using Stoa.Identity.Http;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Messages that could not be used: kept with their reason until they are replayed or deleted.</summary>
/// <remarks>
/// Bounded for each connector by number and bytes; the oldest make room and are counted. What they hold is for those alone
/// who may write to the dataset.
/// </remarks>
internal sealed partial class DeadLetters(Database database)
{
    /// <summary>Dead letters of one connector: enough for a day of a device that sends every minute.</summary>
    internal const int KeptMax = 1_500;

    /// <summary>Bytes of payloads of one connector.</summary>
    internal const long BytesMax = 16 << 20;

    /// <summary>Characters of a reason.</summary>
    internal const int ReasonCharactersMax = 500;

    /// <summary>Keeps a message, and lets the oldest go when there is no more room.</summary>
    /// <returns>Its id; null when the connector is gone.</returns>
    internal static long? Add(
        WriteSession session, long connector, string? topic, ReadOnlySpan<byte> payload, string reason, Instant time)
    {
        long id;
        using (var insert = session.Prepare(Insert))
        {
            insert.Bind("@connector", connector).Bind("@time", time.UnixMicroseconds).Bind("@topic", topic)
                .Bind("@reason", Shorten(reason)).BindBlob("@payload", payload);
            if (!insert.Step()) return null;
            id = insert.Int64(0);
        }

        using (var note = session.Prepare(Note)) note.Bind("@connector", connector).Bind("@bytes", (long)payload.Length).Execute();
        while (IsOver(session, connector)) DropOldest(session, connector);
        return id;
    }

    private static bool IsOver(WriteSession session, long connector)
    {
        using var kept = session.Prepare(SelectKept);
        return kept.Bind("@connector", connector).Step() && (kept.Int64(0) > KeptMax || kept.Int64(1) > BytesMax);
    }

    private static void DropOldest(WriteSession session, long connector)
    {
        long id, bytes;
        using (var oldest = session.Prepare(SelectOldest))
        {
            if (!oldest.Bind("@connector", connector).Step())
                throw new InvalidOperationException("The count of dead letters does not fit their number.");
            (id, bytes) = (oldest.Int64(0), oldest.Int64(1));
        }

        Remove(session, connector, id, bytes, isDropped: true);
    }

    /// <summary>Removes one; false when it is not there.</summary>
    internal static bool Remove(WriteSession session, long connector, long id)
    {
        long bytes;
        using (var find = session.Prepare(SelectBytes))
        {
            if (!find.Bind("@id", id).Bind("@connector", connector).Step()) return false;
            bytes = find.Int64(0);
        }

        Remove(session, connector, id, bytes, isDropped: false);
        return true;
    }

    private static void Remove(WriteSession session, long connector, long id, long bytes, bool isDropped)
    {
        using (var delete = session.Prepare(Delete)) delete.Bind("@id", id).Execute();
        using var forget = session.Prepare(Forget);
        forget.Bind("@connector", connector).Bind("@bytes", bytes).Bind("@dropped", isDropped).Execute();
    }

    /// <summary>Removes all of a connector.</summary>
    internal static long RemoveAll(WriteSession session, long connector)
    {
        using var delete = session.Prepare(DeleteOfConnector);
        var removed = delete.Bind("@connector", connector).Execute();
        using var forget = session.Prepare(ForgetAll);
        forget.Bind("@connector", connector).Execute();
        return removed;
    }

    /// <summary>Notes why a replay failed again.</summary>
    internal static void NoteReason(WriteSession session, long id, string reason)
    {
        using var amend = session.Prepare(Amend);
        amend.Bind("@id", id).Bind("@reason", Shorten(reason)).Execute();
    }

    /// <summary>A page, oldest first, without payloads.</summary>
    internal async Task<IReadOnlyList<DeadLetter>> ListAsync(long connector, Page page, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectPage);
        select.Bind("@connector", connector).Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        var letters = new List<DeadLetter>();
        while (select.Step()) letters.Add(From(select, default));
        return letters;
    }

    /// <summary>One with its payload; null when it is not there.</summary>
    internal async Task<DeadLetter?> FindAsync(long connector, long id, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectOne);
        return select.Bind("@connector", connector).Bind("@id", id).Step() ? From(select, select.Blob(5).ToArray()) : null;
    }

    /// <summary>The first one after this, with its payload; null at the end.</summary>
    internal async Task<DeadLetter?> NextAsync(long connector, long after, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectNext);
        return select.Bind("@connector", connector).Bind("@after", after).Step() ? From(select, select.Blob(5).ToArray()) : null;
    }

    /// <summary>What the command line wants replayed, oldest first; at most so many at a time.</summary>
    internal async Task<IReadOnlyList<(long Connector, long Letter)>> AskedForAsync(CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectAskedFor);
        var asked = new List<(long, long)>();
        while (select.Step()) asked.Add((select.Int64(0), select.Int64(1)));
        return asked;
    }

    /// <summary>Leaves one as it is that cannot be replayed now.</summary>
    internal Task<bool> ForgetAskedForAsync(long letter, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            using var forget = session.Prepare(ForgetAskedFor);
            return forget.Bind("@id", letter).Execute() == 1;
        },
        cancellation);

    private static DeadLetter From(Statement row, ReadOnlyMemory<byte> payload) =>
        new(row.Int64(0), new(row.Int64(1)), row.TextOrNull(2), row.Text(3), row.Int64(4), payload);

    private static string Shorten(string reason) =>
        reason.Shown(ReasonCharactersMax);
}

/// <summary>A message that could not be used.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Time">When it arrived.</param>
/// <param name="Topic">MQTT topic; null when it came over the webhook without one.</param>
/// <param name="Reason">Why it could not be used.</param>
/// <param name="Bytes">Length of the payload.</param>
/// <param name="Payload">As it came; empty in lists.</param>
internal sealed record DeadLetter(
    long Id, Instant Time, string? Topic, string Reason, long Bytes, ReadOnlyMemory<byte> Payload);
