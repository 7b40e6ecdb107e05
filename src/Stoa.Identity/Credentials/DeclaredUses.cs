using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>What a request says of its use: the headers <c>Purpose</c> and <c>Agreement</c>.</summary>
/// <remarks>
/// ISO 37156, 5.5.1. Only what a party says counts; of others the headers are left aside, since browsers send one called
/// <c>Purpose</c> too. Whether what is said is right is decided by the policy.
/// </remarks>
public static class DeclaredUses
{
    /// <summary>Header with the purpose: its name or its address in the Data Privacy Vocabulary.</summary>
    public const string PurposeHeader = "Purpose";

    /// <summary>Header with the number of the agreement.</summary>
    public const string AgreementHeader = "Agreement";

    /// <summary>Longest purpose, in characters: an address of the greatest length.</summary>
    public const int PurposeLengthMax = 500;

    /// <summary>Whether a request says anything of its use.</summary>
    public static bool IsDeclared(IHeaderDictionary headers) =>
        headers.ContainsKey(PurposeHeader) || headers.ContainsKey(AgreementHeader);

    internal static Result<Requester> Of(HttpContext context, Requester requester)
    {
        if (requester.Party is null) return requester;
        var (purpose, agreement) = (context.Request.Headers[PurposeHeader], context.Request.Headers[AgreementHeader]);
        if (purpose.Count == 0 && agreement.Count == 0) return requester;
        if (purpose.Count > 1 || purpose.ToString() is { Length: > PurposeLengthMax })
            return Unreadable(PurposeHeader, $"It names one purpose, in at most {PurposeLengthMax} characters.");
        long number = 0;
        if (agreement.Count > 1 || (agreement.Count == 1 && !TryNumber(agreement, out number)))
            return Unreadable(AgreementHeader, "It takes the number of one agreement.");
        return requester.Declaring(Text(purpose), agreement.Count == 0 ? null : number);
    }

    private static string? Text(StringValues header) => header.Count == 0 ? null : header.ToString().Trim();

    private static bool TryNumber(StringValues text, out long number) =>
        long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static Problem Unreadable(string header, string advice) =>
        new Problem(400, "invalid-header", "A header cannot be read", advice).With("header", header);
}
