using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>A value of an enum as its name with a small first letter; numbers, and names that are not there, are refused.</summary>
internal sealed class WordJson<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    private static readonly TEnum[] Values = Enum.GetValues<TEnum>();
    private static readonly string[] Words = [.. Values.Select(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()))];

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var index = reader.TokenType == JsonTokenType.String ? Array.IndexOf(Words, reader.GetString()) : -1;
        return index >= 0 ? Values[index] : throw new JsonException("Not one of the words.");
    }

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options)
    {
        var index = Array.IndexOf(Values, value);
        if (index < 0) throw new JsonException("A value without a word.");
        writer.WriteStringValue(Words[index]);
    }
}

/// <summary>A level as its word.</summary>
internal sealed class SpectrumJson : JsonConverter<SpectrumClass>
{
    public override SpectrumClass Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && SpectrumClasses.TryParse(reader.GetString(), out var level)
            ? level
            : throw new JsonException("Not a level of the spectrum.");

    public override void Write(Utf8JsonWriter writer, SpectrumClass value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToWord());
}

/// <summary>A sector as its word.</summary>
internal sealed class SectorJson : JsonConverter<InfrastructureSector>
{
    public override InfrastructureSector Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && InfrastructureSectors.TryParse(reader.GetString(), out var sector)
            ? sector
            : throw new JsonException("Not a sector.");

    public override void Write(Utf8JsonWriter writer, InfrastructureSector value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToWord());
}

/// <summary>A user group as its word.</summary>
internal sealed class UserGroupJson : JsonConverter<UserGroup>
{
    public override UserGroup Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && PartyWords.TryGroup(reader.GetString(), out var group)
            ? group
            : throw new JsonException("Not a user group.");

    public override void Write(Utf8JsonWriter writer, UserGroup value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToWord());
}

/// <summary>An id as its number.</summary>
internal abstract class NumberJson<TId>(Func<long, TId> make, Func<TId, long> number) : JsonConverter<TId>
    where TId : struct
{
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        make(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(number(value));
}
