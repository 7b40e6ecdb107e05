using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>What a governed record's change is in the log: everything about it that is not personal, and a commitment to the rest.</summary>
/// <param name="Kind">Of the record.</param>
/// <param name="Record">Which.</param>
/// <param name="Revision">That came of it.</param>
/// <param name="Act">What was done, by whom.</param>
/// <param name="Keys">By what the record is looked up since.</param>
/// <param name="Content">What it says since, canonical JSON.</param>
/// <param name="At">When.</param>
internal sealed record RecordChange(RecordKind Kind, long Record, long Revision, RecordAct Act, RecordKeys Keys, string Content, Instant At)
{
    private static readonly Actor[] Capacities = [.. Enum.GetValues<Actor>().Where(one => one is not (Actor.None or Actor.Anyone))];

    // People stay out of the log. What is not there (any more) is taken for one.
    private const string SelectOrganizations =
        """
        SELECT id
        FROM   party
        WHERE  id IN (@actor, @party, @counterparty)
          AND  kind <> 2
        """;

    // kind is RecordKind.Agreement.
    private const string SelectSides =
        """
        SELECT p.id
        FROM   governed_record r
        JOIN   party p ON p.id IN (r.party_id, r.counterparty_id)
        WHERE  r.id = @parent
          AND  r.kind = 4
          AND  p.kind <> 2
        """;

