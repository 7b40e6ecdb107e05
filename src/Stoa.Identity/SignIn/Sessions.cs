using System.Collections.Concurrent;
using Stoa.Identity.Credentials;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>A session as its person may see it.</summary>
/// <param name="Id">By which it is ended; not the secret that the browser holds.</param>
/// <param name="Assurance">How sure it was who signed in.</param>
/// <param name="Device">Browser and system in two words.</param>
/// <param name="Created">When it began.</param>
/// <param name="LastSeen">When it was last used, within some minutes.</param>
/// <param name="Expires">When it ends at the latest.</param>
public sealed record SignInSession(long Id, Assurance Assurance, string Device, Instant Created, Instant LastSeen, Instant Expires);

/// <summary>Who signed in, and by which session.</summary>
/// <param name="Session">Id of the session.</param>
/// <param name="Requester">The person; null while the second step is still to come.</param>
/// <param name="Person">The person.</param>
public sealed record SignedIn(long Session, Requester? Requester, PartyId Person);

/// <summary>What a browser is given to keep.</summary>
/// <param name="Session">Secret of the session.</param>
/// <param name="Device">Secret by which the device is known again; null: it keeps the one it has.</param>
/// <param name="NeedsSecondStep">Whether a code is asked for now.</param>
public sealed record BrowserSecrets(string Session, string? Device, bool NeedsSecondStep)
{
    /// <summary>The secrets are left out, so that they cannot slip into a log.</summary>
    public override string ToString() => nameof(BrowserSecrets);
}

/// <summary>The sessions of people who signed in, and the devices that are known again.</summary>
/// <remarks>
/// A session that was looked up is remembered for as long as a token is (<see cref="CredentialCheck.Remembered"/>), so that what is
/// derived from its requester is not made anew for each request. Ending it in this process acts at once, in another within that time.
/// </remarks>
public sealed partial class Sessions
{
    // Above the number of people who are signed in at once; what is remembered beyond it is dropped as a whole.
    private const int RememberedMax = 10_000;

    // A session's last use is written down this often: a write for each request would be felt.
    private static readonly TimeSpan TouchPeriod = TimeSpan.FromMinutes(5);

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<TokenHash, Known> _known = new();

    internal Sessions(Database database, TimeProvider time)
    {
        _database = database;
        _time = time;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Who holds the secret; null when it is unknown, over, unused for too long, or its person may not act.</summary>
    public async ValueTask<SignedIn?> FindAsync(string? secret, CancellationToken cancellation)
    {
        if (!Secret.IsWellFormed(secret)) return null;
        var hash = Secret.HashOf(secret!);
        if (_known.TryGetValue(hash, out var known) && _time.GetTimestamp() < known.Until) return known.SignedIn;
        var asked = _time.GetTimestamp();
        var now = Now;
        if (await ReadAsync(hash, now, cancellation) is not { } found)
        {
            _known.TryRemove(hash, out _);
            return null;
        }

        var (signedIn, lastSeen, end) = found;
        if (known?.SignedIn.Requester is { } before && signedIn.Requester is { } after && before.IsSameAs(after))
            signedIn = signedIn with { Requester = before };
        if (now.UnixMicroseconds - lastSeen > TouchPeriod.TotalMicroseconds) await TouchAsync(signedIn.Session, now, cancellation);
        if (_known.Count >= RememberedMax) _known.Clear();
        var left = Math.Min(CredentialCheck.Remembered.TotalMicroseconds, end - now.UnixMicroseconds);
        _known[hash] = new(signedIn, asked + (long)(left / 1e6 * _time.TimestampFrequency));
        return signedIn;
    }

    /// <summary>The sessions of a person that are not over, the last used first.</summary>
    public async Task<IReadOnlyList<SignInSession>> ListAsync(PartyId person, CancellationToken cancellation)
    {
        var now = Now;
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectOfPerson)
            .Bind("@person", person.Value).Bind("@now", now.UnixMicroseconds).Bind("@idle", IdleSince(now));
        var sessions = new List<SignInSession>();
        while (select.Step())
            sessions.Add(new(select.Int64(0), (Assurance)select.Int64(1), select.Text(2), new(select.Int64(3)), new(select.Int64(4)), new(select.Int64(5))));
        return sessions;
    }

    /// <summary>Ends a session of a person; nothing happens when there is none.</summary>
    public async Task EndAsync(PartyId person, long session, CancellationToken cancellation)
    {
        await _database.WriteAsync(write =>
        {
            using var delete = write.Prepare(DeleteOne).Bind("@id", session).Bind("@person", person.Value);
            return delete.Execute();
        }, cancellation);
        _known.Clear();
    }

    /// <summary>Ends every session of a person but one, and forgets the devices: for a password that others may know.</summary>
    internal async Task EndOthersAsync(PartyId person, long kept, CancellationToken cancellation)
    {
        await _database.WriteAsync(write =>
        {
            using var devices = write.Prepare(DeleteDevices).Bind("@person", person.Value);
            devices.Execute();
            using var delete = write.Prepare(DeleteOthers).Bind("@person", person.Value).Bind("@kept", kept);
            return delete.Execute();
        }, cancellation);
        _known.Clear();
    }

