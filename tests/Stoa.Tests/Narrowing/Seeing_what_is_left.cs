using System.Globalization;
using System.Text.Json;
using NetTopologySuite.Geometries;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;
using Stoa.Tests.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>
/// Random queries on random cities under random narrowings: the statement gives what the plain walk gives over a city in which
/// everything that may not be seen was taken out by hand.
/// </summary>
public class Seeing_what_is_left
{
    private const int Cities = 6;
    private const int ScopesPerCity = 8;
    private const int QueriesPerScope = 30;

    private static readonly string[] Members = ["a", "b", "c", "d", "x"];

    [Fact]
    public async Task Is_seeing_a_city_without_the_rest()
    {
        for (var seed = 20260301; seed < 20260301 + Cities; seed++)
        {
            var random = new Random(seed);
            var city = RandomCity.Make(random);
            await using var store = await QueryStore.OpenAsync(city);
            for (var i = 0; i < ScopesPerCity; i++)
            {
                var scope = AnyScope(random);
                var masked = new MaskedCity(city, scope);
                for (var j = 0; j < QueriesPerScope; j++)
                    await CompareAsync(masked, store, random, $"seed {seed}, scope {i}, query {j}");
                masked.Restore();
            }
        }
    }

    private static AccessScope AnyScope(Random random)
    {
        var whole = new List<DatasetId>();
        var narrowed = new List<(IEnumerable<DatasetId>, ScopeNarrowing)>();
        for (var id = 1; id <= RandomCity.Datasets; id++)
            switch (random.Next(5))
            {
                case 0: break;
                case 1: whole.Add(new(id)); break;
                default: narrowed.Add(([new(id)], AnyNarrowing(random))); break;
            }

        if (narrowed.Count == 0) narrowed.Add(([new(1)], AnyNarrowing(random)));
        return AccessScope.Of(whole, narrowed);
    }

    private static ScopeNarrowing AnyNarrowing(Random random)
    {
        Instant? Time() => random.Next(3) == 0 && TimeInterval.TryParse(RandomCity.TimeText(random), out var time) ? time.Start : null;
        var (west, south) = (random.Next(-2, 6), random.Next(-2, 6));
        return new()
        {
            Fields = random.Next(3) == 0 ? null : [.. Names(random)],
            TimeSeconds = random.Next(3) == 0 ? random.Next(1, 20_000) : 0,
            SpaceMetres = random.Next(3) == 0 ? random.Next(100, 2_000_000) : 0,
            From = Time(),
            Until = Time(),
            Area = random.Next(3) == 0
                ? new(west * 1_000_000, south * 1_000_000, (west + random.Next(8)) * 1_000_000, (south + random.Next(8)) * 1_000_000)
                : null,
        };
    }

    private static IEnumerable<string> Names(Random random)
    {
        foreach (var type in SensorThingsSchema.Schema.Types)
            foreach (var property in type.Properties)
            {
                if (random.Next(3) > 0) yield return NarrowedFields.NameOf(type, property);
                else if (property.Kind == ValueKind.Json)
                    foreach (var member in Members)
                        if (random.Next(3) == 0) yield return $"{NarrowedFields.NameOf(type, property)}/{member}";
            }
    }

    private static async Task CompareAsync(MaskedCity masked, QueryStore store, Random random, string where)
    {
        var path = RandomQuery.Path(random, masked.City);
        var type = path[^1].Entity;
        var query = "$filter=" + Uri.EscapeDataString(new RandomQuery(random).Condition(type));
        if (random.Next(2) == 0) query += "&$orderby=" + Uri.EscapeDataString(new RandomQuery(random).Order(type));
        if (random.Next(3) == 0) query += string.Create(CultureInfo.InvariantCulture, $"&$top={random.Next(6)}");
        if (!QueryStore.TryBind(type, query, out var bound, out _)) return;
        var reference = new Reference(masked.City, masked.Scope, masked.IsLeft);
        List<long> expected;
        try
        {
            expected = reference.Rows(path, bound, bound.Top);
        }
        catch (ArgumentException)
        {
            return; // Relations that are not defined for collections: the reference cannot say either.
        }

        var request = new ReadRequest { Path = path, Scope = masked.Scope, Query = bound, Limit = bound.Top };
        where += $": {QueryStore.Show(path)}?{Uri.UnescapeDataString(query)}\n{masked}";
        foreach (var translator in QueryStore.Translators)
        {
            var actual = await store.IdsAsync(request, translator);
            if (!expected.SequenceEqual(actual))
                Assert.Fail($"{where}\nexpected {string.Join(' ', expected)}\nactual   {string.Join(' ', actual)}\n{translator.Rows(request).Text}");
        }

        var count = await store.NumberAsync(QueryStore.Translator.Count(request));
        Assert.True(reference.Matching(path, bound).Count == count, where);
    }

    /// <summary>A city in memory of which what may not be seen is taken out, until it is put back.</summary>
    private sealed class MaskedCity
    {
        private readonly List<(Entity Entity, Dictionary<string, object?> Values)> _stored = [];
        private readonly HashSet<Entity> _gone = [];

