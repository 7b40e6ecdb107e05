using Stoa.Storage.Sqlite;

namespace Stoa.Storage.Dialects;

/// <summary>The SQL functions that SQLite lacks and the translator emits, made known on every connection.</summary>
internal static class SqliteFunctions
{
    internal static void Register(SqliteConnection connection)
    {
        connection.CreateFunction("stoa_lower", 1, call =>
        {
            if (call.IsNull(0)) call.ReturnNull();
            else call.Return(call.Text(0).ToLowerInvariant());
        });
        connection.CreateFunction("stoa_upper", 1, call =>
        {
            if (call.IsNull(0)) call.ReturnNull();
            else call.Return(call.Text(0).ToUpperInvariant());
        });
    }
}
