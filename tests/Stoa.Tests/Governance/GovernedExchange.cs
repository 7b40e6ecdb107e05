using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stoa.Catalogue;
using Stoa.Catalogue.Datasets;
using Stoa.Identity;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Sharing;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>A real server over a real file with the governance part of the exchange alone, and a clock that is moved by hand.</summary>
internal sealed class GovernedExchange : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private GovernedExchange(TemporaryFolder folder, WebApplication app, Database database, TestClock clock, CapturedLog log)
    {
        _folder = folder;
        _app = app;
        Database = database;
        Clock = clock;
        Log = log;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public Database Database { get; }

    public TestClock Clock { get; }

    public CapturedLog Log { get; }

    public HttpClient Client { get; }

    public Tokens Tokens => _app.Services.GetRequiredService<Tokens>();

    public CredentialCheck Credentials => _app.Services.GetRequiredService<CredentialCheck>();

    public AccessPolicy Policy => _app.Services.GetRequiredService<AccessPolicy>();

    public Stoa.Catalogue.Datasets.Datasets Datasets =>
        _app.Services.GetRequiredService<Stoa.Catalogue.Datasets.Datasets>();

    public string AdministratorToken { get; private set; } = "";

    public static async Task<GovernedExchange> StartAsync()
    {
        var folder = new TemporaryFolder();
        var cancellation = TestContext.Current.CancellationToken;
        var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, cancellation);
        var clock = new TestClock();
        var log = new CapturedLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton(database);
        builder.Services.AddIdentity().AddSharing().AddCatalogue();
        var app = builder.Build();
        app.MapOrganizations().MapTokens().MapDatasets();
        await app.StartAsync(cancellation);
        var exchange = new GovernedExchange(folder, app, database, clock, log);
        exchange.AdministratorToken =
            await exchange.GivenTokenAsync(new TokenDraft { Name = "administration", Administrator = true });
        return exchange;
    }

    public async Task<string> GivenTokenAsync(TokenDraft draft)
    {
        var outcome = await Tokens.CreateAsync(draft, TestContext.Current.CancellationToken);
        return outcome.TryGet(out var created, out var problem) ? created.Text : throw new InvalidOperationException(problem.Detail);
    }

    public Task<string> GivenTokenAsync(string dataset, params string[] can) => GivenTokenAsync(new TokenDraft
    {
        Name = "device",
        Datasets = [new TokenGrant { Dataset = dataset, Can = can }],
    });

    public async Task<Dataset> GivenDatasetAsync(string slug, string spectrum, DatasetDraft? draft = null)
    {
        draft = (draft ?? new DatasetDraft { Title = "Title of " + slug }) with
        {
            Slug = slug,
            Spectrum = spectrum,
            Licence = spectrum == "open" ? "CC-BY-4.0" : null,
        };
        var outcome = await Datasets.CreateAsync(draft, TestContext.Current.CancellationToken);
        return outcome.TryGet(out var dataset, out var problem) ? dataset : throw new InvalidOperationException(problem.Detail);
    }

    /// <summary>What another process does: the database changes, and nobody in this one is told.</summary>
    public Task<bool> ElsewhereAsync(string sql) => Database.WriteAsync(session =>
    {
        session.Execute(sql);
        return true;
    }, TestContext.Current.CancellationToken);

    /// <summary>Waits until the policy has read that level; other changes may be read before.</summary>
    public async Task UntilDescribedAsync(string slug, SpectrumClass level)
    {
        for (var change = Policy.NextChange;
            !Policy.TryFindDataset(slug, out var dataset) || dataset.Spectrum != level;
            change = Policy.NextChange)
        {
            Clock.Advance(PolicyRefresh.Period);
            await change.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async Task<PlainAnswer> SendAsync(
        string method, string path, string? token = null, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.Add(name, value);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await PlainAnswer.ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>An HTTP answer, read to its end.</summary>
internal sealed record PlainAnswer(int Status, string Headers, string Body)
{
    // The moment and the connection do not belong to the answer.
    private static readonly string[] NotCompared = ["Date", "Connection", "Keep-Alive"];

    public static async Task<PlainAnswer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(header => !NotCompared.Contains(header.Key))
            .OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}");
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new((int)response.StatusCode, string.Join('\n', headers), body);
    }

    public void ShouldBe(int status, string body)
    {
        Assert.Equal(body, Body);
        Assert.Equal(status, Status);
    }

    public void ShouldRefuse(int status, string problemType)
    {
        Assert.Contains($"\"type\":\"/problems/{problemType}\"", Body, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json", Headers, StringComparison.Ordinal);
        Assert.Equal(status, Status);
    }
}

/// <summary>Everything that was logged, formatted, with all structured values.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _entries = new();

    public string Text => string.Join('\n', _entries);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _entries);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<string> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            entries.Enqueue(string.Create(CultureInfo.InvariantCulture, $"scope {state}"));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue(string.Create(CultureInfo.InvariantCulture,
                $"{logLevel} {category} {formatter(state, exception)} {state} {exception}"));
    }
}
