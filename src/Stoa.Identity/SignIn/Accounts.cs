using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>An account as its owner may see it.</summary>
/// <param name="Person">Whose.</param>
/// <param name="Name">The person's name.</param>
/// <param name="Login">The e-mail address.</param>
/// <param name="IsAdministrator">Whether the person governs the exchange.</param>
/// <param name="HasSecondStep">Whether a code is asked for after the password.</param>
/// <param name="RecoveryCodesLeft">Recovery codes that were not used.</param>
public sealed record Account(
    PartyId Person, string Name, string Login, bool IsAdministrator, bool HasSecondStep, int RecoveryCodesLeft)
{
    /// <summary>Whether there is a password; who came by single sign-on has none to begin with.</summary>
    public bool HasPassword { get; init; } = true;

    /// <summary>Names of people are left out, so that they cannot slip into a log.</summary>
    public override string ToString() => $"account {Person}";
}

/// <summary>A person with an account, as who governs the exchange sees them.</summary>
/// <param name="Person">Who.</param>
/// <param name="Name">The name.</param>
/// <param name="Login">The e-mail address.</param>
/// <param name="IsAdministrator">Whether the person governs the exchange.</param>
/// <param name="MayAct">Whether the person may sign in.</param>
public sealed record AccountHolder(PartyId Person, string Name, string Login, bool IsAdministrator, bool MayAct)
{
    /// <summary>Names of people are left out, so that they cannot slip into a log.</summary>
    public override string ToString() => $"account {Person}";
}

/// <summary>What someone says of themselves when they make an account.</summary>
public sealed record AccountDraft(string? Name, string? Login, string? Password)
{
    /// <summary>Everything is left out: none of it belongs into a log.</summary>
    public override string ToString() => nameof(AccountDraft);
}

/// <summary>Local accounts: password, second step, recovery codes.</summary>
public sealed partial class Accounts
{
    private const string CodeAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"; // without letters that look like digits
    private const int CodeLength = 16; // 79 random bits: none is guessed from its hash
    private readonly Database _database;
    private readonly Passwords _passwords;
    private readonly TimeProvider _time;
    private readonly ILogger<Accounts> _log;

    internal Accounts(Database database, Passwords passwords, TimeProvider time, ILogger<Accounts> log)
    {
        _database = database;
        _passwords = passwords;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>Whether somebody can sign in who governs the exchange.</summary>
    public async Task<bool> HasAdministratorAsync(CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectAdministrator);
        return select.Step();
    }

    /// <summary>The people with an account: who governs the exchange first, then by name.</summary>
    public async Task<IReadOnlyList<AccountHolder>> ListAsync(int limit, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        using var select = read.Prepare(SelectPage).Bind("@limit", limit);
        var holders = new List<AccountHolder>();
        while (select.Step())
            holders.Add(new(new(select.Int64(0)), select.Text(1), select.Text(2), select.Boolean(3), select.Boolean(4)));
        return holders;
    }

    /// <summary>From now on the person does not govern the exchange; nothing happens when they do not.</summary>
    /// <returns>404 when there is no account, 409 when nobody else governs who can sign in.</returns>
    internal async Task<Result<bool>> WithdrawAsync(PartyId person, PartyId? by, CancellationToken cancellation)
    {
        var outcome = await _database.TryWriteAsync<bool>(session =>
        {
            if (FindByPerson(session, person) is not { } account) return Problem.NotFound();
            if (!account.IsAdministrator) return false;
            if (IsLastAdministrator(session, account)) return LastAdministrator;
            using var withdraw = session.Prepare(Withdraw).Bind("@person", person.Value);
            return withdraw.Execute() == 1;
        }, cancellation);
        if (outcome.TryGet(out var isDone, out _) && isDone) LogWithdrawn(person.Value, by?.Value ?? 0);
        return outcome;
    }

    /// <summary>The account of a person, or 404.</summary>
    public async Task<Result<Account>> FindAsync(PartyId person, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        if (FindByPerson(read, person) is not { } stored) return Problem.NotFound();
        using var codes = read.Prepare(SelectRecoveryCodes).Bind("@person", person.Value);
        var left = 0;
        while (codes.Step()) left++;
        return new Account(person, stored.Name, stored.Login, stored.IsAdministrator, stored.HasTotp, left)
        {
            HasPassword = stored.Password is not null,
        };
    }

    /// <summary>Changes the password; the old one must be shown. Counted like a sign-in by the caller.</summary>
    internal async Task<Result<bool>> ChangePasswordAsync(StoredAccount account, string? password, CancellationToken cancellation)
    {
        if (Passwords.Check(password, account.Login, account.Name) is { } problem) return problem;
        var hashed = await _passwords.HashAsync(password!, cancellation);
        if (!hashed.TryGet(out var hash, out var refusal)) return refusal;
        await _database.WriteAsync(session => UpdateHash(session, account.Person, hash, Now), cancellation);
        LogPassword(account.Person.Value);
        return true;
    }

