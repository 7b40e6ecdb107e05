using System.Net;
using System.Text.RegularExpressions;
using Stoa.Identity.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>A person with a browser: keeps cookies, sends forms as pages have them, follows no redirects.</summary>
internal sealed partial class Visitor : IDisposable
{
    public const string Password = "seven grey herons at dusk";
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, CookieContainer = new() };
    private readonly HttpClient _http;
    private readonly Exchange _stoa;

    public Visitor(Exchange stoa, string source = "")
    {
        _stoa = stoa;
        _http = new(_handler) { BaseAddress = stoa.Address };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "text/html");
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        if (source.Length > 0) _http.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", source);
    }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public IEnumerable<Cookie> Cookies => _handler.CookieContainer.GetAllCookies();

    /// <summary>An administrator of an exchange, signed in.</summary>
    public static async Task<Visitor> AdministratorAsync(Exchange stoa, string login = "ada@city.example")
    {
        var visitor = new Visitor(stoa);
        var link = await stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);
        (await visitor.JoinAsync(link.Path, "Ada Admin", login)).ShouldBe(303);
        return visitor;
    }

    /// <summary>A browser that signs in anew.</summary>
    public static async Task<Visitor> SignedInAsync(Exchange stoa, string login)
    {
        var visitor = new Visitor(stoa);
        (await visitor.SignInAsync(login, Password)).ShouldBe(303);
        return visitor;
    }

    public Task<Answer> GetAsync(string path) => SendAsync(new(HttpMethod.Get, path));

    public Task<Answer> SignInAsync(string login, string password) =>
        SubmitAsync("/sign-in", "/sign-in", ("login", login), ("password", password));

    public Task<Answer> JoinAsync(string path, string name, string login, string password = Password) =>
        SubmitAsync(path, path, ("name", name), ("login", login), ("password", password));

    /// <summary>Opens a page and sends a form of it.</summary>
    public async Task<Answer> SubmitAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var opened = await GetAsync(page);
        var token = FormToken().Match(opened.ShouldBe(200).Text).Groups[1].Value;
        return await PostAsync(action, [("form", token), .. fields]);
    }

    /// <summary>Sends a form as it is.</summary>
    public Task<Answer> PostAsync(string action, params (string Name, string Value)[] fields) => SendAsync(new(HttpMethod.Post, action)
    {
        Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
    });

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await _http.SendAsync(request, Now);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(Now), _stoa.Address);
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    [GeneratedRegex("name=\"form\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
