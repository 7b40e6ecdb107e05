namespace Stoa.Identity.Parties;

public static partial class ErasedPeople
{
    private const string SelectErased =
        """
        SELECT erased
        FROM   party
        WHERE  id = @person
        """;

    // By trusted_device_person.
    private const string SelectDevices =
        """
        SELECT id
        FROM   trusted_device
        WHERE  person_id = @person
        """;

    // By access_token_party. Those that were made of a token are held by the same party.
    private const string SelectTokensInForce =
        """
        SELECT   id
        FROM     access_token
        WHERE    party_id = @person
          AND    revoked IS NULL
          AND    parent_id IS NULL
        ORDER BY id
        """;

    private const string RevokeTokens =
        """
        UPDATE access_token
        SET    revoked = @now
        WHERE  party_id = @person
          AND  revoked IS NULL
        """;

    private const string DeleteLinks =
        """
        DELETE FROM one_time_link
        WHERE  login = @login
        """;

    // The name is what pages show in the place of a name.
    private const string EmptyParty =
        """
        UPDATE party
        SET    name = @name, status = 4, may_act = 0, category = NULL, jurisdiction = NULL, created = @now, modified = @now, erased = @now
        WHERE  id = @person
        """;

    // Rows before those that they refer to, and what they are called where somebody is told.
    private static readonly (string What, string Statement)[] DeleteRows =
    [
        ("sessions of MQTT", "DELETE FROM mqtt_session WHERE token_id IN (SELECT id FROM access_token WHERE party_id = @person)"),
        ("idempotency keys", "DELETE FROM idempotent_request WHERE credential IN (SELECT id FROM access_token WHERE party_id = @person)"),
        ("scopes of tokens", "DELETE FROM access_token_scope WHERE token_id IN (SELECT id FROM access_token WHERE party_id = @person)"),
        ("tokens", "DELETE FROM access_token WHERE party_id = @person AND parent_id IS NOT NULL"),
        ("tokens", "DELETE FROM access_token WHERE party_id = @person"),
        ("links made for others", "UPDATE one_time_link SET created_by = NULL WHERE created_by = @person"),
        ("memberships", "DELETE FROM membership WHERE person_id = @person"),
        ("passkeys", "DELETE FROM passkey WHERE person_id = @person"),
        ("linked logins", "DELETE FROM external_login WHERE person_id = @person"),
        ("recovery codes", "DELETE FROM recovery_code WHERE person_id = @person"),
        ("known browsers", "DELETE FROM trusted_device WHERE person_id = @person"),
        ("sessions", "DELETE FROM sign_in_session WHERE person_id = @person"),
        ("accounts", "DELETE FROM account WHERE person_id = @person"),
    ];
}
