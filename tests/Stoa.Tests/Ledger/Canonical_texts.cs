using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>One text for one value, by RFC 8785.</summary>
public class Canonical_texts
{
    // github.com/cyberphone/json-canonicalization, testdata/input and testdata/output (Apache-2.0).
    [Theory]
    [InlineData("[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]", """[56,{"1":[],"10":null,"d":true}]""")]
    [InlineData("{ \"peach\": \"This sorting order\", \"péché\": \"is wrong according to French\", \"pêche\": \"but canonicalization MUST\", \"sin\": \"ingnore locale\" }",
        """{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ingnore locale"}""")]
    [InlineData("""{ "1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ { } ], "A": { } }""",
        """{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}""")]
    [InlineData("""{ "Unnormalized Unicode":"\u1e0d\u0307" }""", "{\"Unnormalized Unicode\":\"\u1e0d\u0307\"}")]
    [InlineData("""
        { "numbers": [1E30, 4.50, 333333333.33333329, 2e-3, 0.000000000000000000000000001],
          "escaping": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] }
        """, """{"escaping":"€$\u000f\nA'B\"\\\\\"/","literals":[null,true,false],"numbers":[1e+30,4.5,333333333.3333333,0.002,1e-27]}""")]
    [InlineData("""
        { "\u20ac": "Euro Sign", "1": "One", "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley",
          "\u00f6": "Latin Small Letter O With Diaeresis", "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge" }
        """,
        "{\"1\":\"One\",\"</script>\":\"Browser Challenge\",\"\u0080\":\"Control\u007f\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\ud83d\ude02\":\"Smiley\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}")]
    public void Are_the_published_ones(string input, string output) => Assert.Equal(output, TextOf(input));

    // RFC 8785, appendix B: the bits of a double and its text.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("ffefffffffffffff", "-1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555554", "333333333.33333325")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("41b3de4355555556", "333333333.3333334")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void Write_numbers_as_ECMAScript_does(string bits, string text)
    {
        var number = BitConverter.Int64BitsToDouble(long.Parse(bits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

        Assert.Equal(text, TextOf(number.ToString("R", CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""["\ud83d"]""")]
    [InlineData("""{"\ude02":1}""")]
    [InlineData("1e999")]
    public void Refuse_what_readers_do_not_agree_on(string input) => Assert.Throws<InvalidOperationException>(() => TextOf(input));

    [Fact]
    public void Are_read_back_to_themselves()
    {
        var random = new Random(8785);
        for (var run = 0; run < 20_000; run++)
        {
            var number = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(number)) continue;
            var text = TextOf(number.ToString("R", CultureInfo.InvariantCulture));
            Assert.Equal(number, double.Parse(text, CultureInfo.InvariantCulture));
            Assert.Equal(text, TextOf(text));
        }
    }

    private static string TextOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Bytes(document.RootElement, takesFractions: true));
    }
}
