using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>An agreement as W3C ODRL 2.2 in JSON-LD: for reading by others. What counts is the canonical text.</summary>
/// <remarks>Each clause is there. Terms beyond the ODRL vocabulary are those of the profile that the document names
/// (<see cref="OdrlProfile"/>). Purposes and legal bases are DPV identifiers.</remarks>
/// <param name="baseAddress">Address of the exchange, without a slash at the end.</param>
/// <param name="slugOf">The slug of a dataset; null where there is none any more.</param>
internal sealed class Odrl(string baseAddress, Func<DatasetId, string?> slugOf)
{
    public const string Context = "http://www.w3.org/ns/odrl.jsonld";

    private static readonly FrozenDictionary<ObligationKind, string> Actions = new Dictionary<ObligationKind, string>
    {
        [ObligationKind.Delete] = "delete",
        [ObligationKind.Return] = "give",
        [ObligationKind.Report] = "inform",
        [ObligationKind.Attribute] = "attribute",
        [ObligationKind.Notify] = "inform",
        [ObligationKind.PayNote] = "compensate",
        [ObligationKind.AuditAccess] = "acceptTracking",
    }.ToFrozenDictionary();

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    private string Profile => baseAddress + "/odrl";

    /// <summary>The document, UTF-8.</summary>
    public byte[] Of(AgreementTerms terms, PurposeTree purposes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteContext(json);
            json.WriteString("@type"u8, "Agreement");
            json.WriteString("uid"u8, string.Create(CultureInfo.InvariantCulture,
                $"{baseAddress}/agreements/{terms.Id}#version-{terms.Version}"));
            json.WriteString("profile"u8, Profile);
            json.WriteString("assigner"u8, AddressOf(terms.Provider));
            json.WriteString("assignee"u8, AddressOf(terms.Consumer));
            WritePermissions(json, terms, purposes);
            WriteProhibitions(json, terms);
            WriteLegalBasis(json, terms);
            WriteProfile(json, terms);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteContext(Utf8JsonWriter json)
    {
        json.WriteStartArray("@context"u8);
        json.WriteStringValue(Context);
        json.WriteStartObject();
        json.WriteString("xsd"u8, "http://www.w3.org/2001/XMLSchema#");
        json.WriteString("dpv"u8, Purpose.DpvNamespace);
        json.WriteString("gdpr"u8, "https://w3id.org/dpv/legal/eu/gdpr#");
        json.WriteString("stoa"u8, Profile + "#");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WritePermissions(Utf8JsonWriter json, AgreementTerms terms, PurposeTree purposes)
    {
        json.WriteStartArray("permission"u8);
        foreach (var dataset in terms.Datasets)
        {
            json.WriteStartObject();
            WriteTarget(json, dataset, terms);
            WriteActions(json, terms);
            json.WriteStartArray("constraint"u8);
            WriteConstraint(json, "purpose", "isAnyOf", terms.Purposes.Select(id =>
                purposes.TryFind(id, out var purpose) ? purpose.Iri : Purpose.DpvNamespace + id));
            WriteMoment(json, "gteq", terms.ValidFrom);
            WriteMoment(json, "lt", terms.ValidTo);
            if (!terms.Jurisdictions.IsEmpty)
                WriteConstraint(json, "spatial", "isAnyOf", terms.Jurisdictions.Select(code =>
                    "https://www.iso.org/obp/ui/#iso:code:3166:" + code));
            WriteNumber(json, "stoa:spaceMetres", "gteq", terms.Granularity.SpaceMetres);
            WriteNumber(json, "stoa:timeSeconds", "gteq", terms.Granularity.TimeSeconds);
            WriteNumber(json, "stoa:cellMinimum", "gteq", terms.Granularity.CellMinimum);
            WriteNumber(json, "stoa:requestsPerMinute", "lteq", terms.Limits.RequestsPerMinute);
            WriteNumber(json, "stoa:rowsPerDay", "lteq", terms.Limits.RowsPerDay);
            json.WriteEndArray();
            WriteDuties(json, terms);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteTarget(Utf8JsonWriter json, DatasetId dataset, AgreementTerms terms)
    {
        var address = AddressOf(dataset, terms);
        if (terms is { Fields: null, DataFrom: null, DataUntil: null, Area: null })
        {
            json.WriteString("target"u8, address);
            return;
        }

        json.WriteStartObject("target"u8);
        json.WriteString("@type"u8, "AssetCollection");
        json.WriteString("source"u8, address);
        json.WriteStartArray("refinement"u8);
        if (terms.Fields is { } fields) WriteTexts(json, "stoa:field", "isAnyOf", fields);
        if (terms.DataFrom is { } from) WriteMoment(json, "gteq", from, "stoa:phenomenonTime");
        if (terms.DataUntil is { } until) WriteMoment(json, "lt", until, "stoa:phenomenonTime");
        if (terms.Area is { } area)
            WriteTexts(json, "stoa:area", "isPartOf",
                [.. new[] { area.West, area.South, area.East, area.North }.Select(side => side.ToString(CultureInfo.InvariantCulture))]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteActions(Utf8JsonWriter json, AgreementTerms terms)
    {
        static string Of(DataAction action) => action == DataAction.See ? "read" : "stoa:" + Words<DataAction>.Of(action);
        if (terms.Actions is [var only])
        {
            json.WriteString("action"u8, Of(only));
            return;
        }

        json.WriteStartArray("action"u8);
        foreach (var action in terms.Actions) json.WriteStringValue(Of(action));
        json.WriteEndArray();
    }

    private static void WriteDuties(Utf8JsonWriter json, AgreementTerms terms)
    {
        if (terms.Retention is null && terms.Obligations.IsEmpty && terms.Undertakings.IsEmpty) return;
        json.WriteStartArray("duty"u8);
        if (terms.Retention is { } retention)
            WriteDuty(json, retention.Then switch
            {
                AfterRetention.Delete => "delete",
                AfterRetention.Return => "give",
                AfterRetention.Anonymise => "anonymize",
                _ => throw new ArgumentOutOfRangeException(nameof(terms), retention.Then, "Unknown end of retention."),
            }, retention.Days, Words<RetentionStart>.Of(retention.Start), null);
        foreach (var obligation in terms.Obligations)
            WriteDuty(json, Actions[obligation.Kind], obligation.Days, Words<ObligationTrigger>.Of(obligation.Trigger), obligation);
        if (!terms.Undertakings.IsEmpty)
        {
            json.WriteStartObject();
            json.WriteString("action"u8, "stoa:undertake");
            json.WriteStartArray("constraint"u8);
            WriteTexts(json, "stoa:undertaking", "isAllOf", terms.Undertakings);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDuty(Utf8JsonWriter json, string action, int days, string start, ObligationClause? clause)
    {
        json.WriteStartObject();
        json.WriteString("action"u8, action);
        if (clause is not null)
        {
            json.WriteString("stoa:kind"u8, Words<ObligationKind>.Of(clause.Kind));
            json.WriteBoolean("stoa:suspends"u8, clause.Suspends);
            if (clause.Evidence.Length > 0) json.WriteString("stoa:evidence"u8, clause.Evidence);
        }

        json.WriteStartArray("constraint"u8);
        WriteConstraint(json, "event", "gt", ["stoa:" + start]);
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, "elapsedTime");
        json.WriteString("operator"u8, "lteq");
        WriteTyped(json, $"P{days.ToString(CultureInfo.InvariantCulture)}D", "xsd:duration");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteProhibitions(Utf8JsonWriter json, AgreementTerms terms)
    {
        if (terms.Onward == OnwardSharing.SameTerms) return;
        json.WriteStartArray("prohibition"u8);
        foreach (var dataset in terms.Datasets)
        {
            json.WriteStartObject();
            json.WriteString("target"u8, AddressOf(dataset, terms));
            json.WriteString("action"u8, "distribute");
            if (terms.Onward == OnwardSharing.Named)
            {
                json.WriteStartArray("constraint"u8);
                WriteConstraint(json, "recipient", "isNoneOf", terms.OnwardTo.Select(AddressOf));
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLegalBasis(Utf8JsonWriter json, AgreementTerms terms)
    {
        if (LetterOf(terms.LegalBasis) is not { } letter) return;
        json.WriteStartObject("dpv:hasLegalBasis"u8);
        json.WriteString("@id"u8, "gdpr:A6-1-" + letter);
        json.WriteEndObject();
    }

    // What the core of ODRL has no word for, and what is no rule.
    private static void WriteProfile(Utf8JsonWriter json, AgreementTerms terms)
    {
        void Word<TEnum>(string name, TEnum value)
            where TEnum : struct, Enum
        {
            if (!value.Equals(default(TEnum))) json.WriteString("stoa:" + name, Words<TEnum>.Of(value));
        }

        void Text(string name, string? value)
        {
            if (value is not null) json.WriteString("stoa:" + name, value);
        }

        Word("providerRole", terms.ProviderRole);
        Word("consumerRole", terms.ConsumerRole);
        if (terms.SpecialGround != SpecialGround.None)
            Text("specialGround", "gdpr:A9-2-" + (char)('a' + (int)terms.SpecialGround - (int)SpecialGround.ExplicitConsent));
        Text("nonConsentRecord", terms.NonConsentRecord);
        Word("notice", terms.Notice);
        Word("transferInstrument", terms.Transfer);
        Text("fee", terms.Fee);
        Text("intellectualProperty", terms.IntellectualProperty);
        if (terms.Quality.IsEmpty) return;
        json.WriteStartArray("stoa:qualityFloor"u8);
        foreach (var floor in terms.Quality)
        {
            json.WriteStartObject();
            json.WriteString("stoa:measure"u8, Words<QualityMeasure>.Of(floor.Measure));
            json.WriteNumber("stoa:percentMin"u8, floor.PercentMin);
            if (floor.Days is { } days) json.WriteNumber("stoa:days"u8, days);
            if (floor.EverySeconds is { } every) json.WriteNumber("stoa:everySeconds"u8, every);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static char? LetterOf(LegalBasis basis) =>
        basis == LegalBasis.NotPersonal ? null : (char)('a' + (int)basis - (int)LegalBasis.Consent);

    private static void WriteNumber(Utf8JsonWriter json, string operand, string comparison, long value)
    {
        if (value == 0) return;
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, operand);
        json.WriteString("operator"u8, comparison);
        json.WriteNumber("rightOperand"u8, value);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string operand, string comparison, ImmutableArray<string> texts)
    {
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, operand);
        json.WriteString("operator"u8, comparison);
        json.WriteStartArray("rightOperand"u8);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMoment(Utf8JsonWriter json, string comparison, Instant moment, string operand = "dateTime")
    {
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, operand);
        json.WriteString("operator"u8, comparison);
        WriteTyped(json, moment.ToString(), "xsd:dateTime");
        json.WriteEndObject();
    }

    private static void WriteTyped(Utf8JsonWriter json, string value, string type)
    {
        json.WriteStartObject("rightOperand"u8);
        json.WriteString("@value"u8, value);
        json.WriteString("@type"u8, type);
        json.WriteEndObject();
    }

    private static void WriteConstraint(Utf8JsonWriter json, string operand, string comparison, IEnumerable<string> addresses)
    {
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, operand);
        json.WriteString("operator"u8, comparison);
        json.WriteStartArray("rightOperand"u8);
        foreach (var address in addresses)
        {
            json.WriteStartObject();
            json.WriteString("@id"u8, address);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private string AddressOf(PartyId party) => $"{baseAddress}/api/v1/parties/{party}";

    private string AddressOf(DatasetId dataset, AgreementTerms terms) => slugOf(dataset) is { } slug
        ? $"{baseAddress}/datasets/{slug}"
        : $"{baseAddress}/agreements/{terms.Id}#dataset-{dataset}";
}
