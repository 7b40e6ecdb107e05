using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Parties;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Erasure;

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
        if (!outcome.TryGet(out var isDone, out var problem)) return problem;
        if (!isDone) return false;
        _credentials.Forget();
        await _policy.ReloadAsync(CancellationToken.None);
        if (!await _database.EmptyLogAsync(CancellationToken.None)) LogStillRead();
        LogErased(person.Value);
        return true;
    }

    /// <summary>Erases a person, in a transaction of the caller.</summary>
    /// <returns>False when that was done before.</returns>
    internal static Result<bool> Erase(WriteSession session, PartyId person, Instant now)
    {
        if (!ErasedPeople.Erase(session, person, now).TryGet(out var called, out var problem)) return problem;
        if (called.Name.Length == 0) return false;
        var count = ErasedRecords.Erase(session, person, called);
        using (var decisions = session.Prepare(DeleteDecisions).Bind("@person", person.Value)) decisions.Execute();
        using (var snapshots = session.Prepare(DeleteSnapshots)) snapshots.Execute();
        var entry = new LogEvent(EventTypes.PersonErased, now, ("count", count));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
        using var mark = session.Prepare(MarkVersion);
        mark.Execute();
        return true;
    }

    [LoggerMessage(2121, LogLevel.Information, "Party {Person} is erased.")]
    private partial void LogErased(long person);

    [LoggerMessage(2122, LogLevel.Warning,
        "The write-ahead log still holds what was erased, because somebody reads what was before. It is emptied after the next commit that nobody reads beside.")]
    private partial void LogStillRead();
}
