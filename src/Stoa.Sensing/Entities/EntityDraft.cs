using System.Text.Json;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>An entity as it was sent: values checked by their shape, relations as links or as whole entities.</summary>
internal sealed class EntityDraft(EntityDescription description)
{
    // As deep as any deep insert has reason to go: Thing, Datastream, Observation, FeatureOfInterest, and some.
    internal const int DepthMax = 8;

    internal EntityDescription Description { get; } = description;

    /// <summary>Values by property name: text, JSON text, or an Instant; null only for optional ones set to null.</summary>
    internal Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Related entities by relation name.</summary>
    internal Dictionary<string, List<Related>> Relations { get; } = new(StringComparer.Ordinal);

    /// <summary>Its key in the system it comes from; null when it has none.</summary>
    internal string? ExternalKey { get; set; }

    /// <summary>The property whose text has U+0000, which cannot be stored; null when none has. JSON keeps it as an escape.</summary>
    internal string? FindNul() =>
        ExternalKey?.Contains('\0', StringComparison.Ordinal) == true
            ? "@iot.externalKey"
            : Values.FirstOrDefault(value => value.Value is string text && text.Contains('\0', StringComparison.Ordinal)).Key;

    /// <summary>Reads one entity from the text of a body, or of a part of one.</summary>
    internal static Result<EntityDraft> Parse(EntityDescription description, ReadOnlyMemory<byte> utf8, bool isPatch, int depth = 0)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, JsonText.Strict);
            return Parse(description, json.RootElement, isPatch, depth);
        }
        catch (JsonException error)
        {
            return Problems.Json(error);
        }
        catch (InvalidOperationException)
        {
            // A text with half a surrogate pair in it.
            return Problems.NoUnicode();
        }
    }

    /// <summary>Reads one entity; for <paramref name="isPatch"/> nothing is mandatory.</summary>
    internal static Result<EntityDraft> Parse(EntityDescription description, JsonElement json, bool isPatch, int depth = 0)
    {
        if (json.ValueKind != JsonValueKind.Object) return Problems.Body($"A {description.Name} is a JSON object.");
        if (depth > DepthMax) return Problems.Body($"Entities may be nested {DepthMax} deep. Send the inner ones by themselves.");
        var draft = new EntityDraft(description);
        foreach (var member in json.EnumerateObject())
            if (draft.Read(member, isPatch, depth) is { } problem)
                return problem;
        if (isPatch) return draft;
        foreach (var property in description.Properties)
            if (property.IsMandatory && !draft.Values.ContainsKey(property.Name))
                return Problems.Missing(description.Name, property.Name);
        return draft;
    }

    private Problem? Read(JsonProperty member, bool isPatch, int depth)
    {
        var property = Description.Properties.FirstOrDefault(candidate => candidate.Name == member.Name);
        if (property is not null) return ReadValue(property, member.Value);
        var relation = Description.FindRelation(member.Name);
        if (relation is not null) return ReadRelation(relation, member.Value, isPatch, depth);
        if (member.Name == "@iot.externalKey" && !isPatch) return ReadKey(member.Value);
        // Annotations come along when a client sends back what it once received.
        return member.Name.Contains('@', StringComparison.Ordinal) || Description.IsDerived(member.Name)
            ? null
            : Problems.UnknownProperty(Description.Name, member.Name);
    }

    private Problem? ReadKey(JsonElement value)
    {
        if (!ExternalKeys.Has(Description)) return Problems.UnknownProperty(Description.Name, "@iot.externalKey");
        ExternalKey = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return ExternalKey is { Length: > 0 and <= ExternalKeys.CharsMax }
            ? null
            : Problems.Property("@iot.externalKey", $"a text of 1 to {ExternalKeys.CharsMax} characters");
    }

    private Problem? ReadValue(PropertyDescription property, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null && !property.IsMandatory)
        {
            Values[property.Name] = null;
            return null;
        }

        switch (property.Shape)
        {
            case PropertyShape.Text when property.Only is { } only &&
                !(value.ValueKind == JsonValueKind.String && value.ValueEquals(only)):
                return Problems.Property(property.Name, only);
            case PropertyShape.Text when value.ValueKind == JsonValueKind.String:
                Values[property.Name] = value.GetString();
                return null;
            case PropertyShape.Object when HasUnknownPolicy(value):
                return Problems.Property($"{property.Name}/{DuplicatePolicies.Member}", DuplicatePolicies.Words);
            case PropertyShape.Object when value.ValueKind == JsonValueKind.Object:
            case PropertyShape.Any when value.ValueKind != JsonValueKind.Null:
                Values[property.Name] = JsonText.Of(value);
                return null;
            case PropertyShape.Unit when IsUnit(value):
            case PropertyShape.Units when IsListOf(value, IsUnit):
            case PropertyShape.Texts when IsListOf(value, item => item.ValueKind == JsonValueKind.String):
                Values[property.Name] = JsonText.Of(value);
                return null;
            case PropertyShape.Instant when value.ValueKind == JsonValueKind.String &&
                Instant.TryParse(value.GetString(), out var instant):
                Values[property.Name] = instant;
                return null;
        }

        return Problems.Property(property.Name, property.Shape switch
        {
            PropertyShape.Text => "a text",
            PropertyShape.Object => "a JSON object",
            PropertyShape.Unit => "an object with name, symbol and definition (each a text or null)",
            PropertyShape.Units =>
                $"an array of 1 to {ComponentTypes.CountMax} objects with name, symbol and definition (each a text or null)",
            PropertyShape.Texts => $"an array of 1 to {ComponentTypes.CountMax} texts",
            PropertyShape.Instant => "an ISO 8601 time",
            _ => "given, and not null",
        });
    }

    private bool HasUnknownPolicy(JsonElement value) =>
        Description.Set is "Datastreams" or "MultiDatastreams" && value.ValueKind == JsonValueKind.Object &&
        value.TryGetProperty(DuplicatePolicies.Member, out var policy) && DuplicatePolicies.Parse(policy) is null;

    private static bool IsListOf(JsonElement value, Func<JsonElement, bool> isItem) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= ComponentTypes.CountMax &&
        value.EnumerateArray().All(isItem);

    // All three members must be there, and may be null together or one by one when there is no unit (8.2.4).
    private static bool IsUnit(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && IsTextOrNull(value, "name") && IsTextOrNull(value, "symbol") &&
        IsTextOrNull(value, "definition");

    private static bool IsTextOrNull(JsonElement value, string name) =>
        value.TryGetProperty(name, out var part) && part.ValueKind is JsonValueKind.String or JsonValueKind.Null;

    private Problem? ReadRelation(RelationDescription relation, JsonElement value, bool isPatch, int depth)
    {
        var related = new List<Related>();
        if (relation.Form == RelationForm.Reference)
        {
            if (ReadRelated(relation, value, isPatch, depth, related) is { } problem) return problem;
        }
        else
        {
            // Thing.Locations is often sent as one object; both forms mean the same.
            if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
                return Problems.Property(relation.Name, "an array of entities or of links {\"@iot.id\": 1}");
            foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
                if (ReadRelated(relation, item, isPatch, depth, related) is { } problem)
                    return problem;
        }

        Relations[relation.Name] = related;
        return null;
    }

    private static Problem? ReadRelated(
        RelationDescription relation, JsonElement value, bool isPatch, int depth, List<Related> related)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return Problems.Property(relation.Name, "an object: {\"@iot.id\": 1} to link, or the whole entity to create it");
        var isLink = value.EnumerateObject().All(member => member.Name is "@iot.id" or "@iot.selfLink");
        if (isLink)
        {
            if (!value.TryGetProperty("@iot.id", out var id) || id.ValueKind != JsonValueKind.Number || !id.TryGetInt64(out var link))
                return Problems.Property(relation.Name, "linked by {\"@iot.id\": 1} with a whole number");
            related.Add(new Related(link, null, default));
            return null;
        }

        // OGC 18-088, 10.3: an update carries links only; entities inside it must make it fail.
        if (isPatch)
            return Problems.Body(
                $"An update takes links only: {relation.Name} must be {{\"@iot.id\": …}}. Create the new entity by itself first.");
        if (relation.Target == "Observations")
        {
            related.Add(new Related(null, null, System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value).ToArray()));
            return null;
        }

        var outcome = Parse(EntityDescription.Find(relation.Target)!, value, isPatch: false, depth + 1);
        if (!outcome.TryGet(out var draft, out var problem)) return problem;
        related.Add(new Related(null, draft, default));
        return null;
    }

    /// <summary>A related entity: an id, a draft, or the text of an Observation.</summary>
    internal sealed record Related(long? Link, EntityDraft? Draft, ReadOnlyMemory<byte> Observation);
}
