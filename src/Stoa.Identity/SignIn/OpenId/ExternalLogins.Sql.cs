namespace Stoa.Identity.SignIn.OpenId;

public sealed partial class ExternalLogins
{
    private const string Insert =
        """
        INSERT INTO external_login (person_id, issuer, subject, created, used)
        VALUES (@person, @issuer, @subject, @now, @used)
        """;

    // By the unique index on issuer and subject.
    private const string SelectBySubject =
        """
        SELECT id, person_id
        FROM   external_login
        WHERE  issuer = @issuer
          AND  subject = @subject
        """;

    // By external_login_person.
    private const string SelectOfPerson =
        """
        SELECT   id, issuer, created, used
        FROM     external_login
        WHERE    person_id = @person
        ORDER BY id
        """;

    private const string Use =
        """
        UPDATE external_login
        SET    used = @now
        WHERE  id = @id
        """;

    private const string Delete =
        """
        DELETE FROM external_login
        WHERE  id = @id
          AND  person_id = @person
        """;

    // Passkeys by passkey_person.
    private const string SelectOtherWay =
        """
        SELECT 1
        FROM   account a
        WHERE  a.person_id = @person
          AND  (a.password <> '' OR
                EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = a.person_id) OR
                EXISTS (SELECT 1 FROM external_login e WHERE e.person_id = a.person_id AND e.issuer = @issuer AND e.id <> @id))
        """;
}
