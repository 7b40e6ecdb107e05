using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Stoa.Tests.Conformance;

/// <summary>What passes through the proxy.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query, decoded.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Body">The body of the answer.</param>
/// <param name="Headers">Headers of the answer.</param>
internal sealed record Passing(string Method, string Target, int Status, string Body, IReadOnlyDictionary<string,
    string> Headers)
{
    public bool IsGet => Method == "GET";

    /// <summary>The answer with another body: every JSON object in it is handed over to be changed.</summary>
    public Passing WithObjects(Action<JsonObject> change) => WithNodes(node =>
    {
        if (node is JsonObject one) change(one);
    });

    /// <summary>The answer with another body: every JSON array in it is handed over to be changed.</summary>
    public Passing WithArrays(Action<JsonArray> change) => WithNodes(node =>
    {
        if (node is JsonArray one) change(one);
    });

    private Passing WithNodes(Action<JsonNode> change)
    {
        try
        {
            if (JsonNode.Parse(Body) is not { } root) return this;
            Visit(root, change);
            return this with { Body = root.ToJsonString() };
        }
        catch (JsonException)
        {
            return this;
        }
    }

    private static void Visit(JsonNode node, Action<JsonNode> change)
    {
        var inner = node is JsonObject one ? one.Select(member => member.Value) : node is JsonArray many ? many : [];
        foreach (var child in inner.ToList())
            if (child is not null) Visit(child, change);
        change(node);
    }
}

/// <summary>Stands between the suite and the server and spoils what goes through: a server with one fault.</summary>
internal sealed class CorruptingProxy : IAsyncDisposable
{
    private static readonly string[] Forwarded = ["Location", "Content-Type", "ETag"];
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Uri _server;
    private readonly Fault _fault;

    private CorruptingProxy(WebApplication app, Uri server, Fault fault)
    {
        (_app, _server, _fault) = (app, server, fault);
        _app.Run(ForwardAsync);
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <param name="server">The server behind it; ends in a slash.</param>
    /// <param name="fault">What it does wrong; where nothing reaches the server, the answer is 200 without a body.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<CorruptingProxy> StartAsync(Uri server, Fault fault, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var proxy = new CorruptingProxy(builder.Build(), server, fault);
        await proxy._app.StartAsync(cancellation);
        var addresses = proxy._app.Services.GetRequiredService<IServer>(
            ).Features.GetRequiredFeature<IServerAddressesFeature>();
        proxy.Address = new Uri(addresses.Addresses.First());
        return proxy;
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var (own, theirs) = (Address.ToString().TrimEnd('/'), _server.ToString().TrimEnd('/'));
        var target = Uri.UnescapeDataString(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = _fault.AskBody((await reader.ReadToEndAsync(context.RequestAborted)).Replace(own, theirs,
            StringComparison.Ordinal));
        var passing = new Passing(context.Request.Method, target, 200, "", new Dictionary<string, string>());
        if (_fault.Ask(context.Request.Method, target) is { } asked)
            passing = await AskAsync(context, asked == target
                ? context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget : Encode(asked), body, passing);
        passing = _fault.Corrupt(passing);
        context.Response.StatusCode = passing.Status;
        foreach (var (name, value) in passing.Headers) context.Response.Headers[name] = value.Replace(theirs, own,
            StringComparison.Ordinal);
        if (passing.Body.Length > 0 && passing.Status is not 204)
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(passing.Body.Replace(theirs, own,
                StringComparison.Ordinal)), context.RequestAborted);
    }

    private async Task<Passing> AskAsync(HttpContext context, string target, string body, Passing passing)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_server, target));
        if (context.Request.ContentType is { } type)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        foreach (var name in new[] { "Authorization", "Prefer" })
            if (context.Request.Headers.TryGetValue(name, out var value)) request.Headers.TryAddWithoutValidation(name,
                value.ToString());
        using var response = await _http.SendAsync(request, context.RequestAborted);
        var headers = response.Headers.Concat(response.Content.Headers).Where(header => Forwarded.Contains(header.Key))
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value));
        return passing with
        {
            Status = (int)response.StatusCode, Body = await response.Content.ReadAsStringAsync(context.RequestAborted),
                Headers = headers,
        };
    }

    private static string Encode(string target) => string.Concat(target.Select(c =>
        char.IsAsciiLetterOrDigit(c) || "/?&=$()',;:@!*-._~".Contains(c, StringComparison.Ordinal) ? c.ToString()
            : Uri.EscapeDataString(c.ToString())));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
