using Stoa.Identity.Credentials;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;

namespace Stoa.Sharing.Purposes;

/// <summary>For what a request is made, by its token and by what it says.</summary>
/// <param name="Purpose">The purpose; null when none was declared.</param>
/// <param name="Agreement">The agreement; null when none was named.</param>
/// <param name="Fault">Why what was said cannot be; null when it can.</param>
internal readonly record struct DeclaredUse(PurposeId? Purpose, AgreementId? Agreement, ReasonCode? Fault)
{
    /// <summary>What a requester's token and request say. The request may say less than the token, never more.</summary>
    public static DeclaredUse Of(Requester requester, PurposeTree purposes)
    {
        PurposeId? declared = requester.DeclaredPurpose is { } text ? purposes.Read(text) : null;
        AgreementId? agreement = requester.DeclaredAgreement is { } number ? new(number) : null;
        ReasonCode? unknown = declared is { } said && purposes.IndexOf(said) < 0 ? ReasonCode.P3PurposeUnknown : null;
        if (requester.Binding is not { } binding) return new(declared, agreement, unknown);
        var bound = new AgreementId(binding.Agreement);
        var purpose = new PurposeId(binding.Purpose);
        ReasonCode? fault = agreement is { } other && other != bound ? ReasonCode.G8AgreementOfOthers
            : unknown is not null ? unknown
            : declared is { } narrower && !purposes.IsWithin(narrower, purpose) ? ReasonCode.P1PurposeNotAgreed
            : null;
        return new(declared ?? purpose, bound, fault);
    }
}
