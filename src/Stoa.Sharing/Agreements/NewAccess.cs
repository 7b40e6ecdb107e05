using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>Whether a party gets by an agreement what it never had (ISO 37156, 7.4.1): where a dataset asks for it, the office approves that
/// besides the two sides.</summary>
internal static class NewAccess
{
    /// <summary>Whether its consumer never had, under an agreement that ran, one of its datasets that ask for another approval.</summary>
    public static bool IsGained(Session session, Agreement agreement) => GainedOf(session, agreement).Any();

    /// <summary>Those datasets. Cost: a look-up for each dataset; the agreements of the consumer where one asks for approval.</summary>
    public static IEnumerable<DatasetId> GainedOf(Session session, Agreement agreement)
    {
        var terms = agreement.Terms;
        HashSet<DatasetId>? had = null;
        foreach (var id in terms.Datasets)
        {
            if (GovernedRecords.FindBySeat(session, RecordTypes.Dataset, $"dataset {id}") is not { Content.ApprovesNewParties: true }) continue;
            had ??= Had(session, terms);
            if (!had.Contains(id)) yield return id;
        }
    }

    /// <summary>Whether somebody has a part in it, for a side or by a signature: who has approves nothing of it.</summary>
    public static bool HasPart(Agreement agreement, Acting who) =>
        new[] { agreement.Terms.Provider, agreement.Terms.Consumer }.Any(side => side == who.Party || side == who.Person || who.Parties.Contains(side)) ||
        agreement.Signatures.Any(signature => signature.Person == who.Person);

    private static HashSet<DatasetId> Had(Session session, AgreementTerms terms) =>
    [
        .. GovernedRecords.Every(session, RecordTypes.Agreement, new(Party: terms.Consumer))
            .Where(record => record.Id != terms.Id.Value && record.Content.ActiveSince is not null)
            .SelectMany(record => record.Content.Terms.Datasets),
    ];
}
