namespace Stoa.Sharing.Agreements;

/// <summary>A term that the ODRL vocabulary lacks.</summary>
/// <param name="Name">After the <c>#</c> of the profile's address.</param>
/// <param name="Kind">What it is in ODRL.</param>
/// <param name="Means">In words.</param>
internal sealed record OdrlTerm(string Name, string Kind, string Means);

/// <summary>The terms of the profile that agreements in ODRL name; documented at <c>/odrl</c>.</summary>
internal static class OdrlProfile
{
    public static IReadOnlyList<OdrlTerm> Terms { get; } =
    [
        new("field", "left operand", "A field of the dataset, by name; without it all that are not about people."),
        new("phenomenonTime", "left operand", "The time that data are about: from, included, and until, not included."),
        new("area", "left operand", "Where data are about: west, south, east, north as the agreement's clause has them."),
        new("spaceMetres", "left operand", "The finest grain of places, in metres."),
        new("timeSeconds", "left operand", "The finest grain of times, in seconds."),
        new("cellMinimum", "left operand", "The fewest contributors of a value."),
        new("requestsPerMinute", "left operand", "Requests in a minute."),
        new("rowsPerDay", "left operand", "Rows in a day of UTC."),
        new("undertaking", "left operand", "An undertaking of the consumer, by name."),
        new("undertake", "action", "Of a duty: to give an undertaking, before anything is granted."),
        new("receipt", "event", "The agreement first runs."),
        new("everyMonth", "event", "The end of each month."),
        new("endOfAgreement", "event", "The agreement ends."),
        new("incident", "event", "A side says that an incident happened."),
        new("kind", "member of a duty", "What is owed, in the exchange's word: delete, return, report, attribute, notify, payNote or auditAccess."),
        new("suspends", "member of a duty", "The agreement grants nothing while the duty is overdue."),
        new("evidence", "member of a duty", "What proves it, in words."),
        new("providerRole", "member of the agreement", "The provider's role before the law."),
        new("consumerRole", "member of the agreement", "The consumer's role before the law."),
        new("specialGround", "member of the agreement", "The ground for special categories of personal data, GDPR 9(2)."),
        new("nonConsentRecord", "member of the agreement", "Hash of the record of protocols and controls for sharing without consent."),
        new("notice", "member of the agreement", "Whether the use is within what people were told."),
        new("transferInstrument", "member of the agreement", "What makes it lawful to work on data about people elsewhere."),
        new("qualityFloor", "member of the agreement", "The quality that the provider promises: measure and least percentage."),
        new("measure", "member of a floor of quality", "Completeness, timeliness, validity or uniqueness."),
        new("percentMin", "member of a floor of quality", "The least percentage."),
        new("days", "member of a floor of quality", "The last days over which completeness is measured; 30 where there is none."),
        new("everySeconds", "member of a floor of quality", "The cadence: seconds from one value of a series to the next; where there is none, as it is seen."),
        new("fee", "member of the agreement", "What is paid, in words; nothing is computed from it."),
        new("intellectualProperty", "member of the agreement", "Whose the data are, in words."),
    ];
}
