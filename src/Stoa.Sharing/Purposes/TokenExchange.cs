using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Purposes;

/// <summary>For what a token is asked, or is good (RFC 9396).</summary>
/// <param name="Type">Always <c>stoa_use</c>.</param>
/// <param name="Agreement">Number of the agreement.</param>
/// <param name="Purpose">Name of the purpose.</param>
/// <param name="Datasets">Slugs of its datasets; in answers alone.</param>
internal sealed record UseDetails(
    string? Type, long? Agreement, string? Purpose, [property: Description("Only in answers.")] IReadOnlyList<string>? Datasets = null)
{
    public const string UseType = "stoa_use";
}

/// <summary>The form that is taken, for the description of the interface.</summary>
internal sealed record TokenExchangeForm(
    [property: Description("urn:ietf:params:oauth:grant-type:token-exchange, or client_credentials.")] [property: JsonPropertyName("grant_type")] string GrantType,
    [property: Description("The token to exchange; that of the Authorization header if left out.")] [property: JsonPropertyName("subject_token")] string? SubjectToken,
    [property: Description("urn:ietf:params:oauth:token-type:access_token.")] [property: JsonPropertyName("subject_token_type")] string? SubjectTokenType,
    [property: Description("""[{"type":"stoa_use","agreement":7,"purpose":"ScientificResearch"}], in place of the two below.""")]
    [property: JsonPropertyName("authorization_details")] string? AuthorizationDetails,
    [property: Description("Number of the agreement.")] string? Agreement,
    [property: Description("The purpose; may be left out where the agreement has only one.")] string? Purpose);

/// <summary>The token that came of it (RFC 8693, 2.2.1).</summary>
internal sealed record ExchangedToken(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("issued_token_type")] string IssuedTokenType,
    [property: JsonPropertyName("token_type")] string TokenType,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("authorization_details")] IReadOnlyList<UseDetails> AuthorizationDetails)
{
    public override string ToString() => nameof(ExchangedToken);
}

/// <summary><c>POST /api/v1/token-exchange</c>: a token of a few minutes for one agreement and one purpose.</summary>
/// <remarks>
/// RFC 8693 and RFC 9396. With it nothing is seen but the datasets of the agreement, under its purpose: purposes are not mixed. It is looked
/// up and decided about anew with each request, so what ends the agreement or the token of which it was made ends it too.
/// </remarks>
public static class TokenExchange
{
    /// <summary>Longest life of a token for one use.</summary>
    public static readonly TimeSpan LifeMax = TimeSpan.FromMinutes(10);

    /// <summary>Largest form, in bytes: a token and what it is asked for, with room to spare.</summary>
    public const int FormBytesMax = 8 * 1024;

    private const string ExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string CredentialsGrant = "client_credentials";
    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>Maps the address.</summary>
    public static IEndpointRouteBuilder MapTokenExchange(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/token-exchange", ExchangeAsync).WithName("ExchangeToken").WithTags("Decisions")
            .WithSummary("Exchange a token for one of ten minutes that is good for one agreement and one purpose (RFC 8693)")
            .Takes<TokenExchangeForm>("application/x-www-form-urlencoded")
            .Produces<ExchangedToken>().Refuses(400, 401, 403, 413, 415, 429);
        return routes;
    }

