using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stoa.Host;
using Stoa.Host.Settings;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Storage.Moving;
using Stoa.Tests;
using Stoa.Vocabulary;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedExchange))]
[assembly: EngineOfTheTest]

namespace Stoa.Tests;

/// <summary>The whole program, really running on a folder of its own and a free port of 127.0.0.1, for one
/// test.</summary>
/// <remarks>
/// <code>
/// await using var stoa = await Exchange.StartAsync();
/// await stoa.GivenDatasetAsync("bicycles", SpectrumClass.Open);
/// var answer = await stoa.GetAsync("/sensorthings/v1.1/Things");
/// answer.ShouldBeJson(200, """{"value":[]}""");
/// </code>
/// Requests are anonymous unless a token is given; <see cref="AdminToken"/> may do everything.
/// </remarks>
public sealed class Exchange : IAsyncDisposable
{
    private readonly TemporaryFolder? _own;
    private readonly TimeProvider _time;
    private Server _server;

    private Exchange(Server server, string folder, TemporaryFolder? own, string adminToken, TimeProvider time)
    {
        _server = server;
        _time = time;
        Folder = folder;
        _own = own;
        AdminToken = adminToken;
        Http = ClientOf(server);
    }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>A token that may do everything.</summary>
    public string AdminToken { get; }

    /// <summary>Where the server answers; ends in a slash.</summary>
    public Uri Address => _server.Address;

    /// <summary>Where MQTT answers; start with <c>("mqtt.listen", "127.0.0.1:0")</c>.</summary>
    public IPEndPoint MqttEndpoint =>
        _server.Mqtt.Endpoint ?? throw new InvalidOperationException("MQTT was not asked for.");

    /// <summary>Where MQTT answers with TLS.</summary>
    public IPEndPoint MqttTlsEndpoint =>
        _server.Mqtt.TlsEndpoint ?? throw new InvalidOperationException("MQTT with TLS was not asked for.");

    /// <summary>A client without credentials that follows no redirects.</summary>
    public HttpClient Http { get; private set; }

    /// <summary>The running program's parts.</summary>
    public IServiceProvider Services => _server.Services;

    /// <summary>The running program's database.</summary>
    public Database Database => Services.GetRequiredService<Database>();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Starts the program.</summary>
    /// <param name="folder">A folder that the test keeps; null: a new one, removed at the end.</param>
    /// <param name="time">The clock; null: the real one.</param>
    /// <param name="settings">Settings by name, such as <c>("limits.topMax", "5")</c>.</param>
    public static async Task<Exchange> StartAsync(
        string? folder = null, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        TemporaryFolder? own = null;
        var data = folder ?? (own = new TemporaryFolder()).Path;
        time ??= TimeProvider.System;
        return await StartAsync(SettingsFor(data, settings), own, time, TestDatabases.Engine, null);
    }

    /// <summary>Starts the program on data that is there, whatever the engine of this run.</summary>
    /// <param name="place">Where the data is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="adminToken">A token of that data; null: one is made.</param>
    /// <param name="settings">Settings by name.</param>
    public static async Task<Exchange> StartOnAsync(
        DataPlace place, TimeProvider time, string? adminToken, params (string Key, string Value)[] settings)
    {
        var own = place.Folder is null ? new TemporaryFolder() : null;
        return await StartAsync(SettingsOf(place.Folder ?? own!.Path, place.ConnectionString, settings), own, time, place.Engine, adminToken);
    }

    private static async Task<Exchange> StartAsync(
        StoaSettings settings, TemporaryFolder? own, TimeProvider time, StorageEngine engine, string? adminToken)
    {
        Server? server = null;
        try
        {
            server = await Server.StartAsync(settings, time, _ => { }, Now);
            Assert.Equal(engine, server.Services.GetRequiredService<Database>().Engine);
            return new Exchange(server, settings.Data, own, adminToken ?? await MakeTokenAsync(server, time), time);
        }
        catch
        {
            // Else it would hold its connections until the last test, and those that come later would find none.
            if (server is not null) await server.DisposeAsync();
            own?.Dispose();
            throw;
        }
    }

    private static async Task<string> MakeTokenAsync(Server server, TimeProvider time)
    {
        var tokens = new Tokens(server.Services.GetRequiredService<Database>(), time, NullLogger<Tokens>.Instance);
        while (true)
        {
            try
            {
                var made = await tokens.CreateAsync(new TokenDraft { Name = "test administrator", Administrator = true }, Now);
                Assert.True(made.TryGet(out var token, out _));
                return token.Text;
            }
            catch (StorageException error) when (error.Failure == StorageFailure.Busy)
            {
                // A short queue may be full of what the start itself writes.
                await Task.Delay(20, Now);
            }
        }
    }

    private static StoaSettings SettingsFor(string data, (string Key, string Value)[] settings) =>
        SettingsOf(data, TestDatabases.ConnectionStringOf(data), settings);

