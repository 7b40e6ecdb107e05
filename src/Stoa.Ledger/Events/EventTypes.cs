using System.Collections.Frozen;

namespace Stoa.Ledger.Events;

/// <summary>Everything that may enter a log of this exchange, each with its schema.</summary>
/// <remarks>
/// What is personal does not enter: no names, addresses, numbers of people, free text, addresses of the network or measured values. What people have
/// done stands here as the capacity in which they did it; what they wrote, as a <see cref="Commitment"/>.
/// </remarks>
public static class EventTypes
{
    /// <summary>The end of the names of types that tell of a governed record.</summary>
    private const string Changed = ".changed";

    // The kinds of governed records; Sharing has one type for each of its kinds, and a test holds the two lists together.
    private static readonly (string Kind, string Meaning)[] Governed =
    [
        ("role", "a role towards a dataset"),
        ("delegation", "an action done in place of another"),
        ("classification", "a level of a dataset"),
        ("agreement", "an agreement; digest is that of its exact terms"),
        ("obligation", "something owed under an agreement"),
        ("access-request", "a request for access"),
        ("claim", "a claim about a party"),
        ("terms", "a version of terms of use"),
        ("terms-acceptance", "terms that a party accepted"),
        ("dataset-facts", "what decisions know of a dataset"),
        ("party-facts", "what decisions know of a party"),
        ("rule", "a rule of the city or of a member"),
        ("block", "a block"),
        ("emergency", "an emergency"),
        ("exemption", "an exemption"),
        ("compatibility-test", "a test whether a purpose is compatible"),
        ("purpose", "a purpose of the city's own"),
        ("agreement-template", "a template of agreements"),
        ("declassification", "what a level falls to"),
        ("correction", "a correction that was reported or proposed"),
        ("lineage", "what a dataset was made from"),
    ];

    /// <summary>A dataset was entered; digest is that of its description.</summary>
    public static EventType DatasetCreated { get; } = new("dataset.created", true, "a dataset was entered; digest is that of its description",
        Required("subject", MemberForm.Urn), Optional("actor", MemberForm.Organization), Optional("owner", MemberForm.Organization),
        Required("level", MemberForm.Code), Required("digest", MemberForm.Digest));

    /// <summary>The description of a dataset was changed; digest is that of the new one.</summary>
    public static EventType DatasetChanged { get; } = new("dataset.changed", true, "the description of a dataset was changed; digest is that of the new one",
        Required("subject", MemberForm.Urn), Optional("actor", MemberForm.Organization), Optional("owner", MemberForm.Organization),
        Required("level", MemberForm.Code), Required("digest", MemberForm.Digest));

    /// <summary>The description of a dataset that everybody may see was published; in the public log.</summary>
    public static EventType DatasetPublished { get; } = new("dataset.published", false, "the description of a dataset that everybody may see was published",
        Required("subject", MemberForm.Urn), Required("level", MemberForm.Code), Required("digest", MemberForm.Digest));

    /// <summary>A file was imported.</summary>
    public static EventType DataImported { get; } = new("data.imported", true, "a file was imported: so many entities were made, changed, left, refused",
        Required("subject", MemberForm.Urn), Optional("actor", MemberForm.Organization), Required("created", MemberForm.Number),
        Optional("changed", MemberForm.Number), Optional("unchanged", MemberForm.Number), Optional("refused", MemberForm.Number),
        Optional("digest", MemberForm.Digest));

    /// <summary>Many entities were removed at once, or what hung on one; or what is older than a setting says.</summary>
    public static EventType DataDeleted { get; } = new("data.deleted", true,
        "so many entities of a dataset were removed on somebody's word; or, by keep-days, of all datasets, because a setting says how long they are kept",
        Optional("subject", MemberForm.Urn), Optional("actor", MemberForm.Organization), Optional("by", MemberForm.Code),
        Required("set", MemberForm.Code), Required("count", MemberForm.Number));

    /// <summary>Observations of a dataset were sealed; root is that of a Merkle tree over them.</summary>
    public static EventType ObservationsSealed { get; } = new("observations.sealed", true,
        "so many observations of a dataset with ids from first to last were sealed; root is that of a Merkle tree over them",
        Required("subject", MemberForm.Urn), Required("first", MemberForm.Number), Required("last", MemberForm.Number),
        Required("count", MemberForm.Number), Required("root", MemberForm.Digest));

    /// <summary>Accesses to data that are not open; digest is the root of a Merkle tree over their records.</summary>
    public static EventType ExchangeBatch { get; } = new("exchange.batch", true,
        "so many accesses to data that are not open, from the first to the last id; digest is the root of a Merkle tree with count leaves over them, of one or several each",
        Required("first", MemberForm.Urn), Required("last", MemberForm.Urn), Required("count", MemberForm.Number),
        Optional("accesses", MemberForm.Number), Required("digest", MemberForm.Digest));

    /// <summary>Decisions about access were kept; root is that of a Merkle tree over them.</summary>
    public static EventType DecisionBatch { get; } = new("decision.batch", true,
        "so many decisions about access were kept, from the first to the last id; root is that of a Merkle tree over them",
        Required("first", MemberForm.Urn), Required("last", MemberForm.Urn), Required("count", MemberForm.Number), Required("root", MemberForm.Digest));

    /// <summary>Decisions about access were made and not kept.</summary>
    public static EventType DecisionsDropped { get; } = new("decisions.dropped", true,
        "so many decisions about access were made and not kept: too many waited, or they could not be stored", Required("count", MemberForm.Number));

    /// <summary>A token was made.</summary>
    public static EventType TokenCreated { get; } = OfToken("token.created", "a token was made");

