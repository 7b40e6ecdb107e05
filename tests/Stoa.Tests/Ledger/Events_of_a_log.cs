using System.Text;
using System.Text.Json;
using Stoa.Ledger.Events;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>What may enter a log: types with a schema each, and no text in which something personal could stand.</summary>
public class Events_of_a_log
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly byte[] Salt = [.. Enumerable.Range(0, LogEvent.SaltLength).Select(i => (byte)i)];

    private static readonly Instant Time = new(1_795_228_200_000_000);

    public static TheoryData<string> Types => [.. EventTypes.All.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Fit_their_schema_with_all_members_and_with_the_required_ones(string name)
    {
        var type = EventTypes.Find(name)!;

        foreach (var isWhole in new[] { true, false })
        {
            var bytes = Example(type, member => isWhole || member.IsRequired).ToBytes();

            Assert.Null(LogEvent.Refuse(bytes));
            Assert.InRange(bytes.Length, 1, 2000);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Are_refused_without_a_required_member_or_with_one_of_another_form_or_one_too_many(string name)
    {
        var type = EventTypes.Find(name)!;

        foreach (var member in OwnMembers(type))
        {
            if (member.IsRequired)
                Assert.Throws<InvalidOperationException>(() => Example(type, other => other != member).ToBytes());
            foreach (var text in new[] { "Jane Doe", "jane.doe@city.example", "192.168.7.12", "", "2001:db8::7", "Müller", "+49 30 123456" })
            {
                var wrong = Example(type, other => other != member);
                wrong = wrong with { Members = [.. wrong.Members, (member.Name, text)] };
                Assert.Throws<InvalidOperationException>(() => wrong.ToBytes());
            }
        }

        var whole = Example(type, _ => true);
        Assert.Throws<InvalidOperationException>(() => (whole with { Members = [.. whole.Members, ("note", "x")] }).ToBytes());
        if (whole.Members.Count > 0) Assert.Throws<InvalidOperationException>(() => (whole with { Members = [.. whole.Members, whole.Members[0]] }).ToBytes());
    }

    // Whoever adds a form that takes any text finds it refused here.
    [Fact]
    public void Have_no_member_that_takes_free_text()
    {
        string[] personal =
        [
            "Jane Doe", "jane.doe@city.example", "Jane", "192.168.7.12", "2001:db8::7", "because she asked", "Friedrichstraße 1", "+4930123456",
            "urn:stoa:person:Jane", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "did:key:z6Mk", "1985-02-29", "<b>",
        ];

        foreach (var form in Enum.GetValues<MemberForm>())
            foreach (var text in personal)
            {
                using var alone = JsonDocument.Parse(JsonSerializer.Serialize(text));
                using var list = JsonDocument.Parse(JsonSerializer.Serialize(new[] { text }));
                Assert.False(form.Fits(alone.RootElement), $"{form} takes {text}");
                Assert.False(form.Fits(list.RootElement), $"{form} takes a list of {text}");
            }

        // Names of members that are personal by themselves.
        string[] forbidden = ["name", "email", "mail", "phone", "address", "person", "login", "ip", "reason", "note", "comment", "text", "title", "label"];
        Assert.DoesNotContain(EventTypes.All.SelectMany(type => type.Members), member => forbidden.Contains(member.Name));
    }

    [Fact]
    public void Of_a_private_log_hold_a_salt_and_those_of_a_public_one_none()
    {
        foreach (var type in EventTypes.All)
            Assert.Equal(type.IsPrivate, type.Members.Any(member => member.Name == "salt"));
        var started = Example(EventTypes.ProgramStarted, _ => true);
        Assert.NotEqual(started.ToBytes(), started.ToBytes());
    }

    // Whoever reads a log of today with a program of tomorrow must find the same bytes.
    [Fact]
    public void Have_exactly_these_bytes()
    {
        var agreement = new LogEvent(EventTypes.Of("agreement"), Time,
            ("subject", LogEvent.Urn("agreement", 12)), ("revision", 3), ("move", "sign"), ("state", "signed"),
            ("actor", LogEvent.Urn("party", 4)), ("capacity", EventValue.Of(["provider", "owner", "provider"])),
            ("datasets", EventValue.Of([LogEvent.Urn("dataset", 9), LogEvent.Urn("dataset", 10)])),
            ("party", LogEvent.Urn("party", 5)), ("counterparty", LogEvent.Urn("party", 4)), ("ref", default), ("digest", Digest), ("commit", Digest));
        var published = new LogEvent(EventTypes.DatasetPublished, Time,
            ("subject", LogEvent.Urn("dataset", "air-quality")), ("level", "open"), ("digest", Digest));
        var batch = new LogEvent(EventTypes.ExchangeBatch, Time,
            ("first", LogEvent.Urn("exchange", 3_676_627_353_600_002_049)), ("last", LogEvent.Urn("exchange", 3_676_627_353_600_004_097)), ("count", 9007199254740991), ("digest", Digest));

        Assert.Equal(
            $$"""
            {"actor":"urn:stoa:party:4","capacity":["owner","provider"],"commit":"{{Digest}}","counterparty":"urn:stoa:party:4","datasets":["urn:stoa:dataset:10","urn:stoa:dataset:9"],"digest":"{{Digest}}","move":"sign","party":"urn:stoa:party:5","revision":3,"salt":"AAECAwQFBgcICQoLDA0ODw","state":"signed","subject":"urn:stoa:agreement:12","time":"2026-11-21T02:30:00Z","type":"agreement.changed","v":1}
            """, Encoding.UTF8.GetString(agreement.ToBytes(Salt)));
        Assert.Equal(
            $$"""{"digest":"{{Digest}}","level":"open","subject":"urn:stoa:dataset:air-quality","time":"2026-11-21T02:30:00Z","type":"dataset.published","v":1}""",
            Encoding.UTF8.GetString(published.ToBytes()));
        Assert.Equal(
            $$"""{"count":9007199254740991,"digest":"{{Digest}}","first":"urn:stoa:exchange:3676627353600002049","last":"urn:stoa:exchange:3676627353600004097","salt":"AAECAwQFBgcICQoLDA0ODw","time":"2026-11-21T02:30:00Z","type":"exchange.batch","v":1}""",
            Encoding.UTF8.GetString(batch.ToBytes(Salt)));
    }

    [Theory]
    [InlineData("""{"v":1}""", "no known type")]
    [InlineData("""{"type":"gossip","v":1}""", "no known type")]
    [InlineData("""[]""", "no known type")]
    [InlineData("""{"type":7}""", "no known type")]
    [InlineData("not json", "not JSON")]
    [InlineData("""{"digest":"x","level":"open","subject":"urn:stoa:dataset:a","time":"2026-11-21T02:30:00Z","type":"dataset.published","v":1}""", "digest")]
    [InlineData("""{"level":"open","subject":"urn:stoa:dataset:a","time":"2026-11-21T02:30:00Z","type":"dataset.published","v":1}""", "needs digest")]
    [InlineData(
        """{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","level":"open","subject":"urn:stoa:dataset:a","time":"2026-11-21T02:30:00+00:00","type":"dataset.published","v":1}""",
        "time")]
    [InlineData(
        """{"type":"dataset.published","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","level":"open","subject":"urn:stoa:dataset:a","time":"2026-11-21T02:30:00Z","v":1}""",
        "not canonical")]
    [InlineData(
        """{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","level":"open","subject":"urn:stoa:dataset:a","time":"2026-11-21T02:30:00Z","type":"dataset.published","v":2}""",
        "v of")]
    public void Of_others_are_told_from_ours(string entry, string why)
    {
        Assert.Contains(why, LogEvent.Refuse(Encoding.UTF8.GetBytes(entry)));
    }

    [Fact]
    public void Hold_lists_and_numbers_up_to_their_limits()
    {
        LogEvent Token(int datasets) => new(EventTypes.TokenCreated, Time,
            ("subject", LogEvent.Urn("token", 1)), ("datasets", EventValue.Of(Enumerable.Range(1, datasets).Select(id => LogEvent.Urn("dataset", id)))));
        LogEvent Batch(long count) => new(EventTypes.ExchangeBatch, Time,
            ("first", LogEvent.Urn("exchange", 1)), ("last", LogEvent.Urn("exchange", long.MaxValue)), ("count", count), ("digest", Digest));

        Assert.Null(LogEvent.Refuse(Token(MemberForms.ListMax).ToBytes()));
        Assert.Throws<InvalidOperationException>(() => Token(MemberForms.ListMax + 1).ToBytes());
        Assert.Null(LogEvent.Refuse(Batch((1L << 53) - 1).ToBytes()));
        Assert.Throws<InvalidOperationException>(() => Batch(1L << 53).ToBytes());
        Assert.Throws<InvalidOperationException>(() => Batch(-1).ToBytes());
        Assert.Contains("65536", LogEvent.Refuse(new byte[LogEvent.BytesMax + 1]));
    }

    [Fact]
    public void Commit_to_a_value_that_can_be_shown_later_and_not_without_its_salt()
    {
        var salt = new byte[Commitment.SaltLength];
        salt[31] = 1;
        var value = "{\"reason\":\"because she asked\"}"u8.ToArray();
        var commitment = Commitment.Of(salt, value);

        // Computed by sha256sum over the same bytes.
        Assert.Equal("sha256:064c014faded7086189b05b027b868f88465ab6fa415e473737d44025f444cbc", commitment);
        Assert.True(Commitment.Opens(commitment, salt, value));
        Assert.False(Commitment.Opens(commitment, new byte[Commitment.SaltLength], value));
        Assert.False(Commitment.Opens(commitment, salt, "{\"reason\":\"because he asked\"}"u8));
        Assert.False(Commitment.Opens(commitment, [], value));
        Assert.Throws<ArgumentOutOfRangeException>(() => Commitment.Of([1, 2, 3], value));
        Assert.NotEqual(Commitment.NewSalt(), Commitment.NewSalt());
    }

    private static IEnumerable<EventMember> OwnMembers(EventType type) =>
        type.Members.Where(member => member.Name is not ("v" or "type" or "time" or "salt"));

    private static LogEvent Example(EventType type, Func<EventMember, bool> takes) =>
        new(type, Time, [.. OwnMembers(type).Where(takes).Select(member => (member.Name, Value(member.Form)))]);

    private static EventValue Value(MemberForm form) => form switch
    {
        MemberForm.Urn => LogEvent.Urn("dataset", 17),
        MemberForm.Urns => EventValue.Of([LogEvent.Urn("dataset", 17)]),
        MemberForm.Organization => LogEvent.Urn("party", 5),
        MemberForm.Digest => Digest,
        MemberForm.Number => 42,
        MemberForm.Code => "owner",
        MemberForm.Codes => EventValue.Of(["owner"]),
        MemberForm.Release => "1.2.3-rc.1+abc",
        _ => throw new ArgumentOutOfRangeException(nameof(form), form, "No example of it."),
    };
}
