using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Benchmarks.Http;
using Stoa.Benchmarks.Servers;
using Stoa.Benchmarks.Sharing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Bars;

/// <summary>
/// What parties may see of 10,000 datasets costs at most 5 % of a request, by what their scope adds to its statement (decision 0027). Beside it
/// the same questions to one server by an administrator, whose statements know no scope; by a party that sees all datasets by its role, and so gets the same rows through its scope; by tokens of several of 1,000 parties
/// with levels, claims, terms, roles and agreements of a city, who see a quarter; and without a token. In turns of half a second, of which the
/// median of all pairs is printed, and between what half of the pairs lie.
/// </summary>
/// <remarks>Arguments: rounds (9), seconds a round (1), how the names of the questions begin (all), "two": only the two that are held against each other.</remarks>
internal static class PartyScopes
{
    private const double CostBar = 0.05;

    // Records are stored up to a quarter of a second after their answers: they count for whom they are about.
    private static readonly TimeSpan Recorded = TimeSpan.FromMilliseconds(400);
    private const int Connections = 4, Parties = 1_000, Asking = 8, Turns = 2, WarmUp = 3;

    // Behind those that ask: who made all datasets, and the service that acts for it.
    private const int Maker = Parties + Asking + 1;

    // Datasets begin with 2: the first is the inbox.
    private const int Shift = 1;

    public static async Task RunAsync(Arguments arguments)
    {
        await using var engines = await BenchEngines.OpenAsync(arguments);
        foreach (var engine in engines.All)
        {
            var added = await ScopedStatements.RunAsync(engine, engines.Folder);
            await RunAsync(engine, added, arguments.Number(0, 9), TimeSpan.FromSeconds(arguments.Number(1, 1)), arguments.Texts.ElementAtOrDefault(2) ?? "",
                arguments.Texts.ElementAtOrDefault(3) == "two");
        }
    }

