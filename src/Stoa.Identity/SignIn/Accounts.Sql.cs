namespace Stoa.Identity.SignIn;

public sealed partial class Accounts
{
    private const string Columns =
        """
        SELECT a.person_id, a.login, a.password, a.is_admin, a.totp_secret, a.totp_confirmed, a.totp_step, p.may_act, p.name
        FROM   account a
        JOIN   party p ON p.id = a.person_id
        """;

    private const string SelectByLogin =
        $"""
        {Columns}
        WHERE  a.login = @login
        """;

    private const string SelectByPerson =
        $"""
        {Columns}
        WHERE  a.person_id = @person
        """;

    private const string SelectAdministrator =
        """
        SELECT 1
        FROM   account a
        JOIN   party p ON p.id = a.person_id
        WHERE  a.is_admin = 1
          AND  p.may_act = 1
        LIMIT  1
        """;

    private const string SelectOtherAdministrator =
        """
        SELECT 1
        FROM   account a
        JOIN   party p ON p.id = a.person_id
        WHERE  a.is_admin = 1
          AND  p.may_act = 1
          AND  a.person_id <> @person
        LIMIT  1
        """;

    private const string Withdraw =
        """
        UPDATE account
        SET    is_admin = 0
        WHERE  person_id = @person
          AND  is_admin = 1
        """;

    private const string SelectPage =
        """
        SELECT   a.person_id, p.name, a.login, a.is_admin, p.may_act
        FROM     account a
        JOIN     party p ON p.id = a.person_id
        ORDER BY a.is_admin DESC, p.name, a.person_id
        LIMIT    @limit
        """;

    private const string Insert =
        """
        INSERT INTO account (person_id, login, password, password_changed, is_admin, created)
        VALUES (@person, @login, @password, @now, @is_admin, @now)
        """;

    private const string UpdatePassword =
        """
        UPDATE account
        SET    password = @password, password_changed = @now
        WHERE  person_id = @person
        """;

    private const string OfferTotp =
        """
        UPDATE account
        SET    totp_secret = @secret, totp_confirmed = 0, totp_step = 0
        WHERE  person_id = @person
          AND  totp_confirmed = 0
        """;

    private const string ConfirmTotp =
        """
        UPDATE account
        SET    totp_confirmed = 1, totp_step = @step
        WHERE  person_id = @person
        """;

    private const string RemoveTotp =
        """
        UPDATE account
        SET    totp_secret = NULL, totp_confirmed = 0, totp_step = 0
        WHERE  person_id = @person
        """;

    // The condition makes sure that of two requests with one code only one is taken.
    private const string UseTotpStep =
        """
        UPDATE account
        SET    totp_step = @step
        WHERE  person_id = @person
          AND  totp_step < @step
        """;

    private const string DeleteRecoveryCodes =
        """
        DELETE FROM recovery_code
        WHERE  person_id = @person
        """;

    private const string InsertRecoveryCode =
        """
        INSERT INTO recovery_code (person_id, hash)
        VALUES (@person, @hash)
        """;

    // By recovery_code_person; ten rows a person.
    private const string SelectRecoveryCodes =
        """
        SELECT   id, hash
        FROM     recovery_code
        WHERE    person_id = @person
          AND    used IS NULL
        ORDER BY id
        """;

    private const string UseRecoveryCode =
        """
        UPDATE recovery_code
        SET    used = @now
        WHERE  id = @id
          AND  used IS NULL
        """;
}
