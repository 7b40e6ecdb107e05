using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Purposes;

/// <summary>Names a purpose: the last part of its DPV identifier, or the full IRI of a city's own.</summary>
internal readonly record struct PurposeId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>What data are used for (W3C Data Privacy Vocabulary, Purpose).</summary>
/// <param name="Id">Its name.</param>
/// <param name="Parents">Broader purposes; DPV lets one have several. Empty for the top.</param>
/// <param name="English">Its label in English.</param>
/// <param name="German">Its label in German.</param>
internal sealed record Purpose(PurposeId Id, ImmutableArray<PurposeId> Parents, string English, string German)
{
    /// <summary>What is meant by a city's own; null for those of the vocabulary, which describes them itself.</summary>
    public string? Description { get; init; }

    /// <summary>Since when nothing new is agreed for it; what was agreed runs on. Null while it is offered.</summary>
    public Instant? RetiredAt { get; init; }

    public const string DpvNamespace = "https://w3id.org/dpv#";

    [JsonIgnore]
    public string Iri => Id.Value.Contains(':', StringComparison.Ordinal) ? Id.Value : DpvNamespace + Id.Value;
}
