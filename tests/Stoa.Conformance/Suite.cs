using Stoa.Conformance.Chapters;

namespace Stoa.Conformance;

/// <summary>Every check there is, in the order of the standard.</summary>
public static class Suite
{
    /// <summary>The checks.</summary>
    public static IReadOnlyList<Check> Checks { get; } =
    [
        .. ControlInformation.Checks, .. DataModel.Checks, .. TimeSemantics.Checks, .. ResourcePaths.Checks,
        .. QueryOptions.Checks, .. Filters.Checks, .. Functions.Checks, .. Creating.Checks, .. Consequences.Checks,
        .. Changing.Checks, .. MultiDatastreams.Checks, .. DataArrays.Checks, .. Batches.Checks, .. Messages.Checks,
        .. ClientHabits.Checks, .. Extending.Checks,
    ];

    /// <summary>The checks of a class: its whole name, such as <c>request-data</c>, or how it ends.</summary>
    public static IReadOnlyList<Check> OfClass(string name) =>
    [
        .. Checks.Where(check => check.Class == name || check.Class.EndsWith("/" + name, StringComparison.Ordinal) ||
            check.Class.StartsWith(name + "/", StringComparison.Ordinal)),
    ];

    /// <summary>The check of that name.</summary>
    public static Check Named(string name) =>
        Checks.FirstOrDefault(check => check.Name == name)
        ?? throw new ArgumentException($"There is no check {name}.", nameof(name));
}
