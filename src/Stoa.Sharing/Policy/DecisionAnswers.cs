using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>A reason as it is told.</summary>
/// <param name="Code">Its stable text.</param>
/// <param name="Text">What is so.</param>
/// <param name="Remedy">What to do next.</param>
/// <param name="Clause">The clause of ISO 37156 that it carries out.</param>
/// <param name="About">What it is about: a claim's type, a field's name.</param>
internal sealed record ReasonAnswer(string Code, string Text, string Remedy, string Clause, string? About)
{
    public static ReasonAnswer Of(Reason reason, string language)
    {
        var meaning = ReasonCodes.Of(reason.Code);
        var (text, remedy) = meaning.In(language);
        return new(meaning.Word, text, remedy, meaning.Clause, reason.About);
    }
}

/// <summary>How decisions are told over HTTP.</summary>
internal static class DecisionAnswers
{
    /// <summary>The language for reasons that the request prefers: German or English.</summary>
    public static string LanguageOf(HttpRequest request)
    {
        foreach (var language in request.GetTypedHeaders().AcceptLanguage.OrderByDescending(one => one.Quality ?? 1))
        {
            if (language.Quality == 0) continue;
            if (language.Value.StartsWith("de", StringComparison.OrdinalIgnoreCase)) return "de";
            if (language.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase) || language.Value == "*") return "en";
        }

        return "en";
    }

    /// <summary>Names a decision: the same question under the same state of governance has the same name.</summary>
    public static string IdOf(DecisionRequest request, long version)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(request with { Explain = false }, SharingJson.Wire.DecisionRequest);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. text, .. BitConverter.GetBytes(version)], hash);
        return Convert.ToHexStringLower(hash[..16]);
    }

    /// <summary>The refusal of a decision, as far as the requester may know why.</summary>
    /// <param name="decision">As it may be told: see <see cref="Decision.ToOutside"/>.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="snapshot">By which it was decided.</param>
    /// <param name="language">In which it is told.</param>
    public static Problem ToProblem(Decision decision, DecisionRequest request, PolicySnapshot snapshot, string language)
    {
        var reasons = decision.Reasons.Select(reason => ReasonAnswer.Of(reason, language)).ToArray();
        var problem = new Problem(
            403, "access-refused", "The policy of this exchange does not allow this", $"{reasons[0].Text} {reasons[0].Remedy}")
            .With("reason", reasons[0].Code)
            .With("clause", reasons[0].Clause)
            .With("reasons", JsonSerializer.SerializeToElement(reasons, SharingJson.Wire.ReasonAnswerArray))
            .With("decisionId", IdOf(request, decision.Version));
        if (decision.Gate != Gate.Purpose || AgreementOf(request, snapshot) is not { } agreement) return problem;
        return problem
            .With("agreement", agreement.Terms.Id.Value)
            .With("allowedPurposes", JsonSerializer.SerializeToElement(
                agreement.Terms.Purposes.Select(purpose => purpose.Value).ToArray(), SharingJson.Wire.StringArray));
    }

    /// <summary>The refusal of more use than is agreed, with when to ask again.</summary>
    public static Problem ToLimitReached(Decision decision, DecisionRequest request, PolicySnapshot snapshot, string language)
    {
        var seconds = request.At.UnixMicroseconds / 1_000_000;
        var left = decision.Reasons[0].Code == ReasonCode.Q2Volume ? 86_400 - seconds % 86_400 : 60 - seconds % 60;
        return ToProblem(decision, request, snapshot, language) with
        {
            Status = 429, Type = "limit-reached", Title = "The agreed use is reached", RetryAfterSeconds = (int)left,
        };
    }

    // The one that was named, else the only one of the party about the dataset: its purposes are no secret to it, those of others are.
    private static AgreementStanding? AgreementOf(DecisionRequest request, PolicySnapshot snapshot)
    {
        if (request.Party is not { } id || !snapshot.TryFind(id, out var party)) return null;
        var own = party.CapacitiesAt(request.At).All.SelectMany(capacity => capacity.Chain).Distinct()
            .SelectMany(one => one.Agreements)
            .Where(agreement => request.Agreement is { } named
                ? agreement.Terms.Id == named
                : agreement.IsInForceAt(request.At) && agreement.TryFind(request.Dataset, out _))
            .ToArray();
        return own is [var only] ? only : null;
    }

    /// <summary>What a governed answer says of the decision by which it was given.</summary>
    public static void Describe(IHeaderDictionary headers, AccessGrant grant, string id)
    {
        if (grant.Agreement is { } agreement)
            headers[Identity.Credentials.DeclaredUses.AgreementHeader] = agreement.Value.ToString(CultureInfo.InvariantCulture);
        if (grant.Purpose is { } purpose) headers[Identity.Credentials.DeclaredUses.PurposeHeader] = purpose.Value;
        headers["Decision-Id"] = id;
    }
}
