namespace Stoa.Sensing.Connectors;

internal sealed partial class DeadLetters
{
    private const string Insert =
        """
        INSERT INTO dead_letter (connector_id, time, topic, reason, payload)
        SELECT id, @time, @topic, @reason, @payload
        FROM   connector
        WHERE  id = @connector
        RETURNING id
        """;

    private const string Note =
        """
        UPDATE connector
        SET    dead_letters = dead_letters + 1, dead_letter_bytes = dead_letter_bytes + @bytes
        WHERE  id = @connector
        """;

    private const string SelectKept =
        """
        SELECT dead_letters, dead_letter_bytes
        FROM   connector
        WHERE  id = @connector
        """;

    // Index dead_letter_connector.
    private const string SelectOldest =
        """
        SELECT   id, length(payload)
        FROM     dead_letter
        WHERE    connector_id = @connector
        ORDER BY id
        LIMIT    1
        """;

    private const string SelectBytes =
        """
        SELECT length(payload)
        FROM   dead_letter
        WHERE  id = @id
          AND  connector_id = @connector
        """;

    private const string Delete =
        """
        DELETE FROM dead_letter
        WHERE  id = @id
        """;

    private const string Forget =
        """
        UPDATE connector
        SET    dead_letters = dead_letters - 1, dead_letter_bytes = dead_letter_bytes - @bytes,
               dropped = dropped + @dropped
        WHERE  id = @connector
        """;

    private const string DeleteOfConnector =
        """
        DELETE FROM dead_letter
        WHERE  connector_id = @connector
        """;

    private const string ForgetAll =
        """
        UPDATE connector
        SET    dead_letters = 0, dead_letter_bytes = 0
        WHERE  id = @connector
        """;

    private const string SelectPage =
        """
        SELECT   id, time, topic, reason, length(payload)
        FROM     dead_letter
        WHERE    connector_id = @connector
        ORDER BY id
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectOne =
        """
        SELECT id, time, topic, reason, length(payload), payload
        FROM   dead_letter
        WHERE  connector_id = @connector
          AND  id = @id
        """;

    private const string SelectNext =
        """
        SELECT   id, time, topic, reason, length(payload), payload
        FROM     dead_letter
        WHERE    connector_id = @connector
          AND    id > @after
        ORDER BY id
        LIMIT    1
        """;

    private const string Amend =
        """
        UPDATE dead_letter
        SET    reason = @reason, is_asked_for = 0
        WHERE  id = @id
        """;

    // Index dead_letter_asked_for.
    private const string SelectAskedFor =
        """
        SELECT   connector_id, id
        FROM     dead_letter
        WHERE    is_asked_for = 1
        ORDER BY id
        LIMIT    200
        """;

    private const string ForgetAskedFor =
        """
        UPDATE dead_letter
        SET    is_asked_for = 0
        WHERE  id = @id
        """;
}
