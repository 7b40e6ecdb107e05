using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>A login at a provider as its owner may see it.</summary>
/// <param name="Id">By which it is unlinked.</param>
/// <param name="Issuer">Which provider.</param>
/// <param name="Created">When it was linked.</param>
/// <param name="Used">When it last signed in.</param>
public sealed record ExternalLogin(long Id, string Issuer, Instant Created, Instant? Used);

/// <summary>Whom a provider's logins belong to: by issuer and subject alone. An e-mail address finds nobody: who may write one into a
/// provider would else be whom they like.</summary>
public sealed partial class ExternalLogins
{
    private readonly Database _database;
    private readonly OpenIdOptions? _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ExternalLogins> _log;

    internal ExternalLogins(Database database, SignInOptions options, TimeProvider time, ILogger<ExternalLogins> log)
    {
        _database = database;
        _options = options.OpenId;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>The linked logins of a person, oldest first.</summary>
    public async Task<IReadOnlyList<ExternalLogin>> ListAsync(PartyId person, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return List(read, person);
    }

    /// <summary>Signs in who is known; makes an account for who is not, where anybody may join.</summary>
    /// <returns>What the browser keeps; 403 for who is not known or may not act.</returns>
    public async Task<Result<BrowserSecrets>> SignInAsync(ExternalPerson who, SignInOrigin origin, CancellationToken cancellation)
    {
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        return await _database.TryWriteAsync<BrowserSecrets>(session =>
        {
            if (Find(session, who) is { } known) return Enter(session, known, who, origin, (secret, fresh), now);
            if (_options is not { MayAnyoneJoin: true }) return Unknown;
            if (who.Email is null || Accounts.CheckLogin(who.Email, out var login) is not null) return NoAddress;
            var made = Make(session, who, login, now);
            return made.TryGet(out var account, out var taken) ? Begin(session, account, who, origin, (secret, fresh), now) : taken;
        }, cancellation);
    }

    /// <summary>Signs in who is known, else makes an account by the invitation and uses it up.</summary>
    /// <returns>What the browser keeps, and whether the invitation still waits to be accepted by the account that is there; 404 for an
    /// invitation that does not work.</returns>
    public async Task<Result<(BrowserSecrets Secrets, bool IsStillWaiting)>> AcceptAsync(
        ExternalPerson who, string? invitation, SignInOrigin origin, CancellationToken cancellation)
    {
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        return await _database.TryWriteAsync<(BrowserSecrets, bool)>(session =>
        {
            if (OneTimeLinks.Find(session, LinkPurpose.Invitation, invitation, now) is not { Login: { } login } link) return Problem.NotFound();
            if (Find(session, who) is { } known)
                return Enter(session, known, who, origin, (secret, fresh), now).TryGet(out var entered, out var refused) ? (entered, true) : refused;
            if (!OneTimeLinks.Spend(session, link.Id, now)) return Problem.NotFound();
            if (!Make(session, who, login, now).TryGet(out var account, out var taken)) return taken;
            if (SignIns.Join(session, account.Person, link, now) is { } problem) return problem;
            return (Begin(session, account, who, origin, (secret, fresh), now), false);
        }, cancellation);
    }

    /// <summary>Links a login to the account of who is signed in.</summary>
    /// <returns>409 when it is another person's, or there are too many.</returns>
    public async Task<Result<bool>> LinkAsync(ExternalPerson who, PartyId person, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            if (Find(session, who) is { } known) return known.Person == person ? true : Taken;
            if (List(session, person).Count >= OpenIdLimits.LoginsOfPersonMax) return TooMany;
            Link(session, who, person, now, isUsed: false);
            return true;
        }, cancellation);
        if (outcome.IsValue) LogLinked(person.Value);
        return outcome;
    }

    /// <summary>Unlinks a login of a person; nothing happens when there is none.</summary>
    /// <returns>409 when it is the only way in.</returns>
    public async Task<Result<bool>> UnlinkAsync(PartyId person, long id, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            using var other = session.Prepare(SelectOtherWay)
                .Bind("@person", person.Value).Bind("@id", id).Bind("@issuer", _options?.Issuer ?? "");
            if (!other.Step()) return OnlyWayIn;
            using var delete = session.Prepare(Delete).Bind("@id", id).Bind("@person", person.Value);
            var isGone = delete.Execute() == 1;
            if (isGone) SignInKeyEvents.Enter(session, EventTypes.SignInKeyRemoved, SignInKeyEvents.ExternalLogin, now);
            return isGone;
        }, cancellation);
        if (outcome.TryGet(out var isGone, out _) && isGone) LogUnlinked(person.Value);
        return outcome;
    }

    private static (long Id, PartyId Person)? Find(Session session, ExternalPerson who)
    {
        using var select = session.Prepare(SelectBySubject).Bind("@issuer", who.Issuer).Bind("@subject", who.Subject);
        return select.Step() ? (select.Int64(0), new PartyId(select.Int64(1))) : null;
    }

    private Result<BrowserSecrets> Enter(
        WriteSession session, (long Id, PartyId Person) known, ExternalPerson who, SignInOrigin origin, (string Session, string Device) secrets,
        Instant now)
    {
        if (Accounts.FindByPerson(session, known.Person) is not { MayAct: true } account) return NotActive;
        using var use = session.Prepare(Use).Bind("@id", known.Id).Bind("@now", now.UnixMicroseconds);
        use.Execute();
        return Begin(session, account, who, origin, secrets, now);
    }

    private BrowserSecrets Begin(
        WriteSession session, StoredAccount account, ExternalPerson who, SignInOrigin origin, (string Session, string Device) secrets, Instant now)
    {
        if (account.HasTotp && !who.HasTwoFactors)
        {
            Sessions.Begin(session, secrets.Session, account.Person, Assurance.None, origin.Device, SignInLimits.SecondStepTime, now);
            return new(secrets.Session, null, true);
        }

        var assurance = who.HasTwoFactors ? Assurance.TwoFactors : Assurance.OneFactor;
        Sessions.Begin(session, secrets.Session, account.Person, assurance, origin.Device, SignInLimits.SessionTime, now);
        LogSignedIn(account.Person.Value, assurance);
        return new(secrets.Session, Sessions.Trust(session, account.Person, origin.DeviceSecret, secrets.Device, now), false);
    }

    private static Result<StoredAccount> Make(WriteSession session, ExternalPerson who, string login, Instant now)
    {
        // The provider's name for people, where it is one; they can be asked for another by who governs the exchange.
        var name = (who.Name ?? "").Trim();
        if (TextRules.CheckLine("name", name, PartyDraft.NameLengthMax) is not null) name = login.Split('@')[0];
        var made = Accounts.Create(session, new(name, login, null), login, "", isAdministrator: false, now);
        if (made.TryGet(out var account, out _)) Link(session, who, account.Person, now, isUsed: true);
        return made;
    }

    private static void Link(WriteSession session, ExternalPerson who, PartyId person, Instant now, bool isUsed)
    {
        using var insert = session.Prepare(Insert)
            .Bind("@person", person.Value).Bind("@issuer", who.Issuer).Bind("@subject", who.Subject).Bind("@now", now.UnixMicroseconds)
            .Bind("@used", isUsed ? now.UnixMicroseconds : null);
        insert.Execute();
        SignInKeyEvents.Enter(session, EventTypes.SignInKeyMade, SignInKeyEvents.ExternalLogin, now);
    }

    private static List<ExternalLogin> List(Session session, PartyId person)
    {
        using var select = session.Prepare(SelectOfPerson).Bind("@person", person.Value);
        var logins = new List<ExternalLogin>();
        while (select.Step())
            logins.Add(new(select.Int64(0), select.Text(1), new(select.Int64(2)), select.Int64OrNull(3) is { } used ? new Instant(used) : null));
        return logins;
    }

    private static Problem Unknown { get; } = new(
        403, "external-login-unknown", "You have no account here yet",
        "The provider has said who you are, but nobody has invited you. Ask an administrator of your organization for an invitation, open its " +
        "link and accept it with this sign-in. If you have an account with a password, sign in by password and link the provider on the page " +
        "of your account.");

    private static Problem NotActive { get; } = new(
        403, "account-not-active", "This account may not sign in now",
        "It is suspended or has left. An administrator of the exchange can see why and make it active again.");

    private static Problem NoAddress { get; } = new(
        403, "external-address-missing", "The provider did not say your e-mail address",
        "An account is made with an address that the provider has verified (claims email and email_verified of its ID token). Ask those who " +
        "run the provider, or ask an administrator of your organization for an invitation.");

    private static Problem Taken { get; } = new(
        409, "external-login-taken", "This login belongs to another account",
        "A login at the provider opens one account. Sign in with it and unlink it there first, or take another one.");

    private static Problem TooMany { get; } = new Problem(
        409, "too-many-external-logins", "There are too many linked logins",
        $"A person has at most {OpenIdLimits.LoginsOfPersonMax}. Unlink one that is not used any more.")
        .With("limit", OpenIdLimits.LoginsOfPersonMax);

    private static Problem OnlyWayIn { get; } = new(
        409, "only-way-in", "You could not sign in any more",
        "The account has neither password nor passkey. Set a password first, then unlink the login.");

    [LoggerMessage(2064, LogLevel.Information, "Account {Person} signed in by the provider: {Assurance}.")]
    private partial void LogSignedIn(long person, Assurance assurance);

    [LoggerMessage(2065, LogLevel.Information, "Account {Person} has a linked login.")]
    private partial void LogLinked(long person);

    [LoggerMessage(2066, LogLevel.Information, "Account {Person} has unlinked a login.")]
    private partial void LogUnlinked(long person);
}
