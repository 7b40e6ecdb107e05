using System.Reflection;
using Stoa.Storage;
using Xunit;
using Xunit.v3;

namespace Stoa.Testing;

/// <summary>Skips a test that is only about the other engine: <c>[Trait("Engine", "SQLite")]</c> is about its files and plans,
/// <c>[Trait("Engine", "Postgres")]</c> about the server's. <c>./test.sh</c> leaves those out, so that nothing is skipped there.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class EngineOfTheTestAttribute : BeforeAfterTestAttribute
{
    private static readonly string Here = TestDatabases.Engine == StorageEngine.Postgres ? "Postgres" : "SQLite";

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (test.Traits.TryGetValue("Engine", out var engines) && !engines.Contains(Here))
            Assert.Skip($"Runs on {string.Join(" and ", engines)}.");
    }
}