    private static async Task RunAsync(
        BenchEngine engine, Dictionary<string, double> added, int rounds, TimeSpan time, string only, bool isTwo)
    {
        Console.WriteLine($"\n{engine.Name}: {NarrowedScopes.Datasets:N0} datasets, {Parties:N0} parties");
        await engine.PrepareAsync(Fill);
        // Threads that spin while they wait for work use more time than a short answer, and more of it on a busy machine.
        await using var stoa = await engine.StartAsync(("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"));
        await engine.SettleAsync();
        // Each has as many tokens as another.
        var (offices, makers, tokens) = (new string[Asking], new string[Asking], new string[Asking]);
        for (var i = 0; i < Asking; i++)
        {
            offices[i] = await TokenAsync(stoa, new() { ["name"] = "office", ["administrator"] = true });
            makers[i] = await TokenAsync(stoa, new() { ["name"] = "maker", ["party"] = Maker + 1 });
            tokens[i] = await TokenAsync(stoa, new() { ["name"] = "party", ["party"] = Parties + i + 1 });
        }

        const string Root = "/sensorthings/v1.1";
        // Open to everybody: datasets of which the number before the shift ends so.
        long Open(long n) => (n * 7919 % (NarrowedScopes.Datasets / 20) * 20) + 3 + Shift;
        var questions = new (string Name, Func<long, string> Target)[]
        {
            ("page of one", n => $"{Root}/Datastreams({Open(n)})/Observations?$top=20&$orderby=phenomenonTime%20desc"),
            ("latest", n => $"{Root}/Datastreams({Open(n)})/Observations?$top=1&$orderby=phenomenonTime%20desc"),
            ("100 datastreams", _ => $"{Root}/Datastreams?$top=100"),
            ("things by filter", n => $"{Root}/Things?$filter=Datastreams/id%20eq%20{Open(n)}"),
            ("newest of all", _ => $"{Root}/Observations?$top=100&$orderby=phenomenonTime%20desc"),
        };
        using var client = new LoadClient(stoa.Process.Address, Connections);
        foreach (var (name, target) in questions.Where(question => question.Name.StartsWith(only, StringComparison.Ordinal)))
        {
            var callers = new (string Name, Func<long, string?> Token, List<LoadResult> Results)[]
            {
                ("everything", n => offices[n % Asking], []), ("all by role", n => makers[n % Asking], []), ("parties", n => tokens[n % Asking], []), ("no token", _ => null, []),
            };
            if (isTwo) callers = callers[..2];
            // Code that is compiled anew while it is used would count for whom it is used last.
            for (var round = -WarmUp; round < rounds; round++)
                for (var turn = 0; turn < Turns; turn++)
                    for (var i = 0; i < callers.Length; i++)
                    {
                        // Who comes first takes turns too.
                        var at = (i + turn + round + WarmUp) % callers.Length;
                        var result = await client.RunAsync(
                            time / Turns, (buffer, n) => Requests.WriteGet(buffer, target(n), callers[at].Token(n)), stoa.Process, Recorded);
                        if (result.Errors > 0) throw new InvalidOperationException($"{name}: refused.");
                        if (round >= 0) callers[at].Results.Add(result);
                    }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} ") + string.Join(", ", callers.Select(caller => string.Create(
                CultureInfo.InvariantCulture, $"{caller.Name} {Machine.Median(caller.Results.Select(r => r.CpuMilliseconds)):N3} + {Machine.Median(caller.Results.Select(r => r.DatabaseMilliseconds)):N3}"))) + " ms CPU");
            var same = Costs(1, 0).ToArray();
            var share = added[name] / 1_000 / Machine.Median(callers[0].Results.Select(r => r.AllMilliseconds));
            Verdict.Print(share <= CostBar, string.Create(CultureInfo.InvariantCulture,
                $"a scope of all datasets adds {added[name]:N1} us to the statement, {share:P1} of an administrator's request, bar {CostBar:P0}; whole requests ") +
                string.Create(CultureInfo.InvariantCulture,
                $"{Machine.Median(same):+0.0%;-0.0%} ({Machine.Percentile(same, 0.25):+0.0%;-0.0%} to {Machine.Percentile(same, 0.75):+0.0%;-0.0%})") +
                (isTwo ? "" : string.Create(CultureInfo.InvariantCulture,
                    $"; parties {Machine.Median(Costs(2, 0)):+0.0%;-0.0%} than an administrator, {Machine.Median(Costs(2, 3)):+0.0%;-0.0%} than open data without a token")));

            IEnumerable<double> Costs(int one, int than) =>
                callers[one].Results.Zip(callers[than].Results, (some, all) => (some.AllMilliseconds / all.AllMilliseconds) - 1);
        }
    }

    private static async Task<string> TokenAsync(StoaServer stoa, JsonObject draft)
    {
        using var answer = await stoa.PostAsync("/api/v1/tokens", draft);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private static bool Fill(WriteSession session)
    {
        NarrowedScopes.Fill(session);
        var now = Instant.From(DateTimeOffset.UtcNow);
        string Parties(int count, int kind, string parent, int from) => string.Create(CultureInfo.InvariantCulture,
            $"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) INSERT INTO party (id, kind, status, name, category, jurisdiction, parent_id, may_act, created, modified) SELECT {from} + i, {kind}, 2, 'party ' || i, 3, 'DE', {parent}, 1, 0, 0 FROM n");
        session.Execute(Parties(PartyScopes.Parties, 0, "NULL", 0));
        // A service for each of those that ask, spread over all.
        session.Execute(Parties(Asking, 3, $"i * {PartyScopes.Parties / Asking}", PartyScopes.Parties));
        session.Execute(Parties(1, 0, "NULL", Maker - 1));
        session.Execute(Parties(1, 3, string.Create(CultureInfo.InvariantCulture, $"{Maker}"), Maker));
        if (session.Engine == StorageEngine.Postgres)
            foreach (var table in new[] { "dataset", "party" })
                session.Execute($"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))");
        var city = Decisions.Content(NarrowedScopes.Datasets, PartyScopes.Parties);
        foreach (var one in city.Classifications) Add(RecordTypes.Classification, one with { Dataset = Shifted(one.Dataset) });
        foreach (var one in city.Roles) Add(RecordTypes.Role, one with { Dataset = Shifted(one.Dataset) });
        for (var id = 1; id <= NarrowedScopes.Datasets; id++)
            Add(RecordTypes.Role, new()
            {
                Id = new(NarrowedScopes.Datasets + id), Dataset = Shifted(new(id)), Role = DataRole.Creator, Mode = CreatorMode.Passive,
                Party = new(Maker), State = RoleAssignmentState.Active, From = new(0),
            });
        foreach (var one in city.Rules) Add(RecordTypes.Rule, one);
        foreach (var party in city.Parties)
        {
            foreach (var claim in party.Claims) Add(RecordTypes.Claim, new(0, party.Id, claim));
            foreach (var terms in party.Accepted) Add(RecordTypes.TermsAcceptance, new(0, party.Id, party.Id, terms.Terms, terms.Version, "", terms.At));
        }

        foreach (var one in city.Agreements)
        {
            var terms = one.Terms with { Datasets = [.. one.Terms.Datasets.Select(Shifted)] };
            var id = Insert(RecordTypes.Agreement, one with { Terms = terms });
            terms = id.Content.Terms;
            var hash = AgreementText.Hash(terms);
            GovernedRecords.Update(session, RecordTypes.Agreement, id, id.Content with
            {
                Signatures = [.. one.Signatures.Select(signature => signature with { TermsHash = hash })],
            }, RecordAct.OfClock("sign"), now).TryGet(out _, out _);
        }

        return true;

        GovernedRecord<T> Insert<T>(RecordType<T> type, T content)
            where T : class =>
            GovernedRecords.Insert(session, type, content, RecordAct.OfClock("make"), now).TryGet(out var made, out var problem)
                ? made
                : throw new InvalidOperationException(problem.Detail);

        void Add<T>(RecordType<T> type, T content)
            where T : class =>
            Insert(type, content);

        static DatasetId Shifted(DatasetId dataset) => new(dataset.Value + Shift);
    }
}
