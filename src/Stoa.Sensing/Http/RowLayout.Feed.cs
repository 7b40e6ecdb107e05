using System.Text.Json;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

internal sealed partial class RowLayout
{
    /// <summary>Writes what <see cref="WriteMembers(Utf8JsonWriter, Storage.Statement, byte[], ulong)"/> would write for the row of a
    /// new observation, byte for byte, from what the feed tells of it.</summary>
    internal void WriteMembers(Utf8JsonWriter json, StoredObservation observation, byte[] root)
    {
        Span<byte> link = stackalloc byte[512];
        var length = StartLink(link, root, observation.Id.Value);
        if (_hasId) json.WriteNumber("@iot.id"u8, observation.Id.Value);
        if (HasSelfLink)
        {
            link[length] = (byte)')';
            json.WriteString("@iot.selfLink"u8, link[..(length + 1)]);
        }

        foreach (var (name, segment, column, isNegative) in _links)
        {
            // The only column that decides over a link of an Observation is that of its Datastream or MultiDatastream.
            if (column >= 0 && observation.Series.Value < 0 != isNegative) continue;
            segment.CopyTo(link[length..]);
            json.WriteString(name, link[..(length + segment.Length)]);
        }

        foreach (var field in _fields) field.Write(json, observation);
    }

    internal readonly partial struct Field
    {
        internal void Write(Utf8JsonWriter json, StoredObservation observation)
        {
            switch (property.Name)
            {
                case "phenomenonTime": WriteTime(json, observation.PhenomenonTime); break;
                case "result":
                    json.WritePropertyName(name);
                    observation.Result.WriteTo(json);
                    break;
                case "resultTime" when observation.ResultTime is { } time: WriteTime(json, TimeInterval.At(time)); break;
                case "validTime" when observation.ValidTime is { } valid: WriteTime(json, valid); break;
                case "resultQuality" when observation.ResultQuality is { } quality: WriteRaw(json, quality); break;
                case "parameters" when observation.Parameters is { } parameters: WriteRaw(json, parameters); break;
                case "resultTime" or "validTime" or "resultQuality" or "parameters":
                    if (showsNull) json.WriteNull(name);
                    break;
                default: throw new InvalidOperationException($"The feed does not tell {property.Name} of an Observation.");
            }
        }

        private void WriteTime(Utf8JsonWriter json, TimeInterval time)
        {
            Span<byte> text = stackalloc byte[TimeInterval.TextBytesMax];
            time.TryFormat(text, out var written);
            json.WriteString(name, text[..written]);
        }

        private void WriteRaw(Utf8JsonWriter json, string text)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(text, skipInputValidation: true);
        }
    }
}
