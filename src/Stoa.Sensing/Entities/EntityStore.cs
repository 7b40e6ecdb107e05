using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Spatial;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Creates, changes and removes SensorThings entities. Lives on the writer's thread, inside its transaction.</summary>
/// <remarks>
/// OGC 18-088, 10. All or nothing: a refusal undoes what the request did so far (the writer's savepoint). What is created
/// below a parent belongs to the parent's dataset, at an address with a dataset to that one.
/// </remarks>
internal sealed partial class EntityStore(ObservationStore observations, TimeProvider time)
{
    /// <summary>Entities that one request may create; larger imports go through the bulk interface.</summary>
    internal const int CreatedMax = 10_000;

    private Changes Changes => observations.Changes;

    /// <summary>Creates one entity with everything that was sent inside it.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="draft">The entity.</param>
    /// <param name="rights">What may be touched.</param>
    /// <param name="parent">The relation and entity through which it is created; null at a set.</param>
    /// <returns>The new id.</returns>
    internal Result<long> Create(WriteSession session, EntityDraft draft, WriteRights rights, ParentLink? parent)
    {
        var created = 0;
        return Create(session, draft, rights, parent, ref created);
    }

    private Result<long> Create(
        WriteSession session, EntityDraft draft, WriteRights rights, ParentLink? parent, ref int created)
    {
        if (++created > CreatedMax) return Problems.TooBig("Entities created by one request", CreatedMax);
        var description = draft.Description;
        if (description == EntityDescription.MultiDatastream && CompleteComponents(draft, parent) is { } misfit) return misfit;
        if (parent is { } owner && description.FindRelation(owner.Relation) is { Form: RelationForm.ComponentOf })
            return Problems.LooseComponent();
        var links = new Dictionary<string, (long Id, DatasetId Dataset)>(StringComparer.Ordinal);
        if (parent is { } through && description.FindRelation(through.Relation) is { Form: RelationForm.Reference })
            links[through.Relation] = (through.Id, through.Dataset);
        var dataset = DatasetOf(session, draft, rights, parent);
        if (!rights.Write.Contains(dataset)) return Problems.MayNotWrite();
        foreach (var relation in description.Relations.Where(relation => relation.Form == RelationForm.Reference))
        {
            if (ResolveReference(session, draft, relation, rights, dataset, links, ref created) is { } problem) return problem;
        }

        if (description == EntityDescription.HistoricalLocation &&
            draft.Relations.GetValueOrDefault("Locations") is null or [] && parent?.Relation != "Locations")
            return Problems.Missing(description.Name, "Locations");
        var inserted = Insert(session, draft, dataset, links);
        if (!inserted.TryGet(out var id, out var refusal)) return refusal;
        EntityCounts.Add(session, dataset, description.Set, 1);
        Changes.Add(session, description.Set, id, dataset, ChangeKind.Created);
        if (parent is { } pair && description.FindRelation(pair.Relation) is { Form: RelationForm.Pairs })
        {
            if (LinkPairs(session, description, id, pair.Relation, [pair.Id], rights) is { } problem) return problem;
        }

        // A Thing gets its place before the observations of its Datastreams ask for it, however the members are ordered.
        foreach (var (name, related) in draft.Relations.OrderBy(item => item.Key is "Locations" or "ObservedProperties" ? 0 : 1))
        {
            var relation = description.FindRelation(name)!;
            if (relation.Form == RelationForm.Reference) continue;
            if (CreateRelated(session, description, id, dataset, relation, related, rights, ref created) is { } problem)
                return problem;
        }

        if (description == EntityDescription.HistoricalLocation &&
            MoveByHistory(session, id, links["Thing"].Id, rights) is { } refused)
            return refused;
        return id;
    }

    private static DatasetId DatasetOf(WriteSession session, EntityDraft draft, WriteRights rights, ParentLink? parent)
    {
        if (rights.IsScoped) return rights.Target;
        // A Datastream follows its Thing, whichever way it is created; a HistoricalLocation too.
        if (draft.Description.FindRelation("Thing") is not null)
        {
            if (draft.Relations.GetValueOrDefault("Thing") is [{ Link: { } thing }] &&
                Find(session, EntityDescription.Thing, thing) is { } found && rights.MayLink(found))
                return found;
            if (parent is { Relation: "Thing" } link) return link.Dataset;
        }

        return parent?.Dataset ?? rights.Target;
    }

