using System.Buffers.Text;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>A passkey as its owner may see it.</summary>
/// <param name="Id">By which it is removed.</param>
/// <param name="Device">Browser and system on which it was made, in two words.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Used">When it last signed in.</param>
public sealed record Passkey(long Id, string Device, Instant Created, Instant? Used);

/// <summary>What a browser brings of an authenticator, each in base64url.</summary>
public sealed record PasskeyAnswer(string Id, string Client, string Attestation, string Data, string Signature);

/// <summary>Passkeys: sign-in without a password, by an authenticator that recognised its person.</summary>
public sealed partial class Passkeys
{
    private const string Insert =
        """
        INSERT INTO passkey (person_id, credential, public_key, sign_count, device, created, last_challenge)
        VALUES (@person, @credential, @key, @count, @device, @now, @challenge)
        """;

    private const string SelectByCredential =
        """
        SELECT k.id, k.person_id, k.public_key, k.sign_count, k.last_challenge, p.may_act
        FROM   passkey k
        JOIN   party p ON p.id = k.person_id
        WHERE  k.credential = @credential
        """;

    // By passkey_person.
    private const string SelectOfPerson =
        """
        SELECT   id, device, created, used
        FROM     passkey
        WHERE    person_id = @person
        ORDER BY id
        """;

    // The condition makes sure that a challenge is answered once.
    private const string Use =
        """
        UPDATE passkey
        SET    used = @now, sign_count = @count, last_challenge = @challenge
        WHERE  id = @id
          AND  last_challenge < @challenge
        """;

    private const string Delete =
        """
        DELETE FROM passkey
        WHERE  id = @id
          AND  person_id = @person
        """;

    private readonly Database _database;
    private readonly SignInOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Passkeys> _log;

    internal Passkeys(Database database, SignInOptions options, TimeProvider time, ILogger<Passkeys> log)
    {
        _database = database;
        _options = options;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>The passkeys of a person, oldest first.</summary>
    public async Task<IReadOnlyList<Passkey>> ListAsync(PartyId person, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return List(read, person);
    }

    /// <summary>Keeps a passkey that an authenticator made for who is signed in.</summary>
    /// <param name="who">Who.</param>
    /// <param name="answer">What the browser brought.</param>
    /// <param name="challenge">The challenge and when it was given; null when it was not given to this browser lately.</param>
    /// <param name="device">Browser and system in two words.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Result<bool>> AddAsync(
        SignedIn who, PasskeyAnswer answer, (string Text, Instant Given)? challenge, string device, CancellationToken cancellation)
    {
        if (challenge is not var (text, given) || Bytes(answer.Client) is not { } client || Bytes(answer.Attestation) is not { } attestation ||
            WebAuthn.Register(client, attestation, text, _options.BaseAddress) is not { } made) return NotAccepted;
        var now = Now;
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            if (List(session, who.Person).Count >= SignInLimits.PasskeysOfPersonMax) return TooMany;
            using var find = session.Prepare(SelectByCredential).BindBlob("@credential", made.CredentialId);
            if (find.Step()) return NotAccepted;
            using var insert = session.Prepare(Insert)
                .Bind("@person", who.Person.Value).BindBlob("@credential", made.CredentialId).BindBlob("@key", made.PublicKey)
                .Bind("@count", (long)made.SignCount).Bind("@device", device).Bind("@now", now.UnixMicroseconds)
                .Bind("@challenge", given.UnixMicroseconds);
            insert.Execute();
            SignInKeyEvents.Enter(session, EventTypes.SignInKeyMade, SignInKeyEvents.Passkey, now);
            return true;
        }, cancellation);
        if (outcome.IsValue) LogAdded(who.Person.Value);
        return outcome;
    }

    /// <summary>Removes a passkey of a person; nothing happens when there is none.</summary>
    public Task RemoveAsync(PartyId person, long id, CancellationToken cancellation)
    {
        var now = Now;
        return _database.WriteAsync(session =>
        {
            using var delete = session.Prepare(Delete).Bind("@id", id).Bind("@person", person.Value);
            var isGone = delete.Execute() == 1;
            if (isGone) SignInKeyEvents.Enter(session, EventTypes.SignInKeyRemoved, SignInKeyEvents.Passkey, now);
            return isGone;
        }, cancellation);
    }

    /// <summary>Signs in by a passkey. It is had and recognises its person: two factors at once.</summary>
    public async Task<Result<BrowserSecrets>> SignInAsync(
        PasskeyAnswer answer, (string Text, Instant Given)? challenge, SignInOrigin origin, CancellationToken cancellation)
    {
        if (challenge is not var (text, given) || Bytes(answer.Id) is not { Length: <= WebAuthn.CredentialIdBytesMax } id ||
            Bytes(answer.Client) is not { } client || Bytes(answer.Data) is not { } data || Bytes(answer.Signature) is not { } signature)
            return NotAccepted;
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        var outcome = await _database.TryWriteAsync<BrowserSecrets>(session =>
        {
            using var find = session.Prepare(SelectByCredential).BindBlob("@credential", id);
            if (!find.Step() || !find.Boolean(5)) return NotAccepted;
            var (key, person, known) = (find.Int64(0), new PartyId(find.Int64(1)), find.Int64(3));
            if (WebAuthn.Verify(find.Blob(2), client, data, signature, text, _options.BaseAddress) is not { } count) return NotAccepted;
            // A count that does not grow is that of a copy, where the authenticator counts at all (level 2, 7.2, step 21).
            if ((count > 0 || known > 0) && count <= known) return NotAccepted;
            using var use = session.Prepare(Use)
                .Bind("@id", key).Bind("@now", now.UnixMicroseconds).Bind("@count", (long)count).Bind("@challenge", given.UnixMicroseconds);
            if (use.Execute() == 0) return NotAccepted;
            Sessions.Begin(session, secret, person, Assurance.TwoFactors, origin.Device, SignInLimits.SessionTime, now);
            return new BrowserSecrets(secret, Sessions.Trust(session, person, origin.DeviceSecret, fresh, now), false);
        }, cancellation);
        return outcome;
    }

    private static List<Passkey> List(Session session, PartyId person)
    {
        using var select = session.Prepare(SelectOfPerson).Bind("@person", person.Value);
        var keys = new List<Passkey>();
        while (select.Step())
            keys.Add(new(select.Int64(0), select.Text(1), new(select.Int64(2)), select.Int64OrNull(3) is { } used ? new Instant(used) : null));
        return keys;
    }

    private static byte[]? Bytes(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private static Problem NotAccepted { get; } = Problem.BadRequest(
        "passkey-refused", "The passkey is not accepted",
        "It is unknown here, was made for another site, or took longer than five minutes. Load the page again, or sign in by password.");

    private static Problem TooMany { get; } = new Problem(
        409, "too-many-passkeys", "There are too many passkeys",
        $"A person has at most {SignInLimits.PasskeysOfPersonMax}. Remove one that is not used any more.")
        .With("limit", SignInLimits.PasskeysOfPersonMax);

    [LoggerMessage(2051, LogLevel.Information, "Account {Person} has a new passkey.")]
    private partial void LogAdded(long person);
}
