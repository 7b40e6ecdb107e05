using System.Security.Cryptography;
using System.Text;
using Stoa.Host.SampleCity;
using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Signals;
using Stoa.Sensing.Bulk;
using Xunit;

namespace Stoa.Tests.SampleCity;

public class The_measurements_of_the_sample_city
{
    private readonly CityModel _city = Marenbrueck.City;

    [Fact]
    public void Are_the_same_to_the_last_digit_from_a_second_city_of_the_same_seed()
    {
        var mine = DigestOfADay(_city, Marenbrueck.Month);
        var theirs = DigestOfADay(Marenbrueck.Again, Marenbrueck.Again.Moments(Marenbrueck.Start, 24 * 60));

        Assert.Equal(theirs, mine);

        static string DigestOfADay(CityModel city, Moment[] moments)
        {
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var rows = new BulkObservation[24 * 60];
            foreach (var stream in city.Things.SelectMany(thing => thing.Streams))
            {
                var count = CityFolder.Fill(rows, stream, moments, 0, rows.Length);
                foreach (var row in rows.AsSpan(0, count))
                    digest.AppendData(Encoding.UTF8.GetBytes($"{stream.Key} {row.Start} {row.End} {row.Result}"));
            }

            return Convert.ToHexString(digest.GetHashAndReset());
        }
    }

    [Fact]
    public void Are_numbers_in_their_range_or_absent()
    {
        foreach (var stream in _city.Things.SelectMany(thing => thing.Streams))
        {
            foreach (var (_, value) in Marenbrueck.Values(stream))
                Assert.True(double.IsFinite(value) && Math.Abs(value) < 100_000, stream.Key);
        }
    }

    [Fact]
    public void Have_gaps_but_few()
    {
        var streams = _city.Things.SelectMany(thing => thing.Streams).ToArray();
        var possible = streams.Sum(stream => Marenbrueck.Minutes * 60L / stream.IntervalSeconds);
        var present = streams.Sum(stream => (long)Marenbrueck.Values(stream).Count());

        Assert.InRange(1 - present / (double)possible, 0.001, 0.02);
    }

    [Fact]
    public void Show_two_rush_hours_on_working_days_and_none_at_weekends()
    {
        var morning = Flow(now => !now.IsWeekend && now.Hour is >= 7 and < 9);
        var noon = Flow(now => !now.IsWeekend && now.Hour is >= 10 and < 12);
        var evening = Flow(now => !now.IsWeekend && now.Hour is >= 16 and < 18);
        var night = Flow(now => !now.IsWeekend && now.Hour is >= 1 and < 4);
        var weekendMorning = Flow(now => now.IsWeekend && now.Hour is >= 7 and < 9);

        Assert.True(morning > 1.3 * noon && evening > 1.3 * noon, $"{morning} {noon} {evening}");
        Assert.True(morning > 10 * night, $"{morning} {night}");
        Assert.True(morning > 2 * weekendMorning, $"{morning} {weekendMorning}");

        double Flow(Func<Moment, bool> when) => Marenbrueck.Mean(CityDatasets.Traffic, "traffic-flow", when);
    }

    [Fact]
    public void Let_cars_be_slower_when_roads_are_full()
    {
        var rush = Marenbrueck.Mean(CityDatasets.Traffic, "mean-speed", now => !now.IsWeekend
            && now.Hour is >= 17 and < 18);
        var night = Marenbrueck.Mean(CityDatasets.Traffic, "mean-speed", now => now.Hour is >= 2 and < 4);

        Assert.True(rush < 0.85 * night, $"{rush} {night}");
    }

    [Fact]
    public void Let_fewer_people_ride_bicycles_in_the_rain()
    {
        var dry = Marenbrueck.Mean(CityDatasets.Bicycles, "bicycles", now => now.Rain == 0
            && now.Hour is >= 8 and < 20);
        var wet = Marenbrueck.Mean(CityDatasets.Bicycles, "bicycles", now => now.Rain > 0.8
            && now.Hour is >= 8 and < 20);

        Assert.True(wet < 0.7 * dry, $"{wet} {dry}");
    }

