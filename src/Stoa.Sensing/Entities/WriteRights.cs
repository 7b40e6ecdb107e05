using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>What one writing request may touch, and where what it creates belongs.</summary>
/// <param name="Read">Datasets whose entities may be linked to.</param>
/// <param name="Write">Datasets in which entities may be made.</param>
/// <param name="Change">Datasets whose entities may be changed and removed.</param>
/// <param name="Target">The dataset for what has no parent.</param>
/// <param name="IsScoped">Whether the address names the dataset: then all that is created belongs to it.</param>
/// <param name="Within">The datasets that the address reaches: all, or the one it names.</param>
internal sealed record WriteRights(AccessScope Read, AccessScope Write, AccessScope Change, DatasetId Target, bool IsScoped, AccessScope Within)
{
    /// <summary>What to tell who may propose how what is there should be changed; null for everybody else.</summary>
    internal Func<DatasetId, Problem?> ProposalOnly { get; init; } = _ => null;

    /// <summary>The refusal to change or remove an entity of this dataset; null where that may be done.</summary>
    internal Problem? RefuseChange(DatasetId dataset) =>
        Change.Contains(dataset) ? null : ProposalOnly(dataset) ?? Problems.MayNotWrite();

    /// <summary>Whether an entity of this dataset exists for this request at this address.</summary>
    internal bool Sees(DatasetId dataset) =>
        (Read.Contains(dataset) || Write.Contains(dataset)) && Within.Contains(dataset);

    /// <summary>Whether it may be linked to; links may cross datasets.</summary>
    internal bool MayLink(DatasetId dataset) => Read.Contains(dataset) || Write.Contains(dataset);
}
