using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Stoa.Sensing.Import.GeoJson;

/// <summary>Reads the features of a GeoJSON file one by one; memory holds one feature, not the file (RFC 7946,
/// 3.3).</summary>
internal sealed class FeatureReader : IDisposable
{
    /// <summary>Bytes of one feature: an outline of a million positions.</summary>
    public const int FeatureBytesMax = 32 * 1024 * 1024;

    private const int BufferBytes = 128 * 1024;

    // Collections in collections and properties of any shape; deeper text would only exhaust the stack.
    private const int DepthMax = 64;

    private static readonly string[] FeatureMembers = ["id", "geometry", "properties"];
    private static readonly string[] GeometryMembers = ["type", "coordinates", "geometries"];

    private readonly Stream _stream;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private bool _ended;
    private bool _hasFeatures;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = DepthMax });

    /// <summary>A reader over UTF-8 bytes with or without a byte order mark; disposing it disposes the
    /// stream.</summary>
    public FeatureReader(Stream stream) => _stream = stream;

    /// <summary>What is wrong with the file, after the features have ended.</summary>
    public string? Fault { get; private set; }

    /// <summary>Members of the collection besides the features, such as <c>crs</c>; complete after the features have
    /// ended.</summary>
    public IReadOnlyDictionary<string, JsonElement> Members => _members;

    /// <summary>The features; of a file that is a single Feature or geometry that one.</summary>
    public async IAsyncEnumerable<JsonElement> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await FillAsync(cancellation);
        if (_buffer.AsSpan(0, _end).StartsWith(Encoding.UTF8.Preamble)) _start = Encoding.UTF8.Preamble.Length;
        var inFeatures = false;
        while (true)
        {
            var step = Next(ref inFeatures, out var feature);
            if (step == Step.Feature) yield return feature;
            if (step == Step.Done) break;
            if (step != Step.FillNeeded) continue;
            if (_end - _start > FeatureBytesMax)
            {
                Fault = $"a feature or member is longer than {FeatureBytesMax / (1024 * 1024)} MiB";
                break;
            }

            if (_ended)
            {
                Fault = "the file ends in the middle";
                break;
            }

            await FillAsync(cancellation);
        }

        if (Fault is not null) yield break;
        if (_hasFeatures) yield break;
        if (Single() is { } single) yield return single;
        else Fault = "it is neither a FeatureCollection nor a Feature nor a geometry";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        _stream.Dispose();
    }

    private enum Step { Feature, Again, FillNeeded, Done }

    // One step of the outermost object: a member, or a feature of the array.
    private Step Next(ref bool inFeatures, out JsonElement feature)
    {
        feature = default;
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _ended, _state);
        try
        {
            if (!reader.Read()) return _ended ? Step.Done : Step.FillNeeded;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when reader.CurrentDepth == 0:
                    break;
                case JsonTokenType.EndArray when inFeatures && reader.CurrentDepth == 1:
                    inFeatures = false;
                    break;
                case JsonTokenType.PropertyName when reader.CurrentDepth == 1:
                    return Member(ref reader, ref inFeatures);
                case JsonTokenType.EndObject when reader.CurrentDepth == 0:
                    Take(reader);
                    return Step.Done;
                case var _ when inFeatures && reader.CurrentDepth == 2:
                    if (!TryParse(ref reader, out feature)) return Step.FillNeeded;
                    Take(reader);
                    return Step.Feature;
                default:
                    Fault = "it is not a JSON object";
                    return Step.Done;
            }
        }
        catch (JsonException exception)
        {
            Fault = $"it is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";
            return Step.Done;
        }
        catch (InvalidOperationException)
        {
            return NotText();
        }

        Take(reader);
        return Step.Again;
    }

    private Step NotText()
    {
        Fault = "it has text that is not Unicode; write UTF-8 without half surrogate pairs";
        return Step.Done;
    }

    private Step Member(ref Utf8JsonReader reader, ref bool inFeatures)
    {
        var name = reader.GetString() ?? "";
        if (!reader.Read()) return _ended ? Step.Done : Step.FillNeeded;
        if (name == "features" && reader.TokenType == JsonTokenType.StartArray)
        {
            inFeatures = true;
            _hasFeatures = true;
            Take(reader);
            return Step.Again;
        }

        if (!TryParse(ref reader, out var value)) return Step.FillNeeded;
        // Only what is used is kept: a file may bring any number of members.
        if (name is "type" or "crs" or "id" or "geometry" or "properties" or "coordinates" or "geometries")
        {
            if (!IsText(value)) return NotText();
            _members[name] = value;
        }

        Take(reader);
        return Step.Again;
    }

    private static bool TryParse(ref Utf8JsonReader reader, out JsonElement value)
    {
        value = default;
        var ahead = reader;
        if (!ahead.TrySkip()) return false;
        using var document = JsonDocument.ParseValue(ref reader);
        value = document.RootElement.Clone();
        return true;
    }

    /// <summary>Whether every text and name in it is Unicode.</summary>
    /// <remarks>The library looks at a text only when it is asked for, and then it throws. A feature of many is rejected
    /// alone; what speaks for the whole file refuses the file.</remarks>
    public static bool IsText(JsonElement value)
    {
        var json = JsonMarshal.GetRawUtf8Value(value);
        if (!Utf8.IsValid(json)) return false;
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0) return true;
        var texts = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            while (texts.Read())
                if (texts.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) _ = texts.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private void Take(in Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    private JsonElement? Single()
    {
        var type = _members.TryGetValue("type", out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString() : null;
        var names = type switch
        {
            "Feature" => FeatureMembers,
            not null when _members.ContainsKey("coordinates") || _members.ContainsKey("geometries") => [],
            _ => null,
        };
        if (names is null) return null;
        var text = ImportJson.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "Feature"u8);
            foreach (var name in names)
            {
                if (!_members.TryGetValue(name, out var value)) continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            if (names.Length == 0)
            {
                json.WriteStartObject("geometry"u8);
                foreach (var name in GeometryMembers)
                {
                    if (!_members.TryGetValue(name, out var value)) continue;
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        // Filled to the brim, so that a long feature is not looked through again for every packet.
        while (_end < _buffer.Length)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
            {
                _ended = true;
                return;
            }

            _end += read;
        }
    }
}
