using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary><c>POST /datasets/{slug}/connectors/{name}</c>: where network servers and devices post their payloads.</summary>
/// <remarks>
/// 200 when it was stored or passed over, 202 when it is a dead letter now: then it was taken and is kept, so the sender has
/// nothing to repeat, and a network server does not give its webhook up because of one device. Both after the commit.
/// </remarks>
public static class Webhooks
{
    private const string Basic = "Basic ";

    /// <summary>Maps the address.</summary>
    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/datasets/{slug}/connectors/{name}", ReceiveAsync).WithTags("Connectors").WithName("PostPayload")
            .WithSummary("Give a payload to a connector (right to write)")
            .WithDescription(
                "Any body of at most 256 KiB. topic states the MQTT topic of what is forwarded. The token goes as 'Authorization: " +
                "Bearer …', or as the password of 'Basic' for devices that know nothing else. 200 says what was stored, 202 " +
                "why the payload is a dead letter.")
            .Takes<string>("application/json", "text/plain", "application/senml+json", "application/octet-stream")
            .Produces<MessageReceipt>().Produces<MessageReceipt>(StatusCodes.Status202Accepted)
            .Refuses(400, 401, 403, 404, 409, 413, 429);
        return routes;
    }

    private static async Task<IResult> ReceiveAsync(
        HttpContext context, ConnectorInbox inbox, CredentialCheck credentials, AccessPolicy policy, string slug, string name,
        CancellationToken cancellation)
    {
        var who = await AuthenticateAsync(context, credentials, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (!policy.DatasetForWrite(requester, slug).TryGet(out var dataset, out refusal)) return refusal.ToHttp();
        var read = await Payloads.ReadAsync(context, ConnectorInbox.PayloadBytesMax, cancellation);
        if (!read.TryGet(out var payload, out refusal)) return refusal.ToHttp();
        if (!Payloads.TopicOf(context).TryGet(out var topic, out refusal)) return refusal.ToHttp();
        var outcome = await inbox.ReceiveAsync(dataset, name, topic, payload);
        if (!outcome.TryGet(out var done, out refusal)) return refusal.ToHttp();
        return TypedResults.Json(Show(done), ConnectorJson.Wire.MessageReceipt,
            statusCode: done.Rejection is null ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    internal static MessageReceipt Show(MessageOutcome outcome) =>
        new(outcome.Observations, outcome.Duplicates, outcome.IsSkipped, outcome.Rejection, outcome.DeadLetter);

    /// <summary>Bearer as everywhere, or Basic (RFC 7617) with the token as password; where a device has no room for it, the
    /// part up to the last underscore goes as user name and the rest as password.</summary>
    private static ValueTask<Result<Requester>> AuthenticateAsync(
        HttpContext context, CredentialCheck credentials, CancellationToken cancellation)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text || !text.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
            return credentials.AuthenticateAsync(context, cancellation);
        var pair = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Basic.Length..].Trim(), pair, out var length))
            return new(Refusals.MalformedCredential);
        var decoded = Encoding.UTF8.GetString(pair.AsSpan(0, length));
        var colon = decoded.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return new(Refusals.MalformedCredential);
        var (user, password) = (decoded[..colon], decoded[(colon + 1)..]);
        var token = password.StartsWith("stoa_", StringComparison.Ordinal) ? password : $"{user}_{password}";
        return credentials.AuthenticateAsync(token.AsMemory(), cancellation);
    }
}
