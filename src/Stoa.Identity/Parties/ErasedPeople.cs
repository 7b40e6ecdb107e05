using Stoa.Identity.Credentials;
using Stoa.Identity.SignIn;
using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary>What a person who is erased was called, so that it is found in what they wrote.</summary>
/// <param name="Name">The name.</param>
/// <param name="Login">The e-mail address; null without an account.</param>
public sealed record ErasedPerson(string Name, string? Login)
{
    /// <summary>What went, and how many rows of it.</summary>
    public IReadOnlyList<(string What, long Rows)> Gone { get; init; } = [];

    /// <summary>Everything is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => nameof(ErasedPerson);
}

/// <summary>Removes what identifies a person: account, ways to sign in, tokens, memberships, name. The row of the party stays, emptied: its number stands in what
/// others keep, and leads to nobody.</summary>
public static partial class ErasedPeople
{
    /// <summary>What is shown in the place of a name.</summary>
    public const string Name = "Erased person";

    /// <summary>Erases a person, in a transaction of the caller.</summary>
    /// <returns>What the person was called, empty where they were erased before; 404 when there is no such person, 409 when nobody else governs
    /// the exchange.</returns>
    public static Result<ErasedPerson> Erase(WriteSession session, PartyId person, Instant now)
    {
        if (Parties.Find(session, person) is not { PartyKind: PartyKind.Person } found) return Problem.NotFound();
        if (IsErased(session, person)) return new ErasedPerson("", null);
        var account = Accounts.FindByPerson(session, person);
        if (account is not null && Accounts.IsLastAdministrator(session, account)) return Accounts.LastAdministrator;
        var erased = new ErasedPerson(found.Name, account?.Login);
        RevokeTokensOf(session, person, now);
        ForgetSignInsOf(session, person, erased.Login ?? "");
        var gone = new List<(string What, long Rows)>();
        foreach (var (what, statement) in DeleteRows)
        {
            using var delete = session.Prepare(statement).Bind("@person", person.Value);
            gone.Add((what, delete.Execute()));
        }

        using var empty = session.Prepare(EmptyParty).Bind("@person", person.Value).Bind("@name", Name).Bind("@now", now.UnixMicroseconds);
        empty.Execute();
        return erased with { Gone = [.. gone.GroupBy(one => one.What).Select(same => (same.Key, same.Sum(one => one.Rows)))] };
    }

    internal static bool IsErased(Session session, PartyId person)
    {
        using var select = session.Prepare(SelectErased).Bind("@person", person.Value);
        return select.Step() && !select.IsNull(0);
    }

    // Revoked before they go, so that the version of governance grows and open connections end.
    private static void RevokeTokensOf(WriteSession session, PartyId person, Instant now)
    {
        var tokens = Ids(session, SelectTokensInForce, person);
        using var revoke = session.Prepare(RevokeTokens).Bind("@person", person.Value).Bind("@now", now.UnixMicroseconds);
        revoke.Execute();
        foreach (var token in tokens) TokenEvents.Enter(session, EventTypes.TokenRevoked, new(token), now);
    }

    private static void ForgetSignInsOf(WriteSession session, PartyId person, string login)
    {
        Attempts.Erase(session, person, login, Ids(session, SelectDevices, person));
        using var links = session.Prepare(DeleteLinks).Bind("@login", login);
        links.Execute();
    }

    private static List<long> Ids(Session session, string statement, PartyId person)
    {
        using var select = session.Prepare(statement).Bind("@person", person.Value);
        var ids = new List<long>();
        while (select.Step()) ids.Add(select.Int64(0));
        return ids;
    }
}
