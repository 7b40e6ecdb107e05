using System.Text.Json.Serialization;

namespace Stoa.Sensing.Import;

/// <summary>What an import did.</summary>
public sealed record ImportSummary
{
    /// <summary>File by file.</summary>
    public required IReadOnlyList<ImportedFile> Files { get; init; }

    /// <summary>Different Things in the files, new or known.</summary>
    public required long Things { get; init; }

    /// <summary>Different Datastreams in the files, new or known.</summary>
    public required long Datastreams { get; init; }

    /// <summary>True when nothing was stored because only a check was asked for.</summary>
    [JsonPropertyName("dryRun")]
    public required bool IsDryRun { get; init; }

    /// <summary>Rows or features read.</summary>
    public long Rows => Files.Sum(file => file.Rows);

    /// <summary>Observations stored.</summary>
    [JsonPropertyName("observationsAdded")]
    public long Added => Files.Sum(file => file.Added);

    /// <summary>Observations that were there already, or came twice in the files.</summary>
    [JsonPropertyName("observationsSkipped")]
    public long Skipped => Files.Sum(file => file.Skipped);

    /// <summary>Fields without a value.</summary>
    [JsonPropertyName("missingValues")]
    public long Missing => Files.Sum(file => file.Missing);

    /// <summary>Values left out because of their status.</summary>
    public long DroppedByStatus => Files.Sum(file => file.DroppedByStatus);

    /// <summary>Rows passed over by the mapping.</summary>
    [JsonPropertyName("ignoredRows")]
    public long Ignored => Files.Sum(file => file.Ignored);

    /// <summary>Rows of which something could not be taken.</summary>
    [JsonPropertyName("rejectedRows")]
    public long Rejected => Files.Sum(file => file.Rejected);
}

/// <summary>What an import did with one file.</summary>
public sealed record ImportedFile
{
    /// <summary>Its name without folder.</summary>
    public required string Name { get; init; }

    /// <inheritdoc cref="ImportSummary.Rows"/>
    public required long Rows { get; init; }

    /// <inheritdoc cref="ImportSummary.Added"/>
    [JsonPropertyName("observationsAdded")]
    public required long Added { get; init; }

    /// <inheritdoc cref="ImportSummary.Skipped"/>
    [JsonPropertyName("observationsSkipped")]
    public required long Skipped { get; init; }

    /// <inheritdoc cref="ImportSummary.Missing"/>
    [JsonPropertyName("missingValues")]
    public required long Missing { get; init; }

    /// <inheritdoc cref="ImportSummary.DroppedByStatus"/>
    public required long DroppedByStatus { get; init; }

    /// <inheritdoc cref="ImportSummary.Ignored"/>
    [JsonPropertyName("ignoredRows")]
    public required long Ignored { get; init; }

    /// <inheritdoc cref="ImportSummary.Rejected"/>
    [JsonPropertyName("rejectedRows")]
    public required long Rejected { get; init; }

    /// <summary>The first rejections: line (or number of the feature) and reason.</summary>
    public required IReadOnlyList<RejectedRow> Rejections { get; init; }

    /// <summary>File with all rejected rows, or null.</summary>
    [JsonIgnore]
    public string? RejectFile { get; init; }
}

/// <summary>A row of which something could not be taken.</summary>
/// <param name="Line">Line of the file, or number of the feature, from 1.</param>
/// <param name="Reason">For people.</param>
public sealed record RejectedRow(long Line, string Reason);

/// <summary>The summary on the wire.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImportSummary))]
internal sealed partial class ImportWire : JsonSerializerContext;
