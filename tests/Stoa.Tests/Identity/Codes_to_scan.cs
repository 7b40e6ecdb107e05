using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Portal.People.Qr;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>QR codes: the parts against the figures that ISO/IEC 18004 prints, the whole against squares that another program has read.</summary>
public class Codes_to_scan
{
    [Fact]
    public void Have_the_error_correction_of_annex_I() => Assert.Equal("A524D4C1ED36C7872C55",
        Convert.ToHexString(QrCode.CorrectionOf(Convert.FromHexString("10200C566180EC11EC11EC11EC11EC11"), 10)));

    [Theory]
    [InlineData(0, "101010000010010")]
    [InlineData(1, "101000100100101")]
    [InlineData(2, "101111001111100")]
    [InlineData(3, "101101101001011")]
    [InlineData(4, "100010111111001")]
    [InlineData(5, "100000011001110")]
    [InlineData(6, "100111110010111")]
    [InlineData(7, "100101010100000")]
    public void Name_level_and_mask_as_annex_C_does(int mask, string bits) => Assert.Equal(bits, Bits(QrCode.FormatBits(mask), 15));

    [Theory]
    [InlineData(7, "000111110010010100")]
    [InlineData(8, "001000010110111100")]
    [InlineData(20, "010100100110100110")]
    public void Name_the_version_as_annex_D_does(int version, string bits) => Assert.Equal(bits, Bits(QrCode.VersionBits(version), 18));

    // Each square of these texts was read by jsQR 1.4.0; the hashes hold that it stays as it was then.
    [Theory]
    [InlineData(14, 21, "7a5ff9312880cc15")]
    [InlineData(26, 25, "02768f5ff1f91618")]
    [InlineData(40, 29, "25465415c44f5fbe")]
    [InlineData(62, 33, "3875fb77cdf1a78f")]
    [InlineData(84, 37, "10f27b14dcf4953f")]
    [InlineData(106, 41, "78e2b466021a46c6")]
    [InlineData(122, 45, "87d19da0215e306b")]
    [InlineData(152, 49, "2d0131501c2d9844")]
    [InlineData(180, 53, "4ae1f52444d7b696")]
    [InlineData(213, 57, "012480d03a24a54b")]
    [InlineData(251, 61, "c8414b9c8f6ea7b1")]
    [InlineData(287, 65, "b13eed25efc5927f")]
    [InlineData(331, 69, "9f418387db71479f")]
    [InlineData(362, 73, "ff2327464b881d17")]
    [InlineData(412, 77, "2144725c83c2da55")]
    [InlineData(450, 81, "edb9bb173b6ccbf4")]
    [InlineData(504, 85, "f190f169e2381b41")]
    [InlineData(560, 89, "76379f0f4d63c5cd")]
    [InlineData(624, 93, "d594adaabaf45a5b")]
    [InlineData(663, 97, "7a7353b4b9a59b0b")]
    public void Stay_as_they_were_read(int length, int size, string hash)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)(33 + i * 37 % 90)));

        var code = QrCode.Of(text)!;

        Assert.Equal(size, code.Size);
        Assert.StartsWith(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(SquareOf(code)))), StringComparison.Ordinal);
    }

    [Fact]
    public void Are_none_when_the_text_is_too_long()
    {
        Assert.Equal(97, QrCode.Of(new string('a', 666))!.Size);
        Assert.Null(QrCode.Of(new string('a', 667)));
    }

    [Fact]
    public void Are_drawn_as_bars_with_a_quiet_zone_around()
    {
        var code = QrCode.Of("otpauth://totp/Stoa:ada%40city.example?secret=GEZDGNBVGY3TQOJQ&issuer=Stoa")!;

        var (path, viewBox) = code.ToSvg();

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"-4 -4 {code.Size + 8} {code.Size + 8}"), viewBox);
        Assert.StartsWith("M0,0h7v1h-7z", path, StringComparison.Ordinal);
    }

    private static string Bits(int value, int count) => Convert.ToString(value, 2).PadLeft(count, '0');

    private static string SquareOf(QrCode code)
    {
        var text = new StringBuilder();
        for (var y = 0; y < code.Size; y++)
            for (var x = 0; x < code.Size; x++) text.Append(code[x, y] ? '1' : '0');
        return text.ToString();
    }
}
