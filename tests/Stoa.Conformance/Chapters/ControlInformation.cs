using System.Text.Json;
using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 8.1: what every entity carries beside its properties.</summary>
internal static class ControlInformation
{
    private const string About = Requirements.ControlInformation;

    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("C1.id", About, "8.1", "Every entity carries an @iot.id that no other entity of its type has.", IdAsync),
        Rule("C1.self-link", About, "8.1", "Every entity carries an absolute @iot.selfLink that leads to it.",
            SelfLinkAsync),
        Rule("C1.navigation-links", About, "8.1",
            "Every entity carries a navigation link for each relation, and it leads there.",
            NavigationLinksAsync),
        Rule("C1.id-by-server", About, "8.1",
            "The server gives the @iot.id; one in a new entity does not take the place of another.",
            IdByServerAsync),
        Rule("C2.annotated-relations", About, "8.1",
            "Count and next link of an expanded relation stand beside it, as Datastreams@iot.count and Datastreams@iot.nextLink.",
            AnnotationsAsync),
        Rule("C3.names", About, "8.2", "Relations to many have names in the plural, relations to one in the singular.",
            NamesAsync),
    ];

    private static async Task IdAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var id = (await trial.ReadAsync(await shape.OneAsync(trial, sample))).Member("@iot.id");
            Trial.Must(id.ValueKind != JsonValueKind.Null, $"The @iot.id in {shape.Set} must not be null.");
        }

        var ids = (await trial.AllAsync($"{sample.Numbers.Path}/Observations")).Select(entity =>
            entity.Member("@iot.id").GetRawText()).ToList();
        Trial.MustBe(12, ids.Distinct().Count(), "The number of different ids of 12 observations");
    }

    private static async Task SelfLinkAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var one = await shape.OneAsync(trial, sample);
            var entity = await trial.ReadAsync(one);
            var link = entity.Text("@iot.selfLink");
            Trial.Must(Uri.TryCreate(link, UriKind.Absolute, out var uri) &&
                uri.Scheme.StartsWith("http", StringComparison.Ordinal),
                $"The @iot.selfLink '{link}' must be an absolute URL.");
            var there = await trial.ReadAsync(link);
            Trial.Must(Members.Same(entity.Member("@iot.id"), there.Member("@iot.id")),
                $"{link} must lead to the entity itself.");
        }
    }

    private static async Task NavigationLinksAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var entity = await trial.ReadAsync(await shape.OneAsync(trial, sample));
            foreach (var relation in shape.Single)
            {
                var there = await trial.ReadAsync(LinkOf(trial, entity, relation));
                Trial.MustBe(EntityShape.SetOf(relation), Entity.Of(there).Set,
                    $"What {relation}@iot.navigationLink leads to");
            }

            foreach (var relation in shape.Many)
                Trial.Must((await trial.ReadAsync(LinkOf(trial, entity, relation))).Items("value").Count >= 0, "");
        }
    }

    // Relative links are relative to the entity that carries them.
    private static string LinkOf(Trial trial, JsonElement entity, string relation)
    {
        var link = entity.Text(relation + "@iot.navigationLink");
        return Uri.TryCreate(link, UriKind.Absolute, out var uri) &&
            uri.Scheme.StartsWith("http", StringComparison.Ordinal)
            ? link
            : link.StartsWith('/') ? link : new Uri(new Uri(trial.Root + "/"), link).ToString();
    }

    private static async Task IdByServerAsync(Trial trial)
    {
        var first = await trial.CreateAsync("Things", Bodies.Thing(trial.Name("First")));
        var name = trial.Name("Second");
        var reply = await trial.PostAsync("Things", Bodies.Thing(name, $",\"@iot.id\":{first.IdJson}"));
        if (reply.Status is >= 400 and < 500) return;
        var second = trial.Made(reply.Must(201, 204));
        Trial.Must(second != first, "Two entities must not have the same id.");
        Trial.MustBe(name, (await trial.ReadAsync(second)).Text("name"), "The name of the second Thing");
    }

    private static async Task AnnotationsAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        var station = await trial.ReadAsync($"{sample.Station.Path}?$expand=Datastreams($top=2;$count=true)");
        Trial.MustBe(2, station.Items("Datastreams").Count, "The number of expanded Datastreams");
        Trial.MustBe(4, (long)station.Number("Datastreams@iot.count"), "Datastreams@iot.count");
        var next = await trial.ReadAsync(station.Text("Datastreams@iot.nextLink"));
        Trial.Must(next.Items("value").Count > 0, "Datastreams@iot.nextLink must lead to the other Datastreams.");
    }

    private static async Task NamesAsync(Trial trial)
    {
        var sample = await trial.SampleAsync();
        foreach (var shape in EntityShape.All)
        {
            var entity = await trial.ReadAsync(await shape.OneAsync(trial, sample));
            foreach (var relation in shape.Single.Concat(shape.Many))
                Trial.Must(entity.Has(relation + "@iot.navigationLink"),
                    $"{shape.Set} must have the relation {relation}.");
        }
    }
}
