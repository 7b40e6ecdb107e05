namespace Stoa.Sensing.Connectors;

internal sealed partial class ConnectorStore
{
    // Index datastream_external_key.
    private const string FindDatastream =
        """
        SELECT id
        FROM   datastream
        WHERE  dataset_id = @dataset
          AND  external_key = @key
        """;

    private const string SelectCreated =
        """
        SELECT datastreams_created
        FROM   connector
        WHERE  id = @id
        """;

    private const string NoteCreated =
        """
        UPDATE connector
        SET    datastreams_created = datastreams_created + @count
        WHERE  id = @id
        """;

    // Where the Thing is now; the second column tells whether a connector put it there.
    private const string FindPlace =
        """
        SELECT   l.geometry, l.properties
        FROM     thing_location tl
        JOIN     location l ON l.id = tl.location_id
        WHERE    tl.thing_id = @thing
          AND    l.geometry IS NOT NULL
        ORDER BY l.id DESC
        LIMIT    1
        """;
}
