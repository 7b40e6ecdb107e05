using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Portal.Ledger;
using Stoa.Portal.Pages;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

/// <summary>What the pages of governance read: each in one snapshot of the database, and of the policy that decides now.</summary>
internal sealed partial class GovernanceReader(
    Database database, AccessPolicy policy, DatasetRoles roles, DatasetDelegations delegations, SpectrumDecisions spectrum, TermsOfUse terms, PublicNumbers numbers,
    LogReading logs, TimeProvider time)
{
    // Pages, not registers: who has more uses the API.
    private const int LinesMax = 200;
    internal const int PageSize = 50;

    private Instant Now => Instant.From(time.GetUtcNow());

    /// <summary>The language of reasons: the first that the browser asks for, if it is German.</summary>
    internal static string LanguageOf(HttpContext http)
    {
        var asked = http.Request.GetTypedHeaders().AcceptLanguage;
        var first = asked.OrderByDescending(one => one.Quality ?? 1)
            .Select(one => one.Value.Value ?? "").FirstOrDefault(one => one.StartsWith("de", StringComparison.OrdinalIgnoreCase) ||
                one.StartsWith("en", StringComparison.OrdinalIgnoreCase));
        return first ?? "en";
    }

    /// <summary>For whom the visitor may act, organizations before himself, and the exchange last.</summary>
    internal async Task<IReadOnlyList<PartyId>> PartiesOfAsync(Requester who, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var parties = Acting.Candidates(read, who).Reverse();
        return [.. parties, .. who.IsAdministrator ? [Acting.Exchange] : Array.Empty<PartyId>()];
    }

    /// <summary>The governance of a dataset; null when there is none that the visitor may know of.</summary>
    internal async Task<DatasetGovernanceView?> DatasetAsync(Requester who, string slug, string language, CancellationToken cancellation)
    {
        IReadOnlyList<RoleView> known = [];
        IReadOnlyList<DelegationView> delegated = [];
        if (!who.IsAnonymous)
        {
            known = (await roles.OfDatasetAsync(who, slug, new(LinesMax, 0), cancellation)).TryGet(out var list, out _) ? list.Entries : [];
            delegated = (await delegations.OfDatasetAsync(who, slug, new(LinesMax, 0), cancellation)).TryGet(out var all, out _) ? all.Entries : [];
        }

        using var read = await database.ReadAsync(cancellation);
        var now = Now;
        // Before the dataset is looked for, so that absent and hidden take as long.
        var reader = Reader.Of(read, who).TryGet(out var found, out _) ? found : new Reader([], false);
        if (GovernedPlace.Find(read, policy, who, slug) is not { } place) return null;
        var governs = !who.IsAnonymous && reader.Governs(place, now);
        // Of a listed dataset everybody may know that it exists, and what it asks for.
        var isListed = policy.Snapshot.TryFind(place.Id, out var standing) && standing.IsListedAt(now);
        var decides = governs || !who.IsAnonymous && reader.Parties.Any(party => SecondaryPublishing.HasSay(read, place, party, now));
        if (!governs && !isListed && known.Count == 0 && delegated.Count == 0 && !policy.DatasetForRead(who, slug).IsValue) return null;
        var one = place.InForce(read)?.Content;
        var cases = WhoMayRead.Of(policy.Snapshot, place.Id, now);
        var level = DatasetLevels.LevelOf(read, place);
        var names = new Names(read, reader);
        return new(
            slug, place.Title, level,
            one switch { null => "as described", { State: ClassificationState.Frozen } => "frozen", { IsProvisional: true } => "by the data office, provisionally", _ => "by classification" },
            one?.ReviewBy, one?.ReviewBy is { } day && IsOver(day), GovernanceWords.Asks(one),
            OwnCase(who, place, language),
            [.. cases.Where(one => one.Party is null).Select(one => Line(one, names, language))],
            governs ? [.. cases.Where(one => one.Party is not null).Select(one => Line(one, names, language))] : [],
            [.. known.Select(role => Line(role, place.Title, names))],
            decides ? Levels(read, reader, place, names, now) : [],
            governs, Governing(read, reader, place, names, now), decides || reader.Parties.Any(party => DatasetDelegations.HeldBy(read, place, party, now).Any()) ? Organizations(read) : [], decides ? TermsNames(read) : [])
        {
            DecidesLevels = decides,
            Delegations = [.. delegated.Select(delegation => Line(delegation, place.Title, names))],
            Delegating = [.. ActingOf(read, reader, names).Where(choice => DatasetDelegations.HeldBy(read, place, new(choice.Id), now).Any())],
            Custody = CustodyOf(read, who, reader, place, now),
        };
    }

    private static IReadOnlyList<Agreements.ObligationRow> CustodyOf(
        Session session, Requester who, Reader reader, GovernedPlace place, Instant now) =>
    [
        .. GovernedRecords.List(session, RecordTypes.Obligation, new(Dataset: place.Id), new(LinesMax, 0))
            .Select(record => (Record: record, Sides: ObligationSides.Of(session, record.Content)!)) // Kept for a dataset, which is never deleted.
            .Where(one => !who.IsAnonymous && reader.MayRead(place, now, one.Sides.Debtor))
            .Select(one => Agreements.AgreementReading.RowOf(one.Record, one.Sides,
                Acting.OfSides(session, who, null, [.. one.Sides.Creditors, one.Sides.Debtor]).TryGet(out var by, out _) ? by : null, now) with
                {
                    Debtor = SharedDatasets.NameOf(session, one.Sides.Debtor),
                }),
    ];

    // Days are those of the exchange's zone.
    private bool IsOver(DateOnly day) =>
        day < DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time.GetUtcNow(), policy.Snapshot.Zone).DateTime);

    /// <summary>What the visitor and those for whom it acts hold.</summary>
    internal async Task<AccessView> AccessAsync(Requester who, CancellationToken cancellation)
    {
        var held = new List<RoleView>();
        IReadOnlyList<PartyId> parties;
        using (var first = await database.ReadAsync(cancellation)) parties = Acting.Candidates(first, who);
        foreach (var party in parties)
            if ((await roles.OfPartyAsync(who, party, new(LinesMax, 0), cancellation)).TryGet(out var list, out _)) held.AddRange(list.Entries);
        using var read = await database.ReadAsync(cancellation);
        var reader = new Reader(parties, who.IsAdministrator);
        var names = new Names(read, reader);
        var page = new Page(LinesMax, 0);
        var receipts = parties.SelectMany(party => GovernedRecords.List(read, RecordTypes.TermsAcceptance, new(Party: party), page)).ToList();
        return new(
            ActingOf(read, reader with { IsOfficer = false }, names),
            [
                .. held.Select(role => Line(role, GovernedPlace.Find(read, role.Dataset)?.Title ?? role.Dataset, names) with
                {
                    Ended = role.State == Sharing.Recording.Words<RoleAssignmentState>.Of(RoleAssignmentState.Ended) ? EndOf(read, role.Id, names) : null,
                }),
            ],
            [
                .. AgreementRegister.OfParties(read, parties, null).Take(LinesMax).Select(record => Line(read, record, names)),
            ],
            [
                .. parties.SelectMany(party => GovernedRecords.List(read, RecordTypes.AccessRequest, new(Party: party), page))
                    .Select(record => Line(read, record.Content, names)),
            ],
            [
                .. parties.SelectMany(party => GovernedRecords.List(read, RecordTypes.Claim, new(Party: party), page))
                    .Select(record => new ClaimLine(
                        record.Id, $"{record.Content.Claim.Type}: {record.Content.Claim.Value}", names.Of(record.Content.Party),
                        Sharing.Recording.Words<ClaimStatus>.Of(record.Content.Claim.Status), record.Content.Claim.ExpiresAt,
                        record.Content.Claim.Status is ClaimStatus.Asserted or ClaimStatus.Verified)),
            ],
            [
                .. receipts.Select(record => new TermsLine(record.Content.Terms, record.Content.Version,
                    TermsOfUse.Find(read, record.Content.Terms, record.Content.Version)?.Content.Title ?? record.Content.Terms,
                    $"{names.Of(record.Content.Party)}, {Wording.Day(record.Content.At)}")),
            ],
            OpenTerms(read, receipts))
        {
            Delegations =
            [
                .. DatasetDelegations.OfReader(read, reader, page, Now)
                    .Select(one => Line(one, GovernedPlace.Find(read, one.Dataset)?.Title ?? one.Dataset, names)),
            ],
        };
    }

    /// <summary>The delegations that a party gave and was given, newest first; what can be done to them stands on /access.</summary>
    internal async Task<(IReadOnlyList<DelegationLine> Given, IReadOnlyList<DelegationLine> Taken)> DelegationsOfAsync(
        PartyId party, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var reader = new Reader([party], IsOfficer: false);
        var names = new Names(read, reader);
        var all = DatasetDelegations.OfReader(read, reader, new(LinesMax, 0), Now);
        IReadOnlyList<DelegationLine> Lines(Func<DelegationView, bool> isOf) =>
            [.. all.Where(isOf).Select(one => Line(one with { Moves = [] }, GovernedPlace.Find(read, one.Dataset)?.Title ?? one.Dataset, names))];
        return (Lines(one => one.From == party.Value), Lines(one => one.To == party.Value));
    }

    /// <summary>Why the visitor may read a dataset or may not; what is absent and what is hidden answer alike.</summary>
    internal async Task<WhyView> WhyAsync(Requester who, string slug, string language, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var mayRead = policy.DatasetForRead(who, slug).IsValue;
        // What is not there is asked about too, and reasons are given for what may be known alone: no dataset has the id 0.
        var id = policy.TryFindDataset(slug, out var entry) ? entry.Id : default;
        var isKnown = mayRead || !policy.Decide(who, id, DataAction.See).IsOutsider;
        var decision = policy.Decide(who, isKnown ? id : default, DataAction.See, explain: true).ToOutside();
        var title = isKnown && GovernedPlace.Find(read, slug) is { } place ? place.Title : slug;
        return new(title, slug, mayRead,
            mayRead ? [.. GovernanceWords.Of(decision, language).Where(_ => decision.IsPermitted)] : GovernanceWords.Of(decision, language));
    }

    /// <summary>What one code means; null when there is no such code.</summary>
    internal static WhyView? Why(string code, string language) => ReasonCodes.TryParse(code, out var reason)
        ? new(code, null, null, [GovernanceWords.Of(new Reason(reason), language)])
        : null;

    private WhoView OwnCase(Requester who, GovernedPlace place, string language)
    {
        var decision = policy.Decide(who, place.Id, DataAction.See, explain: true);
        var mayRead = policy.DatasetForRead(who, place.Slug).IsValue;
        var reasons = mayRead == decision.IsPermitted ? GovernanceWords.Of(decision.ToOutside(), language) : [];
        return new("You", who.IsAdministrator ? "You govern this exchange: you see everything." : "", mayRead, reasons);
    }

    private static WhoView Line(AccessCase one, Names names, string language)
    {
        var name = one.Party is { } party ? names.Of(party) : one.Group is { } group ? GovernanceWords.Of(group) : "Everyone, without signing in";
        var ties = one.Roles.Select(GovernanceWords.Of).Concat(one.IsNamed ? ["named by the level"] : [])
            .Concat(one.Agreement is { } agreement ? [$"agreement {agreement}"] : [])
            .Concat(one.Delegations.Select(delegation =>
                $"{GovernanceWords.Of(delegation)} in place of {names.Of(delegation.From)} until {Wording.LastDay(delegation.Until)}"));
        return new(name, string.Join(", ", ties), one.MayRead, GovernanceWords.Of(one.Decision, language));
    }

    private static RoleLine Line(RoleView role, string title, Names names)
    {
        var name = Sharing.Recording.Words<DataRole>.TryParse(role.Role, out var kind) ? GovernanceWords.Of(kind) : role.Role;
        return new(role.Id, name, names.Of(new(role.Party)), title, role.Dataset, role.State, role.To, role.Moves);
    }

    // Whoever held a role is told who took it: an owner may end it without its holder (ISO 37156, 9.2).
    private static string? EndOf(Session session, long role, Names names) =>
        GovernedRecords.Acts(session, role, new(1, 0)) is not [var last] ? null
        : $"{(last.Act.Party is { } party ? $"Ended by {names.Of(party)}" : "Ended by its date or by what it rested on")}, " +
            Wording.Day(last.At) + (last.Act.Reason.Length > 0 ? $": {last.Act.Reason}" : "");

    private static DelegationLine Line(DelegationView one, string title, Names names)
    {
        var delegation = GovernanceWords.Of(one);
        return new(one.Id, names.Of(new(one.From)), names.Of(new(one.To)), delegation.What, title, one.Dataset, delegation.State, one.Until, one.Moves);
    }

    private static MatterLine Line(Session session, GovernedRecord<Agreement> record, Names names)
    {
        var terms = record.Content.Terms;
        var titles = terms.Datasets.Take(3).Select(id => GovernedPlace.Find(session, id)?.Title ?? "a dataset");
        return new($"{string.Join(", ", titles)}{(terms.Datasets.Length > 3 ? " and others" : "")}",
            Sharing.Recording.Words<AgreementState>.Of(record.Content.State),
            $"Agreement {record.Id}: {names.Of(terms.Provider)} gives, {names.Of(terms.Consumer)} receives, until {Wording.LastDay(terms.ValidTo)}");
    }

    private static MatterLine Line(Session session, AccessRequest request, Names names) => new(
        GovernedPlace.Find(session, request.Dataset)?.Title ?? "a dataset", Sharing.Recording.Words<AccessRequestState>.Of(request.State),
        $"{names.Of(request.Requester)}, for {LabelOf(request.Purpose)}");

    private List<LevelLine> Levels(Session session, Reader reader, GovernedPlace place, Names names, Instant now) =>
    [
        .. GovernedRecords.List(session, RecordTypes.Classification, new(Dataset: place.Id), new(20, 0)).Select(record =>
        {
            var one = record.Content;
            var details = one.Level == SpectrumClass.SharedSpecific
                ? string.Join(", ", one.Named.Take(20).Select(names.Of)) : GovernanceWords.Asks(one);
            return new LevelLine(record.Id, one.Level, GovernanceWords.Of(one.State), one.Reason,
                one.ReviewBy?.ToString("d MMMM yyyy", CultureInfo.InvariantCulture), details,
                spectrum.Offered(session, reader, place, one, now));
        }),
    ];

    private List<TermsLine> OpenTerms(Session session, List<GovernedRecord<AcceptedTerms>> receipts)
    {
        var now = Now;
        return
        [
            .. policy.Snapshot.Datasets
                .Where(dataset => dataset.LevelAt(now) == SpectrumClass.SharedPublic && dataset.Terms is not null && !dataset.IsFrozen)
                .GroupBy(dataset => dataset.Terms!) // Asked on the line above.
                .Where(group => !receipts.Any(
                    receipt => receipt.Content.Terms == group.Key.Terms && receipt.Content.Version == group.Key.Version))
                .Take(LinesMax)
                .Select(group => new TermsLine(group.Key.Terms, group.Key.Version,
                    TermsOfUse.Find(session, group.Key.Terms, group.Key.Version)?.Content.Title ?? group.Key.Terms,
                    Wording.Count(group.Count(), "dataset asks for them", "datasets ask for them"))),
        ];
    }

    private static List<PartyChoice> ActingOf(Session session, Reader reader, Names names)
    {
        var choices = reader.Parties.Select(party => new PartyChoice(party.Value, names.Of(party))).ToList();
        if (reader.IsOfficer) choices.Add(new(Acting.Exchange.Value, "The exchange itself"));
        return choices;
    }

    // For whom something of this dataset can be decided; the others would only be refused.
    private static List<PartyChoice> Governing(Session session, Reader reader, GovernedPlace place, Names names, Instant now) =>
    [
        .. ActingOf(session, reader, names).Where(choice =>
            choice.Id == Acting.Exchange.Value || place.RolesOf(new(choice.Id), now).Any()),
    ];

    private static string LabelOf(PurposeId purpose) =>
        PurposeTree.Standard.TryFind(purpose, out var known) ? known.English : purpose.Value;
}
