using System.Text.Json;

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
    public required bool IsDryRun { get; init; }

    /// <summary>Rows or features read.</summary>
    public long Rows => Files.Sum(file => file.Rows);

    /// <summary>Observations stored.</summary>
    public long Added => Files.Sum(file => file.Added);

    /// <summary>Observations that were there already, or came twice in the files.</summary>
    public long Skipped => Files.Sum(file => file.Skipped);

    /// <summary>Fields without a value.</summary>
    public long Missing => Files.Sum(file => file.Missing);

    /// <summary>Values left out because of their status.</summary>
    public long DroppedByStatus => Files.Sum(file => file.DroppedByStatus);

    /// <summary>Rows passed over by the mapping.</summary>
    public long Ignored => Files.Sum(file => file.Ignored);

    /// <summary>Rows of which something could not be taken.</summary>
    public long Rejected => Files.Sum(file => file.Rejected);

    /// <summary>Writes the summary as a JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteBoolean("dryRun"u8, IsDryRun);
        json.WriteNumber("rows"u8, Rows);
        json.WriteNumber("things"u8, Things);
        json.WriteNumber("datastreams"u8, Datastreams);
        json.WriteNumber("observationsAdded"u8, Added);
        json.WriteNumber("observationsSkipped"u8, Skipped);
        json.WriteNumber("missingValues"u8, Missing);
        json.WriteNumber("droppedByStatus"u8, DroppedByStatus);
        json.WriteNumber("ignoredRows"u8, Ignored);
        json.WriteNumber("rejectedRows"u8, Rejected);
        json.WriteStartArray("files"u8);
        foreach (var file in Files)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, file.Name);
            json.WriteNumber("rows"u8, file.Rows);
            json.WriteNumber("observationsAdded"u8, file.Added);
            json.WriteNumber("observationsSkipped"u8, file.Skipped);
            json.WriteNumber("missingValues"u8, file.Missing);
            json.WriteNumber("rejectedRows"u8, file.Rejected);
            json.WriteStartArray("rejections"u8);
            foreach (var (line, reason) in file.Rejections)
            {
                json.WriteStartObject();
                json.WriteNumber("line"u8, line);
                json.WriteString("reason"u8, reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>What an import did with one file.</summary>
public sealed record ImportedFile
{
    /// <summary>Its name without folder.</summary>
    public required string Name { get; init; }

    /// <inheritdoc cref="ImportSummary.Rows"/>
    public required long Rows { get; init; }

    /// <inheritdoc cref="ImportSummary.Added"/>
    public required long Added { get; init; }

    /// <inheritdoc cref="ImportSummary.Skipped"/>
    public required long Skipped { get; init; }

    /// <inheritdoc cref="ImportSummary.Missing"/>
    public required long Missing { get; init; }

    /// <inheritdoc cref="ImportSummary.DroppedByStatus"/>
    public required long DroppedByStatus { get; init; }

    /// <inheritdoc cref="ImportSummary.Ignored"/>
    public required long Ignored { get; init; }

    /// <inheritdoc cref="ImportSummary.Rejected"/>
    public required long Rejected { get; init; }

    /// <summary>The first rejections: line (or number of the feature) and reason.</summary>
    public required IReadOnlyList<(long Line, string Reason)> Rejections { get; init; }

    /// <summary>File with all rejected rows, or null.</summary>
    public required string? RejectFile { get; init; }
}
