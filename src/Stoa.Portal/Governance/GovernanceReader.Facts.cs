using System.Globalization;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;

namespace Stoa.Portal.Governance;

internal sealed partial class GovernanceReader
{
    /// <summary>The facts of a dataset as a form has them; with what was sent and refused in its place.</summary>
    internal async Task<FactsPageView> FactsAsync(Requester who, FactsView found, FactsDraft? sent, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var reader = Reader.Of(read, who).TryGet(out var known, out _) ? known : new Reader([], false);
        var names = new Names(read, reader);
        var place = GovernedPlace.Find(read, found.Dataset)!; // Found by the caller, and never deleted.
        var fields = (sent?.Fields ?? found.Fields)
            .Select(field => new FieldRow(field.Name ?? "", field.Personal ?? "none", string.Join(", ", field.NeededFor ?? []))).ToList();
        return new(found.Dataset, place.Title, fields)
        {
            IsSpecial = sent?.Special ?? found.Special,
            IsListed = sent?.Listed ?? found.Listed,
            Impact = sent?.Impact ?? found.Impact,
            Risk = (sent?.ResidualRisk ?? found.ResidualRisk).ToString(CultureInfo.InvariantCulture),
            Accepted = LastDay(sent is null ? found.RiskAcceptedUntil : sent.RiskAcceptedUntil),
            Approves = sent?.ApproveNewParties ?? found.ApproveNewParties,
            DerivedFrom = string.Join(", ", sent?.DerivedFrom ?? found.DerivedFrom),
            Process = (sent is null ? found.Process : sent.Process) ?? "",
            ProcessOwner = sent is null ? found.ProcessOwner : sent.ProcessOwner,
            LevelMax = found.LevelMax,
            Acting = Governing(read, reader, place, names, Now),
            Parties = Organizations(read),
        };
    }

    /// <summary>Blocks in words; for officers.</summary>
    internal async Task<BlocksView> BlocksAsync(Requester who, IReadOnlyList<BlockView> blocks, CancellationToken cancellation)
    {
        using var read = await database.ReadAsync(cancellation);
        var names = new Names(read, new([], who.IsAdministrator));
        return new(
            [
                .. blocks.Select(one => new BlockRow(
                    one.Id, one.Kind, one.Dataset is { } slug ? GovernedPlace.Find(read, slug)?.Title ?? slug : "Every dataset",
                    one.Party is { } party ? names.Of(new(party)) : "every party", one.Since, one.LiftedAt)),
            ],
            Organizations(read));
    }

    // What ends with the first moment of a day has the day before as its last.
    private static string LastDay(Instant? end) => end is { } until
        ? until.ToDateTimeOffset().AddTicks(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "";
}
