namespace Stoa.Sharing.Policy;

internal static partial class PolicyReader
{
    private const string SelectVersion =
        """
        SELECT version
        FROM   governance_state
        """;

    private const string SelectDatasets =
        """
        SELECT   id, slug, spectrum, owner_organization_id, sector, licence
        FROM     dataset
        ORDER BY id
        """;

    private const string SelectParties =
        """
        SELECT   id, kind, status, category, jurisdiction, parent_id
        FROM     party
        ORDER BY id
        """;

    // Those that ended long ago say nothing more.
    private const string SelectMemberships =
        """
        SELECT   person_id, organization_id, valid_from, valid_to, roles
        FROM     membership
        WHERE    valid_to IS NULL OR valid_to > @since
        ORDER BY id
        """;
}
