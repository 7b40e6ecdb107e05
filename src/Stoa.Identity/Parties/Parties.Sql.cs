namespace Stoa.Identity.Parties;

public sealed partial class Parties
{
    private const string Columns = "id, kind, status, name, category, jurisdiction, parent_id, may_act, created, modified";

    private const string InsertParty =
        """
        INSERT INTO party (kind, status, name, category, jurisdiction, parent_id, may_act, created, modified)
        VALUES (@kind, @status, @name, @category, @jurisdiction, @parent, @may_act, @now, @now)
        RETURNING id
        """;

    private const string SelectById =
        $"""
        SELECT {Columns}
        FROM   party
        WHERE  id = @id
        """;

    // A negative number stands for any, so that one statement serves all questions; the table is small and read by its key.
    private const string Asked =
        """
        WHERE  (@kind < 0 OR kind = @kind)
          AND  (@status < 0 OR status = @status)
          AND  (@parent < 0 OR parent_id = @parent)
        """;

    private const string SelectPage =
        $"""
        SELECT   {Columns}
        FROM     party
        {Asked}
        ORDER BY id
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectCount =
        $"""
        SELECT COUNT(*)
        FROM   party
        {Asked}
        """;

    private const string Update =
        """
        UPDATE party
        SET    name = @name, category = @category, jurisdiction = @jurisdiction, modified = @now
        WHERE  id = @id
        """;

    // A trigger raises the version of governance with it.
    private const string UpdateStatus =
        """
        UPDATE party
        SET    status = @status, modified = @now
        WHERE  id = @id
        """;

    // The party and all below it, from the top: each acts when it is active and what it belongs to acts. By party_parent.
    private const string UpdateMayAct =
        """
        WITH RECURSIVE below (id, may_act) AS (
            SELECT p.id,
                   CASE WHEN p.status = 2 AND COALESCE((SELECT u.may_act FROM party u WHERE u.id = p.parent_id), 1) = 1 THEN 1 ELSE 0 END
            FROM   party p
            WHERE  p.id = @id
            UNION ALL
            SELECT p.id, CASE WHEN p.status = 2 AND b.may_act = 1 THEN 1 ELSE 0 END
            FROM   party p
            JOIN   below b ON p.parent_id = b.id)
        UPDATE party
        SET    may_act = (SELECT b.may_act FROM below b WHERE b.id = party.id)
        WHERE  id IN (SELECT id FROM below)
        """;

    private const string InsertMembership =
        """
        INSERT INTO membership (person_id, organization_id, roles, valid_from, valid_to, created)
        VALUES (@person, @organization, @roles, @from, @to, @now)
        RETURNING id
        """;

    private const string MembershipColumns =
        """
        SELECT   m.id, m.person_id, p.name, m.organization_id, o.name, m.roles, m.valid_from, m.valid_to
        FROM     membership m
        JOIN     party p ON p.id = m.person_id
        JOIN     party o ON o.id = m.organization_id
        """;

    // By membership_person.
    private const string SelectMemberships =
        $"""
        {MembershipColumns}
        WHERE    m.person_id = @person
        ORDER BY m.id DESC
        """;

    // By membership_organization.
    private const string SelectMembers =
        $"""
        {MembershipColumns}
        WHERE    m.organization_id = @organization
          AND    (m.valid_to IS NULL OR m.valid_to > @now)
        ORDER BY p.name, m.id
        LIMIT    @limit
        """;

    private const string SelectMembership =
        $"""
        {MembershipColumns}
        WHERE    m.id = @id
        """;

    // What was over already stays as it was.
    private const string EndMembership =
        """
        UPDATE membership
        SET    valid_to = @now
        WHERE  id = @id
          AND  (valid_to IS NULL OR valid_to > @now)
        """;
}
