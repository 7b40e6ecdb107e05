using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>A rule, as the office or a member makes it.</summary>
internal sealed record PolicyRuleDraft
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 120;

    /// <summary>Most datasets that one rule names.</summary>
    public const int DatasetsMax = 1000;

    [Description("What to call it; of the rules in force each has its own name.")]
    public string? Name { get; init; }

    [Description("Id of the party whose rule it is, for what it owns; a rule of the city if left out.")]
    public long? Member { get; init; }

    [Description("Slugs of the datasets that it is about; all if left out.")]
    public IReadOnlyList<string>? Datasets { get; init; }

    [Description("Sectors that it is about; all if left out.")]
    public IReadOnlyList<string>? Sectors { get; init; }

    [Description("Nothing leaves.")]
    public bool Prohibits { get; init; }

    [Description("No more open than this: closed, specific, group or public.")]
    public string? LevelMax { get; init; }

    [Description("What is left of a use, with the clauses of conditions.")]
    public JsonElement? Restriction { get; init; }

    [Description("Why; kept with the rule.")]
    public string? Reason { get; init; }

    /// <summary>The rule that is drafted, or why it cannot be made.</summary>
    public Result<PolicyRule> ToRule(Session session)
    {
        if (TextRules.CheckLine("name", Name, NameLengthMax) is { } unfit) return unfit;
        if ((string.IsNullOrWhiteSpace(Reason) ? TextRules.Missing("reason") : Governing.CheckReason(Reason)) is { } without) return without;
        SpectrumClass? cap = SpectrumClasses.TryParse(LevelMax, out var level) && level != SpectrumClass.Open ? level : null;
        if (LevelMax is not null && cap is null)
            return StrictJson.InvalidProperty("levelMax", "'levelMax' takes one of closed, specific, group, public.");
        if (!ReadSectors().TryGet(out var sectors, out var unknown)) return unknown;
        PartyId? member = Member is { } id ? new PartyId(id) : null;
        if (!ReadDatasets(session, member).TryGet(out var datasets, out var absent)) return absent;
        if (!RestrictionText.Read(Restriction, SharedDatasets.Purposes(session)).TryGet(out var restriction, out var problem)) return problem;
        if (!Prohibits && cap is null && CanonicalJson.AreEqual(restriction, Policy.Restriction.None, SharingJson.Wire.Restriction))
            return StrictJson.InvalidProperty("prohibits", "The rule says nothing: it prohibits, caps the level with 'levelMax', or restricts.");
        return new PolicyRule
        {
            Name = Name!.Trim(),
            Layer = member is null ? PolicyLayer.City : PolicyLayer.Member,
            Member = member,
            Datasets = datasets,
            Sectors = sectors,
            Prohibits = Prohibits,
            LevelMax = cap,
            Restriction = restriction,
        };
    }

    private Result<ImmutableArray<InfrastructureSector>> ReadSectors()
    {
        var sectors = ImmutableArray.CreateBuilder<InfrastructureSector>();
        foreach (var word in Sectors ?? [])
        {
            if (!InfrastructureSectors.TryParse(word, out var sector))
                return StrictJson.InvalidProperty("sectors", "A sector in 'sectors' is not known.");
            if (!sectors.Contains(sector)) sectors.Add(sector);
        }

        return sectors.ToImmutable();
    }

    // A dataset that is somebody else's looks like one that is not there.
    private Result<ImmutableArray<DatasetId>> ReadDatasets(Session session, PartyId? member)
    {
        if (Datasets is { Count: > DatasetsMax })
            return StrictJson.InvalidProperty("datasets", $"'datasets' takes at most {DatasetsMax} entries.").With("limit", DatasetsMax);
        var datasets = ImmutableArray.CreateBuilder<DatasetId>();
        foreach (var slug in Datasets ?? [])
        {
            // What is absent is looked for too: no dataset has the id 0.
            var id = slug is null ? default : SharedDatasets.IdOf(session, slug) ?? default;
            var dataset = member is { } owner ? SharedDatasets.FindOwned(session, id, owner) : SharedDatasets.Find(session, id);
            if (dataset is null)
                return StrictJson.InvalidProperty("datasets", member is null
                    ? "A dataset in 'datasets' does not exist."
                    : "A dataset in 'datasets' does not exist, or is not owned by the party whose rule it is.");
            if (!datasets.Contains(dataset.Id)) datasets.Add(dataset.Id);
        }

        return datasets.ToImmutable();
    }
}