        internal MaskedCity(City city, AccessScope scope)
        {
            City = city;
            Scope = scope;
            foreach (var entity in city.All)
            {
                _stored.Add((entity, new(entity.Values)));
                if (scope.NarrowingOf(new(entity.Dataset)) is { } narrowing && !IsInWindow(entity, narrowing)) _gone.Add(entity);
            }

            foreach (var entity in city.All)
                if (scope.NarrowingOf(new(entity.Dataset)) is { } narrowing) Mask(entity, narrowing);
        }

        internal City City { get; }

        internal AccessScope Scope { get; }

        internal bool IsLeft(Entity entity) => !_gone.Contains(entity);

        internal void Restore()
        {
            foreach (var (entity, values) in _stored)
                foreach (var (name, value) in values) entity.Values[name] = value;
        }

        public override string ToString() => $"whole {string.Join(',', Scope.Datasets.ToArray())}; " + string.Join("; ", Scope.NarrowedGroups.Select(
            group => $"{string.Join(',', group.Datasets)}: {group.Narrowing}, fields {string.Join(' ', group.Narrowing.Fields ?? ["all"])}"));

        private bool IsInWindow(Entity entity, ScopeNarrowing narrowing)
        {
            Instant? moment = entity.Type.Name switch
            {
                "Observation" => ((TimeInterval)entity.Values["phenomenonTime"]!).Start,
                "HistoricalLocation" => (Instant)entity.Values["time"]!,
                _ => null,
            };
            if (moment is { } time && narrowing.From is { } from && time.CompareTo(from) < 0) return false;
            if (moment is { } start && narrowing.Until is { } until && start.CompareTo(until) >= 0) return false;
            if (narrowing.Area is not { } area) return true;
            return Places(entity) is not { } places || places.Any(place =>
                Scope.ContainsAny(new(place.Dataset)) && Shape(place) is { IsEmpty: false, EnvelopeInternal: var box } &&
                box.MinX >= area.West / 1e6 && box.MaxX <= area.East / 1e6 && box.MinY >= area.South / 1e6 && box.MaxY <= area.North / 1e6);
        }

        private List<Entity>? Places(Entity entity) => entity.Type.Name switch
        {
            "Location" or "FeatureOfInterest" => [entity],
            "Thing" or "HistoricalLocation" => entity.Related["Locations"],
            "Datastream" or "MultiDatastream" =>
                Scope.ContainsAny(new(entity.One("Thing").Dataset)) ? entity.One("Thing").Related["Locations"] : [],
            "Observation" => entity.Related["FeatureOfInterest"],
            _ => null,
        };

        private static Geometry? Shape(Entity place) =>
            (Geometry?)place.Values[place.Type.Name == "Location" ? "location" : "feature"];

        private static void Mask(Entity entity, ScopeNarrowing narrowing)
        {
            var hidesRows = narrowing.From is not null || narrowing.Until is not null || narrowing.Area is not null;
            foreach (var property in entity.Type.Properties.Skip(1))
            {
                var name = NarrowedFields.NameOf(entity.Type, property);
                var value = entity.Values.GetValueOrDefault(property.Name);
                var isDerived = entity.Type.Name.EndsWith("Datastream", StringComparison.Ordinal) &&
                    property.Name is "phenomenonTime" or "resultTime" or "observedArea" && entity.Type.Name != "Observation";
                if (isDerived && (hidesRows || (property.Name == "observedArea" && narrowing.SpaceMetres > 0))) value = null;
                else if (narrowing.Fields is { } fields && !fields.Contains(name)) value = value is JsonElement json ? Left(json, fields, name) : null;
                entity.Values[property.Name] = value switch
                {
                    Instant time when narrowing.TimeSeconds > 0 => Floor(time, narrowing),
                    TimeInterval time when narrowing.TimeSeconds > 0 =>
                        TimeInterval.TryCreate(Floor(time.Start, narrowing), Floor(time.End, narrowing), out var floored) ? floored : null,
                    Geometry place when narrowing.SpaceMetres > 0 => Cell(place, narrowing.SpaceMetres),
                    _ => value,
                };
            }
        }

        private static JsonElement? Left(JsonElement json, IReadOnlyList<string> fields, string name)
        {
            if (json.ValueKind != JsonValueKind.Object) return null;
            var left = json.EnumerateObject().Where(member => fields.Contains($"{name}/{member.Name}")).ToList();
            return left.Count == 0 ? null : City.Json($"{{{string.Join(',', left)}}}");
        }

        private static Instant Floor(Instant time, ScopeNarrowing narrowing)
        {
            var step = narrowing.TimeSeconds * 1_000_000L;
            return new((long)Math.Floor((decimal)time.UnixMicroseconds / step) * step);
        }

        private static Point? Cell(Geometry place, int metres)
        {
            if (place.IsEmpty) return null;
            var (box, height) = (place.EnvelopeInternal, metres / 111_320.0);
            var y = Math.Clamp((Math.Floor((box.MinY + box.MaxY) / 2 / height) + 0.5) * height, -90, 90);
            var width = height / Math.Max(Math.Cos(y * Math.PI / 180), 1e-6);
            var x = Math.Clamp((Math.Floor((box.MinX + box.MaxX) / 2 / width) + 0.5) * width, -180, 180);
            return new(Math.Round(x, 6), Math.Round(y, 6));
        }
    }
}
