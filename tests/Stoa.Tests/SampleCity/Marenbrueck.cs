using Stoa.Host.SampleCity.Model;
using Stoa.Host.SampleCity.Signals;

namespace Stoa.Tests.SampleCity;

/// <summary>One city for all tests that only look at it: drawing takes a second or two.</summary>
internal static class Marenbrueck
{
    private static readonly Lazy<CityModel> Drawn = new(() => new CityModel());

    private static readonly Lazy<CityModel> DrawnAgain = new(() => new CityModel());

    // Four whole weeks from Monday, 2 March 2026, 00:00 local time (23:00 UTC the day before).
    internal const long Start = 1_772_406_000;
    internal const int Minutes = 28 * 24 * 60;

    private static readonly Lazy<Moment[]> Weeks = new(() => Drawn.Value.Moments(Start, Minutes));

    internal static CityModel City => Drawn.Value;

    /// <summary>The same city, drawn a second time.</summary>
    internal static CityModel Again => DrawnAgain.Value;

    internal static Moment[] Month => Weeks.Value;

    /// <summary>The values of a stream over four weeks, without gaps, each with its moment.</summary>
    internal static IEnumerable<(Moment Now, double Value)> Values(CityStream stream)
    {
        for (var minute = 0; minute < Minutes; minute += stream.IntervalSeconds / 60)
        {
            var value = stream.ValueAt(Month[minute]);
            if (!double.IsNaN(value)) yield return (Month[minute], value);
        }
    }

    internal static IEnumerable<CityStream> Streams(string dataset, string property) =>
        City.Things.Where(thing => thing.Dataset == dataset).SelectMany(thing => thing.Streams)
            .Where(stream => stream.Quantity.Property.Key == property);

    internal static double Mean(string dataset, string property, Func<Moment, bool> when) =>
        Streams(dataset, property).SelectMany(Values).Where(pair => when(pair.Now)).Average(pair => pair.Value);
}
