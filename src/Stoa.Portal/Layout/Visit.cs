using System.Globalization;
using Stoa.Vocabulary;

namespace Stoa.Portal.Layout;

// Types that Razor components take as parameters are public, because the compiler makes every component public.

/// <summary>What every page needs to know of the request it answers.</summary>
/// <param name="SiteName">Name of the exchange, as the operator set it.</param>
/// <param name="BaseAddress">Address of this server as clients reach it, without a slash at the end.</param>
/// <param name="Path">Path and query of this page: where the appearance form returns to.</param>
/// <param name="AssetRoot">Path under which the browser files of this build are found.</param>
/// <param name="Theme">auto, light or dark, as remembered by a cookie.</param>
/// <param name="Now">Time of the request; ages are counted from it.</param>
public sealed record Visit(
    string SiteName, string BaseAddress, string Path, string AssetRoot, string Theme, DateTimeOffset Now)
{
    /// <summary>Whether the browser seems to hold a session: what the header offers, never what is allowed.</summary>
    public bool IsSignedIn { get; init; }

    /// <summary>Whether the operator gave the exchange a name.</summary>
    public bool IsNamed => SiteName != PortalOptions.SiteNameDefault;

    /// <summary>Name of the host as people reach it: for whom a passkey is made.</summary>
    public string Host => new Uri(BaseAddress).Host;

    /// <summary>Address of a browser file, for example <c>css/stoa.css</c>.</summary>
    public string Asset(string path) => AssetRoot + path;
}

/// <summary>How numbers, times and results are written for people.</summary>
public static class Wording
{
    /// <summary>12,345,678: whole numbers with separators.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>One thing, two things: the number with its noun.</summary>
    public static string Count(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>Large counts shortened: 4.2 M; the full number belongs in a title.</summary>
    public static string Short(long number) => number switch
    {
        >= 1_000_000_000 => (number / 1e9).ToString("0.0", CultureInfo.InvariantCulture) + " bn",
        >= 1_000_000 => (number / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " M",
        _ => Count(number),
    };

    /// <summary>A measured number with about three significant digits, as the browser modules write it too.</summary>
    public static string Number(double number)
    {
        if (number == 0) return "0"; // also the negative zero
        var size = Math.Abs(number);
        if (number == Math.Floor(number) && size < 1e15) return number.ToString("N0", CultureInfo.InvariantCulture);
        var format = size switch
        {
            >= 1000 => "#,##0",
            >= 100 => "0.#",
            >= 1 => "0.##",
            >= 0.001 => "0.####",
            _ => "0.###e+0",
        };
        return number.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>3 min ago; for times ahead, in 3 min.</summary>
    public static string Age(Instant time, DateTimeOffset now)
    {
        var age = now - time.ToDateTimeOffset();
        var text = Span(age.Duration());
        if (text == "now") return "just now";
        return age < TimeSpan.Zero ? "in " + text : text + " ago";
    }

    private static string Span(TimeSpan span) => span.TotalSeconds switch
    {
        < 5 => "now",
        < 90 => $"{(int)span.TotalSeconds} s",
        < 90 * 60 => $"{(int)span.TotalMinutes} min",
        < 36 * 3600 => $"{(int)span.TotalHours} h",
        < 60 * 86_400 => $"{(int)span.TotalDays} days",
        < 730 * 86_400d => $"{(int)(span.TotalDays / 30.44)} months",
        _ => $"{(int)(span.TotalDays / 365.25)} years",
    };

    /// <summary>2026-01-31 12:30 UTC: what is read where no script runs.</summary>
    public static string Minute(Instant time) =>
        time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>31 January 2026.</summary>
    public static string Day(Instant time) =>
        time.ToDateTimeOffset().ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>The last day of what ends at a moment: what ends with the first moment of a day has the day before as its last.</summary>
    public static string LastDay(Instant end) =>
        end.ToDateTimeOffset().AddTicks(-1).ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>The sector's name for people.</summary>
    public static string Sector(InfrastructureSector sector) => sector switch
    {
        InfrastructureSector.Energy => "Energy",
        InfrastructureSector.Water => "Water",
        InfrastructureSector.Transport => "Transport",
        InfrastructureSector.Waste => "Waste",
        InfrastructureSector.Ict => "Digital networks",
        InfrastructureSector.Environment => "Environment",
        InfrastructureSector.Other => "Other",
        _ => throw new ArgumentOutOfRangeException(nameof(sector), sector, "Unknown sector."),
    };

    /// <summary>The spectrum class's name for people.</summary>
    public static string Spectrum(SpectrumClass spectrum) => spectrum switch
    {
        SpectrumClass.Closed => "Closed",
        SpectrumClass.SharedSpecific => "Named parties",
        SpectrumClass.SharedGroup => "Groups",
        SpectrumClass.SharedPublic => "Public",
        SpectrumClass.Open => "Open",
        _ => throw new ArgumentOutOfRangeException(nameof(spectrum), spectrum, "Unknown spectrum class."),
    };

    /// <summary>One sentence on who may use a dataset of that class.</summary>
    public static string SpectrumMeaning(SpectrumClass spectrum) => spectrum switch
    {
        SpectrumClass.Closed => "Only the parties that hold a role for the dataset may use it.",
        SpectrumClass.SharedSpecific => "Parties that are named one by one may use it.",
        SpectrumClass.SharedGroup => "Parties of a group that is described by criteria may use it.",
        SpectrumClass.SharedPublic => "Everyone who accepts its terms may use it.",
        SpectrumClass.Open => "Anyone may use it, without login and without key.",
        _ => throw new ArgumentOutOfRangeException(nameof(spectrum), spectrum, "Unknown spectrum class."),
    };
}
