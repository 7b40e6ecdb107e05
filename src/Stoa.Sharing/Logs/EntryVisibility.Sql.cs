namespace Stoa.Sharing.Logs;

internal sealed partial class EntryVisibility
{
    // By party_parent. Units, services and devices: people belong to nobody.
    private const string SelectBelow =
        """
        WITH RECURSIVE below (id) AS (
            SELECT p.id
            FROM   party p
            WHERE  p.parent_id = @party
            UNION ALL
            SELECT p.id
            FROM   party p
            JOIN   below b ON p.parent_id = b.id)
        SELECT   p.id
        FROM     party p
        JOIN     below b ON b.id = p.id
        WHERE    p.kind IN (1, 3, 4)
        ORDER BY p.id DESC
        LIMIT    @limit
        """;

    private const string SelectAbove =
        """
        SELECT parent_id
        FROM   party
        WHERE  id = @party
          AND  kind IN (1, 3, 4)
        """;
}