    /// <summary>Enters it in the log, in the transaction of the change.</summary>
    /// <returns>The salt of the commitment, to be kept beside the change.</returns>
    public byte[] Enter(WriteSession session)
    {
        var salt = Commitment.NewSalt();
        var organizations = Organizations(session);
        string? Urn(PartyId? party) => party is { } one && organizations.Contains(one.Value) ? LogEvent.Urn("party", one.Value) : null;
        var word = WordOf(Kind);
        var entry = new LogEvent(EventTypes.Of(word), At,
            ("subject", LogEvent.Urn(word, Record)), ("revision", Revision), ("move", Act.Move), ("state", StateOf(Kind, Keys.State)),
            ("actor", Urn(Act.Party)), ("capacity", EventValue.Of(Capacities.Where(one => Act.Capacity.HasFlag(one)).Select(Words.Of))),
            ("datasets", EventValue.Of(Datasets().Select(id => LogEvent.Urn("dataset", id.Value)))),
            ("party", Urn(Keys.Party)), ("counterparty", Urn(Keys.Counterparty)), ("ref", ParentUrn()),
            ("digest", Keys.Digest is { } digest ? $"sha256:{digest}" : null), ("commit", Commitment.Of(salt, Committed())),
            ("prev", Revision > 1 ? RecordEvidence.Places(session, Kind, Record, 1) is [var before] ? before : null : (long?)null));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name, Record: Record)
        {
            Further =
            [
                .. Datasets().Select(id => new EntryKey(EntryKeyKind.Dataset, id.Value)),
                // The exchange itself is nobody who could ask.
                .. new[] { Act.Party, Keys.Party, Keys.Counterparty }.OfType<PartyId>()
                    .Where(party => party != Acting.Exchange && organizations.Contains(party.Value))
                    .Select(party => new EntryKey(EntryKeyKind.Party, party.Value)),
                .. KeysOfParent(session),
            ],
        });
        return salt;
    }

    /// <summary>Whether a commitment in a log is that of this change.</summary>
    public bool Opens(string commitment, ReadOnlySpan<byte> salt) => Commitment.Opens(commitment, salt, Committed());

    /// <summary>The value that is committed to: all that is kept of the change, canonical JSON.</summary>
    public byte[] Committed()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, WordOf(Kind));
            json.WriteNumber("record"u8, Record);
            json.WriteNumber("revision"u8, Revision);
            json.WriteString("move"u8, Act.Move);
            json.WriteNumber("state"u8, Keys.State);
            if (Act.Party is { } party) json.WriteNumber("party"u8, party.Value);
            if (Act.Person is { } person) json.WriteNumber("person"u8, person.Value);
            json.WriteNumber("capacity"u8, (int)Act.Capacity);
            json.WriteString("reason"u8, Act.Reason);
            json.WriteNumber("at"u8, At.UnixMicroseconds);
            json.WritePropertyName("content"u8);
            json.WriteRawValue(Encoding.UTF8.GetBytes(Content));
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return CanonicalJson.Bytes(document.RootElement);
    }

    /// <summary>The word of a kind in types of events and in identifiers.</summary>
    public static string WordOf(RecordKind kind) => kind switch
    {
        RecordKind.Role => "role",
        RecordKind.Delegation => "delegation",
        RecordKind.Classification => "classification",
        RecordKind.Agreement => "agreement",
        RecordKind.Obligation => "obligation",
        RecordKind.AccessRequest => "access-request",
        RecordKind.Claim => "claim",
        RecordKind.Terms => "terms",
        RecordKind.TermsAcceptance => "terms-acceptance",
        RecordKind.Dataset => "dataset-facts",
        RecordKind.PartyFacts => "party-facts",
        RecordKind.Rule => "rule",
        RecordKind.Block => "block",
        RecordKind.Emergency => "emergency",
        RecordKind.Exemption => "exemption",
        RecordKind.CompatibilityTest => "compatibility-test",
        RecordKind.Purpose => "purpose",
        RecordKind.AgreementTemplate => "agreement-template",
        RecordKind.Declassification => "declassification",
        RecordKind.Correction => "correction",
        RecordKind.Lineage => "lineage",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of record without a type of event."),
    };

    /// <summary>The word of a state of the machine of a kind; where there is none, whether it is in force.</summary>
    public static string StateOf(RecordKind kind, int state) => kind switch
    {
        RecordKind.Role => Words.Of((RoleAssignmentState)state),
        RecordKind.Delegation => Words.Of((DelegationState)state),
        RecordKind.Classification => Words.Of((ClassificationState)state),
        RecordKind.Agreement => Words.Of((AgreementState)state),
        RecordKind.Obligation => Words.Of((ObligationState)state),
        RecordKind.AccessRequest => Words.Of((AccessRequestState)state),
        RecordKind.Claim => Words.Of((ClaimStatus)state),
        RecordKind.Correction => Words.Of((CorrectionState)state),
        _ => state == RecordTypes.InForce ? "inForce" : "revoked",
    };

    // What is owed under an agreement, or asked about it, concerns its sides.
    private List<EntryKey> KeysOfParent(Session session)
    {
        if (Keys.Parent is not { } parent) return [];
        if (Kind == RecordKind.Lineage) return [new(EntryKeyKind.Dataset, parent)];
        var keys = new List<EntryKey> { new(EntryKeyKind.Record, parent) };
        using var select = session.Prepare(SelectSides).Bind("@parent", parent);
        while (select.Step()) keys.Add(new(EntryKeyKind.Party, select.Int64(0)));
        return keys;
    }

    private ImmutableArray<DatasetId> Datasets() =>
        Keys.Datasets.IsDefaultOrEmpty ? Keys.Dataset is { } only ? [only] : [] : Keys.Datasets;

    private string? ParentUrn() => Keys.Parent is not { } parent
        ? null
        : LogEvent.Urn(Kind switch
        {
            RecordKind.Lineage => "dataset",
            RecordKind.CompatibilityTest => WordOf(RecordKind.Agreement),
            _ => "record",
        }, parent);

    // The exchange itself has no row.
    private HashSet<long> Organizations(Session session)
    {
        var organizations = new HashSet<long> { Acting.Exchange.Value };
        if (!(IsAsked(Act.Party) || IsAsked(Keys.Party) || IsAsked(Keys.Counterparty))) return organizations;
        using var select = session.Prepare(SelectOrganizations)
            .Bind("@actor", Act.Party?.Value ?? 0).Bind("@party", Keys.Party?.Value ?? 0).Bind("@counterparty", Keys.Counterparty?.Value ?? 0);
        while (select.Step()) organizations.Add(select.Int64(0));
        return organizations;

        static bool IsAsked(PartyId? party) => party is { } one && one != Acting.Exchange;
    }
}
