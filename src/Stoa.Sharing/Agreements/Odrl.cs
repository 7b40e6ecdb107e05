using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>An agreement as W3C ODRL 2.2 in JSON-LD: for reading by others. What counts is the canonical text.</summary>
/// <remarks>Terms beyond the ODRL vocabulary are those of the profile that the document names: the left operand
/// <c>stoa:field</c>. Purposes and legal bases are DPV identifiers.</remarks>
/// <param name="baseAddress">Address of the exchange, without a slash at the end.</param>
internal sealed class Odrl(string baseAddress)
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
                $"{baseAddress}/agreements/{terms.Id}/versions/{terms.Version}"));
            json.WriteString("profile"u8, Profile);
            json.WriteString("assigner"u8, AddressOf(terms.Provider));
            json.WriteString("assignee"u8, AddressOf(terms.Consumer));
            WritePermissions(json, terms, purposes);
            WriteProhibitions(json, terms);
            WriteLegalBasis(json, terms);
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
            json.WriteString("action"u8, "read");
            json.WriteStartArray("constraint"u8);
            WriteConstraint(json, "purpose", "isAnyOf", terms.Purposes.Select(id =>
                purposes.TryFind(id, out var purpose) ? purpose.Iri : Purpose.DpvNamespace + id));
            WriteMoment(json, "gteq", terms.ValidFrom);
            WriteMoment(json, "lt", terms.ValidTo);
            if (!terms.Jurisdictions.IsEmpty)
                WriteConstraint(json, "spatial", "isAnyOf", terms.Jurisdictions.Select(code =>
                    "https://www.iso.org/obp/ui/#iso:code:3166:" + code));
            json.WriteEndArray();
            WriteDuties(json, terms);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteTarget(Utf8JsonWriter json, DatasetId dataset, AgreementTerms terms)
    {
        var address = $"{baseAddress}/datasets/{dataset}";
        if (terms.Fields is not { } fields)
        {
            json.WriteString("target"u8, address);
            return;
        }

        json.WriteStartObject("target"u8);
        json.WriteString("@type"u8, "AssetCollection");
        json.WriteString("source"u8, address);
        json.WriteStartArray("refinement"u8);
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, "stoa:field");
        json.WriteString("operator"u8, "isAnyOf");
        json.WriteStartArray("rightOperand"u8);
        foreach (var field in fields) json.WriteStringValue(field);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDuties(Utf8JsonWriter json, AgreementTerms terms)
    {
        if (terms.Retention is null && terms.Obligations.IsEmpty) return;
        json.WriteStartArray("duty"u8);
        if (terms.Retention is { } retention)
            WriteDuty(json, retention.Then switch
            {
                AfterRetention.Delete => "delete",
                AfterRetention.Return => "give",
                AfterRetention.Anonymise => "anonymize",
                _ => throw new ArgumentOutOfRangeException(nameof(terms), retention.Then, "Unknown end of retention."),
            }, retention.Days);
        foreach (var obligation in terms.Obligations) WriteDuty(json, Actions[obligation.Kind], obligation.Days);
        json.WriteEndArray();
    }

    private static void WriteDuty(Utf8JsonWriter json, string action, int days)
    {
        json.WriteStartObject();
        json.WriteString("action"u8, action);
        json.WriteStartArray("constraint"u8);
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
            json.WriteString("target"u8, $"{baseAddress}/datasets/{dataset}");
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

    private static char? LetterOf(LegalBasis basis) =>
        basis == LegalBasis.NotPersonal ? null : (char)('a' + (int)basis - (int)LegalBasis.Consent);

    private static void WriteMoment(Utf8JsonWriter json, string comparison, Instant moment)
    {
        json.WriteStartObject();
        json.WriteString("leftOperand"u8, "dateTime");
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

    private string AddressOf(PartyId party) => $"{baseAddress}/parties/{party}";
}
