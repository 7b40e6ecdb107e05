using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Corrections;

/// <summary>A correction or a report, as a caller files it.</summary>
internal sealed record CorrectionDraft
{
    /// <summary>Longest JSON text of a value, in characters.</summary>
    public const int ValueLengthMax = 16 * 1024;

    /// <summary>Longest name of a property, in characters.</summary>
    public const int FieldLengthMax = 200;

    [Description("correction, which proposes a value; or variance, which reports that something is or seems wrong. Left out, it is what the caller may file.")]
    public string? Kind { get; init; }

    [Description("The entity, such as Observations(17) or Things(3); left out for the dataset as a whole.")]
    public string? Entity { get; init; }

    [Description("A property of the entity, such as result or description.")]
    public string? Field { get; init; }

    [Description("The value as the caller sees it; when it is not what is stored, this is refused.")]
    public JsonElement? Present { get; init; }

    [Description("The value that would be right.")]
    public JsonElement? Proposed { get; init; }

    [Description("Why, in words.")]
    public string? Reason { get; init; }

    [Description("Where the proof lies: a web address, or words.")]
    public string? Evidence { get; init; }

    [Description("Id of the party that files it; may be left out when it can only be one.")]
    public long? For { get; init; }

    /// <summary>What is wrong with it, as far as it can be seen without looking at data.</summary>
    public Problem? Check()
    {
        if (Kind is not null && !Words<CorrectionKind>.TryParse(Kind, out _))
            return StrictJson.InvalidProperty("kind", $"'kind' takes one of {Words<CorrectionKind>.All}.");
        if (string.IsNullOrWhiteSpace(Reason)) return TextRules.Missing("reason");
        if (Governing.CheckReason(Reason) is { } unfit) return unfit;
        if (TextRules.CheckText("evidence", Evidence, Governing.ReasonLengthMax) is { } long1) return long1;
        if (Entity is not null && TextRules.CheckLine("entity", Entity, FieldLengthMax) is { } entity) return entity;
        if (Field is not null && TextRules.CheckLine("field", Field, FieldLengthMax) is { } field) return field;
        if (Entity is null && (Field ?? (object?)Present ?? Proposed) is not null)
            return StrictJson.InvalidProperty("entity", "A property and its values belong to an entity: name it.");
        if (Field is null && (Present ?? Proposed) is not null)
            return StrictJson.InvalidProperty("field", "Name the property that has these values.");
        return TooLong("present", Present) ?? TooLong("proposed", Proposed);
    }

    private static Problem? TooLong(string property, JsonElement? value) => value is { } json && json.GetRawText().Length > ValueLengthMax
        ? StrictJson.InvalidProperty(property, $"At most {ValueLengthMax} characters of JSON.").With("limit", ValueLengthMax)
        : null;
}

/// <summary>A correction or a report on the wire.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">correction or variance.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Party">Who filed it.</param>
/// <param name="PartyName">The name of that party.</param>
/// <param name="State">proposed, reported, applied, refused, answered or withdrawn.</param>
/// <param name="Entity">The entity; absent for the dataset as a whole.</param>
/// <param name="Field">The property.</param>
/// <param name="Present">The value when it was filed; for those who govern the data, and for who named it when filing.</param>
/// <param name="Proposed">The value that would be right.</param>
/// <param name="Reason">Why.</param>
/// <param name="Evidence">Where the proof lies.</param>
/// <param name="Answer">What the owner said.</param>
/// <param name="Due">Until when the owner answers.</param>
/// <param name="Moves">What the caller can do to it now.</param>
/// <param name="History">What happened to it, oldest first; with one alone.</param>
/// <param name="Created">When it was filed.</param>
internal sealed record CorrectionView(
    long Id, string Kind, string Dataset, long Party, string PartyName, string State, string? Entity, string? Field, JsonElement? Present,
    JsonElement? Proposed, string Reason, string? Evidence, string? Answer,
    [property: JsonConverter(typeof(InstantJson))] Instant? Due, IReadOnlyList<string> Moves, IReadOnlyList<MoveView>? History,
    [property: JsonConverter(typeof(InstantJson))] Instant Created);

/// <summary>One page of corrections and reports, newest first.</summary>
internal sealed record CorrectionPage(IReadOnlyList<CorrectionView> Value, long Count, string? NextLink);
