using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>One Datastream's part of a CreateObservations request: rows that are ready, or marked as refused.</summary>
/// <param name="Series">The Datastream or MultiDatastream.</param>
/// <param name="Rows">In the order in which they were sent.</param>
internal sealed record DataArrayGroup(SeriesKey Series, List<DataArrayRow> Rows);

/// <summary>One row.</summary>
/// <param name="Observation">What to store.</param>
/// <param name="Feature">The feature named, or null.</param>
/// <param name="IsRefused">True when a value of it could not be used.</param>
/// <param name="HasTime">False: the server's time is taken.</param>
internal readonly record struct DataArrayRow(ObservationRow Observation, long? Feature, bool IsRefused, bool HasTime);

/// <summary>Reads the body of CreateObservations in one pass.</summary>
/// <remarks>
/// OGC 18-088, 13.2 (req/data-array/data-array). A mistake in the frame refuses the request; a mistake in a row marks
/// that row, since partial success is what the standard asks for.
/// </remarks>
internal static class DataArray
{
    private enum Component
    {
        PhenomenonTime,
        ResultTime,
        Result,
        ValidTime,
        Parameters,
        ResultQuality,
        Feature,
    }

    internal static Result<List<DataArrayGroup>> Parse(ReadOnlySpan<byte> utf8)
    {
        var groups = new List<DataArrayGroup>();
        var reader = new Utf8JsonReader(utf8);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return Problems.Body("CreateObservations takes a JSON array with an object for each Datastream.");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                    return Problems.Body("Each item of the array is an object with Datastream, components and dataArray.");
                if (ReadGroup(ref reader, utf8, groups) is { } problem) return problem;
            }

