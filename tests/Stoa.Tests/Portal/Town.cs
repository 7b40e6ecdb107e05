using System.Globalization;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Tests.Portal;

/// <summary>A small town: seven open datasets of six sectors, one that is closed, and outlines for the map.</summary>
internal sealed class Town(Database database, BulkLoader bulk, CancellationToken cancellation)
{
    internal const string ClosedSlug = "emergency-radio";
    internal const string ClosedWord = "Xylophonic";

    internal static string Outline { get; } = Outlines.Draw();

    /// <summary>Datastreams by name, for tests that add to them.</summary>
    internal Dictionary<string, DatastreamId> Datastreams { get; } = [];

    internal async Task BuildAsync(DateTimeOffset end)
    {
        await OrganizationAsync(1, "environment-office", "Environment Office");
        await OrganizationAsync(2, "town-works", "Town Works");
        await OrganizationAsync(3, "mobility-department", "Mobility Department");
        await BuildAirAsync(end);
        await BuildAsync(end, new(3, "bicycle-counts", "Bicycle counts", "Bicycles passing the **permanent counters**, every hour.",
            InfrastructureSector.Transport, SpectrumClass.Open, 3, """["bicycle","traffic","counter"]"""), "Counter", 9, "Bicycles", Unit.None, 140);
        await BuildAsync(end, new(4, "car-parks", "Car parks", "Free spaces in the public car parks, as the barriers report them.",
            InfrastructureSector.Transport, SpectrumClass.Open, 3, """["parking"]"""), "Car park", 7, "Free spaces", Unit.None, 220);
        await BuildAsync(end, new(5, "river-levels", "River levels", "Water level of the river and the brooks.",
            InfrastructureSector.Water, SpectrumClass.Open, 2, """["flood","river"]"""), "Gauge", 4, "Water level", new("centimetre", "cm", "cm"), 120);
        await BuildAsync(end, new(6, "street-lighting", "Street lighting", "Power drawn by the street light cabinets.",
            InfrastructureSector.Energy, SpectrumClass.Open, 2, """["light","power"]"""), "Cabinet", 8, "Power", new("kilowatt", "kW", "kW"), 18);
        await BuildAsync(end, new(7, "bottle-banks", "Bottle banks", "Fill levels of the glass containers.",
            InfrastructureSector.Waste, SpectrumClass.Open, 2, """["glass","recycling"]"""), "Bottle bank", 8, "Fill level", new("percent", "%", "%"), 60);
        await BuildAsync(end, new(8, "public-wifi", "Public Wi-Fi", "Devices at the public access points, counted without identity.",
            InfrastructureSector.Ict, SpectrumClass.Open, 2, """["network"]"""), "Access point", 6, "Devices", Unit.None, 45);
        await BuildAsync(end, new(9, ClosedSlug, ClosedWord + " radio", $"Load of the {ClosedWord} radio network.",
            InfrastructureSector.Ict, SpectrumClass.Closed, 2, """["secret"]"""), ClosedWord + " mast", 3, ClosedWord + " load", new("percent", "%", "%"), 30);
    }

    private async Task BuildAirAsync(DateTimeOffset end)
    {
        var dataset = new Description(2, "air-quality", "Air quality",
            "Nitrogen dioxide, fine dust and temperature at the town's measuring stations.\n\n" +
            "* hourly means\n* checked by the [Environment Office](https://example.org/)\n\n<script>alert('never run')</script>",
            InfrastructureSector.Environment, SpectrumClass.Open, 1, """["air","nitrogen dioxide","PM10"]""");
        await DatasetAsync(dataset);
        for (var i = 0; i < 6; i++)
        {
            var thing = await PlaceAsync(dataset, i, "Station", """{"operator":"Environment Office","height":{"value":3.5,"unit":"m"},"manual":"https://example.org/manual"}""");
            await StreamAsync(end, dataset, thing, i, "Nitrogen dioxide", new("microgram per cubic metre", "µg/m³", "ug/m3"), 28);
            await StreamAsync(end, dataset, thing, i, "PM10", new("microgram per cubic metre", "µg/m³", "ug/m3"), 19);
            await StreamAsync(end, dataset, thing, i, "Temperature", new("degree Celsius", "°C", "Cel"), 11);
        }
    }

    private async Task BuildAsync(
        DateTimeOffset end, Description dataset, string place, int places, string property, Unit unit, double middle)
    {
        await DatasetAsync(dataset);
        for (var i = 0; i < places; i++)
        {
            var thing = await PlaceAsync(dataset, i, place, null);
            await StreamAsync(end, dataset, thing, i, property, unit, middle);
        }
    }

