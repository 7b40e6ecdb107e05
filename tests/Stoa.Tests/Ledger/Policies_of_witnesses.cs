using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Whom a policy trusts, and how many must have signed (C2SP tlog-policy).</summary>
public class Policies_of_witnesses
{
    private static readonly SignerKey Log = SignerKey.Generate("city.example/log/audit", SignatureType.Ed25519);

    private static readonly SignerKey[] Keys =
        [.. Enumerable.Range(0, 6).Select(i => SignerKey.Generate($"witness.example/w{i}", SignatureType.CosignatureV1))];

    // The example of the specification: two of three, and any of three others.
    private static readonly string Example =
        $"""
        # who watches whom
        log {Log.Verifier} https://city.example/log/audit
        	witness X1 {Keys[0].Verifier}
        witness X2 {Keys[1].Verifier} http://127.0.0.1:8081/witness
        witness X3 {Keys[2].Verifier}
        group X-witnesses 2 X1 X2 X3

        witness Y1 {Keys[3].Verifier}
        witness Y2 {Keys[4].Verifier}
        witness Y3 {Keys[5].Verifier}
        group Y-witnesses any Y1 Y2 Y3

        group X-and-Y all X-witnesses Y-witnesses
        quorum X-and-Y
        """;

    [Fact]
    public void Ask_for_two_of_three_and_one_of_the_others()
    {
        Assert.True(WitnessPolicy.TryParse(Example, out var policy, out var fault), fault);
        var text = new Checkpoint("city.example/log/audit", 0, MerkleTree.EmptyRoot).ToString();

        for (var signed = 0; signed < 64; signed++)
        {
            bool Has(int one) => (signed >> one & 1) == 1;
            var note = new SignedNote(text, [.. Keys.Where((_, i) => Has(i)).Select(key => key.Sign(text, DateTimeOffset.UnixEpoch))]);
            var met = (Has(0) ? 1 : 0) + (Has(1) ? 1 : 0) + (Has(2) ? 1 : 0) >= 2 && (Has(3) || Has(4) || Has(5));
            Assert.Equal(met, policy!.IsMetBy(note));
        }

        Assert.Equal("https://city.example/log/audit", Assert.Single(policy!.Logs).Address!.ToString());
        Assert.Equal(["X1", "X2", "X3", "Y1", "Y2", "Y3"], policy.Witnesses.Select(one => one.Name));
        Assert.False(policy.AsksNobody);
    }

    [Fact]
    public void Ask_nobody_where_they_say_so()
    {
        Assert.True(WitnessPolicy.TryParse("quorum none\n", out var policy, out _));

        Assert.True(policy!.AsksNobody);
        Assert.True(policy.IsMetBy(new("text\n", [])));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "no line 'quorum'" },
        { "quorum X1", "names 'X1'" },
        { "quorum none\nquorum none", "second line" },
        { "quorum", "words that follow" },
        { "logs x", "begins with 'logs'" },
        { "log nothing", "no key of a log" },
        { $"log {Keys[0].Verifier}", "no key of a log" },
        { $"log {Log.Verifier}\nlog {Log.Verifier}", "repeats" },
        { $"log {Log.Verifier} ftp://city.example", "address" },
        { $"witness X {Log.Verifier}", "no key of a witness" },
        { $"witness none {Keys[0].Verifier}", "again" },
        { $"witness X {Keys[0].Verifier}\nwitness X {Keys[1].Verifier}", "again" },
        { $"witness X {Keys[0].Verifier}\nwitness Y {Keys[0].Verifier}", "repeats" },
        { $"witness X {Keys[0].Verifier}\ngroup G 2 X", "from 1 to 1" },
        { $"witness X {Keys[0].Verifier}\ngroup G 0 X", "from 1 to 1" },
        { $"witness X {Keys[0].Verifier}\ngroup G 01 X", "from 1 to 1" },
        { $"witness X {Keys[0].Verifier}\ngroup G any X X", "already" },
        { $"witness X {Keys[0].Verifier}\ngroup G any X\ngroup H any X", "already" },
        { $"witness X {Keys[0].Verifier}\ngroup G any Y", "names 'Y'" },
        { $"witness X {Keys[0].Verifier}\ngroup G any G", "names 'G'" },
        { $"witness X {Keys[0].Verifier}\ngroup G any", "words that follow" },
        { "quorum none\u0001", "control" },
        { "quorum none\r\n", "control" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Say_what_is_wrong_with_them(string text, string said)
    {
        Assert.False(WitnessPolicy.TryParse(text, out _, out var fault));
        Assert.Contains(said, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Have_a_bound()
    {
        Assert.False(WitnessPolicy.TryParse("quorum none\n" + new string('#', WitnessPolicy.LengthMax), out _, out _));
        var keys = Enumerable.Range(0, WitnessPolicy.EntriesMax + 1)
            .Select(i => $"witness W{i} {SignerKey.Generate($"w{i}", SignatureType.CosignatureV1).Verifier}\n").ToList();
        Assert.True(WitnessPolicy.TryParse(string.Concat(keys.Skip(1)) + "quorum W1", out _, out var fault), fault);
        Assert.False(WitnessPolicy.TryParse(string.Concat(keys) + "quorum W1", out _, out fault));
        Assert.Contains("at most 64", fault, StringComparison.Ordinal);
    }
}