    /// <summary>Makes a secret for a generator of codes; it is asked for only after <see cref="ConfirmCodesAsync"/>.</summary>
    /// <returns>The secret; 409 when there is one already.</returns>
    public async Task<Result<byte[]>> OfferCodesAsync(PartyId person, CancellationToken cancellation)
    {
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        return await _database.TryWriteAsync<byte[]>(session =>
        {
            using var offer = session.Prepare(OfferTotp).Bind("@person", person.Value).BindBlob("@secret", secret);
            return offer.Execute() == 1 ? secret : SecondStepAlready;
        }, cancellation);
    }

    /// <summary>The secret that was offered and is not confirmed yet; null when there is none.</summary>
    public async Task<byte[]?> OfferedCodesAsync(PartyId person, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return FindByPerson(read, person) is { HasTotp: false } account ? account.TotpSecret : null;
    }

    /// <summary>From now on a code is asked for after the password: the first one shows that the generator has the secret.</summary>
    /// <returns>Ten recovery codes, shown this once; or 400 when the code is wrong.</returns>
    public async Task<Result<IReadOnlyList<string>>> ConfirmCodesAsync(PartyId person, string? code, CancellationToken cancellation)
    {
        var (now, time) = (Now, _time.GetUtcNow());
        var codes = NewRecoveryCodes();
        var outcome = await _database.TryWriteAsync<IReadOnlyList<string>>(session =>
        {
            if (FindByPerson(session, person) is not { HasTotp: false, TotpSecret: { } secret }) return SecondStepAlready;
            if (Totp.Match(secret, Typed(code), time, 0) is not { } step) return WrongCode;
            using var confirm = session.Prepare(ConfirmTotp).Bind("@person", person.Value).Bind("@step", step);
            confirm.Execute();
            KeepRecoveryCodes(session, person, codes);
            return Result<IReadOnlyList<string>>.Of(codes);
        }, cancellation);
        if (outcome.IsValue) LogSecondStep(person.Value, true);
        return outcome;
    }

    /// <summary>Makes new recovery codes in place of all before; shown this once.</summary>
    internal async Task<IReadOnlyList<string>> RenewRecoveryCodesAsync(PartyId person, CancellationToken cancellation)
    {
        var codes = NewRecoveryCodes();
        await _database.WriteAsync(session => KeepRecoveryCodes(session, person, codes), cancellation);
        return codes;
    }

    /// <summary>No code is asked for any more.</summary>
    internal async Task RemoveCodesAsync(PartyId person, CancellationToken cancellation)
    {
        await _database.WriteAsync(session =>
        {
            using var remove = session.Prepare(RemoveTotp).Bind("@person", person.Value);
            using var codes = session.Prepare(DeleteRecoveryCodes).Bind("@person", person.Value);
            codes.Execute();
            return remove.Execute();
        }, cancellation);
        LogSecondStep(person.Value, false);
    }

    /// <summary>Takes a code of the generator, or a recovery code, once.</summary>
    internal static bool TakeCode(WriteSession session, StoredAccount account, string? typed, DateTimeOffset time)
    {
        var code = Typed(typed);
        if (account is not { HasTotp: true, TotpSecret: { } secret }) return false;
        if (Totp.Match(secret, code, time, account.TotpStep) is { } step)
        {
            using var use = session.Prepare(UseTotpStep).Bind("@person", account.Person.Value).Bind("@step", step);
            return use.Execute() == 1;
        }

        if (RecoveryCodeOf(session, account.Person, code) is not { } id) return false;
        using var spend = session.Prepare(UseRecoveryCode)
            .Bind("@id", id).Bind("@now", Instant.From(time).UnixMicroseconds);
        return spend.Execute() == 1;
    }

    internal static Result<StoredAccount> Create(
        WriteSession session, AccountDraft draft, string login, string passwordHash, bool isAdministrator, Instant now)
    {
        if (FindByLogin(session, login) is not null) return LoginTaken;
        var person = Parties.Parties.Insert(session, new PartyDraft { Kind = "person", Name = draft.Name }, now);
        using var insert = session.Prepare(Insert)
            .Bind("@person", person.Id.Value).Bind("@login", login).Bind("@password", passwordHash)
            .Bind("@is_admin", isAdministrator).Bind("@now", now.UnixMicroseconds);
        insert.Execute();
        return FindByPerson(session, person.Id)!;
    }

    internal static StoredAccount? FindByLogin(Session session, string login)
    {
        using var select = session.Prepare(SelectByLogin).Bind("@login", login);
        return select.Step() ? From(select) : null;
    }

