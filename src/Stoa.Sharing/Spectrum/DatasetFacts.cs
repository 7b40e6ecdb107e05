using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>A field of a dataset, on the wire.</summary>
internal sealed record FieldDraft
{
    [Description("Its name in requests and answers.")]
    public string? Name { get; init; }

    [Description("What it says about people: none, linkable or personal.")]
    public string? Personal { get; init; }

    [Description("Purposes that need it; none at all means any for a field that is not about people, and none for one that is.")]
    public IReadOnlyList<string>? NeededFor { get; init; }
}

/// <summary>What decisions need to know of a dataset, on the wire. Put as a whole.</summary>
internal sealed record FactsDraft
{
    /// <summary>Longest name of a field, in characters.</summary>
    public const int FieldNameLengthMax = 200;

    /// <summary>Highest residual risk.</summary>
    public const int RiskMax = 25;

    [Description("Its fields, at most 256; none when they are not described: then it is given whole or not at all.")]
    public IReadOnlyList<FieldDraft>? Fields { get; init; }

    [Description("Holds special categories of personal data (GDPR 9).")]
    public bool Special { get; init; }

    [Description("Whether outsiders may learn that it exists, whatever its level.")]
    public bool Listed { get; init; }

    [Description("The assessment of the impact on data protection: notRequired, open or approved.")]
    public string? Impact { get; init; }

    [Description("Whether consent can be looked up for each of the people it is about. Only false: there are no records of consent yet.")]
    public bool ConsentRecords { get; init; }

    [Description("Residual risk, 0 to 25.")]
    public int ResidualRisk { get; init; }