/// <summary>A rule on the wire.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Layer">city or member.</param>
/// <param name="Member">Whose rule it is; absent for the city's.</param>
/// <param name="Datasets">Slugs of the datasets that it is about; absent for all.</param>
/// <param name="Sectors">Sectors that it is about; absent for all.</param>
/// <param name="Prohibits">Nothing leaves.</param>
/// <param name="LevelMax">No more open than this.</param>
/// <param name="Restriction">What is left of a use.</param>
/// <param name="Effect">The same in sentences, in English or German.</param>
/// <param name="Reason">Why it was made.</param>
/// <param name="MadeBy">For which party; 0 is the exchange itself.</param>
/// <param name="MadeAt">When.</param>
/// <param name="RevokedAt">Since when it holds no more; absent while it does.</param>
/// <param name="Moves">What the caller can do now.</param>
/// <param name="History">What happened to it; absent in lists.</param>
internal sealed record PolicyRuleView(
    long Id, string Name, string Layer, long? Member, IReadOnlyList<string>? Datasets, IReadOnlyList<string>? Sectors, bool Prohibits,
    string? LevelMax, JsonElement? Restriction, IReadOnlyList<string> Effect, string Reason, long MadeBy,
    [property: JsonConverter(typeof(InstantJson))] Instant MadeAt, [property: JsonConverter(typeof(InstantJson))] Instant? RevokedAt,
    IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History);

/// <summary>One page of rules, newest first.</summary>
internal sealed record PolicyRulePage(IReadOnlyList<PolicyRuleView> Value, long Count, string? NextLink);

/// <summary>What a rule would change, told before it is in force.</summary>
/// <param name="Effect">The rule in sentences, in English or German.</param>
/// <param name="Datasets">How many datasets it reaches.</param>
/// <param name="DatasetsLookedAt">For how many of them <paramref name="Access"/> was worked out, first ones first.</param>
/// <param name="Access">Who would gain or lose access to what, of those who hold a role, are named or have an agreement, one of each user
/// group, and everybody.</param>
/// <param name="Requests">How many decisions of the past were made again.</param>
/// <param name="Differences">Those that would differ, most frequent first; without party where other people asked and the caller is no
/// officer.</param>
internal sealed record PolicyRulePreview(
    IReadOnlyList<string> Effect, int Datasets, int DatasetsLookedAt, IReadOnlyList<RuleEffect> Access, int Requests,
    IReadOnlyList<WhatIfDifference> Differences);

/// <summary>What a rule would change for somebody.</summary>
/// <param name="Party">Who; absent for a user group, for everybody, and for other people where the caller is no officer.</param>
/// <param name="PartyName">Its name.</param>
/// <param name="People">How many other people; absent otherwise.</param>
/// <param name="Group">Any party of this user group.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Change"><c>lost</c>, <c>narrowed</c>, <c>changed</c>, <c>widened</c> or <c>gained</c>.</param>
/// <param name="Before">What it may see now, in words; absent when nothing.</param>
/// <param name="After">What it could see then, in words; absent when nothing.</param>
/// <param name="Reason">Why it would be refused: code of the first reason.</param>
internal sealed record RuleEffect(
    long? Party, string? PartyName, int? People, string? Group, string Dataset, string Change, string? Before, string? After, string? Reason);
