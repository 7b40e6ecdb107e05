namespace Stoa.Storage.Postgres;

/// <summary>A change that is sent with the next statement that is waited for.</summary>
internal class PostgresDeferred(PostgresConnection connection, PostgresText text) : PostgresStatement(connection, text)
{
    private protected override void Start() => throw new InvalidOperationException("What is sent later has no rows to read.");

    public override long Execute()
    {
        Connection.Later(Text, [.. Values]);
        return 0;
    }
}
