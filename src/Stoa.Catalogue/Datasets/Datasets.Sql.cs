using Stoa.Catalogue.Search;
using Stoa.Storage;
using Stoa.Storage.Dialects;

namespace Stoa.Catalogue.Datasets;

public sealed partial class Datasets
{
    private const string Columns =
        """
        d.id, d.slug, d.title, d.description, d.sector, d.spectrum, d.licence, o.slug, o.name, d.keywords, d.created,
                 d.modified
        """;

    // What may be seen, and what is asked for. The scope stands here and nowhere else.
    private static string Asked(SqlDialect sql) =>
        $"""
        FROM      dataset d
        LEFT JOIN organization o ON o.id = d.owner_organization_id
        WHERE     (@everything = 1 OR d.id IN {sql.ListOf("@scope")})
          AND     (@sector IS NULL OR d.sector = @sector)
          AND     (@spectrum IS NULL OR d.spectrum = @spectrum)
          AND     (@owner IS NULL OR o.slug = @owner)
          AND     (@words IS NULL OR d.id IN {WordIndex.Holding(sql, "@words")})
        """;

    private static readonly EngineText SelectPage = new(sql =>
        $"""
        SELECT   {Columns}
        {Asked(sql)}
        ORDER BY CASE WHEN @words IS NULL THEN 0 ELSE {WordIndex.Rank(sql, "d.id", "@any_word")} END DESC,
                 stoa_lower(d.title), d.id
        LIMIT    @limit OFFSET @skip
        """);

    private static readonly EngineText SelectCount = new(sql =>
        $"""
        SELECT COUNT(*)
        {Asked(sql)}
        """);

    private static readonly EngineText SelectBySlug = new(sql =>
        $"""
        SELECT    {Columns}
        FROM      dataset d
        LEFT JOIN organization o ON o.id = d.owner_organization_id
        WHERE     d.slug = @slug
          AND     (@everything = 1 OR d.id IN {sql.ListOf("@scope")})
        """);

    private static readonly EngineText SelectAll = new(sql =>
        $"""
        SELECT    {Columns}
        FROM      dataset d
        LEFT JOIN organization o ON o.id = d.owner_organization_id
        WHERE     (@everything = 1 OR d.id IN {sql.ListOf("@scope")})
        ORDER BY  d.id
        """);

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

    // The prefix of another organization whose slug begins with this one's.
    private const string SelectLongerPrefix =
        """
        SELECT 1
        FROM   organization
        WHERE  length(slug) > length(@owner) AND substr(@slug, 1, length(slug) + 1) = slug || '-'
        LIMIT  1
        """;

    private const string CountOfOwner =
        """
        SELECT count(*)
        FROM   dataset
        WHERE  owner_organization_id = @owner
        """;

    private const string Insert =
        """
        INSERT INTO dataset (slug, title, description, sector, spectrum, licence, owner_organization_id, keywords,
                             created, modified)
        VALUES (@slug, @title, @description, @sector, @spectrum, @licence, @owner, @keywords, @modified, @modified)
        RETURNING id
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
