using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>An Observation as it was sent, checked at the border and not yet stored.</summary>
/// <remarks>OGC 18-088, 8.2.6. Read from UTF-8 in one pass; this is the hottest path of the program.</remarks>
internal sealed class ObservationDraft
{
    private int _seen;

    internal TimeInterval? PhenomenonTime { get; set; }

    internal Instant? ResultTime { get; set; }

    internal ResultValue Result { get; set; }

    internal bool HasResult { get; set; }

    internal TimeInterval? ValidTime { get; set; }

    internal string? Parameters { get; set; }

    internal string? ResultQuality { get; set; }

    /// <summary>The Datastream or MultiDatastream that was linked.</summary>
    internal SeriesKey? Series { get; set; }

    internal long? Feature { get; set; }

    /// <summary>A Datastream or MultiDatastream given whole, to be created first; JSON text.</summary>
    internal byte[]? InlineSeries { get; private set; }

    /// <summary>Whether <see cref="InlineSeries"/> is a MultiDatastream.</summary>
    internal bool IsInlineMulti { get; private set; }

    /// <summary>A FeatureOfInterest given whole, to be created first; JSON text.</summary>
    internal byte[]? InlineFeature { get; private set; }

    /// <summary>Names that were present; what is absent stays as it is on PATCH.</summary>
    internal HashSet<string>? Present { get; init; }

    /// <summary>Reads one Observation object; anything that cannot be kept is refused with its name.</summary>
    /// <param name="utf8">One JSON object.</param>
    /// <param name="isPatch">Collects which members were present.</param>
    internal static Result<ObservationDraft> Parse(ReadOnlySpan<byte> utf8, bool isPatch = false)
    {
        var draft = new ObservationDraft { Present = isPatch ? new HashSet<string>(StringComparer.Ordinal) : null };
        var reader = new Utf8JsonReader(utf8);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return Problems.Body("An Observation is a JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                if (draft.ReadMember(ref reader, utf8) is { } problem)
                    return problem;
            if (reader.Read()) return Problems.Body("There is something after the end of the Observation.");
        }
        catch (JsonException error)
        {
            return Problems.Json(error);
        }
        catch (InvalidOperationException)
        {
            return Problems.Body("The text is not valid UTF-8.");
        }

        return draft;
    }

    private Problem? ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        if (reader.ValueTextEquals("phenomenonTime"u8)) return Once(1, "phenomenonTime") ?? ReadPhenomenonTime(ref reader);
        if (reader.ValueTextEquals("result"u8))
        {
            if (Once(2, "result") is { } problem) return problem;
            reader.Read();
            Result = ResultValue.Read(ref reader, utf8);
            if (Result.HasNul) return Problems.HasNul("result");
            HasResult = true;
            Present?.Add("result");
            return null;
        }

        if (reader.ValueTextEquals("resultTime"u8)) return Once(4, "resultTime") ?? ReadResultTime(ref reader);
        if (reader.ValueTextEquals("Datastream"u8)) return Once(8, "Datastream") ?? ReadSeries(ref reader, utf8, isMulti: false);
        if (reader.ValueTextEquals("FeatureOfInterest"u8)) return Once(16, "FeatureOfInterest") ?? ReadFeature(ref reader, utf8);
        if (reader.ValueTextEquals("validTime"u8)) return Once(32, "validTime") ?? ReadValidTime(ref reader);
        if (reader.ValueTextEquals("parameters"u8))
        {
            if (Once(64, "parameters") is { } problem) return problem;
            reader.Read();
            Present?.Add("parameters");
            if (reader.TokenType == JsonTokenType.Null) return null;
            if (reader.TokenType != JsonTokenType.StartObject) return Problems.Property("parameters", "a JSON object");
            Parameters = JsonText.Take(ref reader, utf8);
            return null;
        }

        if (reader.ValueTextEquals("resultQuality"u8))
        {
            if (Once(128, "resultQuality") is { } problem) return problem;
            reader.Read();
            Present?.Add("resultQuality");
            if (reader.TokenType != JsonTokenType.Null) ResultQuality = JsonText.Take(ref reader, utf8);
            return null;
        }

        if (reader.ValueTextEquals("MultiDatastream"u8))
            return Once(256, "MultiDatastream") ?? ReadSeries(ref reader, utf8, isMulti: true);
        var name = reader.GetString()!;
        reader.Read();
        reader.Skip();
        // Annotations come along when a client sends back what it once received; they are not the client's to set.
        return name.Contains('@', StringComparison.Ordinal) || name == "id"
            ? null
            : Problems.UnknownProperty("Observation", name);
    }

    /// <summary>A problem when the member was there before; each has a bit of its own.</summary>
    private Problem? Once(int member, string name)
    {
        if ((_seen & member) != 0) return Problems.Twice(name);
        _seen |= member;
        return null;
    }

    private Problem? ReadPhenomenonTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        Present?.Add("phenomenonTime");
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.String || !TimeInterval.TryParse(Utf8(ref reader), out var time))
            return Problems.Property("phenomenonTime", "an ISO 8601 time, or start/end");
        PhenomenonTime = time;
        return null;
    }

    private Problem? ReadResultTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        Present?.Add("resultTime");
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.String || !Instant.TryParse(Utf8(ref reader), out var time))
            return Problems.Property("resultTime", "an ISO 8601 time");
        ResultTime = time;
        return null;
    }

    private Problem? ReadValidTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        Present?.Add("validTime");
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.String || !TimeInterval.TryParse(Utf8(ref reader), out var time) || time.IsInstant)
            return Problems.Property("validTime", "an interval start/end of ISO 8601 times");
        ValidTime = time;
        return null;
    }

    private Problem? ReadSeries(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, bool isMulti)
    {
        reader.Read();
        Present?.Add(isMulti ? "MultiDatastream" : "Datastream");
        if (Series is not null || InlineSeries is not null)
            return Problems.Body("An Observation belongs either to a Datastream or to a MultiDatastream. Leave one of them out.");
        if (TryReadLink(ref reader, utf8, out var id, out var inline) is { } problem) return problem;
        if (id is { } link) Series = isMulti ? SeriesKey.OfMultiDatastream(link) : SeriesKey.OfDatastream(link);
        InlineSeries = inline;
        IsInlineMulti = isMulti;
        return null;
    }

    private Problem? ReadFeature(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        reader.Read();
        Present?.Add("FeatureOfInterest");
        if (TryReadLink(ref reader, utf8, out var id, out var inline) is { } problem) return problem;
        Feature = id;
        InlineFeature = inline;
        return null;
    }

    private static Problem? TryReadLink(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, out long? id, out byte[]? inline)
    {
        id = null;
        inline = null;
        if (reader.TokenType != JsonTokenType.StartObject)
            return Problems.Body("A related entity is an object: {\"@iot.id\": 1} to link, or the whole entity to create it.");
        var start = (int)reader.TokenStartIndex;
        var depth = reader.CurrentDepth;
        var isLink = true;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
        {
            if (reader.CurrentDepth == depth + 1 && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("@iot.id"u8))
                {
                    if (id is not null) return Problems.Twice("@iot.id");
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value))
                        return Problems.Property("@iot.id", "a whole number");
                    id = value;
                    continue;
                }

                isLink = false;
            }
        }

        if (isLink && id is not null) return null;
        // An id beside other members is computed by the server, so it is ignored when the entity comes whole.
        id = null;
        inline = utf8[start..(int)reader.BytesConsumed].ToArray();
        return null;
    }

    private static ReadOnlySpan<byte> Utf8(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? System.Text.Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
}
