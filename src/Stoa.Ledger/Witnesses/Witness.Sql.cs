namespace Stoa.Ledger.Witnesses;

internal sealed partial class Witness
{
    private const string Select =
        """
        SELECT size, root, note, witnessed
        FROM   witnessed_log
        WHERE  origin = @origin
        """;

    private const string Upsert =
        """
        INSERT INTO witnessed_log (origin, size, root, note, witnessed)
        VALUES (@origin, @size, @root, @note, @witnessed)
        ON CONFLICT (origin) DO UPDATE
        SET size = excluded.size, root = excluded.root, note = excluded.note, witnessed = excluded.witnessed
        """;
}
