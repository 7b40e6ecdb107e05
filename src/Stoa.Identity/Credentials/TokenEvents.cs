using Stoa.Identity.Parties;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>What happens to tokens, in the log: which, what they may, for which organization. Neither secrets nor names, nor people who hold them.</summary>
/// <remarks>Tokens for single uses come and go by themselves, and do not enter: what is done with them is recorded.</remarks>
internal static class TokenEvents
{
    private const string SelectToken =
        """
        SELECT t.is_admin, t.party_id
        FROM   access_token t
        WHERE  t.id = @id
        """;

    private const string SelectScopes =
        """
        SELECT   dataset_id, may_read, may_write
        FROM     access_token_scope
        WHERE    token_id = @id
        ORDER BY dataset_id
        """;

    /// <summary>Enters what has happened to a token, in its transaction.</summary>
    public static void Enter(WriteSession session, EventType type, TokenId id, Instant now)
    {
        var capacity = new HashSet<string>();
        PartyId? holder = null;
        using (var select = session.Prepare(SelectToken).Bind("@id", id.Value))
        {
            if (!select.Step()) return;
            if (select.Boolean(0)) capacity.Add("administrator");
            holder = select.Int64OrNull(1) is { } party ? new PartyId(party) : null;
        }

        var datasets = new List<long>();
        using (var select = session.Prepare(SelectScopes).Bind("@id", id.Value))
            while (select.Step())
            {
                datasets.Add(select.Int64(0));
                if (select.Boolean(1)) capacity.Add("read");
                if (select.Boolean(2)) capacity.Add("write");
            }

        var organization = PartyEvents.KindOf(session, holder) is { } kind && kind != PartyKind.Person ? holder : null;
        var entry = new LogEvent(type, now,
            ("subject", LogEvent.Urn("token", id.Value)),
            ("party", organization is { } one ? LogEvent.Urn("party", one.Value) : null),
            ("datasets", EventValue.Of(datasets.Select(dataset => LogEvent.Urn("dataset", dataset)))),
            ("capacity", EventValue.Of(capacity)));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(),
            new(type.Name, Party: organization?.Value) { Further = [.. datasets.Select(dataset => new EntryKey(EntryKeyKind.Dataset, dataset))] });
    }
}
