namespace Stoa.Storage.Dialects;

/// <summary>PostgreSQL whose observations are spread over several machines by Citus 12 or later; see Postgres/Distribution.</summary>
/// <remarks>
/// Two rules of Citus decide (its documentation, "SQL Support and Workarounds"): a subquery that names the row around it is sent to
/// the shards only when both meet in the distribution column, and never when the row around it is of a table that stands everywhere;
/// and a local table that is joined with a distributed one is sent to every shard whole.
/// </remarks>
internal sealed class CitusDialect() : PostgresDialect(fewGroupsMax: 0)
{
    internal override bool IsSpread => true;

    public override bool ReadsManyParents => false;
}
