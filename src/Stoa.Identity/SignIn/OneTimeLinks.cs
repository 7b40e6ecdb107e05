using Microsoft.Extensions.Logging;
using Stoa.Identity.Http;
using Stoa.Identity.Parties;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>What a link that works once is for. The numbers are stored; they never change.</summary>
public enum LinkPurpose
{
    /// <summary>To make an account that governs the exchange.</summary>
    Administrator = 0,

    /// <summary>To join an organization, with a new account or one that is there.</summary>
    Invitation = 1,

    /// <summary>To set a new password for an account that is there.</summary>
    Password = 2,
}

/// <summary>A link that was not used yet.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Login">The e-mail address of the one who is invited.</param>
/// <param name="Organization">Which organization to join.</param>
/// <param name="OrganizationName">That one's name.</param>
/// <param name="Roles">As what.</param>
/// <param name="Expires">Until when it works.</param>
public sealed record OneTimeLink(
    long Id, LinkPurpose Purpose, string? Login, PartyId? Organization, string? OrganizationName, MembershipRoles Roles, Instant Expires)
{
    /// <summary>The address of who is invited is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => $"link {Id}";
}

/// <summary>The secret of a link just made; it is known this once.</summary>
/// <param name="Path">Path on this server.</param>
/// <param name="Expires">Until when it works.</param>
public sealed record CreatedLink(string Path, Instant Expires)
{
    /// <summary>The secret is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => "link";
}

/// <summary>Links that work once: for the first administrator, and for who is invited into an organization, for who lost a password.</summary>
public sealed partial class OneTimeLinks
{
    private const string Insert =
        """
        INSERT INTO one_time_link (hash, purpose, login, organization_id, roles, created_by, created, expires)
        VALUES (@hash, @purpose, @login, @organization, @roles, @by, @now, @expires)
        RETURNING id
        """;

    private const string Columns =
        """
        SELECT   l.id, l.purpose, l.login, l.organization_id, o.name, l.roles, l.expires
        FROM     one_time_link l
        LEFT JOIN party o ON o.id = l.organization_id
        """;

    private const string SelectByHash =
        $"""
        {Columns}
        WHERE    l.hash = @hash
          AND    l.used IS NULL
          AND    l.expires > @now
          AND    (l.organization_id IS NULL OR o.may_act = 1)
        """;

    // By one_time_link_organization.
    private const string SelectOfOrganization =
        $"""
        {Columns}
        WHERE    l.organization_id = @organization
          AND    l.used IS NULL
          AND    l.expires > @now
        ORDER BY l.id DESC
        """;

    private const string Use =
        """
        UPDATE one_time_link
        SET    used = @now
        WHERE  id = @id
          AND  used IS NULL
        """;

    private const string UseAllForAdministrators =
        """
        UPDATE one_time_link
        SET    used = @now
        WHERE  purpose = 0
          AND  used IS NULL
        """;

    private const string UseAllForPassword =
        """
        UPDATE one_time_link
        SET    used = @now
        WHERE  purpose = 2
          AND  login = @login
          AND  used IS NULL
        """;

    private const string DeleteOld =
        """
        DELETE FROM one_time_link
        WHERE  expires <= @now
        """;

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<OneTimeLinks> _log;

    /// <summary>The links of a database.</summary>
    public OneTimeLinks(Database database, TimeProvider time, ILogger<OneTimeLinks> log)
    {
        _database = database;
        _time = time;
        _log = log;
    }

    private Instant Now => Instant.From(_time.GetUtcNow());

    /// <summary>A link by which somebody becomes administrator; it ends after a day, and all such links end when one is used.</summary>
    public Task<CreatedLink> ForAdministratorAsync(CancellationToken cancellation)
    {
        var now = Now;
        return _database.WriteAsync(session => Make(
            session, LinkPurpose.Administrator, "/start/", null, null, MembershipRoles.None, null, SignInLimits.StartLinkTime, now), cancellation);
    }

    /// <summary>A link by which the owner of an address joins an organization.</summary>
    /// <returns>The link, or what is wrong: 400, or 409 when too many wait.</returns>
    public async Task<Result<CreatedLink>> InviteAsync(
        PartyId organization, string? login, IReadOnlyList<string>? roles, PartyId? by, CancellationToken cancellation)
    {
        if (Accounts.CheckLogin(login, out var address) is { } problem) return problem;
        if (!MembershipWords.TryRoles(roles, out var parsed))
            return StrictJson.InvalidProperty("roles", $"'roles' takes a list of {MembershipWords.AllRoles}, each once.");
        var now = Now;
        var outcome = await _database.TryWriteAsync<CreatedLink>(session =>
        {
            if (Parties.Parties.Find(session, organization) is not { PartyKind: PartyKind.Organization, MayAct: true })
                return StrictJson.InvalidProperty("organization", "There is no active organization with this id.");
            if (Waiting(session, organization, now).Count >= SignInLimits.InvitationsWaitingMax) return TooManyInvitations;
            return Make(
                session, LinkPurpose.Invitation, "/invitations/", address, organization, parsed, by, SignInLimits.InvitationTime, now);
        }, cancellation);
        if (outcome.IsValue) LogInvited(organization.Value, by?.Value ?? 0);
        return outcome;
    }

