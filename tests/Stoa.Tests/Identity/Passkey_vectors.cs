using System.Buffers.Text;
using Stoa.Identity.SignIn;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>The test vectors of Web Authentication, level 3, section 16: ES256 without attestation.</summary>
public class Passkey_vectors
{
    private static readonly Uri Site = new("https://example.org");

    private static readonly string Made = Base64Url.EncodeToString(Bytes("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130"));

    private static readonly byte[] MadeClient = Bytes(
        "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d707738"
        + "6f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22"
        + "636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820"
        + "617320746869733a20426b5165446a646354427258426941774a544c453551227d");

    private static readonly byte[] Attestation = Bytes(
        "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db3"
        + "74750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db9085606"
        + "2eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220");

    private static readonly string Shown = Base64Url.EncodeToString(Bytes("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408"));

    private static readonly byte[] ShownClient = Bytes(
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630"
        + "314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d");

    private static readonly byte[] Authenticator = Bytes("bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000");

    private static readonly byte[] Signature = Bytes(
        "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87");

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static NewPasskey Registered() => WebAuthn.Register(MadeClient, Attestation, Made, Site, mustBeVerified: false)!;

    [Fact]
    public void Are_registered_and_verified()
    {
        var passkey = Registered();

        Assert.Equal("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4", Convert.ToHexStringLower(passkey.CredentialId));
        Assert.Equal(0u, WebAuthn.Verify(passkey.PublicKey, ShownClient, Authenticator, Signature, Shown, Site, mustBeVerified: false));
    }

    [Fact]
    public void Are_refused_where_the_person_was_not_recognised()
    {
        Assert.Null(WebAuthn.Register(MadeClient, Attestation, Made, Site));
        Assert.Null(WebAuthn.Verify(Registered().PublicKey, ShownClient, Authenticator, Signature, Shown, Site));
    }

    [Theory]
    [InlineData("http://example.org")]
    [InlineData("https://example.org:8443")]
    [InlineData("https://evil.example")]
    public void Are_refused_at_another_site(string site)
    {
        Assert.Null(WebAuthn.Register(MadeClient, Attestation, Made, new(site), mustBeVerified: false));
        Assert.Null(WebAuthn.Verify(Registered().PublicKey, ShownClient, Authenticator, Signature, Shown, new(site), mustBeVerified: false));
    }

    [Fact]
    public void Are_refused_for_another_challenge_or_ceremony()
    {
        Assert.Null(WebAuthn.Register(MadeClient, Attestation, Shown, Site, mustBeVerified: false));
        Assert.Null(WebAuthn.Register(ShownClient, Attestation, Shown, Site, mustBeVerified: false));
        Assert.Null(WebAuthn.Verify(Registered().PublicKey, ShownClient, Authenticator, Signature, Made, Site, mustBeVerified: false));
        Assert.Null(WebAuthn.Verify(Registered().PublicKey, MadeClient, Authenticator, Signature, Made, Site, mustBeVerified: false));
    }

    /// <summary>Every byte counts: of the assertion each is changed, of the attestation the parse must hold whatever comes.</summary>
    [Fact]
    public void Are_refused_when_a_byte_is_changed()
    {
        var key = Registered().PublicKey;
        foreach (var part in new[] { ShownClient, Authenticator, Signature })
        {
            for (var i = 0; i < part.Length; i++)
            {
                part[i] ^= 0x10;
                Assert.Null(WebAuthn.Verify(key, ShownClient, Authenticator, Signature, Shown, Site, mustBeVerified: false));
                part[i] ^= 0x10;
            }
        }

        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = Attestation.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = WebAuthn.Register(MadeClient, bytes[..random.Next(bytes.Length)], Made, Site, mustBeVerified: false);
            _ = WebAuthn.Register(MadeClient, bytes, Made, Site, mustBeVerified: false);
        }
    }
}
