namespace Stoa.Identity.Credentials;

public sealed partial class Tokens
{
    // One row per dataset of the token, at least one. By the unique index on prefix.
    private const string SelectByPrefix =
        """
        SELECT    t.id, t.hash, t.name, t.is_admin, t.expires, t.revoked, s.dataset_id, s.may_read, s.may_write,
                  t.party_id, p.may_act, t.previous_hash, t.previous_until, t.agreement_id, t.purpose, o.revoked, o.expires
        FROM      access_token t
        LEFT JOIN access_token o ON o.id = t.parent_id
        LEFT JOIN party p ON p.id = t.party_id
        LEFT JOIN access_token_scope s ON s.token_id = t.id
        WHERE     t.prefix = @prefix
        """;

    private const string SelectById =
        """
        SELECT    t.id, t.hash, t.name, t.is_admin, t.expires, t.revoked, s.dataset_id, s.may_read, s.may_write,
                  t.party_id, p.may_act, t.previous_hash, t.previous_until, t.agreement_id, t.purpose, o.revoked, o.expires
        FROM      access_token t
        LEFT JOIN access_token o ON o.id = t.parent_id
        LEFT JOIN party p ON p.id = t.party_id
        LEFT JOIN access_token_scope s ON s.token_id = t.id
        WHERE     t.id = @id
        """;

    private const string Insert =
        """
        INSERT INTO access_token (prefix, hash, name, is_admin, created, expires, party_id)
        VALUES (@prefix, @hash, @name, @is_admin, @created, @expires, @party)
        RETURNING id
        """;

    private const string InsertScope =
        """
        INSERT INTO access_token_scope (token_id, dataset_id, may_read, may_write)
        SELECT @token, id, @may_read, @may_write
        FROM   dataset
        WHERE  slug = @slug
        """;

    private const string InsertBound =
        """
        INSERT INTO access_token (prefix, hash, name, is_admin, created, expires, party_id, agreement_id, purpose, parent_id)
        VALUES (@prefix, @hash, @name, 0, @created, @expires, @party, @agreement, @purpose, @parent)
        RETURNING id
        """;

    // By access_token_parent. One that an MQTT session still belongs to goes later.
    private const string DeleteOver =
        """
        DELETE FROM access_token
        WHERE  parent_id = @parent
          AND  expires <= @now
          AND  id NOT IN (SELECT token_id FROM mqtt_session)
        """;

    private const string CountBound =
        """
        SELECT COUNT(*)
        FROM   access_token
        WHERE  parent_id = @parent
        """;

    // A negative number stands for any holder. Those for single uses come and go by themselves.
    private const string SelectPage =
        """
        SELECT   id, prefix, name, is_admin, created, expires, revoked, party_id, rotated, previous_until
        FROM     access_token
        WHERE    (@party < 0 OR party_id = @party)
          AND    parent_id IS NULL
        ORDER BY id DESC
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectCount =
        """
        SELECT COUNT(*)
        FROM   access_token
        WHERE  (@party < 0 OR party_id = @party)
          AND  parent_id IS NULL
        """;

    private const string SelectOne =
        """
        SELECT id, prefix, name, is_admin, created, expires, revoked, party_id, rotated, previous_until
        FROM   access_token
        WHERE  id = @id
        """;

    private const string SelectHolder =
        """
        SELECT kind, status
        FROM   party
        WHERE  id = @party
        """;

    // The right side of each assignment is the row as it was.
    private const string Rotate =
        """
        UPDATE access_token
        SET    previous_hash = hash, previous_until = @until, hash = @hash, rotated = @now
        WHERE  id = @id
          AND  revoked IS NULL
        """;

    private const string SelectGrants =
        """
        SELECT   d.slug, s.may_read, s.may_write
        FROM     access_token_scope s
        JOIN     dataset d ON d.id = s.dataset_id
        WHERE    s.token_id = @token
        ORDER BY d.slug
        """;

    private const string Revoke =
        """
        UPDATE access_token
        SET    revoked = COALESCE(revoked, @now)
        WHERE  id = @id
        """;
}
