using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Parties;

/// <summary>What happens to organizations, units, services and devices, in the log. Of people nothing enters.</summary>
internal static class PartyEvents
{
    private const string SelectKind =
        """
        SELECT kind
        FROM   party
        WHERE  id = @id
        """;

    /// <summary>Enters what has happened to a party, in its transaction.</summary>
    public static void Enter(WriteSession session, EventType type, Party party, Instant now)
    {
        if (party.PartyKind == PartyKind.Person) return;
        var entry = new LogEvent(type, now,
            ("subject", LogEvent.Urn("party", party.Id.Value)), ("kind", party.Kind), ("state", party.Status));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(type.Name, Party: party.Id.Value));
    }

    /// <summary>Enters that a membership began or ended: in which organization, in which capacity, and not whose.</summary>
    public static void Enter(WriteSession session, EventType type, Membership membership, Instant now)
    {
        var organization = membership.Organization.Value;
        var entry = new LogEvent(type, now,
            ("party", LogEvent.Urn("party", organization)), ("capacity", EventValue.Of(membership.HeldRoles.ToWords())));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(type.Name, Party: organization));
    }

    /// <summary>What a party is; null when there is none.</summary>
    public static PartyKind? KindOf(Session session, PartyId? party)
    {
        if (party is not { } id) return null;
        using var select = session.Prepare(SelectKind).Bind("@id", id.Value);
        return select.Step() ? (PartyKind)select.Int64(0) : null;
    }
}
