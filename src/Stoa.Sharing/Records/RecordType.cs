using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>What a governed record is. The numbers are stored; they never change.</summary>
internal enum RecordKind
{
    Role = 1,
    Delegation = 2,
    Classification = 3,
    Agreement = 4,
    Obligation = 5,
    AccessRequest = 6,
    Claim = 7,
    Terms = 8,
    TermsAcceptance = 9,
    Dataset = 10,
    PartyFacts = 11,
    Rule = 12,
    Block = 13,
    Emergency = 14,
    Exemption = 15,
    CompatibilityTest = 16,
    Purpose = 17,
    AgreementTemplate = 18,
    Declassification = 19,
    Correction = 20,
    Lineage = 30,
}

/// <summary>By what a record is looked up beside its kind: taken from its content whenever it is written.</summary>
internal readonly record struct RecordKeys
{
    /// <summary>Of the kind's machine, as its number; 0 where there is none.</summary>
    public int State { get; init; }

    public DatasetId? Dataset { get; init; }

    /// <summary>Whom it is about: holder, consumer, requester.</summary>
    public PartyId? Party { get; init; }

    /// <summary>The other side: giver, provider.</summary>
    public PartyId? Counterparty { get; init; }

    /// <summary>The record that it belongs to.</summary>
    public long? Parent { get; init; }

    /// <summary>When the clock looks at it next.</summary>
    public Instant? Due { get; init; }

    /// <summary>All of them, where it is about several.</summary>
    public ImmutableArray<DatasetId> Datasets { get; init; }

    /// <summary>SHA-256 of the text that parties have signed, in small hexadecimal digits.</summary>
    public string? Digest { get; init; }

    /// <summary>What only one record may hold at a time; a second one is refused.</summary>
    public string? Seat { get; init; }
}

/// <summary>How records of one kind are written and read.</summary>
/// <param name="kind">The kind.</param>
/// <param name="json">The shape of the content.</param>
/// <param name="withId">The content with its id in it.</param>
/// <param name="keys">By what it is looked up.</param>
internal sealed class RecordType<T>(RecordKind kind, JsonTypeInfo<T> json, Func<T, long, T> withId, Func<T, RecordKeys> keys)
    where T : class
{
    public RecordKind Kind { get; } = kind;

    public T WithId(T content, long id) => withId(content, id);

    public RecordKeys KeysOf(T content) => keys(content);

    /// <summary>The canonical text: the same content gives the same bytes.</summary>
    public string Text(T content) => Encoding.UTF8.GetString(CanonicalJson.Bytes(content, json));

    public T Read(ReadOnlySpan<byte> text) =>
        JsonSerializer.Deserialize(text, json) ?? throw new InvalidOperationException($"A record of the kind {Kind} is empty.");
}

/// <summary>The kinds of records that decisions are made by. A kind of a further type stands beside its type.</summary>
internal static class RecordTypes
{
    /// <summary>State of what is made once and revoked once, while it holds.</summary>
    public const int InForce = 0;

    /// <summary>And when it holds no more.</summary>
    public const int Revoked = 1;

    public static RecordType<RoleAssignment> Role { get; } = new(
        RecordKind.Role, SharingJson.Wire.RoleAssignment, (role, id) => role with { Id = new(id) }, role => new()
        {
            State = (int)role.State,
            Dataset = role.Dataset,
            Party = role.Party,
            Due = role.State switch
            {
                RoleAssignmentState.Accepted => role.From,
                RoleAssignmentState.Proposed or RoleAssignmentState.Active or RoleAssignmentState.Disputed => role.To,
                _ => null,
            },
            Seat = role is { Role: DataRole.Owner, State: RoleAssignmentState.Active } ? $"owner {role.Dataset}" : null,
        });

    public static RecordType<Delegation> Delegation { get; } = new(
        RecordKind.Delegation, SharingJson.Wire.Delegation, (one, id) => one with { Id = new(id) }, one => new()
        {
            State = (int)one.State,
            Dataset = one.Dataset,
            Party = one.To,
            Counterparty = one.From,
            Due = one.State switch
            {
                DelegationState.Accepted => Instant.Min,
                DelegationState.Offered or DelegationState.Active => one.Until,
                _ => null,
            },
        });

    public static RecordType<Classification> Classification { get; } = new(
        RecordKind.Classification, SharingJson.Wire.Classification, (one, id) => one with { Id = new(id) }, one => new()
        {
            State = (int)one.State,
            Dataset = one.Dataset,
            Due = one.State == ClassificationState.Approved ? Instant.Min : null,
            Seat = one.State is ClassificationState.Effective or ClassificationState.Frozen ? $"level {one.Dataset}" : null,
        });