            if (reader.Read()) return Problems.Body("There is something after the end of the array.");
        }
        catch (JsonException error)
        {
            return Problems.Json(error);
        }
        catch (InvalidOperationException)
        {
            return Problems.Body("The text is not valid UTF-8.");
        }

        return groups;
    }

    private static Problem? ReadGroup(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, List<DataArrayGroup> groups)
    {
        SeriesKey? datastream = null;
        Component[]? components = null;
        Utf8JsonReader rows = default;
        var hasRows = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("Datastream"u8) || reader.ValueTextEquals("MultiDatastream"u8))
            {
                if (datastream is not null)
                    return Problems.Body("Name one Datastream or one MultiDatastream in each item of the array.");
                if (ReadSeries(ref reader, out datastream) is { } problem) return problem;
            }
            else if (reader.ValueTextEquals("components"u8))
            {
                if (components is not null) return Problems.Twice("components");
                if (ReadComponents(ref reader, out components) is { } problem) return problem;
            }
            else if (reader.ValueTextEquals("dataArray"u8))
            {
                if (hasRows) return Problems.Twice("dataArray");
                reader.Read();
                if (reader.TokenType != JsonTokenType.StartArray) return Problems.Property("dataArray", "an array of arrays");
                // The components may come later in the object: the place is kept, and read when all is known.
                rows = reader;
                hasRows = true;
                reader.Skip();
            }
            else
            {
                var name = reader.GetString()!;
                reader.Read();
                reader.Skip();
                if (!name.Contains('@', StringComparison.Ordinal)) return Problems.UnknownProperty("CreateObservations", name);
            }
        }

        if (datastream is null) return Problems.Missing("CreateObservations", "Datastream");
        if (components is null) return Problems.Missing("CreateObservations", "components");
        if (!hasRows) return Problems.Missing("CreateObservations", "dataArray");
        if (!components.Contains(Component.Result)) return Problems.Property("components", "a list with at least result");
        var group = new DataArrayGroup(datastream.Value, []);
        groups.Add(group);
        while (rows.Read() && rows.TokenType != JsonTokenType.EndArray)
        {
            if (rows.TokenType != JsonTokenType.StartArray) return Problems.Property("dataArray", "an array of arrays");
            group.Rows.Add(ReadRow(ref rows, utf8, components));
        }

        return null;
    }

    private static Problem? ReadSeries(ref Utf8JsonReader reader, out SeriesKey? key)
    {
        key = null;
        var isMulti = reader.ValueTextEquals("MultiDatastream"u8);
        var name = isMulti ? "MultiDatastream" : "Datastream";
        long? id = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return Problems.Property(name, "a link {\"@iot.id\": 1}");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("@iot.id"u8);
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value)) id = value;
            else if (isId) return Problems.Property("@iot.id", "a whole number");
            else reader.Skip();
        }

        if (id is not { } link) return Problems.Property(name, "a link {\"@iot.id\": 1}");
        key = isMulti ? SeriesKey.OfMultiDatastream(link) : SeriesKey.OfDatastream(link);
        return null;
    }

    private static Problem? ReadComponents(ref Utf8JsonReader reader, out Component[]? components)
    {
        components = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) return Problems.Property("components", "an array of names");
        var list = new List<Component>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            Component? component = name switch
            {
                "phenomenonTime" => Component.PhenomenonTime,
                "resultTime" => Component.ResultTime,
                "result" => Component.Result,
                "validTime" => Component.ValidTime,
                "parameters" => Component.Parameters,
                "resultQuality" => Component.ResultQuality,
                "FeatureOfInterest/id" or "FeatureOfInterest/@iot.id" => Component.Feature,
                _ => null,
            };
            if (component is not { } known || list.Contains(known))
                return Problems.Property("components",
                    "a list of phenomenonTime, result, resultTime, validTime, parameters, resultQuality, " +
                    "FeatureOfInterest/id, each once");
            list.Add(known);
        }

        components = [.. list];
        return null;
    }

    private static DataArrayRow ReadRow(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, Component[] components)
    {
        TimeInterval? time = null, validTime = null;
        Instant? resultTime = null;
        ResultValue result = default;
        string? parameters = null, quality = null;
        long? feature = null;
        var isRefused = false;
        var index = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index >= components.Length)
            {
                isRefused = true;
                reader.Skip();
                continue;
            }

            var component = components[index++];
            if (component == Component.Result)
            {
                result = ResultValue.Read(ref reader, utf8);
                isRefused |= result.HasNul;
                continue;
            }

            if (reader.TokenType == JsonTokenType.Null) continue;
            switch (component)
            {
                case Component.PhenomenonTime:
                    isRefused |= !TryReadTime(ref reader, out var interval);
                    time = interval;
                    break;
                case Component.ResultTime:
                    isRefused |= !TryReadTime(ref reader, out var at) || !at.IsInstant;
                    resultTime = at.Start;
                    break;
                case Component.ValidTime:
                    isRefused |= !TryReadTime(ref reader, out var valid) || valid.IsInstant;
                    validTime = valid;
                    break;
                case Component.Parameters when reader.TokenType == JsonTokenType.StartObject:
                    parameters = JsonText.Take(ref reader, utf8);
                    break;
                case Component.ResultQuality:
                    quality = JsonText.Take(ref reader, utf8);
                    break;
                case Component.Feature when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id):
                    feature = id;
                    break;
                default:
                    isRefused = true;
                    reader.Skip();
                    break;
            }
        }

        isRefused |= index < components.Length;
        var row = isRefused
            ? new ObservationRow { PhenomenonTime = default, Result = default }
            : new ObservationRow
            {
                PhenomenonTime = time ?? default,
                Result = result,
                ResultTime = resultTime,
                ValidTime = validTime,
                Parameters = parameters,
                ResultQuality = quality,
            };
        return new DataArrayRow(row, feature, isRefused, time is not null);
    }

    private static bool TryReadTime(ref Utf8JsonReader reader, out TimeInterval time)
    {
        time = default;
        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
            return TimeInterval.TryParse(reader.ValueSpan, out time);
        if (reader.TokenType == JsonTokenType.String) return TimeInterval.TryParse(reader.GetString(), out time);
        reader.Skip();
        return false;
    }
}