    private static async Task<IResult> ExchangeAsync(
        HttpContext context, CredentialCheck credentials, Tokens tokens, AccessPolicy policy, TimeProvider time, CancellationToken cancellation)
    {
        var read = await ReadFormAsync(context, cancellation);
        // Whoever shows nothing is told that alone.
        if (!read.TryGet(out var form, out var problem))
            return context.Request.Headers.Authorization.Count == 0 ? Refusals.CredentialRequired.ToHttp() : problem.ToHttp();
        var subject = form["subject_token"].ToString();
        var who = subject.Length > 0
            ? await credentials.AuthenticateAsync(subject.AsMemory(), cancellation)
            : await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out problem)) return problem.ToHttp();
        if (requester.IsAnonymous) return Refusals.CredentialRequired.ToHttp();
        if (requester.Token is not { } parent || requester.Party is not { } party || requester.Binding is not null)
            return NotExchangeable.ToHttp();
        if (!UseOf(form).TryGet(out var use, out problem)) return problem.ToHttp();

        var snapshot = policy.Snapshot;
        var agreed = snapshot.Agreements.GetValueOrDefault(use.Agreement!.Value); // Checked by UseOf.
        var purpose = use.Purpose ?? (agreed?.Terms.Purposes is [var only] ? only.Value : null);
        var question = policy.Ask(requester.Declaring(purpose, use.Agreement));
        var language = DecisionAnswers.LanguageOf(context.Request);
        if (question.FaultOfUse() is { } fault)
            return DecisionAnswers.ToProblem(fault.Decision, fault.Request, question.Snapshot, language).ToHttp();
        if (agreed is null || question.Request.Purpose is not { } name) return PurposeMissing.ToHttp();

        var now = Instant.From(time.GetUtcNow());
        var end = Evaluation.Later(now, LifeMax);
        if (agreed.Terms.ValidTo.CompareTo(end) < 0) end = agreed.Terms.ValidTo;
        var made = await tokens.MakeBoundAsync(parent, party, new(use.Agreement.Value, name.Value), end, cancellation);
        if (!made.TryGet(out var created, out problem)) return problem.ToHttp();
        context.Response.Headers.CacheControl = "no-store";
        var slugs = agreed.Datasets
            .Select(dataset => policy.TryFindDataset(new DatasetId(dataset), out var entry) ? entry.Slug : null).OfType<string>()
            .Order(StringComparer.Ordinal);
        return TypedResults.Json(
            new ExchangedToken(
                created.Text, AccessTokenType, "Bearer", (int)((end.UnixMicroseconds - now.UnixMicroseconds) / 1_000_000),
                [new UseDetails(UseDetails.UseType, use.Agreement, name.Value, [.. slugs])]),
            SharingJson.Wire.ExchangedToken);
    }

    private static Result<UseDetails> UseOf(Dictionary<string, StringValues> form)
    {
        var grant = form["grant_type"].ToString();
        if (grant is not (ExchangeGrant or CredentialsGrant)) return Invalid("grant_type", $"It takes {ExchangeGrant} or {CredentialsGrant}.");
        if (form["subject_token_type"].ToString() is not ("" or AccessTokenType))
            return Invalid("subject_token_type", $"It takes {AccessTokenType}.");
        if (form["authorization_details"].ToString() is { Length: > 0 } details) return UseOf(details);
        if (!long.TryParse(form["agreement"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var agreement))
            return Invalid("agreement", "It takes the number of the agreement.");
        return Checked(new(UseDetails.UseType, agreement, form["purpose"].ToString() is { Length: > 0 } purpose ? purpose : null));
    }

    private static Result<UseDetails> UseOf(string details)
    {
        try
        {
            return JsonSerializer.Deserialize(details, SharingJson.Wire.UseDetailsArray) is [{ Type: UseDetails.UseType, Agreement: not null } only]
                ? Checked(only)
                : Invalid("authorization_details", "It takes one entry of the type stoa_use with an agreement: one token, one purpose.");
        }
        catch (JsonException)
        {
            return Invalid("authorization_details", "It takes a list of JSON objects with type, agreement and purpose.");
        }
    }

    private static Result<UseDetails> Checked(UseDetails use) => use.Purpose is { Length: > DeclaredUses.PurposeLengthMax }
        ? Invalid("purpose", $"It takes at most {DeclaredUses.PurposeLengthMax} characters.")
        : use;

    private static async ValueTask<Result<Dictionary<string, StringValues>>> ReadFormAsync(HttpContext context, CancellationToken cancellation)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentType?.StartsWith(
            "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true) return NotAForm;
        var bytes = new byte[FormBytesMax + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        if (length > FormBytesMax) return TooLarge;
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(bytes, 0, length));
        return form.Values.Any(value => value.Count > 1)
            ? Invalid("form", "A parameter comes twice.")
            : new Dictionary<string, StringValues>(FormParts.Select(part => KeyValuePair.Create(part, form.GetValueOrDefault(part))));
    }

    private static readonly string[] FormParts =
        ["grant_type", "subject_token", "subject_token_type", "authorization_details", "agreement", "purpose"];

    private static Problem Invalid(string parameter, string advice) => new Problem(
        400, "invalid-parameter", "A parameter is not acceptable", advice)
        .With("parameter", parameter).With("error", parameter == "grant_type" ? "unsupported_grant_type" : "invalid_request");

    private static Problem NotAForm { get; } = new(
        415, "unsupported-media-type", "This media type is not taken here", "Send the parameters as application/x-www-form-urlencoded.");

    private static Problem TooLarge { get; } = new Problem(
        413, "body-too-large", "The body is too large", $"The form takes at most {FormBytesMax} bytes.").With("limit", FormBytesMax);

    private static Problem PurposeMissing { get; } = Invalid("purpose", "The agreement has several purposes: name one of them.");

    private static Problem NotExchangeable { get; } = new(
        403, "token-not-exchangeable", "This token cannot be exchanged",
        "Exchange a token that a party holds and that is not itself made for one agreement. What nobody in particular holds has no agreements.");
}
