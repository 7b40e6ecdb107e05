using Stoa.Ledger.Canonical;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Catalogue.Datasets;

/// <summary>What happens to datasets, in the logs: each change in that of audit, and what everybody may see in that of the catalogue.</summary>
internal static class DatasetEvents
{
    /// <summary>The digest of a description: SHA-256 over the canonical JSON of what <c>GET /api/v1/datasets/{slug}</c> answers, without
    /// <c>created</c> and <c>modified</c>.</summary>
    public static string DigestOf(Dataset dataset) =>
        LogEvent.DigestOf(CanonicalJson.Bytes(DatasetDraft.From(dataset), CatalogueJson.Wire.DatasetDraft));

    /// <summary>Enters that a dataset was entered or its description changed, in its transaction.</summary>
    /// <param name="session">That transaction.</param>
    /// <param name="type">Which of the two.</param>
    /// <param name="dataset">As it is described since.</param>
    /// <param name="owner">Id of the organization that owns it.</param>
    /// <param name="actor">Id of the organization for which it was done; 0 for the exchange.</param>
    /// <param name="now">When.</param>
    public static void Enter(WriteSession session, EventType type, Dataset dataset, long? owner, long? actor, Instant now)
    {
        var entry = new LogEvent(type, now,
            ("subject", LogEvent.Urn("dataset", dataset.Id.Value)), ("actor", Party(actor)), ("owner", Party(owner)),
            ("level", dataset.SpectrumWord), ("digest", DigestOf(dataset)));
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(type.Name, dataset.Id.Value, Party: owner)
        {
            // The exchange itself is nobody who could ask.
            Further = actor is { } party and > 0 ? [new(EntryKeyKind.Party, party)] : [],
        });
    }

    /// <summary>Enters how a dataset that everybody may see is described from now on, in the log that everybody may read.</summary>
    public static void Publish(WriteSession session, Dataset dataset, SpectrumClass level, Instant now)
    {
        var entry = new LogEvent(EventTypes.DatasetPublished, now,
            // By its slug: numbers would tell how many there are that are hidden.
            ("subject", LogEvent.Urn("catalogue", dataset.Slug)), ("level", level.ToWord()), ("digest", DigestOf(dataset)));
        LogEntries.Append(session, LogName.Catalog, entry.ToBytes(), new(entry.Type.Name, dataset.Id.Value));
    }

    private static string? Party(long? id) => id is { } party ? LogEvent.Urn("party", party) : null;
}
