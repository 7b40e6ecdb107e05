using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Roles;

internal sealed partial class DatasetRoles
{
    private const string SelectParty =
        """
        SELECT status
        FROM   party
        WHERE  id = @id
        """;

    // Organizations alone are described as owners; a unit's organization stays described.
    private const string UpdateOwner =
        """
        UPDATE dataset
        SET    owner_organization_id = @owner,
               modified = CASE WHEN @now > modified THEN @now ELSE modified + 1 END
        WHERE  id = @id
          AND  EXISTS (SELECT 1 FROM organization o WHERE o.id = @owner)
        """;

    private const string RemoveOwner =
        """
        UPDATE dataset
        SET    owner_organization_id = NULL,
               modified = CASE WHEN @now > modified THEN @now ELSE modified + 1 END
        WHERE  id = @id
          AND  owner_organization_id = @owner
        """;

    internal static bool IsParty(Session session, PartyId party)
    {
        using var select = session.Prepare(SelectParty).Bind("@id", party.Value);
        return select.Step() && (PartyStatus)select.Int64(0) != PartyStatus.Left;
    }

    private static void DescribeOwner(WriteSession session, DatasetId dataset, PartyId owner, Instant now)
    {
        using var update = session.Prepare(UpdateOwner)
            .Bind("@id", dataset.Value).Bind("@owner", owner.Value).Bind("@now", now.UnixMicroseconds);
        update.Execute();
    }

    private static void ForgetOwner(WriteSession session, DatasetId dataset, PartyId owner, Instant now)
    {
        using var update = session.Prepare(RemoveOwner)
            .Bind("@id", dataset.Value).Bind("@owner", owner.Value).Bind("@now", now.UnixMicroseconds);
        update.Execute();
    }
}
