using Stoa.Storage;

namespace Stoa.Portal.Pages;

internal static partial class Places
{
    // Index thing_dataset; things are some hundreds to some thousands, and names are not indexed.
    private static readonly ShownText Page = new(shown =>
        $"""
        SELECT   t.id, coalesce(t.name, 'Place ' || t.id), d.slug, d.title, d.sector
        FROM     {shown.Thing} t
        JOIN     visible v ON v.id = t.dataset_id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
          AND    (@words IS NULL OR {shown.Sql.Position("lower(t.name)", "lower(@words)")} > 0)
        ORDER BY coalesce(t.name, ''), t.id
        LIMIT    @limit OFFSET @skip
        """);

    private static readonly ShownText Count = new(shown =>
        $"""
        SELECT COUNT(*)
        FROM   {shown.Thing} t
        JOIN   visible v ON v.id = t.dataset_id
        JOIN   dataset d ON d.id = t.dataset_id
        WHERE  (@sector IS NULL OR d.sector = @sector)
          AND  (@words IS NULL OR {shown.Sql.Position("lower(t.name)", "lower(@words)")} > 0)
        """);

    // One place of every dataset in turn, so that the first screen shows what kinds there are.
    private static readonly ShownText Mixed = new(shown =>
        $"""
        SELECT   t.id, coalesce(t.name, 'Place ' || t.id), d.slug, d.title, d.sector
        FROM     (
                   SELECT id, dataset_id, ROW_NUMBER() OVER (PARTITION BY dataset_id ORDER BY id) AS turn
                   FROM   {shown.Thing} x
                   WHERE  dataset_id IN (SELECT id FROM visible)
                 ) t0
        JOIN     {shown.Thing} t ON t.id = t0.id
        JOIN     dataset d ON d.id = t.dataset_id
        WHERE    (@sector IS NULL OR d.sector = @sector)
        ORDER BY t0.turn, d.sector, t.id
        LIMIT    @limit
        """);

    private static readonly ShownText Latest = Visible.LatestOf(sql => $"IN {sql.ListOf("@things")}");
}
