namespace Stoa.Storage.Postgres;

/// <summary>A change that is sent with the next statement that is waited for.</summary>
internal sealed class PostgresDeferred(PostgresConnection connection, PostgresText text) : PostgresStatement(connection, text)
{
    public override bool Step() => throw new InvalidOperationException("A deferred statement has no rows.");

    public override long Execute()
    {
        Connection.Later(Text, [.. Values]);
        return 0;
    }
}
