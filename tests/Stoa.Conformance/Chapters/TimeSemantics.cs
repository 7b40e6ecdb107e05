using static Stoa.Conformance.Check;

namespace Stoa.Conformance.Chapters;

/// <summary>OGC 18-088, 8.2.7 and ISO 8601: instants, intervals, offsets.</summary>
internal static class TimeSemantics
{
    public static IReadOnlyList<Check> Checks { get; } =
    [
        Rule("T1.interval", Requirements.ObservationProperties, "8.2.7",
            "phenomenonTime is an instant or an interval.", IntervalAsync),
        Rule("T1.historical-instant", Requirements.HistoricalLocationProperties, "8.2.3",
            "time of a HistoricalLocation is an instant.",
            HistoricalInstantAsync),
        Rule("T1.malformed", Requirements.ObservationProperties, "8.2.7",
            "What is no time is refused as phenomenonTime.", MalformedAsync),
        Rule("T3.forms", Requirements.ObservationProperties, "8.2.7",
            "Times with Z, with an offset and with fractions of a second are taken.",
            trial => FormsAsync(trial, "2025-03-01T12:00:00Z", "2025-03-01T13:00:00+01:00", "2025-03-01T12:00:00.000Z",
                "2025-03-01T06:30:00.0-05:30")),
        Advice("T3.short-forms", Requirements.ObservationProperties, "8.2.7",
            "The shorter forms +0100 and +01, and no offset for UTC, are taken.",
            trial => FormsAsync(trial, "2025-03-01T13:00:00+0100", "2025-03-01T13:00:00+01", "2025-03-01T12:00:00")),
        Advice("T2.interval-order", Requirements.Filter, "9.3.3.5",
            "lt and gt between an interval and an instant mean wholly before and wholly after.", IntervalOrderAsync),
        Advice("T4.single-instant", Requirements.DatastreamProperties, "8.2.4",
            "phenomenonTime of a Datastream with one Observation is an interval from that instant to itself.",
                SingleInstantAsync),
    ];

    private static async Task IntervalAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        foreach (var time in new[] { "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z/2025-03-01T01:00:00Z" })
        {
            var made = await trial.ObserveAsync(station.Datastream, "1", $",\"phenomenonTime\":\"{time}\"");
            Trial.MustBe(Times.Parse(time, ""), (await trial.ReadAsync(made)).Time("phenomenonTime"), "phenomenonTime");
        }
    }

    private static async Task HistoricalInstantAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        var time = (await trial.AllAsync(station.Thing.Path + "/HistoricalLocations"))[0].Text("time");
        Trial.Must(!time.Contains('/', StringComparison.Ordinal), $"time must be an instant, it is {time}.");
        var age = DateTimeOffset.UtcNow - Times.Instant(time);
        Trial.Must(age.Duration() < TimeSpan.FromMinutes(10), $"time must be that of the server, now: it is {time}.");
    }

    private static async Task MalformedAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        foreach (var time in new[] { "yesterday", "2025-13-01T00:00:00Z", "2025-03-01T00:00:00Z/",
            "2025-03-02T00:00:00Z/2025-03-01T00:00:00Z" })
            (await trial.PostAsync(station.Observations,
                $$"""{"phenomenonTime":"{{time}}","result":1}""")).MustRefuse($"{time} is no time.");
        Trial.MustBe(0, (await trial.AllAsync(station.Observations)).Count,
            "The number of Observations after refusals");
    }

    private static async Task FormsAsync(Trial trial, params string[] times)
    {
        var station = await trial.StationAsync();
        foreach (var time in times)
        {
            var made = await trial.ObserveAsync(station.Datastream, "1", $",\"phenomenonTime\":\"{time}\"");
            Trial.MustBe(Times.Instant("2025-03-01T12:00:00Z"),
                (await trial.ReadAsync(made)).Time("phenomenonTime").Start, $"phenomenonTime of {time}");
        }
    }

    private static async Task IntervalOrderAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await trial.ObserveAsync(station.Datastream, "1",
            ""","phenomenonTime":"2025-03-01T00:00:00Z/2025-03-01T02:00:00Z" """);
        await trial.ObserveAsync(station.Datastream, "2",
            ""","phenomenonTime":"2025-03-01T04:00:00Z/2025-03-01T06:00:00Z" """);
        Trial.MustList([1.0], await trial.FilteredAsync(station.Datastream, "phenomenonTime lt 2025-03-01T03:00:00Z"),
            "The results before");
        Trial.MustList([2.0], await trial.FilteredAsync(station.Datastream, "phenomenonTime gt 2025-03-01T03:00:00Z"),
            "The results after");
        Trial.MustList(Array.Empty<double>(), await trial.FilteredAsync(station.Datastream,
            "phenomenonTime lt 2025-03-01T01:00:00Z or phenomenonTime gt 2025-03-01T05:00:00Z"),
                "The results wholly before or after what is within");
    }

    private static async Task SingleInstantAsync(Trial trial)
    {
        var station = await trial.StationAsync();
        await trial.ObserveAsync(station.Datastream, "1", ""","phenomenonTime":"2025-03-01T00:00:00Z" """);
        var time = (await trial.ReadAsync(station.Datastream)).Text("phenomenonTime");
        Trial.Must(time.Split('/') is { Length: 2 } ends && Times.Instant(ends[0]) == Times.Instant(ends[1]),
            $"phenomenonTime must be an interval from the instant to itself, it is {time}.");
    }
}
