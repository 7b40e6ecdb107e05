using System.Reflection;
using System.Runtime.InteropServices;
using Stoa.Storage.Sqlite;
using Xunit;

namespace Stoa.Tests.Storage;

/// <summary>How the functions of libsqlite3 are called.</summary>
public class Calls_into_SQLite
{
    private static readonly MethodInfo[] Functions =
        [.. typeof(NativeMethods).GetMethods(BindingFlags.Static | BindingFlags.NonPublic).Where(method => method.Name.StartsWith("sqlite3_", StringComparison.Ordinal))];

    // Under load such a call ends the process: the thread is left in the wrong mode for the next one.
    [Fact]
    public void Pass_a_transition_where_SQLite_called_the_program()
    {
        var calledBack = Functions.Where(method =>
            method.Name.StartsWith("sqlite3_value_", StringComparison.Ordinal) || method.Name.StartsWith("sqlite3_result_", StringComparison.Ordinal) ||
            method.Name == "sqlite3_user_data").ToList();

        Assert.True(calledBack.Count >= 10, $"{calledBack.Count} were found.");
        Assert.DoesNotContain(calledBack, IsWithoutTransition);
        // Columns are read by the program itself: this is how the attribute is seen.
        Assert.Contains(Functions, method => method.Name == "sqlite3_column_int64" && IsWithoutTransition(method));
    }

    private static bool IsWithoutTransition(MethodInfo method) => method.GetCustomAttribute<SuppressGCTransitionAttribute>() is not null;
}