    public static RecordType<Agreement> Agreement { get; } = new(
        RecordKind.Agreement, SharingJson.Wire.Agreement,
        (one, id) => one.Terms.Id.Value == id ? one : one with { Terms = one.Terms with { Id = new(id) } },
        one => new()
        {
            State = (int)one.State,
            // Where it is about one, which is most of them; those about several are found beside.
            Dataset = one.Terms.Datasets is [var only] ? only : null,
            Datasets = one.Terms.Datasets,
            Digest = AgreementText.Hash(one.Terms),
            Party = one.Terms.Consumer,
            Counterparty = one.Terms.Provider,
            Due = one.State switch
            {
                AgreementState.Verified => one.Terms.ValidFrom,
                AgreementState.Active => Earlier(one.Terms.ValidTo, one.UndertakenUntil() ?? Instant.Min),
                AgreementState.Draft or AgreementState.Offered or AgreementState.Countered or AgreementState.Accepted or
                    AgreementState.Signed or AgreementState.Suspended => one.Terms.ValidTo,
                AgreementState.Expired or AgreementState.Terminated => Instant.Min,
                _ => null,
            },
        });

    public static RecordType<Obligation> Obligation { get; } = new(
        RecordKind.Obligation, SharingJson.Wire.Obligation, (one, id) => one with { Id = new(id) }, one => new()
        {
            State = (int)one.State,
            Dataset = one.Custody?.Dataset,
            Party = one.Custody?.Custodian,
            Parent = one.Custody?.Role ?? one.Agreement.Value,
            Due = one.State is ObligationState.Pending or ObligationState.Due or ObligationState.Curing ? one.DueAt : null,
        });

    public static RecordType<AccessRequest> AccessRequest { get; } = new(
        RecordKind.AccessRequest, SharingJson.Wire.AccessRequest, (one, id) => one with { Id = new(id) }, one => new()
        {
            State = (int)one.State,
            Dataset = one.Dataset,
            Party = one.Requester,
        });

    public static RecordType<GovernedDataset> Dataset { get; } = new(
        RecordKind.Dataset, SharingJson.Wire.GovernedDataset, (one, _) => one, one => new()
        {
            Dataset = one.Id,
            Seat = $"dataset {one.Id}",
        });

    public static RecordType<PolicyRule> Rule { get; } = new(
        RecordKind.Rule, SharingJson.Wire.PolicyRule, (one, _) => one, one => new()
        {
            State = one.RevokedAt is null ? InForce : Revoked,
            Party = one.Member,
            // Names of one member are its own.
            Seat = one.RevokedAt is null ? $"rule {one.Member?.Value.ToString(CultureInfo.InvariantCulture) ?? "city"} {one.Name}" : null,
        });

    public static RecordType<Block> Block { get; } = new(
        RecordKind.Block, SharingJson.Wire.Block, (one, _) => one, one => new() { Dataset = one.Dataset, Party = one.Party });

    public static RecordType<Emergency> Emergency { get; } = new(
        RecordKind.Emergency, SharingJson.Wire.Emergency, (one, _) => one, _ => default);

    public static RecordType<Exemption> Exemption { get; } = new(
        RecordKind.Exemption, SharingJson.Wire.Exemption, (one, _) => one, one => new()
        {
            State = one.RevokedAt is null ? InForce : Revoked,
            Dataset = one.Dataset,
        });

    public static RecordType<CompatibilityTest> CompatibilityTest { get; } = new(
        RecordKind.CompatibilityTest, SharingJson.Wire.CompatibilityTest, (one, _) => one,
        one => new()
        {
            State = one.RevokedAt is null ? InForce : Revoked,
            Parent = one.Agreement.Value,
            Seat = one.RevokedAt is null ? $"compatibility {one.Agreement} {one.To}" : null,
        });

    public static RecordType<Purpose> Purpose { get; } = new(
        RecordKind.Purpose, SharingJson.Wire.Purpose, (one, _) => one, one => new() { Seat = $"purpose {one.Id}" });

    public static RecordType<PartyClaim> Claim { get; } = new(
        RecordKind.Claim, SharingJson.Wire.PartyClaim, (one, id) => one with { Id = id }, one => new()
        {
            State = (int)one.Claim.Status,
            Party = one.Party,
        });

    public static RecordType<PartyFacts> PartyFacts { get; } = new(
        RecordKind.PartyFacts, SharingJson.Wire.PartyFacts, (one, _) => one, one => new()
        {
            Party = one.Party,
            Seat = $"party {one.Party}",
        });

    public static RecordType<Terms> Terms { get; } = new(
        RecordKind.Terms, SharingJson.Wire.Terms, (one, _) => one, one => new()
        {
            Counterparty = one.Provider,
            Seat = $"terms {one.Version} {one.Name}",
        });

    public static RecordType<AcceptedTerms> TermsAcceptance { get; } = new(
        RecordKind.TermsAcceptance, SharingJson.Wire.AcceptedTerms, (one, id) => one with { Id = id }, one => new()
        {
            Party = one.Party,
            Seat = $"accepted {one.Party} {one.Version} {one.Terms}",
        });

    private static Instant Earlier(Instant one, Instant other) => one.CompareTo(other) <= 0 ? one : other;
}
