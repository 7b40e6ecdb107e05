using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Narrowing;

/// <summary>What narrowed datasets do to statements, and to others not.</summary>
public class Statements_with_narrowed_datasets(SampleStore sample) : IClassFixture<SampleStore>
{
    private static readonly ScopeNarrowing Fields = new() { Fields = ["Observations/result", "Observations/phenomenonTime"] };
    private static readonly PathStep[] InDatastream = [new(Datastream, null, 201), new(Observation, Datastream.FindNavigation("Observations"))];

    private static SqlText Rows(IReadOnlyList<PathStep> path, string query, AccessScope scope) =>
        QueryStore.Translator.Rows(new ReadRequest
        {
            Path = path, Scope = scope, Query = QueryStore.Bind(path[^1].Entity, query), Limit = 101, Columns = [new("id")],
        });

    private static AccessScope Some(ScopeNarrowing narrowing, params long[] whole) =>
        AccessScope.Of(whole.Select(id => new DatasetId(id)), [([new DatasetId(1)], narrowing)]);

    [Fact]
    public void Are_as_before_where_nothing_is_narrowed()
    {
        foreach (var type in Schema.Types)
            foreach (var scope in new[] { AccessScope.Everything, AccessScope.Of([new(1)]), AccessScope.Of([new(1), new(2)], []) })
            {
                var text = Rows([new(type)], "$orderby=id", scope).Text;

                Assert.DoesNotContain("narrowing", text, StringComparison.Ordinal);
                Assert.DoesNotContain("(SELECT CASE", text, StringComparison.Ordinal);
                Assert.DoesNotContain(" AS r", text, StringComparison.Ordinal);
            }
    }

    [Fact]
    public void Have_one_text_for_one_shape_and_no_value_in_it()
    {
        var one = Rows([new(Thing)], "", Some(new() { Fields = ["Things/properties/secretly"], SpaceMetres = 4711 }, 2));
        var other = Rows([new(Thing)], "", Some(new() { Fields = ["Things/properties/other"], SpaceMetres = 815 }, 3));

        Assert.Equal(one.Text, other.Text);
        Assert.DoesNotContain("secretly", one.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", one.Text, StringComparison.Ordinal);
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Still_read_a_datastream_by_its_key()
    {
        foreach (var scope in new[] { Some(Fields), Some(Fields, 2), Some(new() { From = new(0), Fields = Fields.Fields }, 2) })
        {
            var plan = await sample.Store.PlanAsync(Rows(InDatastream, "$top=1&$orderby=phenomenonTime desc", scope));

            Assert.Contains("USING PRIMARY KEY (datastream_id=?", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }
    }

    [Fact, Trait("Engine", "SQLite")]
    public async Task Still_read_all_observations_by_windows_of_time_where_only_other_fields_are_hidden()
    {
        var plan = await sample.Store.PlanAsync(Rows([new(Observation)], "$orderby=phenomenonTime desc", Some(Fields, 2)));

        Assert.Contains("PRIMARY KEY (datastream_id=? AND phenomenon_start>? AND phenomenon_start<?)", plan, StringComparison.Ordinal);
    }

    [Fact]
    public void Do_not_look_into_indexes_of_what_is_coarse_or_hidden()
    {
        const string Near = "$filter=geo.distance(location,geography'POINT(1 2)') lt 1";

        Assert.DoesNotContain("location_box", Rows([new(Location)], Near, Some(new() { SpaceMetres = 100 }, 2)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("location_box", Rows([new(Location)], Near, Some(Fields, 2)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "result_max", Rows([new(Observation)], "$filter=result gt 5", Some(new() { Fields = [] }, 2)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("entity_count",
            QueryStore.Translator.Count(ReadRequest.OfSet(Observation, Some(new() { From = new(0) }, 2))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_so_many_different_narrowings_and_leave_further_datasets_out()
    {
        AccessScope Of(int count) => AccessScope.Of([], Enumerable.Range(0, count).Select(number =>
            ((IEnumerable<DatasetId>)[new DatasetId(count - number)], new ScopeNarrowing { TimeSeconds = number + 1 })));

        Assert.NotEmpty(await sample.Store.IdsAsync(Thing, "$top=1", Of(NarrowedFields.NarrowingsMax)));
        Assert.Contains(
            $"THEN {NarrowedFields.NarrowingsMax}", Narrowings(Of(NarrowedFields.NarrowingsMax)), StringComparison.Ordinal);
        Assert.DoesNotContain(
            $"THEN {NarrowedFields.NarrowingsMax + 1}", Narrowings(Of(NarrowedFields.NarrowingsMax + 1)), StringComparison.Ordinal);

        static string Narrowings(AccessScope scope) => QueryStore.Translator.Rows(
            ReadRequest.OfSet(Thing, scope) with { Columns = [EntityMapping.NarrowingColumn] }).Text;
    }
}
