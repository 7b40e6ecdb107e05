using System.Collections.Immutable;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>What is wrong with a clause, and what to write instead.</summary>
internal readonly record struct ClauseFault(string Clause, string Advice);

/// <summary>Says before terms are saved whether the engine can evaluate each clause.</summary>
internal static class AgreementCheck
{
    /// <summary>Most datasets of one agreement: each is looked at when the agreement is.</summary>
    public const int DatasetsMax = 1000;

    /// <summary>Most purposes of one agreement: more would be no purpose.</summary>
    public const int PurposesMax = 20;

    /// <summary>Most obligations, undertakings, floors of quality, jurisdictions or recipients.</summary>
    public const int EntriesMax = 100;

    /// <summary>Longest text of a clause, in characters.</summary>
    public const int TextLengthMax = 2000;

    /// <summary>Most rows a day that a limit may name.</summary>
    public const long RowsPerDayMax = 1_000_000_000_000;

    /// <summary>Longest time in days: a hundred years.</summary>
    public const int DaysMax = 36_525;

    /// <summary>Longest time over which a floor of quality is measured, in days: a year.</summary>
    public const int QualityDaysMax = 366;

    /// <summary>Longest time between two values that a floor of quality names, in seconds: a month.</summary>
    public const int CadenceSecondsMax = 31 * 86_400;

    /// <summary>Everything that stands in the way; empty when all of it can be evaluated.</summary>
    /// <param name="terms">What is to be saved.</param>
    /// <param name="purposes">The purposes that are known.</param>
    /// <param name="datasets">The datasets that exist.</param>
    public static ImmutableArray<ClauseFault> Check(
        AgreementTerms terms, PurposeTree purposes, IReadOnlyDictionary<DatasetId, GovernedDataset> datasets)
    {
        var faults = ImmutableArray.CreateBuilder<ClauseFault>();
        void Refuse(bool isWrong, string clause, string advice)
        {
            if (isWrong) faults.Add(new(clause, advice));
        }

        Refuse(terms.Version < 1, "version", "Versions count from 1.");
        Refuse(terms.Provider == terms.Consumer, "consumer", "An agreement has two sides.");
        Refuse(terms.ValidTo.CompareTo(terms.ValidFrom) <= 0, "validTo", "The end must lie after the beginning.");
        Refuse(terms.Datasets.IsDefaultOrEmpty || terms.Datasets.Length > DatasetsMax, "datasets",
            $"Name 1 to {DatasetsMax} datasets.");
        Refuse(terms.Actions is not [DataAction.See], "actions",
            "An agreement grants seeing; for the rest there are roles.");
        Refuse(terms.Purposes.IsDefaultOrEmpty || terms.Purposes.Length > PurposesMax, "purposes",
            $"Name 1 to {PurposesMax} purposes.");
        foreach (var purpose in terms.Purposes.IsDefault ? [] : terms.Purposes)
            Refuse(purposes.IndexOf(purpose) < 0, "purposes", $"'{purpose}' is not a purpose that is known here.");

        CheckTime(terms, Refuse);
        CheckPlaces(terms, Refuse);
        CheckPromises(terms, Refuse);
        var known = (terms.Datasets.IsDefault ? [] : terms.Datasets)
            .Where(datasets.ContainsKey).Select(id => datasets[id]).ToList();
        Refuse(!terms.Datasets.IsDefault && known.Count != terms.Datasets.Length, "datasets",
            "One of the datasets does not exist.");
        CheckFields(terms, known, Refuse);
        CheckLaw(terms, known, Refuse);
        return faults.ToImmutable();
    }

    private static void CheckTime(AgreementTerms terms, Action<bool, string, string> refuse)
    {
        refuse(terms.DataFrom is { } from && terms.DataUntil is { } until && until.CompareTo(from) <= 0, "dataUntil",
            "The end must lie after the beginning.");
        refuse(terms.Retention is { Days: < 0 or > DaysMax }, "retention", $"Name 0 to {DaysMax} days.");
        refuse(terms.Granularity is { SpaceMetres: < 0 } or { TimeSeconds: < 0 } or { CellMinimum: < 0 }, "granularity",
            "Metres, seconds and contributors are not negative.");
        refuse(terms.Granularity.CellMinimum > 1, "granularity",
            "A fewest number of contributors cannot be kept yet: that comes with disclosure control.");
        refuse(terms.Limits is { RequestsPerMinute: < 0 } or { RowsPerDay: < 0 or > RowsPerDayMax }, "limits",
            $"Limits are not negative; 0 is none. Rows a day end at {RowsPerDayMax}.");
    }

