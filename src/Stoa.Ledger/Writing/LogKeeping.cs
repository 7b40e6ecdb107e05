using System.Globalization;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Writing;

/// <summary>What an operator does to a log: gives it another key, or ends it and begins another.</summary>
public sealed class LogKeeping(Database database, LedgerOptions options, TimeProvider time)
{
    /// <summary>Keys that sign along with the newest, at most.</summary>
    public const int OlderKeysMax = 3;

    // The event that tells of a key that was made.
    internal static byte[] MadeEntry(LogName log, VerifierKey key, DateTimeOffset now) =>
        new LogEvent(EventTypes.KeyMade, Instant.From(now), ("subject", SubjectOf(log)), ("digest", DigestOf(key))).ToBytes();

    // By which it is seen that a log was begun.
    internal static EntryKeys MadeKeys(LogName log) => new(EventTypes.KeyMade.Name) { Further = [new(EntryKeyKind.Log, (long)log)] };

    /// <summary>Gives a log another key; the one before signs along until <see cref="RetireAsync"/>.</summary>
    /// <returns>The public half.</returns>
    /// <exception cref="InvalidDataException">The file of keys is missing or cannot be used.</exception>
    public async Task<VerifierKey> RotateAsync(LogName log, CancellationToken cancellation)
    {
        var keys = await OpenAsync(log, cancellation);
        var made = SignerKey.Generate(keys[0].Verifier.Name, SignatureType.Ed25519);
        KeyFile.Write(options.KeyFileOf(log), [made, .. keys.Take(OlderKeysMax)]);
        var now = Instant.From(time.GetUtcNow());
        var entry = new LogEvent(EventTypes.KeyRotated, now,
            ("subject", SubjectOf(log)), ("digest", DigestOf(made.Verifier)), ("before", DigestOf(keys[0].Verifier))).ToBytes();
        await database.WriteAsync(session => PublicKeys.Add(session, log, [made.Verifier, .. keys.Select(key => key.Verifier)], now) &&
            LogEntries.Append(session, LogName.Audit, entry, new(EventTypes.KeyRotated.Name)) >= 0, cancellation);
        return made.Verifier;
    }

    /// <summary>Lets the newest key alone sign.</summary>
    /// <returns>How many went.</returns>
    /// <exception cref="InvalidDataException">The file of keys is missing or cannot be used.</exception>
    public async Task<int> RetireAsync(LogName log, CancellationToken cancellation)
    {
        var keys = await OpenAsync(log, cancellation);
        var now = Instant.From(time.GetUtcNow());
        KeyFile.Write(options.KeyFileOf(log), [keys[0]]);
        await database.WriteAsync(session => PublicKeys.Add(session, log, keys.Select(key => key.Verifier), now) &&
            PublicKeys.LeaveOnly(session, log, keys[0].Verifier, now), cancellation);
        return keys.Count - 1;
    }

    /// <summary>Ends a log and begins another with another name and key over the entries that the database has. No server may run.</summary>
    /// <remarks>
    /// What the old one signed stays beside it (key, checkpoint, tiles), so that whoever has proofs of it can still have them verified; nobody is shown two pasts
    /// under one name.
    /// </remarks>
    /// <returns>The new key, and the folder where the old log is.</returns>
    public async Task<(VerifierKey Key, string Folder)> BeginAnewAsync(LogName log, CancellationToken cancellation)
    {
        var known = await PublicKeys.ReadAsync(database, log, cancellation);
        IReadOnlyList<SignerKey> keys = File.Exists(options.KeyFileOf(log)) ? KeyFile.Open(options.KeyFileOf(log)) : [];
        VerifierKey[] before = [.. keys.Select(key => key.Verifier), .. known.Select(one => one.Key)];
        var origin = before is [var last, ..] ? last.Name : options.OriginOf(log);
        if (origin.LastIndexOf('/') is var slash && int.TryParse(origin.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)) origin = origin[..slash];
        var number = 2;
        while (before.Any(key => key.Name == Named(number))) number++;
        var folder = options.MoveEnded(log, options.SignedFileOf(log), options.KeyFileOf(log));
        if (Directory.Exists(options.TilesOf(log))) Directory.Move(options.TilesOf(log), Path.Combine(folder, "tiles"));
        var key = SignerKey.Generate(Named(number), SignatureType.Ed25519);
        KeyFile.Write(options.KeyFileOf(log), [key]);
        var now = time.GetUtcNow();
        var entry = MadeEntry(log, key.Verifier, now);
        await database.WriteAsync(session =>
        {
            foreach (var table in (string[])["ledger_tile", "ledger_checkpoint", "ledger_cosigned"])
            {
                using var forget = session.Prepare($"DELETE FROM {table} WHERE log = ?1");
                forget.Bind(1, (long)log).Execute();
            }

            PublicKeys.Add(session, log, [key.Verifier, .. keys.Select(one => one.Verifier)], Instant.From(now));
            PublicKeys.LeaveOnly(session, log, key.Verifier, Instant.From(now));
            return LogEntries.Append(session, LogName.Audit, entry, MadeKeys(log));
        }, cancellation);
        return (key.Verifier, folder);

        string Named(int number) => string.Create(CultureInfo.InvariantCulture, $"{origin}/{number}");
    }

    private async Task<IReadOnlyList<SignerKey>> OpenAsync(LogName log, CancellationToken cancellation)
    {
        var file = options.KeyFileOf(log);
        if (!File.Exists(file)) throw new InvalidDataException($"There is no key {file}: the log {log.ToPath()} was not begun in this folder.");
        var keys = KeyFile.Open(file);
        var known = await PublicKeys.ReadAsync(database, log, cancellation);
        if (known.Any(one => one.Key.Equals(keys[0].Verifier)) && !known[0].Key.Equals(keys[0].Verifier))
            throw new InvalidDataException($"The log {log.ToPath()} was given a newer key than {file} holds, at another node. Copy the file from there.");
        return keys;
    }

    private static string SubjectOf(LogName log) => LogEvent.Urn("log", log.ToPath());

    private static string DigestOf(VerifierKey key) => LogEvent.DigestOf(Encoding.UTF8.GetBytes(key.ToString()));
}