    /// <summary>A token has a new secret.</summary>
    public static EventType TokenRotated { get; } = OfToken("token.rotated", "a token has a new secret");

    /// <summary>A token was revoked.</summary>
    public static EventType TokenRevoked { get; } = OfToken("token.revoked", "a token was revoked");

    /// <summary>An organization, unit, service or device was entered. Of people nothing enters.</summary>
    public static EventType PartyEntered { get; } = new("party.entered", true, "an organization, unit, service or device was entered",
        Required("subject", MemberForm.Organization), Required("kind", MemberForm.Code), Required("state", MemberForm.Code));

    /// <summary>An organization, unit, service or device has another status.</summary>
    public static EventType PartyMoved { get; } = new("party.moved", true, "an organization, unit, service or device has another status",
        Required("subject", MemberForm.Organization), Required("kind", MemberForm.Code), Required("state", MemberForm.Code));

    /// <summary>A person was erased: the values to which so many entries are committed, and their salts, are no more.</summary>
    public static EventType PersonErased { get; } = new("person.erased", true,
        "somebody was erased: what so many entries are committed to was deleted with its salt", Required("count", MemberForm.Number));

    /// <summary>Somebody belongs to an organization; who does not enter.</summary>
    public static EventType MembershipGiven { get; } = new("membership.given", true, "somebody belongs to an organization, in this capacity",
        Required("party", MemberForm.Organization), Required("capacity", MemberForm.Codes));

    /// <summary>Somebody belongs to an organization no more, by somebody's word; who does not enter.</summary>
    public static EventType MembershipEnded { get; } = new("membership.ended", true, "somebody who belonged to an organization in this capacity does no more",
        Required("party", MemberForm.Organization), Required("capacity", MemberForm.Codes));

    /// <summary>Somebody can sign in by a further key; whose it is does not enter.</summary>
    public static EventType SignInKeyMade { get; } = new("signin-key.made", true, "somebody can sign in by a further passkey or login of a provider",
        Required("kind", MemberForm.Code));

    /// <summary>Somebody cannot sign in by a key any more; whose it was does not enter.</summary>
    public static EventType SignInKeyRemoved { get; } = new("signin-key.removed", true, "somebody cannot sign in by a passkey or login of a provider any more",
        Required("kind", MemberForm.Code));

    /// <summary>Another provider of OpenID Connect, or none, is set; digest is that of what it is set to.</summary>
    public static EventType SignInProviderChanged { get; } = new("signin-provider.changed", true,
        "the program was started with another provider for signing in, or with none any more; digest is that of its issuer and client id",
        Optional("digest", MemberForm.Digest));

    /// <summary>The program was started in this version.</summary>
    public static EventType ProgramStarted { get; } = new("program.started", true, "the program was started in this version",
        Required("release", MemberForm.Release), Optional("digest", MemberForm.Digest));

    /// <summary>A key that signs was made; digest is that of its public half.</summary>
    public static EventType KeyMade { get; } = new("key.made", true, "a key that signs was made; digest is that of its public half",
        Required("subject", MemberForm.Urn), Required("digest", MemberForm.Digest));

    /// <summary>Another key signs from now on; digest is that of its public half.</summary>
    public static EventType KeyRotated { get; } = new("key.rotated", true, "another key signs from now on; digest is that of its public half",
        Required("subject", MemberForm.Urn), Required("digest", MemberForm.Digest), Optional("before", MemberForm.Digest));

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<EventType> All { get; } =
    [
        .. new[]
        {
            DatasetCreated, DatasetChanged, DatasetPublished, DataImported, DataDeleted, ObservationsSealed, ExchangeBatch, DecisionBatch,
            DecisionsDropped, TokenCreated, TokenRotated, TokenRevoked, PartyEntered, PartyMoved, PersonErased, MembershipGiven, MembershipEnded, SignInKeyMade, SignInKeyRemoved,
            SignInProviderChanged, ProgramStarted, KeyMade, KeyRotated,
        }.Concat(Governed.Select(one => OfGoverned(one.Kind, one.Meaning))).OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    private static readonly FrozenDictionary<string, EventType> ByName = All.ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>The type of that name, or null.</summary>
    public static EventType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The type that tells of governed records of a kind.</summary>
    /// <exception cref="ArgumentException">There is none: a kind was made and has no type yet.</exception>
    public static EventType Of(string kind) =>
        Find(kind + Changed) ?? throw new ArgumentException($"No type of event tells of records of the kind {kind}.", nameof(kind));

    private static EventMember Required(string name, MemberForm form) => new(name, form, true);

    private static EventMember Optional(string name, MemberForm form) => new(name, form, false);

    private static EventType OfGoverned(string kind, string meaning) => new(kind + Changed, true, $"made, moved or changed: {meaning}",
        Required("subject", MemberForm.Urn), Required("revision", MemberForm.Number), Required("move", MemberForm.Code),
        Required("state", MemberForm.Code), Optional("actor", MemberForm.Organization), Optional("capacity", MemberForm.Codes),
        Optional("datasets", MemberForm.Urns), Optional("party", MemberForm.Organization),
        Optional("counterparty", MemberForm.Organization), Optional("ref", MemberForm.Urn),
        new("digest", MemberForm.Digest, kind == "agreement"), Required("commit", MemberForm.Digest), Optional("prev", MemberForm.Number));

    private static EventType OfToken(string name, string meaning) => new(name, true, meaning,
        Required("subject", MemberForm.Urn), Optional("party", MemberForm.Organization), Optional("datasets", MemberForm.Urns),
        Optional("capacity", MemberForm.Codes));
}
