using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Places
{
    // Index thing_dataset; things are some hundreds to some thousands, and names are not indexed.
    private static readonly EngineText Page = Visible.With(sql =>
        $"""
        SELECT   t.id, t.name, d.slug, d.title, d.sector
        FROM     thing t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
          AND    (@words IS NULL OR {sql.Position("lower(t.name)", "lower(@words)")} > 0)
        ORDER BY t.name, t.id
        LIMIT    @limit OFFSET @skip
        """);

    private static readonly EngineText Count = Visible.With(sql =>
        $"""
        SELECT COUNT(*)
        FROM   thing t
        JOIN   visible v ON v.id = t.dataset_id
        JOIN   dataset d ON d.id = t.dataset_id
        WHERE  (@sector IS NULL OR d.sector = @sector)
          AND  (@words IS NULL OR {sql.Position("lower(t.name)", "lower(@words)")} > 0)
        """);

    // One place of every dataset in turn, so that the first screen shows what kinds there are.
    private static readonly EngineText Mixed = Visible.With(
        """
        SELECT   t.id, t.name, d.slug, d.title, d.sector
        FROM     (
                   SELECT id, dataset_id, ROW_NUMBER() OVER (PARTITION BY dataset_id ORDER BY id) AS turn
                   FROM   thing
                   WHERE  dataset_id IN (SELECT id FROM visible)
                 ) t0
        JOIN     thing t ON t.id = t0.id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
        ORDER BY t0.turn, d.sector, t.id
        LIMIT    @limit
        """);

    private static readonly EngineText Latest = Visible.LatestOf(sql => $"IN {sql.ListOf("@things")}");
}
