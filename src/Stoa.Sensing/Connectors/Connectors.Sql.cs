namespace Stoa.Sensing.Connectors;

public sealed partial class Connectors
{
    private const string Columns =
        """
        c.id, c.dataset_id, c.name, c.declaration, c.file, c.is_enabled, c.tested, c.created, c.modified,
        c.datastreams_created, c.received, c.observations, c.duplicates, c.skipped, c.rejected, c.dropped,
        c.dead_letters, c.dead_letter_bytes, c.last_received, c.last_error, c.last_error_time
        """;

    private const string SelectAll =
        $"""
        SELECT   {Columns}
        FROM     connector c
        ORDER BY c.dataset_id, c.name
        """;

    // Index connector_name.
    private const string SelectOfDataset =
        $"""
        SELECT   {Columns}
        FROM     connector c
        WHERE    c.dataset_id = @dataset
        ORDER BY c.name
        """;

    private const string SelectOne =
        $"""
        SELECT {Columns}
        FROM   connector c
        WHERE  c.dataset_id = @dataset
          AND  c.name = @name
        """;

    private const string SelectVersion =
        """
        SELECT version
        FROM   connector_state
        """;

    private const string CountOfDataset =
        """
        SELECT count(*)
        FROM   connector
        WHERE  dataset_id = @dataset
        """;

    private const string Insert =
        """
        INSERT INTO connector (dataset_id, name, declaration, file, is_enabled, tested, created, modified)
        VALUES (@dataset, @name, @declaration, @file, @enabled, @tested, @now, @now)
        """;

    private const string Update =
        """
        UPDATE connector
        SET    declaration = @declaration, file = @file, is_enabled = @enabled, tested = @tested, modified = @now
        WHERE  id = @id
        """;

    private const string Switch =
        """
        UPDATE connector
        SET    is_enabled = @enabled, modified = @now
        WHERE  id = @id
        """;

    // Index datastream_external_key.
    private const string FindDatastream =
        """
        SELECT 1
        FROM   datastream
        WHERE  dataset_id = @dataset
          AND  external_key = @key
        """;

    private const string Release =
        """
        UPDATE connector
        SET    is_enabled = 0, file = NULL
        WHERE  id = @id
        """;

    private const string NoteTest =
        """
        UPDATE connector
        SET    tested = @now
        WHERE  dataset_id = @dataset
          AND  name = @name
          AND  declaration = @declaration
        """;

    private const string Delete =
        """
        DELETE FROM connector
        WHERE  id = @id
        """;
}
