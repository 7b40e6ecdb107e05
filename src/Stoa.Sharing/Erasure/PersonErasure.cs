using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Erasure;

/// <summary>What was erased of a person.</summary>
/// <param name="Person">What they were called; empty where they were erased before.</param>
/// <param name="Gone">What went or lost its meaning, and how many of it.</param>
public sealed record Erasure(ErasedPerson Person, IReadOnlyList<(string What, long Count)> Gone)
{
    /// <summary>Whether it was not done before.</summary>
    public bool IsNew => Person.Name.Length > 0;
}

/// <summary>Erases a person (GDPR 17): whatever identifies them goes, in one transaction, and sessions and tokens end with it.</summary>
/// <remarks>docs/operating/erasure.md lists every column that can hold something of a person, and what becomes of it.</remarks>
public sealed partial class PersonErasure
{
    // Questions that were decided are kept with states of the world, in which claims and texts stand.
    private const string DeleteDecisions =
        """
        DELETE FROM decision
        WHERE  party_id = @person
        """;

    private const string DeleteSnapshots =
        """
        DELETE FROM policy_snapshot
        """;

    // What was read before is not stored any more by whoever still holds it.
    private const string MarkVersion =
        """
        UPDATE governance_state
        SET    erased = version
        """;

    private readonly Database _database;
    private readonly CredentialCheck _credentials;
    private readonly PolicyRefresh _policy;
    private readonly TimeProvider _time;
    private readonly ILogger<PersonErasure> _log;

    internal PersonErasure(
        Database database, CredentialCheck credentials, PolicyRefresh policy, TimeProvider time, ILogger<PersonErasure> log)
    {
        _database = database;
        _credentials = credentials;
        _policy = policy;
        _time = time;
        _log = log;
    }

    /// <summary>Erases a person; doing so again changes nothing.</summary>
    /// <returns>404 when there is no such person, 409 when nobody else governs the exchange.</returns>
    /// <remarks>Acts at once in this process, on other nodes within a second. What nobody can undo is not given up halfway.</remarks>
    public async Task<Result<bool>> EraseAsync(PartyId person, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var now = Instant.From(_time.GetUtcNow());
        var outcome = await _database.TryWriteAsync(session => Erase(session, person, now), CancellationToken.None);
        if (!outcome.TryGet(out var erasure, out var problem)) return problem;
        if (!erasure.IsNew) return false;
        _credentials.Forget();
        await _policy.ReloadAsync(CancellationToken.None);
        if (!await _database.EmptyLogAsync(CancellationToken.None)) LogStillRead();
        LogErased(person.Value);
        return true;
    }

    /// <summary>Erases a person beside the program that may be running; it ends sessions and tokens within a second.</summary>
    /// <param name="database">Where.</param>
    /// <param name="person">Whom.</param>
    /// <param name="confirmation">The e-mail address of the account, of somebody without one the name; null: all of it is undone again, and told.</param>
    /// <param name="now">When.</param>
    /// <returns>As <see cref="EraseAsync"/>; 400 when it is somebody else who is called so.</returns>
    public static async Task<Result<Erasure>> EraseBesideAsync(Database database, PartyId person, string? confirmation, Instant now)
    {
        Erasure? undone = null;
        var outcome = await database.TryWriteAsync(session => Erase(session, person, now).TryGet(out var erasure, out var problem)
            ? Confirm(erasure)
            : problem, CancellationToken.None);
        return undone is not null && confirmation is null ? undone : outcome;

        // What is refused is undone, whatever for.
        Result<Erasure> Confirm(Erasure erasure)
        {
            var called = erasure.Person.Login ?? erasure.Person.Name;
            if (confirmation is not null && (!erasure.IsNew || confirmation.Equals(called, StringComparison.OrdinalIgnoreCase))) return erasure;
            undone = erasure;
            return NotConfirmed;
        }
    }

    private static Problem NotConfirmed { get; } = Problem.BadRequest("not-confirmed", "This is somebody else",
        "The confirmation is the e-mail address of the account of whom is erased, or the name of somebody without an account. Nothing was erased.");

    /// <summary>Erases a person, in a transaction of the caller.</summary>
    internal static Result<Erasure> Erase(WriteSession session, PartyId person, Instant now)
    {
        if (!ErasedPeople.Erase(session, person, now).TryGet(out var called, out var problem)) return problem;
        if (called.Name.Length == 0) return new Erasure(called, []);
        var count = ErasedRecords.Erase(session, person, called);
        long decided, states;
        using (var decisions = session.Prepare(DeleteDecisions).Bind("@person", person.Value)) decided = decisions.Execute();
        using (var snapshots = session.Prepare(DeleteSnapshots)) states = snapshots.Execute();
        var entry = new LogEvent(EventTypes.PersonErased, now, ("count", count));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
        using var mark = session.Prepare(MarkVersion);
        mark.Execute();
        return new Erasure(called,
        [
            .. called.Gone, ("changes of records that nobody can open any more", count), ("decisions", decided), ("kept states by which was decided", states),
        ]);
    }

    [LoggerMessage(2121, LogLevel.Information, "Party {Person} is erased.")]
    private partial void LogErased(long person);

    [LoggerMessage(2122, LogLevel.Warning,
        "The write-ahead log still holds what was erased, because somebody reads what was before. It is emptied after the next commit that nobody reads beside.")]
    private partial void LogStillRead();
}