    [Description("Until when somebody with authority has accepted the risk.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? RiskAcceptedUntil { get; init; }

    [Description("Whether the office approves an agreement, besides its two sides, by which a party gets the dataset that never had it; as it was if left " +
        "out. The office alone takes it back.")]
    public bool? ApproveNewParties { get; init; }

    [Description("Slugs of the datasets that it was made from, at most 100.")]
    public IReadOnlyList<string>? DerivedFrom { get; init; }

    [Description("How it was made from them, in words.")]
    public string? Process { get; init; }

    [Description("Id of the party that owns the process by which it was made, and is its creator as long as it is made so, once it accepts; if left out " +
        "as it was, else the creator that is recorded, else the organization that the dataset is described to belong to. Only the office names another.")]
    public long? ProcessOwner { get; init; }

    [Description("Why this is changed.")]
    public string? Reason { get; init; }

    [Description("Id of the party that says so; may be left out when it can only be one. 0 is the exchange itself.")]
    public long? For { get; init; }

    public Result<GovernedDataset> ToFacts(GovernedDataset before, PurposeTree purposes)
    {
        if (Fields?.Count > GovernedDataset.FieldsMax)
            return StrictJson.InvalidProperty("fields", $"'fields' takes at most {GovernedDataset.FieldsMax} entries.")
                .With("limit", GovernedDataset.FieldsMax);
        if (DerivedFrom?.Count > Lineages.InputsMax)
            return StrictJson.InvalidProperty("derivedFrom", $"'derivedFrom' takes at most {Lineages.InputsMax} entries.")
                .With("limit", Lineages.InputsMax);
        if (Impact is not null && !Words<ImpactAssessment>.TryParse(Impact, out _)) return RoleDraft.NotAWord<ImpactAssessment>("impact");
        if (ResidualRisk is < 0 or > RiskMax)
            return StrictJson.InvalidProperty("residualRisk", $"'residualRisk' takes 0 to {RiskMax}.").With("limit", RiskMax);
        if (ConsentRecords) return NoConsentRecords;
        if (Governing.CheckReason(Reason) is { } problem) return problem;
        if (TextRules.CheckText("process", Process, Governing.ReasonLengthMax) is { } unfit) return unfit;
        var fields = new List<DatasetField>();
        foreach (var field in Fields ?? [])
        {
            if (CheckField(field, purposes) is { } wrong) return wrong;
            if (fields.Any(other => other.Name == field.Name))
                return StrictJson.InvalidProperty("fields", "A field comes twice in 'fields'.");
            var personal = Words<Personal>.TryParse(field.Personal, out var said) ? said : Personal.None;
            fields.Add(new(field.Name!, personal, [.. (field.NeededFor ?? []).Distinct().Select(name => new PurposeId(name))]));
        }

        return before with
        {
            Fields = [.. fields],
            IsSpecial = Special,
            IsListed = Listed,
            Impact = Words<ImpactAssessment>.TryParse(Impact, out var impact) ? impact : ImpactAssessment.NotRequired,
            HasConsentRecords = false,
            ResidualRisk = ResidualRisk,
            RiskAcceptedUntil = RiskAcceptedUntil is { } until ? new Instant(until.UnixMicroseconds) : null,
            ApprovesNewParties = ApproveNewParties ?? before.ApprovesNewParties,
        };
    }

    // Saying that it can be looked up would let a decision pass for which nobody was looked up.
    private static Problem NoConsentRecords { get; } = AgreementText.NotEvaluable("consentRecords",
        "Consent cannot be looked up for each person yet: there are no records of it here. Agree on another legal basis.");

    private static Problem? CheckField(FieldDraft field, PurposeTree purposes)
    {
        if (field is null) return TextRules.Missing("fields");
        if (TextRules.CheckLine("fields", field.Name, FieldNameLengthMax) is { } problem) return problem;
        if (field.Personal is not null && !Words<Personal>.TryParse(field.Personal, out _)) return RoleDraft.NotAWord<Personal>("fields");
        return (field.NeededFor ?? []).All(name => name is not null && purposes.IndexOf(new(name)) >= 0)
            ? null
            : StrictJson.InvalidProperty("fields", "A purpose in 'neededFor' is not known here.");
    }
}

/// <summary>What decisions know of a dataset, on the wire.</summary>
internal sealed record FactsView(
    string Dataset, IReadOnlyList<FieldDraft> Fields, bool Special, bool Listed, string Impact, bool ConsentRecords, int ResidualRisk,
    [property: JsonConverter(typeof(InstantJson))] Instant? RiskAcceptedUntil, IReadOnlyList<string> DerivedFrom, string? Process,
    long? ProcessOwner, string? LevelMax, string? DeclassifiedTo, bool ApproveNewParties);

/// <summary>A declassification, as a caller sends it.</summary>
internal sealed record DeclassificationDraft
{
    [Description("The most open level that the derived dataset may have; null revokes it.")]
    public string? LevelMax { get; init; }

    [Description("Why nothing of the inputs can be found in it any more.")]
    public string? Grounds { get; init; }

    [Description("Id of the party that decides. 0 is the exchange itself.")]
    public long? For { get; init; }
}

/// <summary>What decisions need to know of datasets beside their level: fields, risk, and what they were made from.</summary>
internal sealed class DatasetFacts(Governing governing)
{
    // By membership_person. Those that are over or to come as well: it is about whose interest somebody has.
    private const string SelectOrganizations =
        """
        SELECT organization_id
        FROM   membership
        WHERE  person_id = @person
        """;

    public async Task<Result<FactsView>> FindAsync(Requester requester, string slug, CancellationToken cancellation)
    {
        using var read = await governing.ReadAsync(cancellation);
        if (!Reader.Of(read, requester).TryGet(out var reader, out var refusal)) return refusal;
        return governing.Find(read, requester, slug) is { } place && reader.Governs(place, governing.Now) ? View(read, place) : Problem.NotFound();
    }

    /// <summary>Puts the facts and the lineage; by the owner or an officer.</summary>
    public Task<Result<FactsView>> PutAsync(Requester requester, string slug, FactsDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<FactsView>((session, now) =>
        {
            if (!Acting.Of(session, requester, draft.For is { } id ? new PartyId(id) : null).TryGet(out var who, out var refusal)) return refusal;
            if (governing.Find(session, requester, slug) is not { } place) return Problem.NotFound();
            var capacity = place.CapacityOf(who, now);
            if (capacity == Actor.None) return Problem.NotFound();
            if ((capacity & (Actor.Owner | Actor.Officer)) == 0) return OwnersAlone;
            var record = place.Facts(session);
            var purposes = PurposeTree.Standard.With(
                [.. GovernedRecords.All(session, RecordTypes.Purpose).Select(one => one.Content)]) ?? PurposeTree.Standard;
            if (!draft.ToFacts(record?.Content ?? new() { Id = place.Id }, purposes).TryGet(out var facts, out var unfit)) return unfit;
            // What holds the owner up too is not the owner's to take back.
            if (record?.Content.ApprovesNewParties == true && !facts.ApprovesNewParties && !capacity.HasFlag(Actor.Officer)) return OfficesAlone;
            if (!InputsOf(session, requester, place, draft).TryGet(out var inputs, out var unknown)) return unknown;
            if (!ProcessOwnerOf(session, requester, place, who, capacity, draft).TryGet(out var owner, out var notOwner)) return notOwner;
            var act = new RecordAct("describe", who.Party, who.Person, capacity, draft.Reason ?? "");
            var outcome = record is null
                ? GovernedRecords.Insert(session, RecordTypes.Dataset, facts, act, now)
                : GovernedRecords.Update(session, RecordTypes.Dataset, record, facts, act, now);
            if (!outcome.TryGet(out _, out var problem)) return problem;
            if (Relate(session, place, owner, inputs, draft.Process ?? "", act, now) is { } conflict) return conflict;
            DatasetLevels.Follow(session, place.Id, now);
            return View(session, GovernedPlace.Find(session, place.Id)!); // Found above, and never deleted.
        }, cancellation);

    /// <summary>Records or revokes that a derived dataset may be more open than its inputs; by an officer that does not own it.</summary>
    public Task<Result<FactsView>> DeclassifyAsync(
        Requester requester, string slug, DeclassificationDraft draft, CancellationToken cancellation) =>
        governing.WriteAsync<FactsView>((session, now) =>
        {
            if (!Acting.Of(session, requester, draft.For is { } id ? new PartyId(id) : null).TryGet(out var who, out var refusal)) return refusal;
            if (governing.Find(session, requester, slug) is not { } place) return Problem.NotFound();
            var capacity = place.CapacityOf(who, now);
            if (capacity == Actor.None) return Problem.NotFound();
            if (!capacity.HasFlag(Actor.Officer)) return OfficersAlone;
            if ((capacity & (Actor.Owner | Actor.PrimaryPublisher)) != 0) return Governing.SamePerson(ClassificationState.Draft);
            if (TextRules.CheckLine("grounds", draft.Grounds, Governing.ReasonLengthMax) is { } unfit) return unfit;
            var level = SpectrumClass.Closed;
            if (draft.LevelMax is not null && !SpectrumClasses.TryParse(draft.LevelMax, out level))
                return StrictJson.InvalidProperty("levelMax", "'levelMax' takes one of closed, specific, group, public, open, or null.");
            var former = GovernedRecords.FindBySeat(session, Lineages.DeclassificationType, $"declassification {place.Id}");
            var act = new RecordAct(draft.LevelMax is null ? "revoke" : "declassify", who.Party, who.Person, capacity, draft.Grounds!);
            if (former is not null && !GovernedRecords.Update(
                    session, Lineages.DeclassificationType, former, former.Content with { IsRevoked = true }, act, now).TryGet(out _, out var late))
                return late;
            if (draft.LevelMax is not null && !GovernedRecords.Insert(session, Lineages.DeclassificationType,
                    new(0, place.Id, level, draft.Grounds!, who.Party), act, now).TryGet(out _, out var problem)) return problem;
            DatasetLevels.Follow(session, place.Id, now);
            return View(session, GovernedPlace.Find(session, place.Id)!); // Found above, and never deleted.
        }, cancellation);

    // What the requester may not see cannot be named: absent and hidden look the same.
    private Result<List<GovernedPlace>> InputsOf(Session session, Requester requester, GovernedPlace place, FactsDraft draft)
    {
        var inputs = new List<GovernedPlace>();
        foreach (var slug in (draft.DerivedFrom ?? []).Distinct())
        {
            if (slug is null || !governing.Policy.DatasetForRead(requester, slug).IsValue || GovernedPlace.Find(session, slug) is not { } input)
                return StrictJson.InvalidProperty("derivedFrom", "A dataset in 'derivedFrom' cannot be found.");
            if (Lineages.IsMadeFrom(session, input.Id, place.Id))
                return StrictJson.InvalidProperty("derivedFrom", "A dataset in 'derivedFrom' is made from this one.");
            inputs.Add(input);
        }

        return inputs;
    }

    private static Problem? Relate(
        WriteSession session, GovernedPlace place, PartyId creator, List<GovernedPlace> inputs, string process, RecordAct act, Instant now)
    {
        foreach (var edge in Lineages.RecordsOf(session, place.Id))
        {
            var isKept = inputs.RemoveAll(input => input.Id == edge.Content.Input) > 0;
            // What was derived stays bound, by what its maker agreed to as well: only an officer takes it back, names another, or declassifies.
            if (!isKept && !edge.Content.IsRemoved && !act.Capacity.HasFlag(Actor.Officer)) return OfficersAlone;
            if (isKept && edge.Content.ProcessOwner != creator && !act.Capacity.HasFlag(Actor.Officer)) return MakerStays;
            var content = isKept ? edge.Content with { Process = process, ProcessOwner = creator } : edge.Content with { IsRemoved = true };
            if (content != edge.Content &&
                !GovernedRecords.Update(session, Lineages.Type, edge, content, act, now).TryGet(out _, out var problem)) return problem;
        }

        foreach (var input in inputs)
            if (!GovernedRecords.Insert(session, Lineages.Type, new(0, place.Id, input.Id, creator, process), act, now)
                    .TryGet(out _, out var problem)) return problem;
        return DerivedCreators.Follow(session, place.Id, act, now);
    }

    // Who provides the process creates the derived data (ISO 37156, 9.2 a), and stays named until an officer names another.
    private static Result<PartyId> ProcessOwnerOf(
        Session session, Requester requester, GovernedPlace place, Acting who, Actor capacity, FactsDraft draft)
    {
        var recorded = Lineages.InputsOf(session, place.Id).FirstOrDefault()?.ProcessOwner;
        if (recorded is { } former && (draft.ProcessOwner is null || draft.ProcessOwner == former.Value)) return former;
        if (draft.ProcessOwner is { } named && !DatasetRoles.IsParty(session, new(named)))
            return StrictJson.InvalidProperty("processOwner", "There is no such party that takes part.");
        var party = draft.ProcessOwner is { } id ? new PartyId(id) : place.Assignments.FirstOrDefault(
            role => role is { Role: DataRole.Creator, State: RoleAssignmentState.Active, Lineage: null })?.Party ?? place.DescribedOwner ?? who.Party;
        // Nobody but an owner gives a role to itself, nor to what it belongs to; where nothing is derived nobody is named.
        return draft.DerivedFrom is { Count: > 0 } && !capacity.HasFlag(Actor.Owner) && IsOfOwn(session, requester, who, party)
            ? Governing.SamePerson(RoleAssignmentState.Proposed)
            : party;
    }

    // Himself, and every organization to which he belongs, in whatever capacity, with all its units and services.
    private static bool IsOfOwn(Session session, Requester requester, Acting who, PartyId party)
    {
        var own = new HashSet<PartyId> { who.Party };
        own.UnionWith(who.Parties);
        if (requester.Party is { } self)
        {
            own.Add(self);
            // Asked here: a token of a person brings no memberships along.
            using var select = session.Prepare(SelectOrganizations).Bind("@person", self.Value);
            while (select.Step()) own.Add(new(select.Int64(0)));
        }

        var lines = own.SelectMany(one => GroupMembership.LineOf(session, one)).Select(one => one.Id).ToHashSet();
        return GroupMembership.LineOf(session, party).Exists(one => lines.Contains(one.Id));
    }

    private static FactsView View(Session session, GovernedPlace place)
    {
        var facts = place.Facts(session)?.Content ?? new GovernedDataset { Id = place.Id };
        var edges = Lineages.InputsOf(session, place.Id).ToList();
        return new(
            place.Slug,
            [.. facts.Fields.Select(field => new FieldDraft
            {
                Name = field.Name, Personal = Words<Personal>.Of(field.Personal), NeededFor = [.. field.NeededFor.OrEmpty().Select(one => one.Value)],
            })],
            facts.IsSpecial, facts.IsListed, Words<ImpactAssessment>.Of(facts.Impact), facts.HasConsentRecords, facts.ResidualRisk,
            facts.RiskAcceptedUntil,
            [.. edges.Select(edge => GovernedPlace.Find(session, edge.Input)?.Slug).OfType<string>()],
            edges.Count == 0 ? null : edges[0].Process, edges.Count == 0 ? null : edges[0].ProcessOwner.Value, facts.LevelMax?.ToWord(),
            Lineages.DeclassificationOf(session, place.Id)?.LevelMax.ToWord(), facts.ApprovesNewParties);
    }

    private static Problem OwnersAlone { get; } = GovernedRecords.Refusal(new Move<ClassificationState>(
        ClassificationState.Draft, RefusedMove.NotByThisActor, null, "What is known of the dataset is for the owner and the exchange's officer to say."));

    private static Problem OfficesAlone { get; } = GovernedRecords.Refusal(new Move<ClassificationState>(
        ClassificationState.Draft, RefusedMove.NotByThisActor, null, "That new parties are approved is for the exchange's officer to take back."));

    private static Problem OfficersAlone { get; } = GovernedRecords.Refusal(new Move<ClassificationState>(
        ClassificationState.Draft, RefusedMove.NotByThisActor, null, "A declassification is for the exchange's officer to record."));

    private static Problem MakerStays { get; } = GovernedRecords.Refusal(new Move<ClassificationState>(
        ClassificationState.Draft, RefusedMove.NotByThisActor, null,
        "Who made the derived data is bound by what it agreed to: another owner of the process is for the exchange's officer to record."));
}