    /// <summary>A link by which a person sets a new password; those before it end. No mail is sent: whoever asks for it hands it over.</summary>
    /// <returns>404 when there is no account, or its person may not act.</returns>
    public async Task<Result<CreatedLink>> ForPasswordAsync(PartyId person, PartyId? by, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await _database.TryWriteAsync<CreatedLink>(session =>
        {
            if (Accounts.FindByPerson(session, person) is not { MayAct: true } account) return Problem.NotFound();
            using var before = session.Prepare(UseAllForPassword).Bind("@login", account.Login).Bind("@now", now.UnixMicroseconds);
            before.Execute();
            return Make(session, LinkPurpose.Password, "/password/", account.Login, null, MembershipRoles.None, by, SignInLimits.PasswordLinkTime, now);
        }, cancellation);
        if (outcome.IsValue) LogPasswordLink(person.Value, by?.Value ?? 0);
        return outcome;
    }

    /// <summary>The link of a secret; null when it is unknown, used or over.</summary>
    public async Task<OneTimeLink?> FindAsync(LinkPurpose purpose, string? secret, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Find(read, purpose, secret, Now);
    }

    /// <summary>The invitations of an organization that wait to be used, newest first.</summary>
    public async Task<IReadOnlyList<OneTimeLink>> WaitingAsync(PartyId organization, CancellationToken cancellation)
    {
        using var read = await _database.ReadAsync(cancellation);
        return Waiting(read, organization, Now);
    }

    /// <summary>Takes an invitation back; nothing happens when it is another organization's.</summary>
    public async Task TakeBackAsync(PartyId organization, long id, CancellationToken cancellation)
    {
        var now = Now;
        await _database.WriteAsync(
            session => Waiting(session, organization, now).Any(link => link.Id == id) && Spend(session, id, now), cancellation);
    }

    internal static OneTimeLink? Find(Session session, LinkPurpose purpose, string? secret, Instant now)
    {
        if (!Secret.IsWellFormed(secret)) return null;
        using var select = session.Prepare(SelectByHash)
            .BindBlob("@hash", Secret.HashOf(secret!).ToArray()).Bind("@now", now.UnixMicroseconds);
        return select.Step() && From(select) is var link && link.Purpose == purpose ? link : null;
    }

    /// <summary>Uses it up; false when another request was quicker.</summary>
    internal static bool Spend(WriteSession session, long id, Instant now)
    {
        using var use = session.Prepare(Use).Bind("@id", id).Bind("@now", now.UnixMicroseconds);
        return use.Execute() == 1;
    }

    internal static void SpendAllForAdministrators(WriteSession session, Instant now)
    {
        using var use = session.Prepare(UseAllForAdministrators).Bind("@now", now.UnixMicroseconds);
        use.Execute();
    }

    private static CreatedLink Make(
        WriteSession session, LinkPurpose purpose, string path, string? login, PartyId? organization, MembershipRoles roles, PartyId? by,
        TimeSpan time, Instant now)
    {
        using var old = session.Prepare(DeleteOld).Bind("@now", now.UnixMicroseconds);
        old.Execute();
        var secret = Secret.Create();
        var expires = new Instant(now.UnixMicroseconds + (long)time.TotalMicroseconds);
        using var insert = session.Prepare(Insert)
            .BindBlob("@hash", Secret.HashOf(secret).ToArray()).Bind("@purpose", (long)purpose).Bind("@login", login)
            .Bind("@organization", organization?.Value).Bind("@roles", (long)roles).Bind("@by", by?.Value)
            .Bind("@now", now.UnixMicroseconds).Bind("@expires", expires.UnixMicroseconds);
        insert.Step();
        return new(path + secret, expires);
    }

    private static List<OneTimeLink> Waiting(Session session, PartyId organization, Instant now)
    {
        using var select = session.Prepare(SelectOfOrganization)
            .Bind("@organization", organization.Value).Bind("@now", now.UnixMicroseconds);
        var links = new List<OneTimeLink>();
        while (select.Step()) links.Add(From(select));
        return links;
    }

    private static OneTimeLink From(Statement row) => new(
        row.Int64(0), (LinkPurpose)row.Int64(1), row.TextOrNull(2), row.Int64OrNull(3) is { } id ? new PartyId(id) : null, row.TextOrNull(4),
        (MembershipRoles)row.Int64(5), new(row.Int64(6)));

    private static Problem TooManyInvitations { get; } = new Problem(
        409, "too-many-invitations", "Too many invitations wait to be used",
        $"An organization has at most {SignInLimits.InvitationsWaitingMax} at once. Take some back, or wait until they are used or over.")
        .With("limit", SignInLimits.InvitationsWaitingMax);

    [LoggerMessage(2032, LogLevel.Information, "A link for a new password of party {Person} was made by party {By}.")]
    private partial void LogPasswordLink(long person, long by);

    [LoggerMessage(2031, LogLevel.Information, "Somebody is invited into party {Organization} by party {By}.")]
    private partial void LogInvited(long organization, long by);
}
