using System.Globalization;
using Stoa.Identity.Credentials;
using Stoa.Ledger.Writing;
using Stoa.Portal.Ledger;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

internal sealed partial class GovernanceReader
{
    /// <summary>Who receives what and why: levels of what the visitor may know of, and every agreement in force, without names of people.</summary>
    internal async Task<TransparencyView> TransparencyAsync(Requester who, int page, CancellationToken cancellation)
    {
        var counted = await numbers.CountAsync(cancellation);
        LogView[] recorded = [await logs.OfAsync(LogName.Catalog, cancellation), await logs.OfAsync(LogName.Audit, cancellation)];
        using var read = await database.ReadAsync(cancellation);
        var now = Now;
        var snapshot = policy.Snapshot;
        var scope = policy.Read(who);
        var listed = snapshot.Datasets.Where(dataset => dataset.IsListedAt(now) || scope.ContainsAny(dataset.Id)).ToList();
        var pages = Math.Max(1, (listed.Count + PageSize - 1) / PageSize);
        var shown = Math.Min(page, pages);
        var classified = snapshot.Content.Classifications.ToLookup(one => one.Dataset);
        // People stay out of it, whoever looks.
        var names = new Names(read, new Reader([], false));
        var inForce = snapshot.Content.Agreements
            .Where(one => one.State == AgreementState.Active && one.Terms.ValidFrom.CompareTo(now) <= 0 && one.Terms.ValidTo.CompareTo(now) > 0)
            .OrderByDescending(one => one.Terms.Id.Value).ToList();
        var known = listed.Select(dataset => dataset.Id).ToHashSet();
        return new(
            [.. Enum.GetValues<SpectrumClass>().Select(level => (level, listed.Count(dataset => dataset.LevelAt(now) == level)))],
            [
                .. listed.OrderByDescending(dataset => dataset.LevelAt(now)).ThenBy(dataset => dataset.Id.Value)
                    .Skip((shown - 1) * PageSize).Take(PageSize)
                    .Select(dataset => (dataset, GovernedPlace.Find(read, dataset.Id), classified[dataset.Id].FirstOrDefault()))
                    .Where(line => line.Item2 is not null)
                    .Select(line => new SharedDataset(
                        line.Item2!.Slug, line.Item2.Title, OwnerOf(line.Item2, names), line.dataset.LevelAt(now), // Asked on the line above.
                        GovernanceWords.Asks(line.Item3), line.Item3?.ReviewBy?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                        // Open data are read without a word, and leave no record.
                        line.dataset.LevelAt(now) < SpectrumClass.Open && counted.Datasets.TryGetValue(line.dataset.Id.Value, out var some) ? some : null)),
            ],
            shown, pages, [.. inForce.Take(LinesMax).Select(one => Line(read, one.Terms, known, snapshot, names, counted))], inForce.Count, recorded);
    }

    private static string OwnerOf(GovernedPlace place, Names names) =>
        place.Assignments.FirstOrDefault(role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active }) is { } owner
            ? names.Of(owner.Party)
            : "Not stated";

    // Of what is not listed the sector alone is told.
    private static SharedAgreement Line(
        Session session, AgreementTerms terms, HashSet<DatasetId> known, PolicySnapshot snapshot, Names names, NumbersInPublic counted)
    {
        var what = terms.Datasets
            .Select(id => known.Contains(id) && GovernedPlace.Find(session, id) is { } place ? place.Title
                : snapshot.TryFind(id, out var dataset) ? $"data of the sector {Layout.Wording.Sector(dataset.Source.Sector)}" : "data")
            .Distinct().Take(10);
        return new(names.Of(terms.Provider), names.Of(terms.Consumer), string.Join(", ", what),
            string.Join(", ", terms.Purposes.Select(LabelOf)), GovernanceWords.Of(terms.LegalBasis), terms.ValidTo,
            counted.Agreements.TryGetValue(terms.Id.Value, out var given) ? given : null);
    }
}