    /// <summary>Ends every session of a person, and forgets the devices.</summary>
    internal static void EndAll(WriteSession session, PartyId person)
    {
        using var devices = session.Prepare(DeleteDevices).Bind("@person", person.Value);
        devices.Execute();
        using var delete = session.Prepare(DeleteOthers).Bind("@person", person.Value).Bind("@kept", -1L);
        delete.Execute();
    }

    /// <summary>Forgets what was remembered: for changes of who may act.</summary>
    internal void Forget() => _known.Clear();

    internal static void Begin(
        WriteSession session, string secret, PartyId person, Assurance assurance, string device, TimeSpan time, Instant now)
    {
        using var expired = session.Prepare(DeleteExpired).Bind("@now", now.UnixMicroseconds);
        expired.Execute();
        using var insert = session.Prepare(Insert)
            .Bind("@person", person.Value).BindBlob("@hash", Secret.HashOf(secret).ToArray()).Bind("@assurance", (long)assurance)
            .Bind("@device", device).Bind("@now", now.UnixMicroseconds)
            .Bind("@expires", now.UnixMicroseconds + (long)time.TotalMicroseconds);
        insert.Step();
        using var oldest = session.Prepare(DeleteOldest).Bind("@person", person.Value).Bind("@kept", SignInLimits.SessionsOfPersonMax);
        oldest.Execute();
    }

    /// <summary>When a session began; null when it is over.</summary>
    internal static Instant? BegunAt(Session session, SignedIn who)
    {
        using var select = session.Prepare(SelectCreated).Bind("@id", who.Session).Bind("@person", who.Person.Value);
        return select.Step() ? new Instant(select.Int64(0)) : null;
    }

    internal static void End(WriteSession session, PartyId person, long id)
    {
        using var delete = session.Prepare(DeleteOne).Bind("@id", id).Bind("@person", person.Value);
        delete.Execute();
    }

    /// <summary>The device, if the secret is one of this person's.</summary>
    internal static long? FindDevice(Session session, string? secret, PartyId? person, Instant now)
    {
        if (!Secret.IsWellFormed(secret)) return null;
        using var select = session.Prepare(SelectDevice)
            .BindBlob("@hash", Secret.HashOf(secret!).ToArray()).Bind("@person", person?.Value ?? -1L).Bind("@now", now.UnixMicroseconds);
        return select.Step() ? select.Int64(0) : null;
    }

    /// <summary>Knows the device from now on.</summary>
    /// <returns>The secret for it to keep; null when it has one.</returns>
    internal static string? Trust(WriteSession session, PartyId person, string? secret, string fresh, Instant now)
    {
        var expires = now.UnixMicroseconds + (long)SignInLimits.DeviceTime.TotalMicroseconds;
        if (FindDevice(session, secret, person, now) is { } known)
        {
            using var renew = session.Prepare(RenewDevice).Bind("@id", known).Bind("@expires", expires);
            renew.Execute();
            return null;
        }

        using var insert = session.Prepare(InsertDevice)
            .Bind("@person", person.Value).BindBlob("@hash", Secret.HashOf(fresh).ToArray())
            .Bind("@now", now.UnixMicroseconds).Bind("@expires", expires);
        insert.Execute();
        using var oldest = session.Prepare(DeleteOldestDevices)
            .Bind("@person", person.Value).Bind("@now", now.UnixMicroseconds).Bind("@kept", SignInLimits.DevicesOfPersonMax);
        oldest.Execute();
        return fresh;
    }

    private async ValueTask<(SignedIn SignedIn, long LastSeen, long End)?> ReadAsync(
        TokenHash hash, Instant now, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectByHash).BindBlob("@hash", hash.ToArray());
        if (!select.Step() || !select.Boolean(6)) return null;
        var (id, person, assurance) = (select.Int64(0), new PartyId(select.Int64(1)), (Assurance)select.Int64(2));
        var lastSeen = select.Int64(3);
        var end = Math.Min(select.Int64(4), lastSeen + (long)SignInLimits.IdleTime.TotalMicroseconds);
        if (end <= now.UnixMicroseconds) return null;
        if (assurance == Assurance.None) return (new(id, null, person), lastSeen, end);
        var memberships = Parties.Parties.Memberships(read, person).Where(membership =>
            membership.From.CompareTo(now) <= 0 && (membership.To is not { } to || now.CompareTo(to) < 0) &&
            Parties.Parties.Find(read, membership.Organization) is { MayAct: true });
        return (new(id, Requester.ForPerson(person, select.Boolean(5), memberships, assurance).By(WayOut.Portal), person), lastSeen, end);
    }

    private Task<long> TouchAsync(long session, Instant now, CancellationToken cancellation) => _database.WriteAsync(write =>
    {
        using var touch = write.Prepare(Touch).Bind("@id", session).Bind("@now", now.UnixMicroseconds);
        return touch.Execute();
    }, cancellation);

    private static long IdleSince(Instant now) => now.UnixMicroseconds - (long)SignInLimits.IdleTime.TotalMicroseconds;

    private sealed record Known(SignedIn SignedIn, long Until);
}
