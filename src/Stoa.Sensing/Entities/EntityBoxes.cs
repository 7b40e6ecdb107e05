using Stoa.Sensing.Observations;
using Stoa.Storage;

namespace Stoa.Sensing.Entities;

/// <summary>Keeps the boxes of geometries: in the R*Tree table of SQLite for filters, and exactly beside features for areas.</summary>
/// <remarks>PostGIS makes its shapes, and indexes them, from the geometry itself; <c>…_box</c> is a view there.</remarks>
internal static class EntityBoxes
{
    internal static void Write(WriteSession session, EntityDescription description, long id, Box? box)
    {
        if (session.Engine == StorageEngine.Sqlite) WriteTree(session, description, id, box);
        if (description != EntityDescription.FeatureOfInterest) return;
        using var exact = session.Prepare(
            """
            UPDATE feature_of_interest
            SET    min_x = @minX, max_x = @maxX, min_y = @minY, max_y = @maxY
            WHERE  id = @id
            """);
        exact.Bind("@id", id).Bind("@minX", box?.MinX).Bind("@maxX", box?.MaxX).Bind("@minY", box?.MinY)
            .Bind("@maxY", box?.MaxY).Execute();
    }

    private static void WriteTree(WriteSession session, EntityDescription description, long id, Box? box)
    {
        using (var delete = session.Prepare($"DELETE FROM {description.Table}_box WHERE id = @id"))
            delete.Bind("@id", id).Execute();
        if (box is not { } area) return;
        using var insert = session.Prepare(
            $"""
            INSERT INTO {description.Table}_box (id, min_x, max_x, min_y, max_y)
            VALUES (@id, @minX, @maxX, @minY, @maxY)
            """);
        insert.Bind("@id", id).Bind("@minX", area.MinX).Bind("@maxX", area.MaxX).Bind("@minY", area.MinY)
            .Bind("@maxY", area.MaxY).Execute();
    }
}
