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

    /// <summary>Gives a log another key; the one before signs along until <see cref="Retire"/>.</summary>
    /// <returns>The public half.</returns>
    /// <exception cref="InvalidDataException">The file of keys is missing or cannot be used.</exception>
    public async Task<VerifierKey> RotateAsync(LogName log, CancellationToken cancellation)
    {
        var keys = Open(log);
        var made = SignerKey.Generate(keys[0].Verifier.Name, SignatureType.Ed25519);
        KeyFile.Write(options.KeyFileOf(log), [made, .. keys.Take(OlderKeysMax)]);
        var entry = new LogEvent(EventTypes.KeyRotated, Instant.From(time.GetUtcNow()),
            ("subject", SubjectOf(log)), ("digest", DigestOf(made.Verifier)), ("before", DigestOf(keys[0].Verifier))).ToBytes();
        await database.WriteAsync(session => LogEntries.Append(session, LogName.Audit, entry, new(EventTypes.KeyRotated.Name)), cancellation);
        return made.Verifier;
    }

    /// <summary>Lets the newest key alone sign.</summary>
    /// <returns>How many went.</returns>
    /// <exception cref="InvalidDataException">The file of keys is missing or cannot be used.</exception>
    public int Retire(LogName log)
    {
        var keys = Open(log);
        KeyFile.Write(options.KeyFileOf(log), [keys[0]]);
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
        var origin = File.Exists(options.KeyFileOf(log)) ? KeyFile.Open(options.KeyFileOf(log))[0].Verifier.Name : options.OriginOf(log);
        if (origin.LastIndexOf('/') is var slash && int.TryParse(origin.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)) origin = origin[..slash];
        var number = 2;
        string folder;
        while (Directory.Exists(folder = Path.Combine(options.Folder, "ended", string.Create(CultureInfo.InvariantCulture, $"{log.ToPath()}-{number - 1}")))) number++;
        Directory.CreateDirectory(folder);
        foreach (var file in new[] { options.SignedFileOf(log), options.KeyFileOf(log) })
            if (File.Exists(file)) File.Move(file, Path.Combine(folder, Path.GetFileName(file)));
        if (Directory.Exists(options.TilesOf(log))) Directory.Move(options.TilesOf(log), Path.Combine(folder, "tiles"));
        var key = SignerKey.Generate(string.Create(CultureInfo.InvariantCulture, $"{origin}/{number}"), SignatureType.Ed25519);
        KeyFile.Write(options.KeyFileOf(log), [key]);
        var entry = MadeEntry(log, key.Verifier, time.GetUtcNow());
        await database.WriteAsync(session =>
        {
            foreach (var table in (string[])["ledger_tile", "ledger_checkpoint", "ledger_cosigned"])
            {
                using var forget = session.Prepare($"DELETE FROM {table} WHERE log = ?1");
                forget.Bind(1, (long)log).Execute();
            }

            return LogEntries.Append(session, LogName.Audit, entry, MadeKeys(log));
        }, cancellation);
        return (key.Verifier, folder);
    }

    private IReadOnlyList<SignerKey> Open(LogName log) => File.Exists(options.KeyFileOf(log))
        ? KeyFile.Open(options.KeyFileOf(log))
        : throw new InvalidDataException($"There is no key {options.KeyFileOf(log)}: the log {log.ToPath()} was not begun in this folder.");

    private static string SubjectOf(LogName log) => LogEvent.Urn("log", log.ToPath());

    private static string DigestOf(VerifierKey key) => LogEvent.DigestOf(Encoding.UTF8.GetBytes(key.ToString()));
}
