using System.Globalization;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>Which records are asked for; null asks for any. <paramref name="HasParty"/> and <paramref name="HasDataset"/>: those of some party or
/// dataset, or of none.</summary>
internal readonly record struct RecordQuery(
    DatasetId? Dataset = null, PartyId? Party = null, PartyId? Counterparty = null, int? State = null, long? Parent = null,
    bool? HasParty = null, bool? HasDataset = null);

/// <summary>The governed records of a database: made and changed in a transaction of the caller, each change with its event and its entry in
/// the log.</summary>
/// <remarks>
/// A record is never deleted, and nothing of its past is changed. The version of governance grows with every write (triggers), so that
/// servers read the policy anew. A change names the revision that it saw; when another came between, it is refused with 409.
/// </remarks>
internal static partial class GovernedRecords
{
    /// <summary>Most events of one record that are looked at: the latest, and the one that made it.</summary>
    public const int EventsMax = 1000;

    /// <summary>Makes a record. 409 when its seat is taken.</summary>
    public static Result<GovernedRecord<T>> Insert<T>(WriteSession session, RecordType<T> type, T content, RecordAct act, Instant now)
        where T : class
    {
        var keys = type.KeysOf(content);
        if (keys.Seat is { } seat && IsTaken(session, seat, null)) return SeatTaken(seat);
        using var insert = session.Prepare(InsertRecord)
            .Bind("@kind", (long)type.Kind).Bind("@now", now.UnixMicroseconds);
        Bind(insert, keys).Step();
        var id = insert.Int64(0);
        return Update(session, type, new(id, content, 0, now, now), type.WithId(content, id), act, now);
    }

    /// <summary>Puts a further revision in the place of the one that was seen. 409 when it is not the last any more, or a seat is taken.</summary>
    public static Result<GovernedRecord<T>> Update<T>(
        WriteSession session, RecordType<T> type, GovernedRecord<T> seen, T content, RecordAct act, Instant now)
        where T : class
    {
        var keys = type.KeysOf(content);
        if (keys.Seat is { } seat && IsTaken(session, seat, seen.Id)) return SeatTaken(seat);
        var text = type.Text(content);
        using var update = session.Prepare(UpdateRecord)
            .Bind("@id", seen.Id).Bind("@revision", seen.Revision).Bind("@seat", keys.Seat).Bind("@content", text)
            .Bind("@now", now.UnixMicroseconds);
        if (Bind(update, keys).Execute() == 0) return Outdated;
        // Here and nowhere else records change, so that none changes without its entry in the log.
        var salt = new RecordChange(type.Kind, seen.Id, seen.Revision + 1L, act, keys, text, now).Enter(session);
        using var insert = session.Prepare(InsertEvent)
            .Bind("@record", seen.Id).Bind("@revision", seen.Revision + 1L).Bind("@move", act.Move).Bind("@state", (long)keys.State)
            .Bind("@party", act.Party?.Value).Bind("@person", act.Person?.Value).Bind("@capacity", (long)act.Capacity)
            .Bind("@reason", act.Reason).Bind("@content", text).Bind("@now", now.UnixMicroseconds).BindBlob("@salt", salt);
        insert.Execute();
        return seen with { Content = content, Revision = seen.Revision + 1, Modified = now };
    }

    /// <summary>One record of that kind, or null.</summary>
    public static GovernedRecord<T>? Find<T>(Session session, RecordType<T> type, long id)
        where T : class
    {
        using var select = session.Prepare(SelectOne).Bind("@id", id).Bind("@kind", (long)type.Kind);
        return select.Step() ? From(select, type) : null;
    }

    /// <summary>The record that holds a seat, or null.</summary>
    public static GovernedRecord<T>? FindBySeat<T>(Session session, RecordType<T> type, string seat)
        where T : class
    {
        using var select = session.Prepare(SelectBySeat).Bind("@seat", seat).Bind("@kind", (long)type.Kind);
        return select.Step() ? From(select, type) : null;
    }

    /// <summary>Every record of that kind, by id.</summary>
    public static List<GovernedRecord<T>> All<T>(Session session, RecordType<T> type)
        where T : class
    {
        using var select = session.Prepare(SelectAll).Bind("@kind", (long)type.Kind);
        return ReadAll(select, type);
    }

