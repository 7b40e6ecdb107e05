using System.Buffers;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Where an entity is: its own geometry, or the first one at the end of a path that leads to its place.</summary>
/// <remarks>What lies outside of the scope is not looked at: its geometry does not leave by another entity.</remarks>
internal sealed class GeometryLookups : IDisposable
{
    // Encodings of one place; the first that is GeoJSON counts.
    private const int PlacesMax = 8;

    private readonly List<(Statement Statement, SqlText Sql, EntityType Target)> _paths = [];
    private readonly EntityType _entity;

    internal GeometryLookups(QueryTranslator translator, Session session, EntityType entity, AccessScope scope)
    {
        _entity = entity;
        if (PathOf(entity) is not { } path) return;
        var steps = new List<PathStep> { new(entity) };
        foreach (var name in path)
            if (steps[^1].Entity.FindNavigation(name) is { } via) steps.Add(new(via.Target, via));
        var sql = translator.Rows(new ReadRequest
        {
            Path = steps, Scope = scope, IsChild = true, Columns = ColumnsOf(steps[^1].Entity), Limit = PlacesMax,
        });
        _paths.Add((ReadPlan.Prepare(session, sql), sql, steps[^1].Entity));
    }

    private static string[]? PathOf(EntityType entity) => entity.Name switch
    {
        "Thing" or "HistoricalLocation" => ["Locations"],
        "Datastream" or "MultiDatastream" => ["Thing", "Locations"],
        "Observation" => ["FeatureOfInterest"],
        _ => null,
    };

    /// <summary>The columns that <see cref="Own"/> reads; none for entities without a geometry of their own.</summary>
    internal static IReadOnlyList<Column> ColumnsOf(EntityType entity)
    {
        foreach (var columns in SensorThingsMapping.Mapping[entity].Properties)
            switch (columns)
            {
                case GeometryColumns geometry: return [geometry.Json, geometry.Wkb with { Name = geometry.Wkb.Name + " IS NOT NULL" }];
                case BoxColumns box: return [box.MinX, box.MaxX, box.MinY, box.MaxY];
            }

        return [];
    }

    /// <summary>Writes the geometry in a row's own columns, if it has one.</summary>
    internal static void Own(EntityType entity, Statement row, int first, ArrayBufferWriter<byte> geometry)
    {
        switch (ColumnsOf(entity).Count)
        {
            case 2 when row.Boolean(first + 1):
                geometry.Write(row.Utf8(first));
                break;
            case 4 when !row.IsNull(first):
                using (var json = new Utf8JsonWriter(geometry)) PropertyValue.WriteArea(json, row, first);
                break;
        }
    }

    /// <summary>Writes the geometry of the entity on which the plan stands, if it has one.</summary>
    internal void Find(ReadPlan plan, ArrayBufferWriter<byte> geometry)
    {
        Own(_entity, plan.Row, plan.FirstMore, geometry);
        foreach (var (statement, sql, target) in _paths)
        {
            if (geometry.WrittenCount > 0) return;
            statement.Reset();
            statement.Bind(sql.ParentParameter, plan.Id);
            while (geometry.WrittenCount == 0 && statement.Step()) Own(target, statement, 0, geometry);
        }
    }

    public void Dispose()
    {
        foreach (var (statement, _, _) in _paths) statement.Dispose();
    }
}