    private Problem? ResolveReference(
        WriteSession session, EntityDraft draft, RelationDescription relation, WriteRights rights, DatasetId dataset,
        Dictionary<string, (long Id, DatasetId Dataset)> links, ref int created)
    {
        var target = EntityDescription.Find(relation.Target)!;
        if (!draft.Relations.TryGetValue(relation.Name, out var related))
            return links.ContainsKey(relation.Name) ? null : Problems.Missing(draft.Description.Name, relation.Name);
        if (related is [{ Link: { } link }])
        {
            if (links.TryGetValue(relation.Name, out var fromPath) && fromPath.Id != link)
                return Problems.Body($"The address says another {relation.Name} than the body. Leave it out of the body.");
            if (Find(session, target, link) is not { } found || !rights.MayLink(found))
                return Problems.UnknownLink(target.Name, link);
            links[relation.Name] = (link, found);
            return null;
        }

        if (links.ContainsKey(relation.Name))
            return Problems.Body($"The address names the {relation.Name} already. Leave it out of the body.");
        var outcome = Create(session, related[0].Draft!, rights, new ParentLink("", 0, dataset), ref created);
        if (!outcome.TryGet(out var id, out var problem)) return problem;
        links[relation.Name] = (id, dataset);
        return null;
    }

    private Problem? CreateRelated(
        WriteSession session, EntityDescription description, long id, DatasetId dataset, RelationDescription relation,
        List<EntityDraft.Related> related, WriteRights rights, ref int created)
    {
        if (relation.Form == RelationForm.Pairs)
        {
            // A Thing inside a Location gets its place before its observations ask for it.
            var inverse = relation.Target == "Things" ? new ParentLink("Locations", id, dataset) : new ParentLink("", 0, dataset);
            var ids = new List<long>();
            foreach (var item in related)
            {
                if (item.Link is { } link)
                {
                    ids.Add(link);
                    continue;
                }

                var outcome = Create(session, item.Draft!, rights, inverse, ref created);
                if (!outcome.TryGet(out var made, out var problem)) return problem;
                if (relation.Target != "Things") ids.Add(made);
            }

            return LinkPairs(session, description, id, relation.Name, ids, rights);
        }

        if (relation.Form == RelationForm.Components) return CreateComponents(session, id, dataset, related, rights, ref created);
        foreach (var item in related)
        {
            if (item.Link is { } link)
            {
                if (Adopt(session, relation, id, link, rights) is { } problem) return problem;
            }
            else if (item.Draft is { } inner)
            {
                var outcome = Create(session, inner, rights, new ParentLink(relation.Inverse, id, dataset), ref created);
                if (!outcome.TryGet(out _, out var problem)) return problem;
            }
            else
            {
                if (++created > CreatedMax) return Problems.TooBig("Entities created by one request", CreatedMax);
                var outcome = CreateObservation(session, item.Observation.Span, rights, new ParentLink(relation.Inverse, id, dataset));
                if (!outcome.TryGet(out _, out var problem)) return problem;
            }
        }

        return null;
    }

    /// <summary>Creates one Observation from its JSON text.</summary>
    internal Result<ObservationId> CreateObservation(
        WriteSession session, ReadOnlySpan<byte> utf8, WriteRights rights, ParentLink? parent) =>
        ObservationDraft.Parse(utf8).TryGet(out var draft, out var problem)
            ? CreateObservation(session, draft, rights, parent)
            : problem;

