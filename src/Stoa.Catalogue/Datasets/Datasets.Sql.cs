namespace Stoa.Catalogue.Datasets;

public sealed partial class Datasets
{
    private const string Columns =
        """
        d.id, d.slug, d.title, d.description, d.sector, d.spectrum, d.licence, o.slug, o.name, d.keywords, d.created,
                 d.modified
        """;

    // What may be seen, and what is asked for. The scope stands here and nowhere else.
    private const string Asked =
        """
        FROM      dataset d
        LEFT JOIN organization o ON o.id = d.owner_organization_id
        WHERE     (@everything = 1 OR d.id IN (SELECT value FROM json_each(@scope)))
          AND     (@sector IS NULL OR d.sector = @sector)
          AND     (@spectrum IS NULL OR d.spectrum = @spectrum)
          AND     (@owner IS NULL OR o.slug = @owner)
          AND     (@words IS NULL OR d.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH @words))
        """;

    // A hit in the title counts most, then keywords, owner, description. Not bm25: its weights come from all rows, and
    // the order of what may be seen would then tell which words occur in what may not.
    private const string SelectPage =
        $"""
        SELECT   {Columns}
        {Asked}
        ORDER BY CASE WHEN @words IS NULL THEN 0 ELSE
                   8 * (d.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH @in_title)) +
                   4 * (d.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH @in_keywords)) +
                   2 * (d.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH @in_owner)) +
                   1 * (d.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH @in_description))
                 END DESC, stoa_lower(d.title), d.id
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectCount =
        $"""
        SELECT COUNT(*)
        {Asked}
        """;

    private const string SelectBySlug =
        $"""
        SELECT    {Columns}
        FROM      dataset d
        LEFT JOIN organization o ON o.id = d.owner_organization_id
        WHERE     d.slug = @slug
          AND     (@everything = 1 OR d.id IN (SELECT value FROM json_each(@scope)))
        """;

    // Kept counts and states: no observation is read. By datastream_dataset, multi_datastream_dataset and the state's
    // primary key, which holds minus the id of a MultiDatastream.
    private const string SelectStatistics =
        """
        SELECT (SELECT entities FROM entity_count WHERE dataset_id = @id AND entity_set = 'Things'),
               (SELECT entities FROM entity_count WHERE dataset_id = @id AND entity_set = 'Datastreams'),
               (SELECT entities FROM entity_count WHERE dataset_id = @id AND entity_set = 'Observations'),
               MIN(s.phenomenon_start),
               MAX(s.phenomenon_end)
        FROM   (SELECT id FROM datastream WHERE dataset_id = @id
                UNION ALL
                SELECT -id FROM multi_datastream WHERE dataset_id = @id) ds
        JOIN   datastream_state s ON s.datastream_id = ds.id
        """;

    private const string SelectOwner =
        """
        SELECT id, name
        FROM   organization
        WHERE  slug = @slug
        """;

    private const string Insert =
        """
        INSERT INTO dataset (slug, title, description, sector, spectrum, licence, owner_organization_id, keywords,
                             created, modified)
        VALUES (@slug, @title, @description, @sector, @spectrum, @licence, @owner, @keywords, @modified, @modified)
        """;

    private const string Update =
        """
        UPDATE dataset
        SET    title = @title,
               description = @description,
               sector = @sector,
               spectrum = @spectrum,
               licence = @licence,
               owner_organization_id = @owner,
               keywords = @keywords,
               modified = @modified
        WHERE  id = @id
        """;
}
