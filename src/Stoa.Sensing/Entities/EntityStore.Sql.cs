namespace Stoa.Sensing.Entities;

internal sealed partial class EntityStore
{
    private const string LinkThing =
        """
        INSERT INTO thing_location (thing_id, location_id)
        VALUES (@thing, @location)
        ON CONFLICT DO NOTHING
        """;

    private const string UnlinkThing = "DELETE FROM thing_location WHERE thing_id = @thing";

    private const string LinkHistory =
        """
        INSERT INTO historical_location_location (historical_location_id, location_id)
        VALUES (@history, @location)
        ON CONFLICT DO NOTHING
        """;

    private const string SharedEncodingSql =
        """
        SELECT mine.encoding_type
        FROM   location mine
        JOIN   thing_location own ON own.location_id = mine.id
        JOIN   thing_location other ON other.thing_id = own.thing_id AND other.location_id <> own.location_id
        JOIN   location theirs ON theirs.id = other.location_id AND theirs.encoding_type = mine.encoding_type
        WHERE  mine.id = @id
        LIMIT  1
        """;

    private const string InsertHistory =
        """
        INSERT INTO historical_location (dataset_id, thing_id, time)
        VALUES (@dataset, @thing, @time)
        RETURNING id
        """;

    private const string LatestHistory =
        """
        SELECT   max(time)
        FROM     historical_location
        WHERE    thing_id = @thing
          AND    id <> @except
        """;

    private const string MultiDatastreamsOfProperty =
        """
        SELECT DISTINCT multi_datastream_id
        FROM   multi_datastream_observed_property
        WHERE  observed_property_id = @id
        """;

    private const string PropertiesOf =
        """
        SELECT observed_property_id
        FROM   multi_datastream_observed_property
        WHERE  multi_datastream_id = @id
        """;

    private const string InsertComponent =
        """
        INSERT INTO multi_datastream_observed_property (multi_datastream_id, position, observed_property_id)
        VALUES (@multi, @position, @property)
        """;

    private const string ComponentsOf =
        """
        SELECT unit_of_measurements, multi_observation_data_types,
               (SELECT count(*) FROM multi_datastream_observed_property c WHERE c.multi_datastream_id = m.id),
               EXISTS (SELECT 1 FROM datastream_state s WHERE s.datastream_id = @key)
        FROM   multi_datastream m
        WHERE  m.id = @id
        """;

    // A HistoricalLocation has one or more Locations (8.2.3): one that loses its last goes too.
    private const string HistoriesOfLocation =
        """
        SELECT historical_location_id
        FROM   historical_location_location
        WHERE  location_id = @id
        """;
}
