using System.Text;
using Stoa.Identity.SignIn.OpenId;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>The examples of RFC 7515, appendices A.2 and A.3, and of RFC 7636, appendix B.</summary>
public class Signatures_of_tokens
{
    private const string Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string RsaKey =
        """
        {"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}
        """;

    private const string RsaToken = "eyJhbGciOiJSUzI1NiJ9." + Payload +
        ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string EllipticKey =
        """
        {"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
        """;

    private const string EllipticToken = "eyJhbGciOiJFUzI1NiJ9." + Payload +
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static JsonWebKeys KeysOf(string json) => JsonWebKeys.Parse(Encoding.UTF8.GetBytes(json))!;

    private static IdTokenFault Check(string token, string keys) => IdToken.CheckSignature(SignedToken.Parse(token)!, KeysOf(keys));

    [Fact]
    public void Are_those_of_the_examples()
    {
        Assert.Equal(IdTokenFault.None, Check(RsaToken, RsaKey));
        Assert.Equal(IdTokenFault.None, Check(EllipticToken, EllipticKey));
        Assert.Equal("joe", OpenIdJson.Text(SignedToken.Parse(RsaToken)!.Claims, "iss"));
    }

    [Fact]
    public void Break_with_each_letter()
    {
        foreach (var (token, keys) in new[] { (RsaToken, RsaKey), (EllipticToken, EllipticKey) })
            for (var i = 0; i < token.Length; i++)
            {
                var broken = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
                // The last letter of a part may hold bits that no byte has: such text is no base64url.
                Assert.True(SignedToken.Parse(broken) is null || Check(broken, keys) != IdTokenFault.None, $"at {i}");
            }
    }

    [Fact]
    public void Need_a_key_of_their_own_kind()
    {
        Assert.Equal(IdTokenFault.UnknownKey, Check(RsaToken, EllipticKey));
        Assert.Equal(IdTokenFault.UnknownKey, Check(EllipticToken, RsaKey));
    }

    [Theory]
    [InlineData("\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"use\":\"enc\"")]
    [InlineData("\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"alg\":\"RS512\"")]
    [InlineData("\"kty\":\"RSA\"", "\"kty\":\"RSA\",\"key_ops\":[\"encrypt\"]")]
    [InlineData("\"kty\":\"RSA\"", "\"kty\":\"rsa\"")]
    [InlineData("\"e\":\"AQAB\"", "\"e\":\"AQ\"")]
    [InlineData("\"e\":\"AQAB\"", "\"e\":\"AQAA\"")]
    [InlineData("\"e\":\"AQAB\"", "\"e\":\"AQAB==\"")]
    [InlineData("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd", "ofgW")]
    public void Need_a_key_that_is_meant_for_them_and_strong(string old, string changed) =>
        Assert.Equal(0, KeysOf(RsaKey.Replace(old, changed, StringComparison.Ordinal)).Count);

    [Fact]
    public void Are_refused_when_it_is_not_clear_which_key_is_meant()
    {
        var other = RsaKey.Replace("AQAB\"", "Aw\"", StringComparison.Ordinal);

        Assert.Equal(IdTokenFault.Signature, Check(RsaToken, RsaKey.Replace("]", "," + other[9..^2] + "]", StringComparison.Ordinal)));
    }

    [Fact]
    public void Are_not_asked_of_a_point_that_is_not_on_the_curve() =>
        Assert.Equal(IdTokenFault.Signature, Check(EllipticToken, EllipticKey.Replace("f83OJ", "f83OK", StringComparison.Ordinal)));

    [Fact]
    public void Make_the_challenge_of_PKCE_from_the_verifier() => Assert.Equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        KeptVisit.ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
}
