namespace Stoa.Ledger.Witnesses;

internal sealed partial class SplitViews
{
    // By split_view_origin.
    private const string Count =
        """
        SELECT COUNT(*)
        FROM   split_view
        WHERE  origin = @origin
        """;

    private const string CountAll =
        """
        SELECT COUNT(*)
        FROM   split_view
        """;

    private const string Insert =
        """
        INSERT INTO split_view (digest, origin, size, root, note, other_root, other_note, source, found)
        VALUES (@digest, @origin, @size, @root, @note, @otherRoot, @otherNote, @source, @found)
        ON CONFLICT (digest) DO NOTHING
        """;

    private const string SelectLast =
        """
        SELECT   origin, size, root, note, other_root, other_note, source, found
        FROM     split_view
        ORDER BY found DESC, digest
        LIMIT    @limit
        """;
}
