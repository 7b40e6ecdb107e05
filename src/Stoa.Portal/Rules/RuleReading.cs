using System.Globalization;
using Stoa.Identity.Credentials;
using Stoa.Portal.Agreements;
using Stoa.Portal.Governance;
using Stoa.Portal.Layout;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Rules;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Rules;

/// <summary>What the pages of rules, purposes, exemptions and compatibility tests show.</summary>
internal sealed class RuleReading(
    Database database, PolicyRules rules, OwnPurposes purposes, Exemptions exemptions, CompatibilityTests tests, FactsOfParties facts)
{
    /// <summary>Rules on a page.</summary>
    internal const int PageLength = 50;

    // Pages, not registers: who has more uses the API.
    private const int LinesMax = 200;

    internal async Task<Result<RulesView>> RulesAsync(
        Requester who, bool isRevoked, int page, string language, CancellationToken cancellation)
    {
        var outcome = await rules.ListAsync(
            who, new(IsInForce: !isRevoked), language, new(PageLength, (page - 1) * PageLength), cancellation);
        if (!outcome.TryGet(out var list, out var problem)) return problem;
        var makers = await MakersAsync(who, cancellation);
        var appetites = new List<AppetiteRow>();
        var city = 0;
        using var read = await database.ReadAsync(cancellation);
        foreach (var party in Acting.Candidates(read, who))
        {
            var found = facts.Find(read, party);
            appetites.Add(new(party.Value, SharedDatasets.NameOf(read, party), found.RiskAppetite));
            city = found.CityRiskAppetite;
        }

        var pages = (int)Math.Max(1, (list.Total + PageLength - 1) / PageLength);
        return new RulesView([.. list.Entries.Select(one => RowOf(read, one))], isRevoked, list.Total, page, pages, makers, appetites, city, language);
    }

    /// <summary>For whom the visitor may make rules: the city for officers, and parties that own data.</summary>
    internal async Task<IReadOnlyList<PartyChoice>> MakersAsync(Requester who, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var makers = new List<PartyChoice>();
        if (who.IsAdministrator) makers.Add(new(Acting.Exchange.Value, "The city"));
        foreach (var party in Acting.Candidates(read, who))
            if (PolicyRules.MakerOf(read, who, party.Value).IsValue) makers.Add(new(party.Value, SharedDatasets.NameOf(read, party)));
        return makers;
    }

    internal async Task<RuleFormView> FormAsync(Requester who, string language, CancellationToken cancellation)
    {
        var makers = await MakersAsync(who, cancellation);
        using var read = await database.ReadAsync(cancellation);
        return new(
            makers, [.. Enum.GetValues<InfrastructureSector>().Select(sector => new Choice(sector.ToWord(), Wording.Sector(sector)))],
            [
                .. Enum.GetValues<SpectrumClass>().Where(level => level != SpectrumClass.Open)
                    .Select(level => new Choice(level.ToWord(), Wording.Spectrum(level))),
            ],
            AgreementReading.PurposesOf(SharedDatasets.Purposes(read)), language);
    }

    internal async Task<Result<RulePageView>> RuleAsync(Requester who, long id, string language, CancellationToken cancellation)
    {
        if (!(await rules.FindAsync(who, id, language, cancellation)).TryGet(out var rule, out var problem)) return problem;
        using var read = await database.ReadAsync(cancellation);
        return new RulePageView(
            RowOf(read, rule),
            [
                .. (rule.History ?? []).Select(step =>
                    new PastStep(step.Move == "make" ? "Put in force" : "Revoked", step.Reason ?? "", step.At)),
            ],
            null, language);
    }

    /// <summary>What would come of revoking it: a costly question, asked by its button alone.</summary>
    internal async Task<Result<RulePreviewView>> RevocationAsync(Requester who, long id, string language, CancellationToken cancellation) =>
        (await rules.PreviewRevocationAsync(who, id, language, cancellation)).TryGet(out var preview, out var problem)
            ? await ViewAsync(preview, cancellation)
            : problem;

    internal async Task<RulePreviewView> ViewAsync(PolicyRulePreview preview, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        return new(
            preview.Effect, preview.Datasets, preview.DatasetsLookedAt,
            [
                .. preview.Access.Select(one => new EffectRow(
                    one.PartyName ?? (one.People is { } people ? Wording.Count(people, "person", "people")
                        : PartyWords.TryGroup(one.Group, out var group) ? GovernanceWords.Of(group) : "Everybody"),
                    one.Dataset, ChangeOf(one.Change), one.Before ?? "nothing", one.After ?? $"nothing ({one.Reason})")),
            ],
            preview.Requests,
            [
                .. preview.Differences.Select(one => new DifferenceRow(
                    one.Party is { } party ? SharedDatasets.NameOf(read, new(party)) : "Other people", one.Dataset,
                    $"{Words.Of(one.Before)} → {Words.Of(one.After)}{(one.Reason is null ? "" : $" ({one.Reason})")}", one.Requests)),
            ]);
    }

    internal async Task<PurposesView> PurposesAsync(Requester who, string? below, string language, CancellationToken cancellation)
    {
        var (own, _) = await purposes.ListAsync(who, new(PurposeTree.CountMax, 0), cancellation);
        using var read = await database.ReadAsync(cancellation);
        var tree = SharedDatasets.Purposes(read);
        var ids = own.ToDictionary(one => one.Purpose, one => one.Id);
        var children = tree.All.ToLookup(purpose => purpose.Parents.IsEmpty ? default : purpose.Parents[0]);
        long? OwnOf(PurposeId name) => ids.TryGetValue(name.Value, out var id) ? id : null;
        IReadOnlyList<PurposeNode> NodesOf(PurposeId parent) =>
        [
            .. children[parent].Select(purpose => new PurposeNode(
                purpose.Id.Value, language == "de" ? purpose.German : purpose.English, language == "de" ? purpose.English : purpose.German,
                purpose.Description, OwnOf(purpose.Id), AnchorOf(purpose.Id.Value, OwnOf(purpose.Id)),
                purpose.RetiredAt is not null, NodesOf(purpose.Id))),
        ];
        var broader = below is not null && tree.IsOffered(new(below)) && tree.TryFind(new(below), out var found) ? found : null;
        return new(NodesOf(default), broader?.Id.Value, (language == "de" ? broader?.German : broader?.English) ?? "", who.IsAdministrator, language);
    }

    internal async Task<Result<ExemptionsView>> ExemptionsAsync(Requester who, string language, CancellationToken cancellation)
    {
        if (!(await exemptions.ListAsync(who, new(LinesMax, 0), cancellation)).TryGet(out var list, out var problem)) return problem;
        string TextOf(string word) =>
            Exemptions.Checks.Select(code => ReasonCodes.Of(code)).FirstOrDefault(one => one.Word == word)?.In(language).Text ?? word;
        return new ExemptionsView(
            [
                .. list.Entries.Select(one => new ExemptionRow(
                    one.Id, one.Check, TextOf(one.Check), one.Dataset, one.Reference, one.Reason, one.Until,
                    one.RevokedAt is not null ? "revoked" : one.IsInForce ? "in force" : "over", one.IsInForce && one.Moves.Count > 0)),
            ],
            [.. Exemptions.Checks.Select(code => ReasonCodes.Of(code).Word).Select(word => new Choice(word, $"{word}: {TextOf(word)}"))],
            who.IsAdministrator, language);
    }

    internal async Task<Result<TestsView>> TestsAsync(Requester who, CancellationToken cancellation)
    {
        if (!(await tests.ListAsync(who, null, new(LinesMax, 0), cancellation)).TryGet(out var list, out var problem)) return problem;
        using var read = await database.ReadAsync(cancellation);
        var tree = SharedDatasets.Purposes(read);
        var parties = Acting.Candidates(read, who);
        return new TestsView(
            [
                .. list.Entries.Select(one => new TestRow(
                    one.Id, one.Agreement, AgreementWords.Words(new(one.Purpose), tree), one.IsCompatible, one.Grounds, FactorsOf(one.Factors),
                    SharedDatasets.NameOf(read, new(one.By)), one.MadeAt, one.RevokedAt is not null, one.Moves.Count > 0)),
            ],
            [
                .. AgreementRegister.OfParties(read, parties, null)
                    .Where(record => parties.Contains(record.Content.Terms.Provider) && record.Content.State is not
                        (AgreementState.Draft or AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing or AgreementState.Closed))
                    .Take(LinesMax)
                    .Select(record => new Choice(record.Id.ToString(CultureInfo.InvariantCulture),
                        $"{record.Id}, with {SharedDatasets.NameOf(read, record.Content.Terms.Consumer)}")),
            ],
            AgreementReading.PurposesOf(tree));
    }

    private static IReadOnlyList<(string Name, string Text)> FactorsOf(CompatibilityFactors? factors) => factors is null
        ? []
        :
        [
            ("Link", factors.Link), ("Context", factors.Context), ("Nature of the data", factors.Nature),
            ("Consequences for people", factors.Consequences), ("Safeguards", factors.Safeguards),
        ];

    // A purpose of the city's own stands where its address says; one of another vocabulary by its number.
    private static string AnchorOf(string name, long? own) =>
        name.LastIndexOf("#purpose-", StringComparison.Ordinal) is >= 0 and var at ? name[(at + 1)..]
        : own is { } id ? string.Create(CultureInfo.InvariantCulture, $"own-{id}")
        : name;

    private static RuleRow RowOf(Session session, PolicyRuleView one) => new(
        one.Id, one.Name, one.Member is { } member ? SharedDatasets.NameOf(session, new(member)) : "The city", one.Effect, one.Reason,
        one.MadeAt, one.RevokedAt, one.Moves.Count > 0);

    private static string ChangeOf(string change) => change switch
    {
        "lost" => "Loses access",
        "gained" => "Gains access",
        "narrowed" => "Sees less",
        "widened" => "Sees more",
        _ => "Sees something else",
    };
}