    [Fact]
    public void Let_the_river_rise_after_rain_and_the_wave_reach_the_lower_gauge_later()
    {
        var upper = Level("obermuehle");
        var lower = Level("hafenmund");
        var peak = upper.MaxBy(pair => pair.Value).Now.UnixSeconds;
        var later = lower.Where(pair => Math.Abs(pair.Now.UnixSeconds - peak) < 24 * 3600).MaxBy(pair =>
            pair.Value).Now.UnixSeconds;

        Assert.True(upper.Max(pair => pair.Value) - upper.Min(pair => pair.Value) > 30);
        Assert.InRange(later - peak, 2 * 3600, 9 * 3600);

        List<(Moment Now, double Value)> Level(string gauge) =>
            [.. Marenbrueck.Values(Marenbrueck.Streams(CityDatasets.River, "water-level").First(s =>
                s.Key.StartsWith(gauge, StringComparison.Ordinal)))];
    }

    [Fact]
    public void Let_heat_demand_follow_the_cold()
    {
        var median = Marenbrueck.Month.Select(now => now.CelsiusSlow).Order().ElementAt(Marenbrueck.Minutes / 2);

        var cold = Marenbrueck.Mean(CityDatasets.Heating, "heat-power", now => now.CelsiusSlow < median);
        var mild = Marenbrueck.Mean(CityDatasets.Heating, "heat-power", now => now.CelsiusSlow >= median);

        Assert.True(cold > 1.15 * mild, $"{cold} {mild}");
    }

    [Fact]
    public void Let_the_sun_drive_solar_plants_and_switch_off_the_lamps()
    {
        var day = Marenbrueck.Mean(CityDatasets.Solar, "solar-power", now => now.SunDegrees > 20);
        var night = Marenbrueck.Mean(CityDatasets.Solar, "solar-power", now => now.SunDegrees < -1);
        var lampsByDay = Marenbrueck.Mean(CityDatasets.Lighting, "lamps-on", now => now.SunDegrees > 0);
        var lampsByNight = Marenbrueck.Mean(CityDatasets.Lighting, "lamps-on", now => now.SunDegrees < -7);

        Assert.True(day > 5);
        Assert.Equal(0, night);
        Assert.Equal(0, lampsByDay);
        Assert.Equal(1, lampsByNight);
    }

    [Fact]
    public void Fill_containers_until_they_are_emptied()
    {
        var levels = Marenbrueck.Streams(CityDatasets.Waste, "fill-level").Select(stream =>
            Marenbrueck.Values(stream).Select(p => p.Value).ToArray());

        Assert.All(levels, level =>
        {
            var emptied = level.Zip(level.Skip(1)).Count(pair => pair.Second < pair.First - 20);
            var lost = level.Zip(level.Skip(1)).Count(pair => pair.Second < pair.First - 4 && pair.Second >= pair.First
                - 20);
            Assert.InRange(emptied, 2, 28);
            Assert.InRange(lost, 0, 4);
        });
    }

    [Fact]
    public void Join_history_and_live_without_a_jump()
    {
        // What a stream says ten seconds after its last stored value differs no more than its own neighbours do.
        var moment = Marenbrueck.Month[Marenbrueck.Minutes / 2];
        var soon = _city.Weather.At(moment.UnixSeconds + 10);
        foreach (var stream in Marenbrueck.Streams(CityDatasets.Climate, "air-temperature"))
            Assert.InRange(Math.Abs(stream.Signal(soon) - stream.Signal(moment)), 0, 0.6);
        foreach (var stream in Marenbrueck.Streams(CityDatasets.River, "water-level"))
            Assert.InRange(Math.Abs(stream.Signal(soon) - stream.Signal(moment)), 0, 6);
        foreach (var stream in Marenbrueck.Streams(CityDatasets.Parking, "occupancy"))
            Assert.InRange(Math.Abs(stream.Signal(soon) - stream.Signal(moment)), 0, 8);
    }

    [Theory]
    [InlineData("2026-03-29T00:59:59Z", 3600)]
    [InlineData("2026-03-29T01:00:00Z", 7200)]
    [InlineData("2026-10-25T00:59:59Z", 7200)]
    [InlineData("2026-10-25T01:00:00Z", 3600)]
    public void Follow_the_clock_of_the_city_through_summer_time(string utc, long offsetSeconds) =>
        Assert.Equal(offsetSeconds, LocalTime.OffsetSeconds(DateTimeOffset.Parse(utc, null).ToUnixTimeSeconds()));
}
