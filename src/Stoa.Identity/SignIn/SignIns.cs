using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>Where a try to sign in comes from.</summary>
/// <param name="Source">Source address, or the network it is in.</param>
/// <param name="DeviceSecret">What the browser shows to be known again.</param>
/// <param name="Device">Browser and system in two words, for the person's list of sessions.</param>
public sealed record SignInOrigin(string Source, string? DeviceSecret, string Device)
{
    /// <summary>Everything is left out: it is about a person.</summary>
    public override string ToString() => nameof(SignInOrigin);
}

/// <summary>The doors: by password, by code, by a link that works once.</summary>
/// <remarks>
/// An unknown account, a wrong password and a person who may not act get one answer after the same work: one look-up, one hash,
/// the same counters. See <see cref="Attempts"/> for how guessing is slowed down without keeping the owner out.
/// </remarks>
public sealed partial class SignIns
{
    private readonly Database _database;
    private readonly Accounts _accounts;
    private readonly Sessions _sessions;
    private readonly Passwords _passwords;
    private readonly TimeProvider _time;
    private readonly ILogger<SignIns> _log;

    internal SignIns(
        Database database, Accounts accounts, Sessions sessions, Passwords passwords, TimeProvider time, ILogger<SignIns> log)
    {
        _database = database;
        _accounts = accounts;
        _sessions = sessions;
        _passwords = passwords;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Signs in by password.</summary>
    /// <returns>What the browser keeps; 400 when it is not right, 429 when it has to wait.</returns>
    public async Task<Result<BrowserSecrets>> ByPasswordAsync(
        string? login, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var address = (login ?? "").Trim().ToLowerInvariant();
        if (address.Length > SignInLimits.LoginLengthMax) address = address[..SignInLimits.LoginLengthMax];
        var begun = await BeginAsync(Attempts.Password, address, origin, session => Accounts.FindByLogin(session, address), cancellation);
        if (!begun.TryGet(out var tried, out var wait)) return wait;
        var checkedHash = await _passwords.VerifyAsync(tried.Account?.Password, password ?? "", cancellation);
        if (!checkedHash.TryGet(out var verdict, out var busy)) return busy;
        if (verdict == PasswordVerificationResult.Failed || tried.Account is not { MayAct: true } account) return NotAccepted;
        var newHash = verdict == PasswordVerificationResult.SuccessRehashNeeded &&
            (await _passwords.HashAsync(password!, cancellation)).TryGet(out var hash, out _) ? hash : null;
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        var secrets = await _database.WriteAsync(session =>
        {
            if (newHash is not null) Accounts.UpdateHash(session, account.Person, newHash, now);
            Attempts.Succeed(session, tried.Counters);
            if (account.HasTotp)
            {
                Sessions.Begin(session, secret, account.Person, Assurance.None, origin.Device, SignInLimits.SecondStepTime, now);
                return new BrowserSecrets(secret, null, true);
            }

            Sessions.Begin(session, secret, account.Person, Assurance.OneFactor, origin.Device, SignInLimits.SessionTime, now);
            return new BrowserSecrets(secret, Sessions.Trust(session, account.Person, origin.DeviceSecret, fresh, now), false);
        }, cancellation);
        if (!secrets.NeedsSecondStep) LogSignedIn(account.Person.Value, Assurance.OneFactor);
        return secrets;
    }

    /// <summary>The second step: a code of the generator, or a recovery code. The session gets a new secret.</summary>
    public async Task<Result<BrowserSecrets>> ByCodeAsync(
        SignedIn pending, string? code, SignInOrigin origin, CancellationToken cancellation)
    {
        var time = _time.GetUtcNow();
        var begun = await BeginAsync(
            Attempts.Code, pending.Person.ToString(), origin, session => Accounts.FindByPerson(session, pending.Person), cancellation);
        if (!begun.TryGet(out var tried, out var wait)) return wait;
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        var outcome = await _database.TryWriteAsync<BrowserSecrets>(session =>
        {
            // Read anew: another request may have taken the code meanwhile.
            if (Accounts.FindByPerson(session, pending.Person) is not { MayAct: true } account ||
                !Accounts.TakeCode(session, account, code, time)) return Accounts.WrongCode;
            Attempts.Succeed(session, tried.Counters);
            Sessions.End(session, pending.Person, pending.Session);
            Sessions.Begin(session, secret, account.Person, Assurance.TwoFactors, origin.Device, SignInLimits.SessionTime, now);
            return new BrowserSecrets(secret, Sessions.Trust(session, account.Person, origin.DeviceSecret, fresh, now), false);
        }, cancellation);
        _sessions.Forget();
        if (outcome.IsValue) LogSignedIn(pending.Person.Value, Assurance.TwoFactors);
        return outcome;
    }

    /// <summary>Makes an account by a link, uses the link up, and signs in.</summary>
    /// <returns>What the browser keeps; 400 for a draft that is not acceptable, 404 for a link that does not work, 409 when there is an
    /// account with this address.</returns>
    public async Task<Result<BrowserSecrets>> ByLinkAsync(
        LinkPurpose purpose, string linkSecret, AccountDraft draft, SignInOrigin origin, CancellationToken cancellation)
    {
        using (var read = await _database.ReadAsync(cancellation))
        {
            if (OneTimeLinks.Find(read, purpose, linkSecret, Now) is not { } found) return Problem.NotFound();
            draft = draft with { Login = found.Login ?? draft.Login };
        }

        if (TextRules.CheckLine("name", draft.Name, PartyDraft.NameLengthMax) is { } noName) return noName;
        if (Accounts.CheckLogin(draft.Login, out var login) is { } noLogin) return noLogin;
        if (Passwords.Check(draft.Password, login, draft.Name!) is { } noPassword) return noPassword;
        var hashed = await _passwords.HashAsync(draft.Password!, cancellation);
        if (!hashed.TryGet(out var hash, out var busy)) return busy;
        var (secret, fresh, now) = (Secret.Create(), Secret.Create(), Now);
        PartyId? person = null;
        var outcome = await _database.TryWriteAsync<BrowserSecrets>(session =>
        {
            if (OneTimeLinks.Find(session, purpose, linkSecret, now) is not { } link || !OneTimeLinks.Spend(session, link.Id, now))
                return Problem.NotFound();
            var isAdministrator = link.Purpose == LinkPurpose.Administrator;
            if (isAdministrator) OneTimeLinks.SpendAllForAdministrators(session, now);
            var made = Accounts.Create(session, draft, login, hash, isAdministrator, now);
            if (!made.TryGet(out var account, out var taken)) return taken;
            if (Join(session, account.Person, link, now) is { } refused) return refused;
            person = account.Person;
            Sessions.Begin(session, secret, account.Person, Assurance.OneFactor, origin.Device, SignInLimits.SessionTime, now);
            return new BrowserSecrets(secret, Sessions.Trust(session, account.Person, origin.DeviceSecret, fresh, now), false);
        }, cancellation);
        if (outcome.IsValue) LogMade(person?.Value ?? 0, purpose);
        return outcome;
    }

    /// <summary>Sets a new password by a link, and ends every session of the person.</summary>
    /// <returns>400 for a password that is not acceptable, 404 for a link that does not work.</returns>
    public async Task<Result<bool>> SetPasswordAsync(string linkSecret, string? password, CancellationToken cancellation)
    {
        StoredAccount? account;
        using (var read = await _database.ReadAsync(cancellation)) account = AccountOf(read, OneTimeLinks.Find(read, LinkPurpose.Password, linkSecret, Now));
        if (account is null) return Problem.NotFound();
        if (Passwords.Check(password, account.Login, account.Name) is { } unfit) return unfit;
        var hashed = await _passwords.HashAsync(password!, cancellation);
        if (!hashed.TryGet(out var hash, out var busy)) return busy;
        var now = Now;
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            if (OneTimeLinks.Find(session, LinkPurpose.Password, linkSecret, now) is not { } link || AccountOf(session, link) is not { } owner ||
                !OneTimeLinks.Spend(session, link.Id, now)) return Problem.NotFound();
            Sessions.EndAll(session, owner.Person);
            return Accounts.UpdateHash(session, owner.Person, hash, now);
        }, cancellation);
        _sessions.Forget();
        if (outcome.IsValue) LogPasswordSet(account.Person.Value);
        return outcome;
    }

    /// <summary>The person does not govern the exchange from now on, at once in this process.</summary>
    /// <returns>404 when there is no account, 409 when nobody else governs the exchange.</returns>
    public async Task<Result<bool>> WithdrawAdministrationAsync(PartyId person, PartyId? by, CancellationToken cancellation)
    {
        var outcome = await _accounts.WithdrawAsync(person, by, cancellation);
        _sessions.Forget();
        return outcome;
    }

    /// <summary>Who signed in joins by an invitation, and uses it up.</summary>
    public async Task<Result<bool>> AcceptAsync(PartyId person, string linkSecret, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            if (OneTimeLinks.Find(session, LinkPurpose.Invitation, linkSecret, now) is not { } link ||
                !OneTimeLinks.Spend(session, link.Id, now)) return Problem.NotFound();
            return Join(session, person, link, now) is { } refused ? refused : true;
        }, cancellation);
        _sessions.Forget();
        return outcome;
    }

    /// <summary>Changes the password of who signed in, and ends all other sessions.</summary>
    public async Task<Result<bool>> ChangePasswordAsync(
        SignedIn who, string? old, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var shown = await ShowPasswordAsync(who, old, origin, cancellation);
        if (!shown.TryGet(out var account, out var problem)) return problem;
        var changed = await _accounts.ChangePasswordAsync(account, password, cancellation);
        if (changed.IsValue) await _sessions.EndOthersAsync(who.Person, who.Session, cancellation);
        return changed;
    }

    /// <summary>New recovery codes for who shows their password.</summary>
    public async Task<Result<IReadOnlyList<string>>> RenewRecoveryCodesAsync(
        SignedIn who, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var shown = await ShowPasswordAsync(who, password, origin, cancellation);
        if (!shown.TryGet(out var account, out var problem)) return problem;
        if (!account.HasTotp) return Problem.NotFound();
        return Result<IReadOnlyList<string>>.Of(await _accounts.RenewRecoveryCodesAsync(who.Person, cancellation));
    }

    /// <summary>Takes the second step away from who shows their password.</summary>
    public async Task<Result<bool>> RemoveCodesAsync(SignedIn who, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var shown = await ShowPasswordAsync(who, password, origin, cancellation);
        if (!shown.TryGet(out _, out var problem)) return problem;
        await _accounts.RemoveCodesAsync(who.Person, cancellation);
        return true;
    }

    /// <summary>Whether who signed in knows their password.</summary>
    public async Task<Result<bool>> ConfirmAsync(SignedIn who, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var shown = await ShowPasswordAsync(who, password, origin, cancellation);
        return shown.TryGet(out _, out var problem) ? true : problem;
    }

    /// <summary>A password that is asked for once more is counted like one at the door: a session that was left open is no way to guess it.</summary>
    private async Task<Result<StoredAccount>> ShowPasswordAsync(
        SignedIn who, string? password, SignInOrigin origin, CancellationToken cancellation)
    {
        var person = who.Person;
        if (await WithoutPasswordAsync(who, cancellation) is { } fresh) return fresh;
        var begun = await BeginAsync(Attempts.Again, person.ToString(), origin, session => Accounts.FindByPerson(session, person), cancellation);
        if (!begun.TryGet(out var tried, out var wait)) return wait;
        var checkedHash = await _passwords.VerifyAsync(tried.Account?.Password, password ?? "", cancellation);
        if (!checkedHash.TryGet(out var verdict, out var busy)) return busy;
        if (verdict == PasswordVerificationResult.Failed || tried.Account is not { MayAct: true } account) return WrongPassword;
        await _database.WriteAsync(session =>
        {
            Attempts.Succeed(session, tried.Counters);
            return true;
        }, cancellation);
        return account;
    }

    /// <summary>Who has no password shows instead that they signed in just now; null for who has one.</summary>
    private async Task<Result<StoredAccount>?> WithoutPasswordAsync(SignedIn who, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        if (Accounts.FindByPerson(read, who.Person) is not { Password: null } account) return null;
        var isFresh = Sessions.BegunAt(read, who) is { } begun &&
            Now.UnixMicroseconds - begun.UnixMicroseconds < SignInLimits.FreshTime.TotalMicroseconds;
        return isFresh && account.MayAct ? account : NotFresh;
    }

    private Task<Result<Tried>> BeginAsync(
        string door, string login, SignInOrigin origin, Func<WriteSession, StoredAccount?> find, CancellationToken cancellation)
    {
        var now = Now;
        return _database.TryWriteAsync<Tried>(session =>
        {
            var account = find(session);
            var device = Sessions.FindDevice(session, origin.DeviceSecret, account?.Person, now);
            var counters = Attempts.Of(door, login, origin.Source, device);
            return Attempts.Begin(session, counters, now) is { } seconds ? Delayed(seconds) : new Tried(account, counters);
        }, cancellation);
    }

    private static StoredAccount? AccountOf(Session session, OneTimeLink? link) =>
        link?.Login is { } login && Accounts.FindByLogin(session, login) is { MayAct: true } account ? account : null;

    internal static Problem? Join(WriteSession session, PartyId person, OneTimeLink link, Instant now)
    {
        if (link.Organization is not { } organization) return null;
        var draft = new MembershipDraft { Organization = organization.Value, Roles = link.Roles.ToWords() };
        return Parties.Parties.Join(session, person, draft, now).TryGet(out _, out var problem) ? null : problem;
    }

    internal static Problem Delayed(int seconds) => new Problem(
        429, "sign-in-delayed", "Too many tries failed",
        $"Wait {seconds} seconds, then try again. A browser that signed in here before does not have to wait for the failures of others.")
        { RetryAfterSeconds = seconds };

    private static Problem NotAccepted { get; } = Problem.BadRequest(
        "sign-in-refused", "Address and password do not fit",
        "Check both. Whoever invited you can invite you again; an administrator of the exchange can see whether the account is active.");

    private static Problem WrongPassword { get; } = Problem.BadRequest(
        "wrong-password", "This is not your password", "Type the password by which you signed in.");

    private static Problem NotFresh { get; } = Problem.BadRequest(
        "sign-in-not-fresh", "You signed in too long ago for this",
        $"Your account has no password that could be asked for. Sign out, sign in again, and do this within {SignInLimits.FreshTime.TotalMinutes:0} minutes.");

    [LoggerMessage(2041, LogLevel.Information, "Account {Person} signed in: {Assurance}.")]
    private partial void LogSignedIn(long person, Assurance assurance);

    [LoggerMessage(2042, LogLevel.Information, "Account {Person} made by a link: {Purpose}.")]
    private partial void LogMade(long person, LinkPurpose purpose);

    [LoggerMessage(2043, LogLevel.Information, "Account {Person} has a new password by a link; its sessions have ended.")]
    private partial void LogPasswordSet(long person);

    private sealed record Tried(StoredAccount? Account, Attempts.Counters Counters);
}
