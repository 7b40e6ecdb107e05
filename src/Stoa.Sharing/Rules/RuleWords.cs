using System.Globalization;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Rules;

/// <summary>What a rule does, in sentences of English or German.</summary>
internal readonly ref struct RuleWords
{
    private readonly Session _session;
    private readonly bool _isGerman;

    private RuleWords(Session session, string language)
    {
        _session = session;
        _isGerman = language == "de";
    }

    /// <summary>Which data it is about comes first, then what becomes of them.</summary>
    public static List<string> Of(Session session, PolicyRule rule, string language)
    {
        var words = new RuleWords(session, language);
        var sentences = new List<string> { words.ScopeOf(rule) };
        if (rule.Prohibits)
            sentences.Add(words.Say(
                "Nothing leaves, whatever levels, roles and agreements say. Data may still come in.",
                "Nichts verlässt die Plattform, was auch immer Stufen, Rollen und Vereinbarungen sagen. Daten dürfen weiterhin hineinkommen."));
        if (rule.LevelMax is { } level)
            sentences.Add(words.Say(
                $"No more open than \u201c{LevelOf(level, false)}\u201d.", $"Nicht offener als \u201e{LevelOf(level, true)}\u201c."));
        words.Restrict(rule.Restriction, sentences);
        return sentences;
    }

    private string Say(string english, string german) => _isGerman ? german : english;

    private string ScopeOf(PolicyRule rule)
    {
        var session = _session;
        var datasets = rule.Datasets.IsEmpty ? null : List(rule.Datasets.Select(id =>
            SharedDatasets.Find(session, id) is { } dataset ? $"{dataset.Title} ({dataset.Slug})" : id.ToString()));
        var isGerman = _isGerman;
        var sectors = rule.Sectors.IsEmpty ? null : List(rule.Sectors.Select(sector => SectorOf(sector, isGerman)));
        var owner = rule.Member is { } member ? SharedDatasets.NameOf(_session, member) : null;
        var which = (datasets, owner) switch
        {
            ({ } named, _) => Say($"The datasets {named}", $"Die Datensätze {named}"),
            (null, { } name) => Say($"Every dataset that {name} owns", $"Jeder Datensatz, der {name} gehört"),
            _ => Say("Every dataset", "Jeder Datensatz"),
        };
        return sectors is null ? which + "." : which + Say($", of the sectors {sectors}.", $", in den Sektoren {sectors}.");
    }

    private void Restrict(Restriction one, List<string> sentences)
    {
        if (one.Fields is { } fields) sentences.Add(Say($"Only the fields {List(fields)}.", $"Nur die Felder {List(fields)}."));
        if (!one.FieldsLeftOut.IsEmpty)
            sentences.Add(Say($"Without the fields {List(one.FieldsLeftOut)}.", $"Ohne die Felder {List(one.FieldsLeftOut)}."));
        if (one.Purposes is { } purposes) sentences.Add(Say($"Only for {Names(purposes)}.", $"Nur für {Names(purposes)}."));
        if (!one.PurposesLeftOut.IsEmpty)
            sentences.Add(Say($"Not for {Names(one.PurposesLeftOut)}.", $"Nicht für {Names(one.PurposesLeftOut)}."));
        if (!one.Granularity.IsFine) sentences.Add(GranularityOf(one.Granularity));
        if (one.From is { } from) sentences.Add(Say($"Nothing measured before {Minute(from)}.", $"Nichts, was vor {Minute(from)} gemessen wurde."));
        if (one.Until is { } until) sentences.Add(Say($"Nothing measured from {Minute(until)} on.", $"Nichts, was ab {Minute(until)} gemessen wurde."));
        if (one.Area is { } area) sentences.Add(AreaOf(area));
        if (one.Jurisdictions is { } places) sentences.Add(Say($"Only where data are worked on in {List(places)}.", $"Nur wo Daten in {List(places)} verarbeitet werden."));
        if (one.Categories is { } groups)
            sentences.Add(Say($"Only for parties of the groups {List(groups.Select(group => group.ToWord()))}.",
                $"Nur für Beteiligte der Gruppen {List(groups.Select(group => group.ToWord()))}."));
        if (one.Channels is { } channels)
            sentences.Add(Say($"Only by these ways: {List(channels.Select(Recording.Words.Of))}.",
                $"Nur auf diesen Wegen: {List(channels.Select(Recording.Words.Of))}."));
        if (one.Hours is { } hours)
            sentences.Add(Say($"Only from {Clock(hours.FromMinute)} to {Clock(hours.UntilMinute)} each day.",
                $"Nur täglich von {Clock(hours.FromMinute)} bis {Clock(hours.UntilMinute)}."));
        if (one.Limits.RequestsPerMinute is > 0 and var requests)
            sentences.Add(Say($"At most {Number(requests)} requests a minute.", $"Höchstens {Number(requests)} Anfragen in der Minute."));
        if (one.Limits.RowsPerDay is > 0 and var rows)
            sentences.Add(Say($"At most {Number(rows)} rows a day.", $"Höchstens {Number(rows)} Zeilen am Tag."));
        if (one.StrengthMin > Strength.None) sentences.Add(StrengthOf(one.StrengthMin));
    }

    private string GranularityOf(Granularity granularity)
    {
        var parts = new List<string>();
        if (granularity.SpaceMetres > 0) parts.Add(Say($"cells of {Number(granularity.SpaceMetres)} m", $"Zellen von {Number(granularity.SpaceMetres)} m"));
        if (granularity.TimeSeconds > 0) parts.Add(Say($"steps of {Number(granularity.TimeSeconds)} s", $"Schritte von {Number(granularity.TimeSeconds)} s"));
        return Say($"Not finer than {List(parts)}.", $"Nicht feiner als {List(parts)}.");
    }

    private string AreaOf(BoundingBox area)
    {
        var box = string.Create(CultureInfo.InvariantCulture,
            $"{area.West / 1e6:0.####}, {area.South / 1e6:0.####} – {area.East / 1e6:0.####}, {area.North / 1e6:0.####}");
        return Say($"Only within {box} degrees.", $"Nur innerhalb von {box} Grad.");
    }

    private string StrengthOf(Strength strength) => strength switch
    {
        Strength.Token => Say("Only with a token or signed in.", "Nur mit Token oder angemeldet."),
        Strength.Password => Say("Only signed in with a password or more.", "Nur angemeldet mit Passwort oder mehr."),
        Strength.MultiFactor => Say("Only signed in with a second factor.", "Nur angemeldet mit zweitem Faktor."),
        _ => throw new ArgumentOutOfRangeException(nameof(strength), strength, "Unknown strength."),
    };

    private string Names(IEnumerable<PurposeId> ids)
    {
        var purposes = SharedDatasets.Purposes(_session);
        var isGerman = _isGerman;
        return List(ids.Select(id => purposes.TryFind(id, out var purpose) ? isGerman ? purpose.German : purpose.English : id.Value));
    }

    private static string LevelOf(SpectrumClass level, bool isGerman) => level switch
    {
        SpectrumClass.Closed => isGerman ? "geschlossen" : "closed",
        SpectrumClass.SharedSpecific => isGerman ? "benannte Beteiligte" : "named parties",
        SpectrumClass.SharedGroup => isGerman ? "Gruppen" : "groups",
        SpectrumClass.SharedPublic => isGerman ? "öffentlich unter Bedingungen" : "public under terms",
        SpectrumClass.Open => isGerman ? "offen" : "open",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Unknown level."),
    };

    private static string SectorOf(InfrastructureSector sector, bool isGerman) => sector switch
    {
        InfrastructureSector.Energy => isGerman ? "Energie" : "energy",
        InfrastructureSector.Water => isGerman ? "Wasser" : "water",
        InfrastructureSector.Transport => isGerman ? "Verkehr" : "transport",
        InfrastructureSector.Waste => isGerman ? "Abfall" : "waste",
        InfrastructureSector.Ict => isGerman ? "digitale Netze" : "digital networks",
        InfrastructureSector.Environment => isGerman ? "Umwelt" : "environment",
        InfrastructureSector.Other => isGerman ? "andere" : "other",
        _ => throw new ArgumentOutOfRangeException(nameof(sector), sector, "Unknown sector."),
    };

    private static string List(IEnumerable<string> entries) => string.Join(", ", entries);

    private string Number(long number) => number.ToString("N0", _isGerman ? German : CultureInfo.InvariantCulture);

    // The culture itself need not be on the machine.
    private static NumberFormatInfo German { get; } = new() { NumberGroupSeparator = ".", NumberDecimalSeparator = "," };

    private static string Minute(Instant time) =>
        time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Clock(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");
}