    private static void CheckPlaces(AgreementTerms terms, Action<bool, string, string> refuse)
    {
        refuse(terms.Area is { IsEmpty: true }, "area", "The box is empty: west and south come first.");
        refuse(terms.Jurisdictions.Length > EntriesMax || terms.Jurisdictions.Any(code => !IsCountry(code)),
            "jurisdictions", "Jurisdictions are ISO 3166 codes of two capital letters.");
        refuse(terms.Onward == OnwardSharing.Named == terms.OnwardTo.IsEmpty || terms.OnwardTo.Length > EntriesMax,
            "onwardTo", "Recipients are named for the onward sharing 'named', and for no other.");
    }

    private static void CheckPromises(AgreementTerms terms, Action<bool, string, string> refuse)
    {
        refuse(terms.Quality.Length > EntriesMax || terms.Quality.Any(floor => floor.PercentMin is < 0 or > 100),
            "quality", "A floor of quality is 0 to 100 percent.");
        refuse(terms.Quality.Any(floor => floor.Days is < 1 or > QualityDaysMax || floor.EverySeconds is < 1 or > CadenceSecondsMax),
            "quality", $"A floor of quality names 1 to {QualityDaysMax} days, and a value every 1 to {CadenceSecondsMax} seconds.");
        refuse(terms.Obligations.Length > EntriesMax || terms.Obligations.Any(one => one.Days is < 0 or > DaysMax ||
            one.Evidence.Length > TextLengthMax), "obligations", $"An obligation is due after 0 to {DaysMax} days.");
        refuse(
            terms.Undertakings.Length > EntriesMax || terms.Undertakings.Any(name => name.Length is 0 or > TextLengthMax),
            "undertakings", "An undertaking has a name.");
        refuse(terms.Fee is { Length: > TextLengthMax }, "fee", $"A text takes at most {TextLengthMax} characters.");
        refuse(terms.IntellectualProperty is { Length: > TextLengthMax }, "intellectualProperty",
            $"A text takes at most {TextLengthMax} characters.");
    }

    private static void CheckFields(AgreementTerms terms, List<GovernedDataset> datasets, Action<bool, string, string> refuse)
    {
        if (terms.Fields is not { } fields) return;
        refuse(fields.Length is 0 or > GovernedDataset.FieldsMax, "fields",
            $"Name 1 to {GovernedDataset.FieldsMax} fields, or leave the clause out.");
        foreach (var dataset in datasets)
            refuse(dataset.Fields.IsEmpty, "fields",
                $"Dataset {dataset.Id} does not describe its fields: it is given whole or not at all.");
        foreach (var name in fields)
            refuse(!datasets.Any(dataset => dataset.Fields.Any(field => field.Name == name)), "fields",
                $"None of the datasets has a field '{name}'.");
    }

    private static void CheckLaw(AgreementTerms terms, List<GovernedDataset> datasets, Action<bool, string, string> refuse)
    {
        // Without a list of fields those about people are left out, so the law about them does not ask.
        var isPersonal = datasets.Any(dataset => dataset.IsPersonal &&
            (terms.Fields is null ? dataset.IsSpecial : dataset.Fields.Any(field =>
                field.Personal == Personal.Personal && terms.Fields.Value.Contains(field.Name))));
        if (!isPersonal) return;
        refuse(terms.LegalBasis == LegalBasis.NotPersonal, "legalBasis", "Data about people need a legal basis.");
        refuse(terms.LegalBasis == LegalBasis.Consent && !datasets.All(dataset => dataset.HasConsentRecords),
            "legalBasis", "Consent cannot be looked up for each person of these datasets.");
        refuse(
            terms.LegalBasis is not (LegalBasis.Consent or LegalBasis.NotPersonal) &&
                string.IsNullOrEmpty(terms.NonConsentRecord),
            "nonConsentRecord", "Sharing without consent needs the record of its protocols and controls.");
        refuse(datasets.Any(dataset => dataset.IsSpecial) && terms.SpecialGround == SpecialGround.None, "specialGround",
            "Special categories need a ground of their own.");
        refuse(terms.Retention is null, "retention", "Data about people need an end.");
        refuse(terms.Notice is NoticeCompatibility.NotEstablished or NoticeCompatibility.Incompatible, "notice",
            "The use must be within what people were told, or need no notice.");
    }

    private static bool IsCountry(string code) => SharingOptions.IsCountry(code);
}