    internal Task<bool> OrganizationAsync(long id, string slug, string name) => database.WriteAsync(session =>
    {
        using var insert = session.Prepare("INSERT INTO organization (id, slug, name, created) VALUES (@id, @slug, @name, 0)")
            .Bind("@id", id).Bind("@slug", slug).Bind("@name", name);
        return insert.Execute() == 1;
    }, cancellation);

    internal Task<bool> DatasetAsync(Description dataset) => database.WriteAsync(session =>
    {
        using var insert = session.Prepare(
            """
            INSERT INTO dataset (id, slug, title, description, sector, spectrum, licence, owner_organization_id, keywords, created, modified)
            VALUES (@id, @slug, @title, @description, @sector, @spectrum, 'CC BY 4.0', @owner, @keywords, 1767225600000000, 1772323200000000)
            """)
            .Bind("@id", dataset.Id).Bind("@slug", dataset.Slug).Bind("@title", dataset.Title)
            .Bind("@description", dataset.Text).Bind("@sector", (long)dataset.Sector)
            .Bind("@spectrum", (long)dataset.Spectrum).Bind("@owner", dataset.Owner).Bind("@keywords", dataset.Keywords);
        return insert.Execute() == 1;
    }, cancellation);

    internal async Task<ThingId> PlaceAsync(Description dataset, int number, string name, string? properties)
    {
        var id = new DatasetId(dataset.Id);
        var street = Outlines.Streets[(number * 5 + (int)dataset.Id * 3) % Outlines.Streets.Length];
        var thing = Value(await bulk.EnsureThingAsync(
            id, new($"t{number}", $"{name} {street}", $"{name} number {number + 1} in {street}", properties), cancellation));
        var (x, y) = Outlines.Spot(dataset.Id, number);
        var point = string.Create(CultureInfo.InvariantCulture, $$"""{"type":"Point","coordinates":[{{x:0.00000}},{{y:0.00000}}]}""");
        Value(await bulk.EnsureLocationAsync(id, new($"l{number}", street, "", point), thing, cancellation));
        return thing;
    }

    internal async Task<DatastreamId> DatastreamAsync(
        Description dataset, ThingId thing, string key, string property, Unit unit)
    {
        var id = new DatasetId(dataset.Id);
        var sensor = Value(await bulk.EnsureSensorAsync(id, new("s", "Sensor", "A sensor", "text/html", "https://example.org/"), cancellation));
        var observed = Value(await bulk.EnsureObservedPropertyAsync(
            id, new(property, property, "https://example.org/properties", property), cancellation));
        return Value(await bulk.EnsureDatastreamAsync(id, new(
            key, $"{property} {key}", $"{property}, hourly",
            "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement", unit, thing, sensor, observed), cancellation));
    }

    internal Task AppendAsync(DatastreamId datastream, BulkObservation[] rows) =>
        bulk.AppendAsync(datastream, rows, BulkMode.Append, cancellation).ContinueWith(
            task => Value(task.Result), cancellation, TaskContinuationOptions.None, TaskScheduler.Default);

    private async Task StreamAsync(
        DateTimeOffset end, Description dataset, ThingId thing, int number, string property, Unit unit, double middle)
    {
        var key = $"{property} {number}";
        var datastream = await DatastreamAsync(dataset, thing, key, property, unit);
        Datastreams[$"{dataset.Slug} {key}"] = datastream;
        var random = new Random((int)dataset.Id * 100 + number);
        var level = middle * (0.6 + random.NextDouble() * 0.8);
        var rows = new BulkObservation[14 * 24];
        for (var i = 0; i < rows.Length; i++)
        {
            var time = end.AddHours(i + 1 - rows.Length).AddMinutes(-(number * 7 % 50));
            var day = 1 + 0.45 * Math.Sin((time.Hour - 8) / 24.0 * 2 * Math.PI) + 0.12 * Math.Sin(time.DayOfYear * 1.7);
            var value = Math.Round(level * day * (0.93 + 0.14 * random.NextDouble()), 1);
            var result = unit == Unit.None ? ResultValue.Integer((long)value) : ResultValue.Number(value);
            rows[i] = new(Instant.From(time), null, result);
        }

        await AppendAsync(datastream, rows);
    }

    private static T Value<T>(Result<T> result) =>
        result.TryGet(out var value, out var problem) ? value : throw new InvalidOperationException(problem.Detail);

    /// <summary>A dataset as it is put into the database.</summary>
    internal sealed record Description(
        long Id, string Slug, string Title, string Text, InfrastructureSector Sector, SpectrumClass Spectrum, long Owner, string Keywords);
}
