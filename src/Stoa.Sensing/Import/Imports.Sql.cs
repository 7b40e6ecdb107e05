namespace Stoa.Sensing.Import;

public sealed partial class Imports
{
    private const string FindPosition =
        """
        SELECT p.position
        FROM   import_progress p
        WHERE  p.dataset_id = @dataset
          AND  p.source = @source
          AND  p.finished IS NULL
        """;

    private const string SavePosition =
        """
        INSERT INTO import_progress (dataset_id, source, position, finished)
        VALUES (@dataset, @source, @position, @finished)
        ON CONFLICT (dataset_id, source) DO UPDATE
        SET position = excluded.position, finished = excluded.finished
        """;
}
