using Stoa.Sensing.Feed;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Observations of a phenomenonTime that their Datastream has already, where it says that each comes once.</summary>
internal sealed partial class EntityStore
{
    // What a new observation puts in place of the one that is there.
    private static readonly HashSet<string> Replaced = ["result", "validTime", "parameters", "resultQuality"];

    /// <summary>
    /// What to answer for an observation whose phenomenonTime is there already: the id of the other, kept or replaced, or a
    /// refusal. Null: store it. One seek in the primary key, and none where duplicates are allowed.
    /// </summary>
    internal Result<ObservationId>? AnswerDuplicate(WriteSession session, DatastreamEntry datastream, in ObservationRow row, WriteRights rights)
    {
        if (datastream.Duplicates == DuplicatePolicy.Allow ||
            ObservationStore.FindAt(session, datastream, row.PhenomenonTime) is not { } known) return null;
        switch (datastream.Duplicates)
        {
            case DuplicatePolicy.Reject: return Problems.ObservationExists(known.Id, row.PhenomenonTime);
            case DuplicatePolicy.Ignore: return new ObservationId(known.Id);
        }

        // To put another value in the place of one that is there is a correction, whatever it is sent as.
        if (rights.RefuseChange(datastream.Dataset) is { } mayNot) return mayNot;
        observations.FlushSums(session);
        var hasOtherResultTime = known.ResultTime != row.ResultTime?.UnixMicroseconds;
        var draft = new ObservationDraft
        {
            Present = hasOtherResultTime ? [.. Replaced, "resultTime"] : Replaced,
            Result = row.Result,
            ResultTime = row.ResultTime,
            ValidTime = row.ValidTime,
            Parameters = row.Parameters,
            ResultQuality = row.ResultQuality,
        };
        WriteObservation(session, known, draft, datastream, replaces: false);
        Changes.Add(session, "Observations", known.Id, datastream.Dataset, ChangeKind.Updated, datastream.Key);
        ObservationStore.WidenResults(session, datastream.Key, row.Result);
        if (hasOtherResultTime) observations.Derive(session, datastream);
        return new ObservationId(known.Id);
    }

    /// <summary>A change that would bring an observation to a time that another has.</summary>
    private static Problem? MovesOntoAnother(
        WriteSession session, in ObservationPlace place, ObservationDraft draft, DatastreamEntry target)
    {
        if (target.Duplicates == DuplicatePolicy.Allow) return null;
        var time = draft.PhenomenonTime ?? place.Time;
        return ObservationStore.FindAt(session, target, time) is { } known && known.Id != place.Id
            ? Problems.ObservationExists(known.Id, time)
            : null;
    }
}