    /// <summary>Every record of that kind in one of these states of its machine, by id: what is over is not read.</summary>
    public static List<GovernedRecord<T>> All<T, TState>(Session session, RecordType<T> type, IEnumerable<TState> states)
        where T : class
        where TState : struct, Enum
    {
        // States are few numbers of the program: one text for each kind.
        var list = string.Join(", ", states.Select(state => Convert.ToInt64(state, CultureInfo.InvariantCulture)));
        using var select = session.Prepare($"{SelectOfKind} AND state IN ({list}) ORDER BY id").Bind("@kind", (long)type.Kind);
        return ReadAll(select, type);
    }

    /// <summary>One page of the records asked for, newest first.</summary>
    public static List<GovernedRecord<T>> List<T>(Session session, RecordType<T> type, RecordQuery query, Page page)
        where T : class
    {
        using var select = Bind(session.Prepare(SelectPage(query)), query, type.Kind)
            .Bind("@limit", page.Limit).Bind("@skip", page.Skip);
        return ReadAll(select, type);
    }

    /// <summary>Every one of the records asked for, newest first, read page by page.</summary>
    public static IEnumerable<GovernedRecord<T>> Every<T>(Session session, RecordType<T> type, RecordQuery query)
        where T : class
    {
        for (var skip = 0; ; skip += Page.LimitMax)
        {
            var page = List(session, type, query, new(Page.LimitMax, skip));
            foreach (var record in page) yield return record;
            if (page.Count < Page.LimitMax) yield break;
        }
    }

    /// <summary>How many records are asked for.</summary>
    public static long Count<T>(Session session, RecordType<T> type, RecordQuery query)
        where T : class
    {
        using var select = Bind(session.Prepare(SelectCount(query)), query, type.Kind);
        select.Step();
        return select.Int64(0);
    }

    /// <summary>Ids of the records, of any kind, that are about a party or have it as their other side; the newest first.</summary>
    public static List<long> IdsOf(Session session, PartyId party, int limit)
    {
        using var select = session.Prepare(SelectIdsOf).Bind("@party", party.Value).Bind("@limit", limit);
        var ids = new List<long>();
        while (select.Step()) ids.Add(select.Int64(0));
        return ids;
    }

    /// <summary>Whether a record of a dataset, of any kind, is about a party or has it as its other side.</summary>
    /// <remarks>Cost: two look-ups in an index of both, whatever there is of either.</remarks>
    public static bool IsNamed(Session session, PartyId party, DatasetId dataset)
    {
        using var select = session.Prepare(SelectNamed).Bind("@party", party.Value).Bind("@dataset", dataset.Value);
        return select.Step();
    }

    /// <summary>What happened to a record, oldest first; of more than <see cref="EventsMax"/> the first and the latest.</summary>
    public static List<RecordEvent<T>> Events<T>(Session session, RecordType<T> type, long id)
        where T : class
    {
        List<RecordEvent<T>> Read(string statement, int limit)
        {
            using var select = session.Prepare(statement).Bind("@record", id).Bind("@limit", limit);
            var events = new List<RecordEvent<T>>();
            while (select.Step())
                events.Add(new((int)select.Int64(0), ActFrom(select), type.Read(select.Utf8(7)), new(select.Int64(6))));
            return events;
        }

        var latest = Read(SelectEvents, EventsMax);
        latest.Reverse();
        return latest.Count < EventsMax ? latest : [.. Read(SelectFirstEvent, 1), .. latest.Where(one => one.Revision > 1)];
    }

    /// <summary>Who did what to a record, oldest first, without what it said; of more than <see cref="EventsMax"/> the first and the latest.</summary>
    public static List<RecordedAct> Acts(Session session, long id)
    {
        var latest = Acts(session, id, new(EventsMax, 0));
        latest.Reverse();
        return latest.Count < EventsMax
            ? latest
            : [.. ReadActs(session.Prepare(SelectFirstAct).Bind("@record", id)), .. latest.Where(one => one.Revision > 1)];
    }

    /// <summary>One page of who did what to a record, newest first.</summary>
    public static List<RecordedAct> Acts(Session session, long id, Page page) =>
        ReadActs(session.Prepare(SelectActs).Bind("@record", id).Bind("@limit", page.Limit).Bind("@skip", page.Skip));

