using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>Compares what is decided without a rule and with it.</summary>
internal static class PolicyRulePreviews
{
    /// <summary>Most datasets for which is worked out who gains or loses what: a page of them.</summary>
    public const int DatasetsMax = 25;

    /// <summary>Most lines of either list.</summary>
    public const int LinesMax = 200;

    /// <summary>What comes of putting a rule in force, or of revoking it.</summary>
    /// <param name="session">Where names are looked up.</param>
    /// <param name="reader">To whom it is told.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="reached">The datasets that it reaches.</param>
    /// <param name="before">By which is decided now.</param>
    /// <param name="isRevoked">Whether it is taken away.</param>
    /// <param name="requests">Requests of the last decisions about these datasets.</param>
    /// <param name="language">Of the sentences.</param>
    /// <param name="now">For when is asked.</param>
    public static PolicyRulePreview Of(
        Session session, Reader reader, PolicyRule rule, IReadOnlyList<DatasetId> reached, PolicySnapshot before, bool isRevoked,
        IReadOnlyList<DecisionRequest> requests, string language, Instant now)
    {
        var content = before.Content;
        var after = PolicySnapshot.Of(content with
        {
            Rules = isRevoked
                ? [.. content.Rules.Where(one => (one.Name, one.Layer, one.Member) != (rule.Name, rule.Layer, rule.Member))]
                : [.. content.Rules, rule],
        });
        var lookedAt = reached.Take(DatasetsMax).ToList();
        return new(
            RuleWords.Of(session, rule, language), reached.Count, lookedAt.Count,
            [.. lookedAt.SelectMany(id => Together(EffectsOn(session, reader, id, before, after, now))).Take(LinesMax)],
            requests.Count, DifferencesOf(session, reader, requests, before, after));
    }

    /// <summary>The datasets that a rule reaches.</summary>
    public static IReadOnlyList<DatasetId> Reached(PolicyRule rule, PolicyContent content)
    {
        var owners = content.Roles
            .Where(role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active })
            .GroupBy(role => role.Dataset).ToDictionary(group => group.Key, group => group.First().Party);
        return
        [
            .. content.Datasets
                .Where(dataset => rule.Reaches(dataset, owners.TryGetValue(dataset.Id, out var owner) ? owner : null))
                .Select(dataset => dataset.Id),
        ];
    }

    // Who people are is told to themselves and to officers alone: neither the name nor the number.
    private static bool IsTold(Reader reader, PolicySnapshot policy, PartyId party) =>
        reader.IsOfficer || reader.Is(party) || (policy.TryFind(party, out var known) && known.Party.Kind != PartyKind.Person);

    // People who are not told apart are one line.
    private static IEnumerable<RuleEffect> Together(IEnumerable<RuleEffect> effects) =>
        effects.GroupBy(one => one).Select(group => group.Key.People is null ? group.Key : group.Key with { People = group.Count() });

    private static IEnumerable<RuleEffect> EffectsOn(
        Session session, Reader reader, DatasetId dataset, PolicySnapshot before, PolicySnapshot after, Instant now)
    {
        var slug = SlugOf(session, dataset);
        var pairs = WhoMayRead.Of(before, dataset, now).Zip(WhoMayRead.Of(after, dataset, now));
        foreach (var (was, becomes) in pairs)
        {
            if (ChangeOf(was.Decision, becomes.Decision) is not { } change) continue;
            var told = was.Party is { } party && IsTold(reader, before, party) ? was.Party : null;
            yield return new(
                told?.Value, told is { } named ? SharedDatasets.NameOf(session, named) : null,
                was.Party is not null && told is null ? 1 : null, was.Group?.ToWord(), slug, change,
                was.Decision.Grant is { } old ? AgreementWords.Of(old) : null,
                becomes.Decision.Grant is { } grant ? AgreementWords.Of(grant) : null,
                becomes.MayRead ? null : ReasonCodes.Of(becomes.Decision.Reasons[0].Code).Word);
        }
    }

    private static string? ChangeOf(Decision before, Decision after) => (before.IsPermitted, after.IsPermitted) switch
    {
        (false, false) => null,
        (true, false) => "lost",
        (false, true) => "gained",
        _ => (WhatIf.IsWithin(after, before), WhatIf.IsWithin(before, after)) switch
        {
            (true, true) => null,
            (true, false) => "narrowed",
            (false, true) => "widened",
            _ => "changed",
        },
    };

    private static List<WhatIfDifference> DifferencesOf(
        Session session, Reader reader, IReadOnlyList<DecisionRequest> requests, PolicySnapshot before, PolicySnapshot after) =>
        [
            .. WhatIf.Compare(requests, before, after)
                .GroupBy(one => (one.Request.Dataset, Line: new WhatIfDifference(
                    one.Request.Party is { } party && IsTold(reader, before, party) ? party.Value : null, "", one.Request.Purpose?.Value, one.Before.Outcome, one.After.Outcome,
                    one.After.IsPermitted ? null : ReasonCodes.Of(one.After.Reasons[0].Code).Word, one.IsWidened, one.IsNarrowed, 0)))
                .Select(group => (group.Key, Count: group.Count()))
                .OrderByDescending(one => one.Count).Take(LinesMax)
                .Select(one => one.Key.Line with { Dataset = SlugOf(session, one.Key.Dataset), Requests = one.Count }),
        ];

    private static string SlugOf(Session session, DatasetId dataset) => SharedDatasets.Find(session, dataset)?.Slug ?? "";
}
