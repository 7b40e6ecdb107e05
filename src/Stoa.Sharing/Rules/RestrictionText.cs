using System.Collections.Immutable;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>A restriction as callers write it: read, and refused by its clause where the engine cannot evaluate it.</summary>
internal static class RestrictionText
{
    /// <summary>Longest text, in characters.</summary>
    public const int LengthMax = 16 * 1024;

    /// <summary>Most entries of a list but that of fields.</summary>
    public const int EntriesMax = AgreementCheck.EntriesMax;

    /// <summary>Longest name of a field, in characters.</summary>
    public const int FieldLengthMax = 200;

    private const int MinutesOfDay = 1440;
    private const int LongitudeMax = 180_000_000;
    private const int LatitudeMax = 90_000_000;

    /// <summary>Reads the form alone.</summary>
    /// <param name="text">The restriction.</param>
    /// <param name="read">What it says.</param>
    /// <param name="clause">The clause that cannot be read; empty for the whole.</param>
    public static bool TryRead(JsonElement text, out Restriction read, out string clause)
    {
        (read, clause) = (Restriction.None, "");
        try
        {
            if (text.Deserialize(SharingJson.Wire.Restriction) is not { } found) return false;
            read = found;
            return true;
        }
        catch (JsonException error)
        {
            clause = error.Path is ['$', '.', .. var path] ? path : "";
            return false;
        }
        catch (InvalidOperationException)
        {
            return false; // Half of a surrogate pair.
        }
    }

    /// <summary>Reads a restriction all of which can be evaluated; null says nothing.</summary>
    public static Result<Restriction> Read(JsonElement? text, PurposeTree purposes)
    {
        if (text is not { ValueKind: not JsonValueKind.Null } element) return Restriction.None;
        if (element.ValueKind != JsonValueKind.Object) return AgreementText.NotEvaluable("", "A restriction is a JSON object.");
        if (element.GetRawText().Length > LengthMax)
            return AgreementText.NotEvaluable("", $"A restriction takes at most {LengthMax} characters.").With("limit", LengthMax);
        if (!TryRead(element, out var read, out var clause))
            return AgreementText.NotEvaluable(clause,
                "The engine does not know this clause or this value of it, and keeps no rule that it cannot evaluate. Say it with the " +
                "clauses that docs/sharing.md names.");
        return FaultOf(read, purposes) is { } fault ? AgreementText.NotEvaluable(fault.Clause, fault.Advice) : read;
    }

    /// <summary>As callers write it; null for one that says nothing.</summary>
    public static JsonElement? Written(Restriction restriction) =>
        CanonicalJson.AreEqual(restriction, Restriction.None, SharingJson.Wire.Restriction)
            ? null
            : JsonSerializer.SerializeToElement(restriction, SharingJson.Wire.Restriction);

    private static ClauseFault? FaultOf(Restriction one, PurposeTree purposes) =>
        OfList("fields", one.Fields, GovernedDataset.FieldsMax, IsField, "names of fields") ??
        OfList("fieldsLeftOut", OrNull(one.FieldsLeftOut), GovernedDataset.FieldsMax, IsField, "names of fields") ??
        OfList("purposes", one.Purposes, AgreementCheck.PurposesMax, purposes.IsOffered, "purposes that are known here and not retired") ??
        OfList("purposesLeftOut", OrNull(one.PurposesLeftOut), AgreementCheck.PurposesMax, purposes.IsOffered,
            "purposes that are known here and not retired") ??
        OfList("jurisdictions", one.Jurisdictions, EntriesMax, SharingOptions.IsCountry, "ISO 3166 codes of two capital letters") ??
        OfList("categories", one.Categories, EntriesMax, Enum.IsDefined, "user groups") ??
        OfList("channels", one.Channels, EntriesMax, Enum.IsDefined, "ways out") ??
        OfNumbers(one);

    private static ClauseFault? OfNumbers(Restriction one)
    {
        if (one.Granularity is { SpaceMetres: < 0 } or { TimeSeconds: < 0 } or { CellMinimum: < 0 })
            return new("granularity", "Metres, seconds and contributors are not negative.");
        if (one.Granularity.CellMinimum > 1)
            return new("granularity", "A fewest number of contributors cannot be kept yet: that comes with disclosure control.");
        if (one is { From: { } from, Until: { } until } && until.CompareTo(from) <= 0)
            return new("until", "The end must lie after the beginning.");
        if (one.Area is { } area && (area.West >= area.East || area.South >= area.North || area.West < -LongitudeMax ||
            area.East > LongitudeMax || area.South < -LatitudeMax || area.North > LatitudeMax))
            return new("area", "West, south, east and north are millionths of a degree; west and south come first.");
        if (one.Hours is { } hours && (hours.FromMinute == hours.UntilMinute || hours is not
            { FromMinute: >= 0 and < MinutesOfDay, UntilMinute: >= 0 and <= MinutesOfDay }))
            return new("hours", $"Hours are minutes from midnight, 0 to {MinutesOfDay}, and begin and end at different ones.");
        return one.Limits is { RequestsPerMinute: >= 0, RowsPerDay: >= 0 and <= AgreementCheck.RowsPerDayMax }
            ? null
            : new("limits", $"Limits are not negative; 0 is none. Rows a day end at {AgreementCheck.RowsPerDayMax}.");
    }

    // An empty list would let nothing through, which is said with a prohibition.
    private static ClauseFault? OfList<T>(string clause, ImmutableArray<T>? list, int max, Func<T, bool> fits, string what) =>
        list is not { } entries ? null
        : entries.Length == 0 || entries.Length > max || !entries.All(fits) ? new(clause, $"Name 1 to {max} {what}.")
        : null;

    private static ImmutableArray<T>? OrNull<T>(ImmutableArray<T> list) => list.IsEmpty ? null : list;

    private static bool IsField(string? name) =>
        name is { Length: > 0 and <= FieldLengthMax } && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl);
}