    private static List<RecordedAct> ReadActs(Statement select)
    {
        using var rows = select;
        var acts = new List<RecordedAct>();
        while (rows.Step()) acts.Add(new((int)rows.Int64(0), ActFrom(rows), new(rows.Int64(6))));
        return acts;
    }

    private static RecordAct ActFrom(Statement row) =>
        new(row.Text(1), PartyOrNull(row, 2), PartyOrNull(row, 3), (Actor)row.Int64(4), row.Text(5));

    /// <summary>Records whose date has come, longest due first.</summary>
    public static List<(long Id, RecordKind Kind)> Due(Session session, Instant now, int limit)
    {
        using var select = session.Prepare(SelectDue).Bind("@now", now.UnixMicroseconds).Bind("@limit", limit);
        var due = new List<(long, RecordKind)>();
        while (select.Step()) due.Add((select.Int64(0), (RecordKind)select.Int64(1)));
        return due;
    }

    /// <summary>When the clock looks at a record, by what it says; null for never, or when there is none of that kind.</summary>
    public static Instant? DueOf<T>(Session session, RecordType<T> type, long id)
        where T : class => Find(session, type, id) is { } record ? type.KeysOf(record.Content).Due : null;

    /// <summary>Lets the clock look again later at what it could not move now; null for never.</summary>
    public static void PostponeDue(WriteSession session, long id, Instant now, Instant? later)
    {
        using var update = session.Prepare(Postpone)
            .Bind("@id", id).Bind("@now", now.UnixMicroseconds).Bind("@later", later?.UnixMicroseconds);
        update.Execute();
    }

    /// <summary>The refusal of a move that the machine did not make.</summary>
    public static Problem Refusal<TState>(Move<TState> move)
        where TState : struct, Enum
    {
        var (status, type, title) = move.Refusal switch
        {
            RefusedMove.NotByThisActor => (403, "not-in-this-capacity", "Not in this capacity"),
            RefusedMove.NotByTheSameParty => (403, "who-asks-does-not-decide", "Who asks does not decide"),
            _ => (409, "move-not-possible", "This cannot be done now"),
        };
        var problem = new Problem(status, type, title, move.Advice).With("state", Words.Of(move.State));
        return move.Guard is { } guard ? problem.With("condition", guard) : problem;
    }

    private static bool IsTaken(Session session, string seat, long? by)
    {
        using var select = session.Prepare(SelectSeat).Bind("@seat", seat);
        return select.Step() && select.Int64(0) != by;
    }

    private static Statement Bind(Statement statement, in RecordKeys keys) => statement
        .Bind("@state", (long)keys.State).Bind("@dataset", keys.Dataset?.Value).Bind("@party", keys.Party?.Value)
        .Bind("@counterparty", keys.Counterparty?.Value).Bind("@parent", keys.Parent).Bind("@due", keys.Due?.UnixMicroseconds);

    private static Statement Bind(Statement statement, in RecordQuery query, RecordKind kind)
    {
        statement.Bind("@kind", (long)kind).Bind("@state", query.State ?? -1L);
        if (query.Dataset is { } dataset) statement.Bind("@dataset", dataset.Value);
        if (query.Party is { } party) statement.Bind("@party", party.Value);
        if (query.Counterparty is { } counterparty) statement.Bind("@counterparty", counterparty.Value);
        if (query.Parent is { } parent) statement.Bind("@parent", parent);
        return statement;
    }

    private static List<GovernedRecord<T>> ReadAll<T>(Statement select, RecordType<T> type)
        where T : class
    {
        var records = new List<GovernedRecord<T>>();
        while (select.Step()) records.Add(From(select, type));
        return records;
    }

    private static GovernedRecord<T> From<T>(Statement row, RecordType<T> type)
        where T : class =>
        new(row.Int64(0), type.Read(row.Utf8(1)), (int)row.Int64(2), new(row.Int64(3)), new(row.Int64(4)));

    private static PartyId? PartyOrNull(Statement row, int column) => row.Int64OrNull(column) is { } id ? new PartyId(id) : null;

    private static Problem Outdated { get; } = new(
        409, "revision-outdated", "Somebody else was faster",
        "It was changed since you read it. Read it again, and see whether what you want still fits.");

    private static Problem SeatTaken(string seat) => new Problem(
        409, "seat-taken", "There is one already", "Only one of these may be in force at a time. End or supersede that one first.")
        .With("seat", seat);
}
