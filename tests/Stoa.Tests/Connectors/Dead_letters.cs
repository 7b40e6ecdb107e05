using System.Globalization;
using System.Text;
using Stoa.Sensing.Connectors;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Tests.Sensing;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>What cannot be used is kept with its reason, and comes into its own once the connector was corrected.</summary>
public class Dead_letters
{
    private const string Hook = "/datasets/water/connectors/levels";
    private const string Api = "/api/v1/datasets/water/connectors/levels";
    private const string Letters = Api + "/dead-letters";

    private const string Wrong = """
        device: '{$.id}'
        time: { value: '{$.at}' }
        values: [{ path: $.level, quantity: level }]
        """;

    [Fact]
    public async Task Are_listed_read_replayed_and_deleted()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", Wrong);

        var kept = await stoa.PostPayloadAsync(Hook, """{"id":"a","at":"2026-03-14T08:00:00Z","depth":1.5}""", token);
        (await stoa.PostPayloadAsync(Hook, """{"id":"a","at":"yesterday","level":2}""", token)).ShouldBe(202);
        (await stoa.SendBytesAsync(HttpMethod.Post, Hook, [0xff, 0x00], "application/octet-stream", token)).ShouldBe(202);

        kept.ShouldBeJson(202,
            """{"observations":0,"duplicates":0,"skipped":false,"rejected":"no value was found: nothing at $.level","deadLetter":1}""");
        var list = (await stoa.GetAsync(Letters, token)).ShouldBe(200).Json;
        Assert.Equal(3, list.GetProperty("count").GetInt32());
        Assert.Equal(
            ["no value was found: nothing at $.level", "'yesterday' is not a time in the form iso", "the payload is not UTF-8 text"],
            list.GetProperty("value").EnumerateArray().Select(letter => letter.GetProperty("reason").GetString()));
        Assert.DoesNotContain("depth", list.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""{"id":"a","at":"2026-03-14T08:00:00Z","depth":1.5}""",
            (await stoa.GetAsync(Letters + "/1", token)).ShouldBe(200).Json.GetProperty("payload").GetString());
        Assert.Equal("/wA=", (await stoa.GetAsync(Letters + "/3", token)).Json.GetProperty("payloadBase64").GetString());

        var entry = (await stoa.GetAsync(Api, token)).Json;
        Assert.Equal((3, 3, "the payload is not UTF-8 text"), (entry.GetProperty("rejected").GetInt32(),
            entry.GetProperty("deadLetters").GetInt32(), entry.GetProperty("lastError").GetString()));

        // Corrected: the first is understood now, the others are not.
        (await stoa.PutYamlAsync(Api, Wrong.Replace("$.level", "$.depth", StringComparison.Ordinal), token)).ShouldBe(200);
        (await stoa.PostJsonAsync(Letters + "/1/replay", "", token)).ShouldBeJson(200,
            """{"observations":1,"duplicates":0,"skipped":false}""");
        (await stoa.PostJsonAsync(Letters + "/1/replay", "", token)).ShouldBeProblem(404, "not-found");
        (await stoa.PostJsonAsync(Letters + "/replay", "", token)).ShouldBeJson(200,
            """{"replayed":2,"observations":0,"rejected":2}""");
        Assert.Equal(["a level 2026-03-14T08:00:00Z 1.5 -"], await stoa.ObservationsAsync("water"));
        Assert.Equal(
            ["no value was found: nothing at $.depth", "the payload is not UTF-8 text"],
            (await stoa.GetAsync(Letters, token)).Json.GetProperty("value").EnumerateArray()
                .Select(letter => letter.GetProperty("reason").GetString()));

        (await stoa.DeleteAsync(Letters + "/2", token)).ShouldBe(204);
        (await stoa.DeleteAsync(Letters + "/2", token)).ShouldBeProblem(404, "not-found");
        (await stoa.DeleteAsync(Letters, token)).ShouldBeJson(200, """{"deleted":1}""");
        entry = (await stoa.GetAsync(Api, token)).Json;
        Assert.Equal((0, 0), (entry.GetProperty("deadLetters").GetInt32(), entry.GetProperty("deadLetterBytes").GetInt32()));
        // A replay is no new message.
        Assert.Equal((3, 3, 1), (entry.GetProperty("received").GetInt32(), entry.GetProperty("rejected").GetInt32(),
            entry.GetProperty("observations").GetInt32()));
        await stoa.ShouldBeConsistentAsync();
    }

    [Fact]
    public async Task Survive_a_new_start_and_keep_the_time_at_which_they_came()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", "device: x\nvalues: [{ path: $.level, quantity: level }]");
        (await stoa.PostPayloadAsync(Hook, """{"depth":1}""", token)).ShouldBe(202);
        var came = (await stoa.GetAsync(Letters, token)).Json.GetProperty("value")[0].GetProperty("time").GetString();

        await stoa.RestartAsync();
        (await stoa.PutYamlAsync(Api, "device: x\nvalues: [{ path: $.depth, quantity: level }]", token)).ShouldBe(200);
        (await stoa.PostJsonAsync(Letters + "/replay", "", token)).ShouldBe(200);

        Assert.Equal([$"x level {came} 1 -"], await stoa.ObservationsAsync("water"));
    }

    [Fact]
    public async Task Take_nothing_of_a_message_of_which_one_value_is_wrong()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            "device: x\nvalues:\n  - { path: $.a, quantity: a }\n  - { path: $.b, quantity: b, result: integer }");

        var answer = await stoa.PostPayloadAsync(Hook, """{"a":1,"b":"many"}""", token);

        Assert.Contains("b: 'many' is not a whole number", answer.ShouldBe(202).Text, StringComparison.Ordinal);
        Assert.Empty(await stoa.ObservationsAsync("water"));
    }

    [Fact]
    public async Task Take_what_no_Datastream_waits_for_when_none_is_to_be_made()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            "device: x\ncreate: false\nvalues: [{ path: $.a, quantity: a }]");

        var answer = await stoa.PostPayloadAsync(Hook, """{"a":1}""", token);

        Assert.Contains("there is no Datastream with the key 'x/a'", answer.ShouldBe(202).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_what_would_make_more_Datastreams_than_allowed()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            "device: '{$.id}'\ndatastreamsMax: 2\nvalues: [{ path: $.a, quantity: a }]");

        (await stoa.PostPayloadAsync(Hook, """{"id":"1","a":1}""", token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(Hook, """{"id":"2","a":1}""", token)).ShouldBe(200);
        var third = await stoa.PostPayloadAsync(Hook, """{"id":"3","a":1}""", token);
        (await stoa.PostPayloadAsync(Hook, """{"id":"2","a":1}""", token)).ShouldBe(200);

        Assert.Contains("has made 2 Datastreams and may make 2", third.ShouldBe(202).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Make_room_for_newer_ones_and_are_counted()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", Wrong);
        var connector = (await stoa.GetAsync(Api, token)).Json.GetProperty("id").GetInt64();

        async Task AddAsync(int letters, int bytes)
        {
            var payload = Encoding.UTF8.GetBytes(new string('x', bytes));
            await stoa.Database.WriteAsync(
                session =>
                {
                    for (var i = 0; i < letters; i++)
                        DeadLetters.Add(session, connector, null, payload, "a test", new(i));
                    return 0;
                },
                ConnectorSamples.Now);
        }

        async Task<(long Kept, long Bytes, long Dropped)> StateAsync()
        {
            var entry = (await stoa.GetAsync(Api, token)).Json;
            return (entry.GetProperty("deadLetters").GetInt64(), entry.GetProperty("deadLetterBytes").GetInt64(),
                entry.GetProperty("deadLettersDropped").GetInt64());
        }

        await AddAsync(DeadLetters.KeptMax, 10);
        Assert.Equal((DeadLetters.KeptMax, 10L * DeadLetters.KeptMax, 0), await StateAsync());
        await AddAsync(1, 10);
        Assert.Equal((DeadLetters.KeptMax, 10L * DeadLetters.KeptMax, 1), await StateAsync());
        Assert.Equal(2, (await stoa.GetAsync(Letters + "?limit=1", token)).Json.GetProperty("value")[0].GetProperty("id").GetInt64());

        await stoa.DeleteAsync(Letters, token);
        var size = ConnectorInbox.PayloadBytesMax;
        var full = (int)(DeadLetters.BytesMax / size);
        await AddAsync(full, size);
        Assert.Equal((full, DeadLetters.BytesMax, 1), await StateAsync());
        await AddAsync(1, 1);
        Assert.Equal((full, DeadLetters.BytesMax - size + 1, 2), await StateAsync());
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("{\"id\":\"a\",\"level\":NaN}")]
    [InlineData("{\"id\":\"a\",\"level\":Infinity}")]
    [InlineData("{\"id\":\"a\",\"level\":1e999}")]
    [InlineData("{\"id\":\"a\",\"id\":\"b\",\"level\":1}")]
    [InlineData("{\"id\":\"a\\ud800\",\"level\":1}")]
    [InlineData("{\"\\ud800\":\"a\",\"level\":1}")]
    [InlineData("{\"id\":\"\",\"level\":1}")]
    [InlineData("{\"id\":\"a\\u0000b\",\"level\":1}")]
    [InlineData("{\"id\":[1],\"level\":1}")]
    [InlineData("{\"id\":\"a\",\"level\":1,\"at\":\"0000-00-00\"}")]
    [InlineData("{\"id\":\"a\",\"level\":1,\"at\":99999999999999999999}")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task Take_hostile_payloads_and_never_fail(string payload)
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", Wrong);

        (await stoa.PostPayloadAsync(Hook, payload, token)).ShouldBe(202);

        Assert.Empty(await stoa.ObservationsAsync("water"));
    }

    [Theory]
    [InlineData("{\"esp8266id\":\"1\",\"software_version\":\"\\ud800\",\"sensordatavalues\":[{\"value_type\":\"SDS_P1\",\"value\":\"1\"}]}")]
    [InlineData("{\"esp8266id\":\"1\",\"\\uDC00\":1,\"sensordatavalues\":[{\"value_type\":\"SDS_P1\",\"value\":\"1\"}]}")]
    public async Task Take_broken_text_that_only_a_new_entity_would_show(string payload)
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", "preset: sensor-community");

        var answer = await stoa.PostPayloadAsync(Hook, payload, token);
        var whole = await stoa.PostPayloadAsync(Hook, payload.Replace("\\ud800", "\\ud83d\\ude00", StringComparison.Ordinal)
            .Replace("\\uDC00", "a", StringComparison.Ordinal), token);

        Assert.Contains("not valid Unicode", answer.ShouldBe(202).Text, StringComparison.Ordinal);
        whole.ShouldBe(200);
    }

    [Fact]
    public async Task Do_not_cut_letters_in_half()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            "device: '{$.id}'\nthing: { name: '{$.name}', properties: { note: '{$.name}' } }\n" +
            "values: [{ path: $.v, quantity: v, result: number }]");
        var letters = "x" + string.Concat(Enumerable.Repeat("🙂", 600));

        var stored = await stoa.PostPayloadAsync(Hook, $$"""{"id":"a","name":"{{letters}}","v":1}""", token);
        var refused = await stoa.PostPayloadAsync(Hook, $$"""{"id":"a","name":"b","v":"{{letters}}"}""", token);

        stored.ShouldBe(200);
        Assert.StartsWith("v: 'x🙂", refused.ShouldBe(202).Json.GetProperty("rejected").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\uFFFD", refused.Text + (await stoa.GetAsync(Letters, token)).Text, StringComparison.Ordinal);
        var thing = (await stoa.GetAsync("/datasets/water/sensorthings/v1.1/Things", stoa.AdminToken)).ShouldBe(200);
        Assert.DoesNotContain("\uFFFD", thing.Json.GetProperty("value")[0].GetProperty("name").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_what_is_nested_too_deep_and_keys_that_are_too_long()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", "device: '{$.id}'\nvalues: [{ path: '$.v..*', take: number }]");
        static string Nested(int depth) =>
            "{\"id\":\"a\",\"v\":" + new string('[', depth) + "1" + new string(']', depth) + "}";
        static string Named(int length) => $$"""{"id":"{{new string('k', length)}}","v":[1]}""";

        (await stoa.PostPayloadAsync(Hook, Nested(63), token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(Hook, Nested(64), token)).ShouldBe(202);
        (await stoa.PostPayloadAsync(Hook, Nested(100_000), token)).ShouldBe(202);
        (await stoa.PostPayloadAsync(Hook, Named(MessageMapper.KeyCharactersMax - 2), token)).ShouldBe(200);
        (await stoa.PostPayloadAsync(Hook, Named(MessageMapper.KeyCharactersMax - 1), token)).ShouldBe(202);
    }

    [Fact]
    public async Task Take_messages_with_too_many_values()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels",
            "device: x\nvalues: [{ path: '$[*]', quantity: v, time: '{$[0]}' }]\ntime: { formats: [unix] }");
        static string Array(int count) => $"[{string.Join(',', Enumerable.Repeat("1773478800", count))}]";

        (await stoa.PostPayloadAsync(Hook, Array(MessageMapper.ReadingsMax), token)).ShouldBeJson(200,
            string.Create(CultureInfo.InvariantCulture, $$"""{"observations":1,"duplicates":{{MessageMapper.ReadingsMax - 1}},"skipped":false}"""));
        Assert.Contains("more than 5000 values",
            (await stoa.PostPayloadAsync(Hook, Array(MessageMapper.ReadingsMax + 1), token)).ShouldBe(202).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Do_not_take_payloads_that_are_too_large()
    {
        await using var stoa = await Exchange.StartAsync();
        var token = await stoa.GivenConnectorAsync("water", "levels", Wrong);

        (await stoa.PostPayloadAsync(Hook, new string(' ', ConnectorInbox.PayloadBytesMax), token)).ShouldBe(202);
        (await stoa.PostPayloadAsync(Hook, new string(' ', ConnectorInbox.PayloadBytesMax + 1), token))
            .ShouldBeProblem(413, "payload-too-large");
        Assert.Equal(1, (await stoa.GetAsync(Api, token)).Json.GetProperty("received").GetInt32());
    }
}
