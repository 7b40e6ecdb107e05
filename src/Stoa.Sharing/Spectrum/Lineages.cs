using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Spectrum;

/// <summary>That a dataset was made from another.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">What was made.</param>
/// <param name="Input">From what.</param>
/// <param name="ProcessOwner">Who answers for the process: its creator.</param>
/// <param name="Process">How, in words.</param>
/// <param name="IsRemoved">It is not made from it any more.</param>
internal sealed record Lineage(long Id, DatasetId Dataset, DatasetId Input, PartyId ProcessOwner, string Process, bool IsRemoved = false);

/// <summary>That a derived dataset may be more open than its inputs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Dataset">Which.</param>
/// <param name="LevelMax">The most open level.</param>
/// <param name="Grounds">Why nothing of the inputs can be found in it any more.</param>
/// <param name="By">Who decided it.</param>
/// <param name="IsRevoked">It holds no more.</param>
internal sealed record Declassification(
    long Id, DatasetId Dataset, SpectrumClass LevelMax, string Grounds, PartyId By, bool IsRevoked = false);

/// <summary>Where datasets come from (derived data).</summary>
internal static class Lineages
{
    /// <summary>Most inputs of one dataset.</summary>
    public const int InputsMax = 100;

    /// <summary>Most datasets that are looked at to see whether one is made from itself.</summary>
    public const int AncestorsMax = 10_000;

    public static RecordType<Lineage> Type { get; } = new(
        RecordKind.Lineage, GovernanceJson.Wire.Lineage, (one, id) => one with { Id = id }, one => new()
        {
            State = one.IsRemoved ? 1 : 0,
            Dataset = one.Dataset,
            Parent = one.Input.Value,
            Party = one.ProcessOwner,
            Seat = one.IsRemoved ? null : $"lineage {one.Dataset} {one.Input}",
        });

    public static RecordType<Declassification> DeclassificationType { get; } = new(
        RecordKind.Declassification, GovernanceJson.Wire.Declassification, (one, id) => one with { Id = id }, one => new()
        {
            State = one.IsRevoked ? 1 : 0,
            Dataset = one.Dataset,
            Seat = one.IsRevoked ? null : $"declassification {one.Dataset}",
        });

    public static IEnumerable<Lineage> InputsOf(Session session, DatasetId dataset) => RecordsOf(session, dataset).Select(record => record.Content);

    public static List<GovernedRecord<Lineage>> RecordsOf(Session session, DatasetId dataset) =>
        GovernedRecords.List(session, Type, new(Dataset: dataset, State: 0), new(InputsMax, 0));

    public static IEnumerable<DatasetId> DerivedFrom(Session session, DatasetId input)
    {
        for (var skip = 0; ; skip += Page.LimitMax)
        {
            var page = GovernedRecords.List(session, Type, new(Parent: input.Value, State: 0), new(Page.LimitMax, skip));
            foreach (var record in page) yield return record.Content.Dataset;
            if (page.Count < Page.LimitMax) yield break;
        }
    }

    public static Declassification? DeclassificationOf(Session session, DatasetId dataset) =>
        GovernedRecords.FindBySeat(session, DeclassificationType, $"declassification {dataset}")?.Content;

    /// <summary>Whether one is made from the other, directly or not; true too when there are more than can be looked at.</summary>
    public static bool IsMadeFrom(Session session, DatasetId dataset, DatasetId other)
    {
        var seen = new HashSet<DatasetId> { dataset };
        var next = new Queue<DatasetId>([dataset]);
        while (next.TryDequeue(out var at))
        {
            if (at == other) return true;
            foreach (var edge in InputsOf(session, at))
                if (seen.Add(edge.Input)) next.Enqueue(edge.Input);
            if (seen.Count > AncestorsMax) return true;
        }

        return false;
    }
}
