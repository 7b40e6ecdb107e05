namespace Stoa.Identity.Organizations;

public sealed partial class Organizations
{
    private const string Insert =
        """
        INSERT INTO organization (id, slug, name, homepage, created)
        VALUES (@id, @slug, @name, @homepage, @created)
        """;

    private const string UpdateParty =
        """
        UPDATE party
        SET    name = @name, modified = @now
        WHERE  id = @id
        """;

    private const string SelectBySlug =
        """
        SELECT id, slug, name, homepage, created
        FROM   organization
        WHERE  slug = @slug
        """;

    // There are few organizations: a name has no index.
    private const string SelectCalled =
        """
        SELECT   id, slug, name, homepage, created
        FROM     organization
        WHERE    slug = @called
           OR    name = @called
        ORDER BY CASE WHEN slug = @called THEN 0 ELSE 1 END, id
        LIMIT    1
        """;

    private const string SelectById =
        """
        SELECT id, slug, name, homepage, created
        FROM   organization
        WHERE  id = @id
        """;

    private const string SelectPage =
        """
        SELECT   id, slug, name, homepage, created
        FROM     organization
        ORDER BY slug
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectCount =
        """
        SELECT COUNT(*)
        FROM   organization
        """;

    // The words of the datasets it owns follow by trigger.
    private const string Update =
        """
        UPDATE organization
        SET    name = @name,
               homepage = @homepage
        WHERE  id = @id
        """;
}
