using System.Net.Http.Headers;
using System.Text;

namespace Stoa.Conformance;

/// <summary>The server under test, as HTTP shows it.</summary>
internal sealed class Service : IDisposable
{
    // Longer than any server needs for these small requests; a run against a hanging server still ends.
    private static readonly TimeSpan RequestTimeMax = TimeSpan.FromSeconds(30);

    // What a query may hold as it is; the rest is written in percent. Quotes and parentheses stay readable in reports.
    private const string PlainMarks = "&=$()',;:@/?!*-._~";

    private readonly HttpClient _http;
    private readonly string? _token;

    public Service(Uri root, string? token)
    {
        Root = root.ToString().TrimEnd('/');
        _token = token;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = RequestTimeMax,
        };
    }

    /// <summary>The service root, without a slash at the end.</summary>
    public string Root { get; }

    /// <summary>The version in the service root, such as v1.1: MQTT topics begin with it.</summary>
    public string Version => Root[(Root.LastIndexOf('/') + 1)..];

    /// <summary>The bearer token, or null: over MQTT it is the password.</summary>
    public string? Token => _token;

    /// <param name="method">The method.</param>
    /// <param name="address">Absolute, or below the service root and written without percent.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="contentType">Its media type.</param>
    /// <param name="headers">Further headers.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Reply> SendAsync(
        HttpMethod method, string address, string? body, string contentType, IReadOnlyDictionary<string,
            string> headers,
        CancellationToken cancellation)
    {
        var target = AddressOf(address);
        using var request = new HttpRequestMessage(method, target);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (_token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request, cancellation);
        var text = await response.Content.ReadAsStringAsync(cancellation);
        var received = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value),
                StringComparer.OrdinalIgnoreCase);
        return new Reply(method.Method, Uri.UnescapeDataString(target.ToString()), body, (int)response.StatusCode,
            text, received);
    }

    /// <summary>The absolute address of a link, whether the server wrote it absolute or relative.</summary>
    public Uri AddressOf(string address)
    {
        if (address.StartsWith("http://", StringComparison.Ordinal) ||
            address.StartsWith("https://", StringComparison.Ordinal))
            return new Uri(address);
        return address.StartsWith('/')
            ? new Uri(new Uri(Root), address)
            : new Uri(address.Length == 0 ? Root : $"{Root}/{Encode(address)}");
    }

    private static string Encode(string address)
    {
        var text = new StringBuilder(address.Length);
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || PlainMarks.Contains((char)rune.Value)))
                text.Append((char)rune.Value);
            else
                text.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return text.ToString();
    }

    public void Dispose() => _http.Dispose();
}
