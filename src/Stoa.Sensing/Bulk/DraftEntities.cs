using System.Buffers;
using System.Text;
using System.Text.Json;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Bulk;

/// <summary>Drafts as the entity store takes them.</summary>
internal static class DraftEntities
{
    internal static EntityDraft ToEntity(this ThingDraft draft) =>
        Of(EntityDescription.Thing, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);

    /// <summary>The Location, given to the Thing in place of where it was before.</summary>
    internal static EntityDraft ToEntity(this LocationDraft draft, ThingId thing, bool isKeyed = true)
    {
        var entity = Of(EntityDescription.Location, isKeyed ? draft.ExternalKey : null, draft.Name, draft.Description,
            draft.PropertiesJson);
        entity.Values["encodingType"] = draft.EncodingType;
        entity.Values["location"] = draft.GeoJson;
        entity.Relations["Things"] = [new EntityDraft.Related(thing.Value, null, default)];
        return entity;
    }

    internal static EntityDraft ToEntity(this SensorDraft draft)
    {
        var entity = Of(
            EntityDescription.Sensor, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["encodingType"] = draft.EncodingType;
        entity.Values["metadata"] = Json(json => json.WriteStringValue(draft.Metadata));
        return entity;
    }

    internal static EntityDraft ToEntity(this ObservedPropertyDraft draft)
    {
        var entity = Of(
            EntityDescription.ObservedProperty, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["definition"] = draft.Definition;
        return entity;
    }

    internal static EntityDraft ToEntity(this DatastreamDraft draft)
    {
        var entity = Of(
            EntityDescription.Datastream, draft.ExternalKey, draft.Name, draft.Description, draft.PropertiesJson);
        entity.Values["observationType"] = draft.ObservationType;
        entity.Values["unitOfMeasurement"] = Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("name"u8, draft.Unit.Name);
            json.WriteString("symbol"u8, draft.Unit.Symbol);
            json.WriteString("definition"u8, draft.Unit.Definition);
            json.WriteEndObject();
        });
        entity.Relations["Thing"] = [new EntityDraft.Related(draft.Thing.Value, null, default)];
        entity.Relations["Sensor"] = [new EntityDraft.Related(draft.Sensor.Value, null, default)];
        entity.Relations["ObservedProperty"] = [new EntityDraft.Related(draft.ObservedProperty.Value, null, default)];
        return entity;
    }

    private static EntityDraft Of(
        EntityDescription description, string? key, string name, string text, string? properties)
    {
        if (key is not null) ArgumentException.ThrowIfNullOrEmpty(key);
        var draft = new EntityDraft(description) { ExternalKey = key };
        draft.Values["name"] = name;
        draft.Values["description"] = text;
        draft.Values["properties"] = properties;
        return draft;
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer, JsonText.Plain)) write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