    /// <summary>Creates one Observation, and the Datastream or feature that was sent inside it.</summary>
    internal Result<ObservationId> CreateObservation(
        WriteSession session, ObservationDraft draft, WriteRights rights, ParentLink? parent)
    {
        var featureId = draft.Feature;
        if (parent is { Relation: "FeatureOfInterest" } ofFeature)
        {
            if (draft.InlineFeature is not null || (featureId is { } other && other != ofFeature.Id))
                return Problems.Body("The address says another FeatureOfInterest than the body. Leave it out of the body.");
            featureId = ofFeature.Id;
        }

        if (!SeriesOf(session, draft, rights, parent).TryGet(out var key, out var unknown)) return unknown;
        if (observations.Find(session, key) is not { } datastream || !rights.MayLink(datastream.Dataset))
            return IsAddressed(parent) ? Problem.NotFound() : Problems.UnknownLink(key);
        // Under /datasets/{slug} an observation still follows its Datastream, so that one must lie in that dataset.
        if (!rights.Within.Contains(datastream.Dataset))
            return IsAddressed(parent) ? Problem.NotFound() : Problems.UnknownLink(key);
        if (!rights.Write.Contains(datastream.Dataset)) return Problems.MayNotWrite();
        if (!draft.HasResult) return Problems.Missing("Observation", "result");
        if (datastream.Components?.Refuse(draft.Result) is { } misfit) return misfit;
        var row = new ObservationRow
        {
            PhenomenonTime = draft.PhenomenonTime ?? TimeInterval.At(Instant.From(time.GetUtcNow())),
            Result = draft.Result,
            ResultTime = draft.ResultTime,
            ValidTime = draft.ValidTime,
            Parameters = draft.Parameters,
            ResultQuality = draft.ResultQuality,
        };
        if (AnswerDuplicate(session, datastream, row, rights) is { } known) return known;
        if (draft.InlineFeature is not null)
        {
            var made = CreateInline(session, EntityDescription.FeatureOfInterest, draft.InlineFeature, rights, datastream.Dataset);
            if (!made.TryGet(out var id, out var problem)) return problem;
            featureId = id;
        }

        var found = FindFeature(session, datastream, featureId, rights);
        if (!found.TryGet(out var feature, out var refusal)) return refusal;
        return observations.Append(session, datastream, row, feature);
    }

    // What stands in the address is not found; what stands in the body is a wrong link.
    private static bool IsAddressed(ParentLink? parent) => parent is { Relation: "Datastream" or "MultiDatastream" };

    /// <summary>The Datastream or MultiDatastream that an Observation is for, made first when it was sent whole.</summary>
    private Result<SeriesKey> SeriesOf(WriteSession session, ObservationDraft draft, WriteRights rights, ParentLink? parent)
    {
        if (IsAddressed(parent) && parent is { } owner)
        {
            var addressed = owner.Relation == "Datastream"
                ? SeriesKey.OfDatastream(owner.Id)
                : SeriesKey.OfMultiDatastream(owner.Id);
            return draft.InlineSeries is null && (draft.Series is not { } other || other == addressed)
                ? addressed
                : Problems.Body($"The address says another {owner.Relation} than the body. Leave it out of the body.");
        }

        if (draft.Series is { } named) return named;
        if (draft.InlineSeries is null) return Problems.Missing("Observation", "Datastream");
        var description = draft.IsInlineMulti ? EntityDescription.MultiDatastream : EntityDescription.Datastream;
        var made = CreateInline(session, description, draft.InlineSeries, rights, parent?.Dataset);
        if (!made.TryGet(out var id, out var problem)) return problem;
        return draft.IsInlineMulti ? SeriesKey.OfMultiDatastream(id) : SeriesKey.OfDatastream(id);
    }

    /// <summary>The feature named, or the one derived from the Thing's Location.</summary>
    internal Result<FeatureEntry> FindFeature(
        WriteSession session, DatastreamEntry datastream, long? featureId, WriteRights rights)
    {
        if (featureId is not { } named)
            return observations.FeatureFromLocation(session, datastream) is { } derived ? derived : Problems.NoLocation();
        if (datastream.GeneratedFeature is { } generated && generated.Id == named) return generated;
        return ObservationStore.FindFeature(session, named) is { } feature && rights.MayLink(feature.Dataset)
            ? feature
            : Problems.UnknownLink("FeatureOfInterest", named);
    }

    private Result<long> CreateInline(
        WriteSession session, EntityDescription description, byte[] utf8, WriteRights rights, DatasetId? dataset) =>
        EntityDraft.Parse(description, utf8, isPatch: false, depth: 1).TryGet(out var draft, out var problem)
            ? Create(session, draft, rights, dataset is { } known ? new ParentLink("", 0, known) : null)
            : problem;

