using System.Text.Json;
using Stoa.Identity.Credentials;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Tokens over the REST API and in the credential check.</summary>
public class Token_life_cycle
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string TokenOf(PlainAnswer answer)
    {
        Assert.Equal(201, answer.Status);
        return JsonDocument.Parse(answer.Body).RootElement.GetProperty("token").GetString()!;
    }

    [Fact]
    public async Task Makes_a_token_that_is_accepted_at_once()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");

        var made = await exchange.SendAsync("POST", "/api/v1/tokens", exchange.AdministratorToken,
            """{"name":"gateway 7","datasets":[{"dataset":"bikes","can":["read"]}],"expires":"2026-02-01T00:00:00Z"}""");

        var token = TokenOf(made);
        Assert.Matches("^stoa_[a-z2-7]{12}_[a-z2-7]{52}$", token);
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).Status);
        Assert.Contains("Cache-Control: no-store", made.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_its_bits_from_the_random_source()
    {
        var texts = Enumerable.Range(0, 100).Select(_ => TokenText.Create(out var _)).ToHashSet();

        Assert.Equal(100, texts.Count);
        Assert.All(texts, text => Assert.True(TokenText.IsWellFormed(text)));
        // Every place of the secret takes many values: no bits are stuck.
        Assert.All(Enumerable.Range(TokenText.Length - TokenText.SecretLength, TokenText.SecretLength - 1),
            place => Assert.True(texts.Select(text => text[place]).Distinct().Count() > 10));
    }

    [Fact]
    public async Task Keeps_the_hash_and_never_the_secret()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var secret = exchange.AdministratorToken[^TokenText.SecretLength..];

        var list = await exchange.SendAsync("GET", "/api/v1/tokens", exchange.AdministratorToken);

        Assert.Equal(200, list.Status);
        Assert.Contains($"\"prefix\":\"{exchange.AdministratorToken.Split('_')[1]}\"", list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", list.Body, StringComparison.OrdinalIgnoreCase);
        using var read = await exchange.Database.ReadAsync(Cancellation);
        using var row = read.Prepare($"SELECT prefix || {TestSql.Hex("hash")} || name FROM access_token");
        Assert.True(row.Step());
        Assert.DoesNotContain(secret, row.Text(0), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Refuses_a_revoked_token_with_the_very_next_request()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");
        var token = await exchange.GivenTokenAsync("bikes", "read");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).Status);

        Assert.Equal(204, (await exchange.SendAsync("DELETE", "/api/v1/tokens/2", exchange.AdministratorToken)).Status);

        (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).ShouldRefuse(401, "invalid-credential");
        Assert.Equal(204, (await exchange.SendAsync("DELETE", "/api/v1/tokens/2", exchange.AdministratorToken)).Status);
        (await exchange.SendAsync("DELETE", "/api/v1/tokens/3", exchange.AdministratorToken)).ShouldRefuse(404, "not-found");
    }

    [Fact]
    public async Task Sees_within_a_second_what_another_process_revoked()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");
        var token = await exchange.GivenTokenAsync("bikes", "read");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).Status);
        await exchange.ElsewhereAsync("UPDATE access_token SET revoked = 1 WHERE id = 2");

        exchange.Clock.Advance(CredentialCheck.Remembered);

        (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).ShouldRefuse(401, "invalid-credential");
    }

    [Fact]
    public async Task Sees_within_a_second_which_rights_another_process_took()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");
        var token = await exchange.GivenTokenAsync("bikes", "read");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).Status);
        await exchange.ElsewhereAsync("UPDATE access_token_scope SET may_read = 0 WHERE token_id = 2");

        exchange.Clock.Advance(CredentialCheck.Remembered);

        (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", token)).ShouldRefuse(404, "not-found");
    }

    [Fact]
    public async Task Refuses_a_token_from_the_moment_at_which_it_expires()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var expires = Instant.From(exchange.Clock.GetUtcNow().AddMilliseconds(300));
        var token = await exchange.GivenTokenAsync(
            new TokenDraft { Name = "short", Administrator = true, Expires = expires });
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/tokens", token)).Status);

        exchange.Clock.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/tokens", token)).Status);
        exchange.Clock.Advance(TimeSpan.FromMilliseconds(1));

        (await exchange.SendAsync("GET", "/api/v1/tokens", token)).ShouldRefuse(401, "invalid-credential");
    }

    [Fact]
    public async Task Answers_an_unknown_prefix_and_a_wrong_secret_alike_and_compares_both()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var good = exchange.AdministratorToken;
        var wrongSecret = good[..^1] + (good[^1] == 'a' ? 'q' : 'a');
        var unknownPrefix = "stoa_aaaaaaaaaaaa_" + good[^TokenText.SecretLength..];

        var before = exchange.Credentials.Comparisons;
        var first = await exchange.SendAsync("GET", "/api/v1/tokens", wrongSecret);
        var between = exchange.Credentials.Comparisons;
        var second = await exchange.SendAsync("GET", "/api/v1/tokens", unknownPrefix);

        Assert.Equal(first, second);
        first.ShouldRefuse(401, "invalid-credential");
        Assert.Contains("WWW-Authenticate: Bearer realm=\"stoa\", error=\"invalid_token\"", first.Headers, StringComparison.Ordinal);
        Assert.Equal(before + 1, between);
        Assert.Equal(between + 1, exchange.Credentials.Comparisons);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer stoa_short")]
    [InlineData("Bearer STOA_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Bearer stoa_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("Bearer stoa_aaaaaaaaaaa1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Refuses_a_credential_of_another_form_even_for_what_is_open(string header)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync("GET", "/api/v1/datasets", headers: ("Authorization", header));

        answer.ShouldRefuse(401, "invalid-credential");
    }

    [Fact]
    public async Task Takes_the_scheme_in_any_letter_case()
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync(
            "GET", "/api/v1/tokens", headers: ("Authorization", "bearer " + exchange.AdministratorToken));

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task Gives_the_same_requester_while_the_rights_stay_the_same()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var token = exchange.AdministratorToken.AsMemory();

        var first = await exchange.Credentials.AuthenticateAsync(token, Cancellation);
        exchange.Clock.Advance(TimeSpan.FromSeconds(5));
        var second = await exchange.Credentials.AuthenticateAsync(token, Cancellation);

        Assert.True(first.TryGet(out var before, out _));
        Assert.True(second.TryGet(out var after, out _));
        Assert.Same(before, after);
    }

    [Fact]
    public async Task Takes_a_warm_token_without_looking_into_the_database_or_allocating()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var token = exchange.AdministratorToken.AsMemory();
        await exchange.Credentials.AuthenticateAsync(token, Cancellation);
        var comparisons = exchange.Credentials.Comparisons;

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) await exchange.Credentials.AuthenticateAsync(token, Cancellation);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(comparisons, exchange.Credentials.Comparisons);
        Assert.InRange(allocated, 0, 1000);
    }

    [Theory]
    [InlineData("""{"administrator":true}""", "name")]
    [InlineData("""{"name":" ","administrator":true}""", "name")]
    [InlineData("""{"name":"a"}""", "datasets")]
    [InlineData("""{"name":"a","datasets":[]}""", "datasets")]
    [InlineData("""{"name":"a","administrator":true,"datasets":[{"dataset":"inbox","can":["read"]}]}""", "datasets")]
    [InlineData("""{"name":"a","datasets":[{"dataset":"absent","can":["read"]}]}""", "datasets")]
    [InlineData("""{"name":"a","datasets":[{"dataset":"inbox","can":["read"]},{"dataset":"inbox","can":["write"]}]}""", "datasets")]
    [InlineData("""{"name":"a","datasets":[{"dataset":"inbox","can":[]}]}""", "datasets[0].can")]
    [InlineData("""{"name":"a","datasets":[{"dataset":"inbox","can":["own"]}]}""", "datasets[0].can")]
    [InlineData("""{"name":"a","datasets":[{"dataset":"IN BOX","can":["read"]}]}""", "datasets[0].dataset")]
    [InlineData("""{"name":"a","datasets":[null]}""", "datasets[0]")]
    [InlineData("""{"name":"a","administrator":true,"expires":"2026-01-31T12:00:00Z"}""", "expires")]
    [InlineData("""{"name":"a","administrator":true,"expires":"tomorrow"}""", "expires")]
    [InlineData("""{"name":"a","administrator":"yes"}""", "administrator")]
    public async Task Refuses_an_unacceptable_draft_and_names_the_property(string body, string property)
    {
        await using var exchange = await GovernedExchange.StartAsync();

        var answer = await exchange.SendAsync("POST", "/api/v1/tokens", exchange.AdministratorToken, body);

        answer.ShouldRefuse(400, "invalid-property");
        Assert.Contains($"\"property\":\"{property}\"", answer.Body, StringComparison.Ordinal);
        var list = await exchange.SendAsync("GET", "/api/v1/tokens", exchange.AdministratorToken);
        Assert.Contains("\"count\":1", list.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_as_many_datasets_and_as_long_a_name_as_allowed_and_no_more()
    {
        static TokenDraft Draft(int datasets, int nameLength) => new()
        {
            Name = new string('n', nameLength),
            Datasets = [.. Enumerable.Range(0, datasets).Select(i => new TokenGrant { Dataset = $"d{i}", Can = ["read"] })],
        };

        Assert.Null(Draft(TokenDraft.DatasetsMax, TokenDraft.NameLengthMax).Check(default));
        Assert.NotNull(Draft(TokenDraft.DatasetsMax + 1, 1).Check(default));
        Assert.NotNull(Draft(1, TokenDraft.NameLengthMax + 1).Check(default));
    }

    [Fact]
    public async Task Lets_administrators_alone_see_make_and_revoke_tokens()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");
        var device = await exchange.GivenTokenAsync("bikes", "read", "write");

        foreach (var (method, path) in new[] { ("GET", "/api/v1/tokens"), ("POST", "/api/v1/tokens"), ("DELETE", "/api/v1/tokens/1") })
        {
            (await exchange.SendAsync(method, path, device, "{}")).ShouldRefuse(403, "administrator-required");
            (await exchange.SendAsync(method, path, body: "{}")).ShouldRefuse(401, "credential-required");
        }
    }

    [Fact]
    public async Task Writes_no_secret_into_the_log()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        var made = await exchange.SendAsync("POST", "/api/v1/tokens", exchange.AdministratorToken,
            """{"name":"second","administrator":true}""");
        var token = TokenOf(made);
        var wrong = token[..^4] + "aaaa";
        await exchange.SendAsync("GET", "/api/v1/tokens", token);
        await exchange.SendAsync("GET", "/api/v1/tokens", wrong);
        await exchange.SendAsync("GET", "/api/v1/tokens", headers: ("Authorization", "Bearer malformed-secret-text"));

        var log = exchange.Log.Text;

        Assert.Contains("made", log, StringComparison.Ordinal);
        Assert.DoesNotContain(token[^TokenText.SecretLength..], log, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong[^TokenText.SecretLength..], log, StringComparison.Ordinal);
        Assert.DoesNotContain(exchange.AdministratorToken[^TokenText.SecretLength..], log, StringComparison.Ordinal);
        Assert.DoesNotContain("malformed-secret-text", log, StringComparison.Ordinal);
    }
}
