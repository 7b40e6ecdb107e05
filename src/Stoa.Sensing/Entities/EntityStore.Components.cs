using System.Text.Json;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>The components of MultiDatastreams (OGC 18-088, 12; req/multi-datastream/constraints).</summary>
internal sealed partial class EntityStore
{
    private const string Components = "ObservedProperties";

    /// <summary>
    /// Puts the ObservedProperty through which a MultiDatastream is created before those of its body, unless they name it
    /// already, and checks that there is one for each unit and data type. Nothing is made yet.
    /// </summary>
    private static Problem? CompleteComponents(EntityDraft draft, ParentLink? parent)
    {
        if (!draft.Relations.TryGetValue(Components, out var listed)) draft.Relations[Components] = listed = [];
        if (parent is { Relation: Components } owner && !listed.Exists(item => item.Link == owner.Id))
            listed.Insert(0, new(owner.Id, null, default));
        if (listed.Count == 0) return Problems.Missing(draft.Description.Name, Components);
        return Misfit(Length(draft.Values["unitOfMeasurements"]), Length(draft.Values["multiObservationDataTypes"]), listed.Count);
    }

    private static int Length(object? json)
    {
        using var list = JsonDocument.Parse((string)json!); // Mandatory, so it is there and was checked to be an array.
        return list.RootElement.GetArrayLength();
    }

    private static Problem? Misfit(int units, int types, int properties) =>
        units == types && units == properties ? null : Problems.ComponentsDiffer(units, types, properties);

    private Problem? CreateComponents(
        WriteSession session, long multi, DatasetId dataset, List<EntityDraft.Related> related, WriteRights rights, ref int created)
    {
        var ids = new List<long>(related.Count);
        foreach (var item in related)
        {
            if (item.Link is { } link)
            {
                ids.Add(link);
                continue;
            }

            var outcome = Create(session, item.Draft!, rights, new ParentLink("", 0, dataset), ref created);
            if (!outcome.TryGet(out var id, out var problem)) return problem;
            ids.Add(id);
        }

        return WriteComponents(session, multi, ids, rights);
    }

    /// <summary>Replaces the list: each place belongs to a unit and a data type, so that adding to it would mean nothing.</summary>
    private Problem? WriteComponents(WriteSession session, long multi, List<long> properties, WriteRights rights)
    {
        foreach (var property in properties)
            if (Find(session, EntityDescription.ObservedProperty, property) is not { } dataset || !rights.MayLink(dataset))
                return Problems.UnknownLink(EntityDescription.ObservedProperty.Name, property);
        foreach (var property in Ids(session, PropertiesOf, multi).Union(properties))
            NoteLinked(session, EntityDescription.ObservedProperty, property);
        DeleteComponents(session, multi);
        using var insert = session.Prepare(InsertComponent);
        for (var position = 0; position < properties.Count; position++)
            insert.Bind("@multi", multi).Bind("@position", position).Bind("@property", properties[position]).Execute();
        return null;
    }

    private static Problem? DeleteComponents(WriteSession session, long multi)
    {
        Run(session, "DELETE FROM multi_datastream_observed_property WHERE multi_datastream_id = @id", "@id", multi);
        return null;
    }

    private readonly record struct ComponentCount(int Units, int Types, int Properties, bool HasObservations);

    private ComponentCount CountComponents(WriteSession session, long multi)
    {
        var key = SeriesKey.OfMultiDatastream(multi);
        observations.FlushSums(session);
        using var read = session.Prepare(ComponentsOf);
        return read.Bind("@id", multi).Bind("@key", key.Value).Step()
            ? new(Length(read.Text(0)), Length(read.Text(1)), (int)read.Int64(2), read.Boolean(3))
            : default;
    }

    /// <summary>Whether units, types and properties still fit each other, and the results that are there, after a change.</summary>
    private Problem? CheckComponents(WriteSession session, long multi, ComponentCount before)
    {
        observations.Forget(session, SeriesKey.OfMultiDatastream(multi));
        var after = CountComponents(session, multi);
        if (Misfit(after.Units, after.Types, after.Properties) is { } misfit) return misfit;
        return before.HasObservations && after.Types != before.Types
            ? Problems.Conflict(
                $"The MultiDatastream has observations with {before.Types} elements each. Create another one for {after.Types}.")
            : null;
    }
}
