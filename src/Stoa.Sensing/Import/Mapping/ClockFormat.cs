using Stoa.Sensing.Import.Time;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>How times are written: the keys <c>formats</c>, <c>zone</c>, <c>ambiguous</c> and <c>missing</c>.</summary>
/// <param name="Formats">Tried in order; at least one unless there were faults.</param>
/// <param name="Zone">For times without an offset; null when there are none.</param>
/// <param name="Ambiguous">The hour that comes twice.</param>
/// <param name="Missing">The hour that does not come.</param>
internal sealed record ClockFormat(
    IReadOnlyList<TimeFormat> Formats, TimeZoneInfo? Zone, AmbiguousTime Ambiguous, MissingTime Missing)
{
    /// <summary>ISO 8601 with an offset.</summary>
    public static ClockFormat Iso { get; } = new([TimeFormat.Iso], null, AmbiguousTime.Reject, MissingTime.Reject);

    /// <summary>Reads the keys of a section <c>time</c>; the caller finishes the section.</summary>
    public static ClockFormat Read(YamlSection section)
    {
        var formats = new List<TimeFormat>();
        foreach (var text in section.Has("formats") ? section.Texts("formats") : ["iso"])
        {
            if (TimeFormat.TryCreate(text, out var format, out var problem)) formats.Add(format);
            else section.Fault(section.LineOf("formats"), problem);
        }

        var zoneName = section.Text("zone");
        TimeZoneInfo? zone = null;
        if (zoneName is not null && !ZoneRules.TryFind(zoneName, out zone))
            section.Fault(section.LineOf("zone"),
                $"'{zoneName}' is not a time zone; write an IANA name such as Europe/Berlin or UTC");
        if (zone is null && zoneName is null &&
            formats.Exists(format => !format.IsAbsolute && format != TimeFormat.Iso))
            section.Fault(section.Line,
                "'time.zone' is missing: a format without offset needs a zone, such as Europe/Berlin or UTC");
        return new(formats, zone,
            section.Word("ambiguous", AmbiguousTime.Reject, ("earlier", AmbiguousTime.Earlier),
                ("later", AmbiguousTime.Later), ("sequence", AmbiguousTime.Sequence), ("reject", AmbiguousTime.Reject)),
            section.Word("missing", MissingTime.Reject, ("shift", MissingTime.Shift), ("reject", MissingTime.Reject)));
    }
}