    private static StoaSettings SettingsOf(string data, string? database, (string Key, string Value)[] settings)
    {
        var options = new List<KeyValuePair<string, string>>
        {
            new("data", data), new("urls", "http://127.0.0.1:0"), new("log.level", "warning"),
        };
        if (database is not null) options.Add(new("database", database));
        options.AddRange(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        var isRead = SettingsReader.TryRead(new SettingsSources { Options = options }, out var read,
            out var complaints);
        Assert.True(isRead, string.Join('\n', complaints));
        return read;
    }

    /// <summary>A dataset with the given slug; known to the policy when this returns.</summary>
    public async Task<DatasetId> GivenDatasetAsync(
        string slug, SpectrumClass spectrum, InfrastructureSector sector = InfrastructureSector.Transport)
    {
        const string insert =
            """
            INSERT INTO dataset (slug, title, description, sector, spectrum, created, modified)
            VALUES (@slug, @title, 'A dataset of a test.', @sector, @spectrum, @now, @now)
            RETURNING id
            """;
        var now = Instant.From(Services.GetRequiredService<TimeProvider>().GetUtcNow()).UnixMicroseconds;
        var id = await Database.WriteAsync(
            session =>
            {
                using var statement = session.Prepare(insert);
                statement.Bind("@slug", slug).Bind("@title", "Dataset " + slug).Bind("@sector", (long)sector)
                    .Bind("@spectrum", (long)spectrum).Bind("@now", now);
                Assert.True(statement.Step());
                return new DatasetId(statement.Int64(0));
            },
            Now);
        await Services.GetRequiredService<PolicyRefresh>().ReloadAsync(Now);
        return id;
    }

    /// <summary>A token for one dataset.</summary>
    public async Task<string> GivenTokenAsync(string dataset, params string[] can)
    {
        var draft = new TokenDraft { Name = "test " + dataset, Datasets = [new() { Dataset = dataset, Can = can }] };
        var made = await Services.GetRequiredService<Tokens>().CreateAsync(draft, Now);
        Assert.True(made.TryGet(out var token, out var problem), problem?.Detail);
        return token.Text;
    }

    /// <summary>GET, without credentials unless a token is given.</summary>
    public Task<Answer> GetAsync(string path, string? token = null, string? accept = null) =>
        SendAsync(HttpMethod.Get, path, null, token, accept);

    /// <summary>POST of JSON, as the administrator unless a token is given; "" is nobody.</summary>
    public Task<Answer> PostJsonAsync(string path, string json, string? token = null) =>
        SendAsync(HttpMethod.Post, path, json, token ?? AdminToken);

    /// <summary>PATCH of JSON, as the administrator unless a token is given; "" is nobody.</summary>
    public Task<Answer> PatchJsonAsync(string path, string json, string? token = null) =>
        SendAsync(HttpMethod.Patch, path, json, token ?? AdminToken);

    /// <summary>PUT of JSON, as the administrator unless a token is given; "" is nobody.</summary>
    public Task<Answer> PutJsonAsync(string path, string json, string? token = null) =>
        SendAsync(HttpMethod.Put, path, json, token ?? AdminToken);

    /// <summary>DELETE, as the administrator unless a token is given; "" is nobody.</summary>
    public Task<Answer> DeleteAsync(string path, string? token = null) =>
        SendAsync(HttpMethod.Delete, path, null, token ?? AdminToken);

    /// <summary>Any request with a JSON body or none; no credentials for null and "".</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? json, string? token, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (!string.IsNullOrEmpty(token))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        return await SendAsync(request);
    }

    /// <summary>Any request.</summary>
    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request, Now);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(
                header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(Now), Address);
    }

    /// <summary>Stops gracefully and starts again on the same folder with the same clock; the port changes.</summary>
    public async Task RestartAsync(params (string Key, string Value)[] settings)
    {
        await _server.DisposeAsync();
        _server = await Server.StartAsync(SettingsFor(Folder, settings), _time, _ => { }, Now);
        Http.Dispose();
        Http = ClientOf(_server);
    }

    private static HttpClient ClientOf(Server server) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.Address };

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _own?.Dispose();
    }
}

/// <summary>One running program for tests that only read, or that make datasets of their own: ask for it in the
/// constructor.</summary>
public sealed class SharedExchange : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Exchange? _stoa;

    /// <summary>The running program; started when it is first asked for.</summary>
    public async Task<Exchange> StartedAsync()
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _stoa ??= await Exchange.StartAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_stoa is not null) await _stoa.DisposeAsync();
        _gate.Dispose();
    }
}

/// <summary>What the server answered.</summary>
public sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Bytes, Uri Address)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The body as JSON.</summary>
    public JsonElement Json
    {
        get
        {
            try
            {
                return JsonDocument.Parse(Bytes).RootElement;
            }
            catch (JsonException error)
            {
                throw new InvalidOperationException($"Not JSON ({error.Message}), status {Status}:\n{Text}", error);
            }
        }
    }

    /// <summary>The media type without parameters, or "".</summary>
    public string MediaType => Header("Content-Type").Split(';')[0];

    /// <summary>A header, or "".</summary>
    public string Header(string name) => Headers.GetValueOrDefault(name, "");

    /// <summary>The status is this one; else the failure shows the body.</summary>
    public Answer ShouldBe(int status)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}:\n{Text}");
        return this;
    }

    /// <summary>Status and JSON are these; the order of members and white space do not count. The server's own address
    /// stands as <c>{base}</c>, without a slash at the end.</summary>
    public Answer ShouldBeJson(int status, string json)
    {
        ShouldBe(status);
        var expected = JsonNode.Parse(json.Replace("{base}", Address.ToString().TrimEnd('/'),
            StringComparison.Ordinal));
        var actual = JsonNode.Parse(Text);
        Assert.True(JsonNode.DeepEquals(expected, actual), $"Expected:\n{expected}\n\nGot:\n{actual}");
        return this;
    }

    /// <summary>A problem document of that status and type (RFC 9457), complete, with advice and nothing internal in
    /// it.</summary>
    public Answer ShouldBeProblem(int status, string type)
    {
        ShouldBe(status);
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal("/problems/" + type, Json.GetProperty("type").GetString());
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrWhiteSpace(Json.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(Json.GetProperty("detail").GetString()));
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SELECT", Text, StringComparison.Ordinal);
        return this;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Status} {Text}");
}
