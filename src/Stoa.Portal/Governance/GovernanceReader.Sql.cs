using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

internal sealed partial class GovernanceReader
{
    private const string SelectParty =
        """
        SELECT kind, name
        FROM   party
        WHERE  id = @id
        """;

    private const string SelectOrganizations =
        """
        SELECT   id, name
        FROM     party
        WHERE    kind = 0
          AND    status = 2
        ORDER BY name, id
        LIMIT    500
        """;

    private const string SelectTerms =
        """
        SELECT   seat
        FROM     governed_record
        WHERE    kind = @kind
        ORDER BY id DESC
        LIMIT    200
        """;

    private static List<PartyChoice> Organizations(Session session)
    {
        using var select = session.Prepare(SelectOrganizations);
        var choices = new List<PartyChoice>();
        while (select.Step()) choices.Add(new(select.Int64(0), select.Text(1)));
        return choices;
    }

    // A seat reads "terms 2 city-terms".
    private static List<string> TermsNames(Session session)
    {
        using var select = session.Prepare(SelectTerms).Bind("@kind", (long)RecordKind.Terms);
        var names = new List<string>();
        while (select.Step())
            if (select.TextOrNull(0)?.Split(' ', 3) is [_, var version, var name]) names.Add($"{name} {version}");
        return names;
    }

    /// <summary>Names of parties. Those of people are told to themselves and to officers alone.</summary>
    internal sealed class Names(Session session, Reader reader)
    {
        private readonly Dictionary<PartyId, string> _known = [];

        public string Of(PartyId party)
        {
            if (party == Acting.Exchange) return "The exchange itself";
            if (_known.TryGetValue(party, out var known)) return known;
            using var select = session.Prepare(SelectParty).Bind("@id", party.Value);
            if (!select.Step()) return "a party";
            var isPerson = (PartyKind)select.Int64(0) == PartyKind.Person;
            return _known[party] = isPerson && !reader.IsOfficer && !reader.Is(party) ? "a person" : select.Text(1);
        }
    }
}
