using System.Globalization;
using Stoa.Portal.Map;
using Stoa.Portal.Pages;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Tests.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>Pages for whoever has more different narrowings than one statement takes: what lies beyond is neither listed nor counted.</summary>
public sealed class More_narrowings_than_a_statement_takes : IAsyncLifetime
{
    private const int Narrowed = NarrowedFields.NarrowingsMax + 5;

    // The first dataset is the inbox, the second whole.
    private static readonly AccessScope Scope = AccessScope.Of([new(2)], Enumerable.Range(3, Narrowed).Select(
        id => ((IEnumerable<DatasetId>)[new DatasetId(id)], new ScopeNarrowing { From = new(id) })));

    private readonly TemporaryFolder _folder = new();
    private Database _database = null!; // By InitializeAsync, before any test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabases.OpenAsync(new() { Folder = _folder.Path }, Now);
        await _database.WriteAsync(
            session =>
            {
                session.Execute(string.Create(CultureInfo.InvariantCulture,
                    $"""
                    WITH RECURSIVE n (i) AS (SELECT CAST(2 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {Narrowed + 2})
                    INSERT INTO dataset (id, slug, title, description, sector, spectrum, created, modified)
                    SELECT i, 'd' || i, 'Title', '', 6, 4, 0, 0
                    FROM   n
                    """));
                return true;
            },
            Now);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task List_those_that_are_read()
    {
        using var read = await _database.ReadAsync(Now);

        var pages = Enumerable.Range(1, 6).Select(page => Datasets.Search(read, Scope, new("", null, null, null, page))).ToList();

        Assert.All(pages, page => Assert.Equal(NarrowedFields.NarrowingsMax + 1, page.Total));
        Assert.Equal(
            Enumerable.Range(2, NarrowedFields.NarrowingsMax + 1).Select(id => (long)id),
            pages.Take(pages[0].Pages).SelectMany(page => page.Found).Select(row => row.Id));
    }

    [Fact]
    public async Task Count_those_that_are_read()
    {
        using var read = await _database.ReadAsync(Now);

        var home = Home.Read(read, Scope, null, DateTimeOffset.UnixEpoch);

        Assert.Equal(NarrowedFields.NarrowingsMax + 1, home.Figures.Datasets);
    }

    [Fact]
    public void Keep_what_live_values_need_of_a_scope() => Assert.Same(LiveScope.Of(Scope), LiveScope.Of(Scope));
}