    /// <summary>The dataset of an entity; null when there is none.</summary>
    internal static DatasetId? Find(WriteSession session, EntityDescription description, long id)
    {
        using var find = session.Prepare($"SELECT dataset_id FROM {description.Table} WHERE id = @id");
        return find.Bind("@id", id).Step() ? new DatasetId(find.Int64(0)) : null;
    }

    private static Result<long> Insert(
        WriteSession session, EntityDraft draft, DatasetId dataset, Dictionary<string, (long Id, DatasetId Dataset)> links)
    {
        var description = draft.Description;
        if (draft.FindNul() is { } nul) return Problems.HasNul(nul);
        if (draft.ExternalKey is { } key && ExternalKeys.Find(session, description, dataset, key) is not null)
            return Problems.Conflict(
                $"The dataset has a {description.Name} with this external key already. Change that one with PUT at its key, or choose another key.");
        var geometry = Geometry(draft, draft.Values.GetValueOrDefault("encodingType") as string);
        if (!geometry.TryGet(out var shape, out var problem)) return problem;
        long id;
        using (var insert = session.Prepare(InsertSql(description)))
        {
            insert.Bind("@dataset_id", dataset.Value);
            foreach (var property in description.Properties) Bind(insert, property, draft.Values.GetValueOrDefault(property.Name));
            foreach (var relation in description.Relations)
                if (relation.Form == RelationForm.Reference)
                    insert.Bind("@" + relation.Column, links[relation.Name].Id);
            if (description.GeometryProperty is not null) insert.BindBlob("@geometry", shape?.Wkb);
            if (ExternalKeys.Has(description)) insert.Bind("@external_key", draft.ExternalKey);
            insert.Step();
            id = insert.Int64(0);
        }

        if (shape is { } located) EntityBoxes.Write(session, description, id, located.Box);
        return id;
    }

    private static void Bind(Statement statement, PropertyDescription property, object? value)
    {
        var name = "@" + property.Column;
        if (value is Instant instant)
            statement.Bind(name, instant.UnixMicroseconds).Bind("@" + property.OffsetColumn, ObservationStore.OffsetOf(instant));
        else statement.Bind(name, (string?)value ?? property.Only);
    }

    private static readonly Dictionary<string, string> InsertStatements = EntityDescription.All.ToDictionary(
        description => description.Set, MakeInsert);

    private static string InsertSql(EntityDescription description) => InsertStatements[description.Set];

    // From the constant description alone, once.
    private static string MakeInsert(EntityDescription description)
    {
        List<string> columns = ["dataset_id", .. description.Properties.SelectMany(property => property.Columns)];
        columns.AddRange(description.Relations.Where(relation => relation.Form == RelationForm.Reference)
            .Select(relation => relation.Column));
        if (description.GeometryProperty is not null) columns.Add("geometry");
        if (ExternalKeys.Has(description)) columns.Add("external_key");
        return $"""
            INSERT INTO {description.Table} ({string.Join(", ", columns)})
            VALUES ({string.Join(", ", columns.Select(column => "@" + column))})
            RETURNING id
            """;
    }

    private static Result<(byte[] Wkb, Box Box)?> Geometry(EntityDraft draft, string? encodingType)
    {
        if (draft.Description.GeometryProperty is not { } name || draft.Values.GetValueOrDefault(name) is not string json ||
            encodingType is null || !GeoJson.IsGeoJson(encodingType))
            return Result<(byte[], Box)?>.Of(null);
        return GeoJson.Parse(json, name).TryGet(out var geometry, out var problem)
            ? Result<(byte[], Box)?>.Of(geometry)
            : problem;
    }
}

/// <summary>The entity through which another is created, as that other sees it.</summary>
/// <param name="Relation">The name of the relation seen from what is created: <c>Thing</c> for /Things(1)/Datastreams.</param>
/// <param name="Id">The parent's id.</param>
/// <param name="Dataset">The parent's dataset.</param>
internal readonly record struct ParentLink(string Relation, long Id, DatasetId Dataset);