    internal static StoredAccount? FindByPerson(Session session, PartyId person)
    {
        using var select = session.Prepare(SelectByPerson).Bind("@person", person.Value);
        return select.Step() ? From(select) : null;
    }

    /// <summary>Whether nobody else governs the exchange who can sign in.</summary>
    internal static bool IsLastAdministrator(Session session, StoredAccount account)
    {
        if (!account.IsAdministrator) return false;
        using var other = session.Prepare(SelectOtherAdministrator).Bind("@person", account.Person.Value);
        return !other.Step();
    }

    internal static bool UpdateHash(WriteSession session, PartyId person, string hash, Instant now)
    {
        using var update = session.Prepare(UpdatePassword)
            .Bind("@person", person.Value).Bind("@password", hash).Bind("@now", now.UnixMicroseconds);
        return update.Execute() == 1;
    }

    /// <summary>An e-mail address as it is kept, or what is wrong with it. Whether it takes mail is not asked: none is sent.</summary>
    internal static Problem? CheckLogin(string? typed, out string login)
    {
        login = (typed ?? "").Trim().ToLowerInvariant();
        if (login.Length == 0) return TextRules.Missing("login");
        if (login.Length > SignInLimits.LoginLengthMax) return TextRules.TooLong("login", SignInLimits.LoginLengthMax);
        var at = login.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == login.LastIndexOf('@') && at < login.Length - 1 &&
            !login.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
            ? null
            : StrictJson.InvalidProperty("login", "'login' takes an e-mail address, such as name@example.org.");
    }

    private static string[] NewRecoveryCodes() => [.. Enumerable.Range(0, SignInLimits.RecoveryCodes).Select(_ =>
    {
        var code = RandomNumberGenerator.GetString(CodeAlphabet, CodeLength);
        return $"{code[..4]}-{code[4..8]}-{code[8..12]}-{code[12..]}";
    })];

    private static bool KeepRecoveryCodes(WriteSession session, PartyId person, IReadOnlyList<string> codes)
    {
        using var delete = session.Prepare(DeleteRecoveryCodes).Bind("@person", person.Value);
        delete.Execute();
        foreach (var code in codes)
        {
            using var insert = session.Prepare(InsertRecoveryCode)
                .Bind("@person", person.Value).BindBlob("@hash", Secret.HashOf(Typed(code)).ToArray());
            insert.Execute();
        }

        return true;
    }

    // All are compared, so that the time does not tell which one came near.
    private static long? RecoveryCodeOf(Session session, PartyId person, string code)
    {
        var hash = Secret.HashOf(code);
        using var select = session.Prepare(SelectRecoveryCodes).Bind("@person", person.Value);
        long? found = null;
        while (select.Step())
            if (TokenHash.From(select.Blob(1)).FixedTimeEquals(hash)) found ??= select.Int64(0);
        return found;
    }

    // People type spaces and hyphens as they were shown, or not.
    private static string Typed(string? code) =>
        string.Concat((code ?? "").Take(64).Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant));

    private static StoredAccount From(Statement row) => new(
        new(row.Int64(0)), row.Text(1), row.Text(2) is { Length: > 0 } hash ? hash : null, row.Boolean(3), row.IsNull(4) ? null : row.Blob(4).ToArray(), row.Boolean(5),
        row.Int64(6), row.Boolean(7), row.Text(8));

    internal static Problem WrongCode { get; } = Problem.BadRequest(
        "wrong-code", "The code is not right",
        "Type the six digits that the generator shows now; each works once. If its clock is wrong, set it and try again.");

    private static Problem SecondStepAlready { get; } = new(
        409, "second-step-already", "The second step is set up already", "Remove it first, then set it up again.");

    private static Problem LoginTaken { get; } = new(
        409, "login-taken", "There is an account with this address", "Sign in with it, then open the link once more.");

    internal static Problem LastAdministrator { get; } = new(
        409, "last-administrator", "Nobody else governs the exchange",
        "Who governs it last cannot stop to. Make another administrator first: stoa admin link prints a link for one.");

    [LoggerMessage(2023, LogLevel.Information, "Account {Person} does not govern the exchange any more, by party {By}.")]
    private partial void LogWithdrawn(long person, long by);

    [LoggerMessage(2021, LogLevel.Information, "Account {Person} has a new password.")]
    private partial void LogPassword(long person);

    [LoggerMessage(2022, LogLevel.Information, "Account {Person}: second step {IsOn}.")]
    private partial void LogSecondStep(long person, bool isOn);
}

/// <summary>An account's row; without a password when there is none, and then none is right.</summary>
internal sealed record StoredAccount(
    PartyId Person, string Login, string? Password, bool IsAdministrator, byte[]? TotpSecret, bool HasTotp, long TotpStep, bool MayAct,
    string Name)
{
    /// <summary>Only whose it is: the rest does not belong into a log.</summary>
    public override string ToString() => $"account {Person}";
}
