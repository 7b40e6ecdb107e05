using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>The refusals that concern who is asking; each is one constant answer.</summary>
public static class Refusals
{
    /// <summary>401: this needs a token and none came.</summary>
    public static Problem CredentialRequired { get; } = new(
        401, "credential-required", "A token is needed here",
        "Send an access token as 'Authorization: Bearer stoa_…'. Reading open data needs none; writing always does. " +
        "Ask the operator of this exchange for a token.");

    /// <summary>401: the Authorization header is not of the form that is understood here.</summary>
    public static Problem MalformedCredential { get; } = new(
        401, ProblemHttp.InvalidCredential, "The credential is not accepted",
        "The Authorization header must read 'Bearer', one space, and a token as it was printed at its creation " +
        "(stoa_, 12 characters, an underscore, 52 characters).");

    /// <summary>401: no such token, a wrong secret, or a token that is over: one answer, so that none can be told apart.</summary>
    public static Problem InvalidToken { get; } = new(
        401, ProblemHttp.InvalidCredential, "The credential is not accepted",
        "This token is unknown, expired or revoked. Ask the operator of this exchange for a new one.");

    /// <summary>403: this is for administrators.</summary>
    public static Problem AdministratorRequired { get; } = new(
        403, "administrator-required", "This needs an administrator's token",
        "The token is accepted, but it may not govern the exchange. Use a token that was created with --admin.");
}
