using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Stoa.Ledger.Anchoring;

/// <summary>A node of a chain said no, or nothing that could be read.</summary>
internal sealed class ChainException(string message) : Exception(message);

/// <summary>Speaks to a node of a chain, or to a signer in front of it: keys are there, never here.</summary>
/// <remarks>JSON-RPC 2.0 and the Ethereum execution API, methods <c>eth_*</c>.</remarks>
internal sealed class ChainNode(Uri address, HttpClient http)
{
    private const int HashLength = 66;

    private long _calls;

    /// <summary>The number of the chain (EIP-155).</summary>
    public async Task<long> ChainIdAsync(CancellationToken cancellation) =>
        Number(await CallAsync("eth_chainId", static _ => { }, cancellation), "the number of its chain");

    /// <summary>Sends a transaction that the node signs for an account.</summary>
    /// <returns>Its hash.</returns>
    public async Task<string> SendAsync(string account, string contract, string data, CancellationToken cancellation)
    {
        var result = await CallAsync("eth_sendTransaction", json =>
        {
            json.WriteStartObject();
            json.WriteString("from"u8, account);
            json.WriteString("to"u8, contract);
            json.WriteString("gas"u8, AnchoringLimits.Gas);
            json.WriteString("data"u8, data);
            json.WriteEndObject();
        }, cancellation);
        return Text(result) is { Length: HashLength } hash && IsHex(hash) ? hash : throw new ChainException("The node answered without the hash of a transaction.");
    }

    /// <summary>Whether a transaction was done; null while it is not in a block.</summary>
    public async Task<bool?> ReceiptAsync(string hash, CancellationToken cancellation)
    {
        var result = await CallAsync("eth_getTransactionReceipt", json => json.WriteStringValue(hash), cancellation);
        if (result.ValueKind != JsonValueKind.Object) return null;
        return result.TryGetProperty("status", out var status) && Text(status) == "0x1";
    }

    /// <summary>Asks a contract, in the newest block, as an account would; nothing is changed and nothing is paid.</summary>
    public async Task<string> AskAsync(string account, string contract, string data, CancellationToken cancellation)
    {
        var result = await CallAsync("eth_call", json =>
        {
            json.WriteStartObject();
            json.WriteString("from"u8, account);
            json.WriteString("to"u8, contract);
            json.WriteString("data"u8, data);
            json.WriteEndObject();
            json.WriteStringValue("latest"u8);
        }, cancellation);
        return Text(result) is { } text && IsHex(text) ? text : throw new ChainException("The node answered without the bytes that the contract returned.");
    }

    private async Task<JsonElement> CallAsync(string method, Action<Utf8JsonWriter> parameters, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _calls);
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Request(method, parameters, id)) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.SendAsync(message, cancellation);
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancellation);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new ChainException("The node answered with something that is no JSON-RPC.");
            if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object) throw new ChainException(Refusal(method, error));
            if (root.TryGetProperty("id", out var echoed) && echoed.ValueKind == JsonValueKind.Number && echoed.TryGetInt64(out var number) && number == id &&
                root.TryGetProperty("result", out var result)) return result.Clone();
            throw new ChainException($"The node answered {method} with status {(int)answer.StatusCode} and no result.");
        }
        catch (JsonException)
        {
            throw new ChainException($"The node answered {method} with status {(int)answer.StatusCode} and no JSON.");
        }
    }

    private static byte[] Request(string method, Action<Utf8JsonWriter> parameters, long id)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc"u8, "2.0"u8);
            json.WriteNumber("id"u8, id);
            json.WriteString("method"u8, method);
            json.WriteStartArray("params"u8);
            parameters(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    // What the contract refused by stands in the data of the error; what else a node says is not ours to write down at length.
    private static string Refusal(string method, JsonElement error)
    {
        const int shownMax = 200;
        if (error.TryGetProperty("data", out var data) && Text(data) is { Length: >= 10 } bytes &&
            AnchorContract.Refusals.TryGetValue(bytes[2..10], out var refusal)) return $"The contract refused: {refusal}.";
        var message = error.TryGetProperty("message", out var said) ? Text(said) ?? "" : "";
        foreach (var (selector, meaning) in AnchorContract.Refusals)
            if (message.Contains(selector, StringComparison.Ordinal)) return $"The contract refused: {meaning}.";
        return $"The node refused {method}: {(message.Length > shownMax ? message[..shownMax] : message)}";
    }

    private static long Number(JsonElement element, string what) =>
        Text(element) is { Length: > 2 and <= 18 } text && text.StartsWith("0x", StringComparison.Ordinal) &&
        long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number >= 0
            ? number
            : throw new ChainException($"The node answered without {what}.");

    private static string? Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    private static bool IsHex(string text) => text.StartsWith("0x", StringComparison.Ordinal) && text.Skip(2).All(char.IsAsciiHexDigit);
}
