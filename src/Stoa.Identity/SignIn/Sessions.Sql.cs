namespace Stoa.Identity.SignIn;

public sealed partial class Sessions
{
    // By the unique index on hash.
    private const string SelectByHash =
        """
        SELECT s.id, s.person_id, s.assurance, s.last_seen, s.expires, a.is_admin, p.may_act
        FROM   sign_in_session s
        JOIN   account a ON a.person_id = s.person_id
        JOIN   party p ON p.id = s.person_id
        WHERE  s.hash = @hash
        """;

    private const string SelectCreated =
        """
        SELECT created
        FROM   sign_in_session
        WHERE  id = @id
          AND  person_id = @person
        """;

    // By sign_in_session_expires.
    private const string DeleteExpired =
        """
        DELETE FROM sign_in_session
        WHERE  expires <= @now
        """;

    private const string Insert =
        """
        INSERT INTO sign_in_session (person_id, hash, assurance, device, created, last_seen, expires)
        VALUES (@person, @hash, @assurance, @device, @now, @now, @expires)
        RETURNING id
        """;

    // By sign_in_session_person.
    private const string DeleteOldest =
        """
        DELETE FROM sign_in_session
        WHERE  person_id = @person
          AND  id NOT IN (SELECT id FROM sign_in_session WHERE person_id = @person ORDER BY id DESC LIMIT @kept)
        """;

    private const string Touch =
        """
        UPDATE sign_in_session
        SET    last_seen = @now
        WHERE  id = @id
          AND  last_seen < @now
        """;

    private const string SelectOfPerson =
        """
        SELECT   id, assurance, device, created, last_seen, expires
        FROM     sign_in_session
        WHERE    person_id = @person
          AND    assurance > 0
          AND    expires > @now
          AND    last_seen > @idle
        ORDER BY last_seen DESC, id DESC
        """;

    private const string DeleteOne =
        """
        DELETE FROM sign_in_session
        WHERE  id = @id
          AND  person_id = @person
        """;

    private const string DeleteOthers =
        """
        DELETE FROM sign_in_session
        WHERE  person_id = @person
          AND  id <> @kept
        """;

    private const string SelectDevice =
        """
        SELECT id
        FROM   trusted_device
        WHERE  hash = @hash
          AND  person_id = @person
          AND  expires > @now
        """;

    private const string RenewDevice =
        """
        UPDATE trusted_device
        SET    expires = @expires
        WHERE  id = @id
        """;

    private const string InsertDevice =
        """
        INSERT INTO trusted_device (person_id, hash, created, expires)
        VALUES (@person, @hash, @now, @expires)
        """;

    // By trusted_device_person.
    private const string DeleteOldestDevices =
        """
        DELETE FROM trusted_device
        WHERE  person_id = @person
          AND  (expires <= @now OR
                id NOT IN (SELECT id FROM trusted_device WHERE person_id = @person ORDER BY expires DESC, id DESC LIMIT @kept))
        """;

    private const string DeleteDevices =
        """
        DELETE FROM trusted_device
        WHERE  person_id = @person
        """;
}
