using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Http;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Mqtt.SensorThings;

/// <summary>Tells new observations to the topics that need no read: all of them, those of a Datastream or of a feature.</summary>
/// <remarks>
/// An observation is written once for each root and selection, whoever gets it. Who may have it is asked once for each
/// group of commits and subscriber, which is some milliseconds of work at most, and once more by the broker.
/// </remarks>
internal sealed class ObservationTopics(TopicIndex index, AccessPolicy policy, TopicText text)
{
    private readonly Dictionary<Topic, (ISubscriber Subscriber, AccessScope Scope)[]> _followers = [];
    private readonly Dictionary<(ServiceRoot Root, RowLayout Layout), byte[]> _texts = [];
    private readonly Query.Navigation _ofDatastream = SensorThingsSchema.Datastream.FindNavigation("Observations")!; // Standard.
    private readonly Query.Navigation _ofMultiDatastream = SensorThingsSchema.MultiDatastream.FindNavigation("Observations")!;
    private readonly Query.Navigation _ofFeature = SensorThingsSchema.FeatureOfInterest.FindNavigation("Observations")!;

    /// <summary>Delivers the new observations of a group.</summary>
    internal void Tell(ChangeGroup group)
    {
        if (group.Observations.Length == 0) return;
        var all = index.OfSet("Observations");
        foreach (var observation in group.Observations)
        {
            _texts.Clear();
            foreach (var topic in all) Tell(topic, observation, false);
            var ofSeries = observation.Series.IsMulti ? _ofMultiDatastream : _ofDatastream;
            foreach (var topic in index.OfRelation(ofSeries, observation.Series.Id)) Tell(topic, observation, false);
            foreach (var topic in index.OfRelation(_ofFeature, observation.Feature.Value)) Tell(topic, observation, true);
        }

        _followers.Clear();
        _texts.Clear();
    }

    private void Tell(Topic topic, StoredObservation observation, bool isOfFeature)
    {
        if (topic.Form != TopicForm.Observations) return;
        Message? message = null;
        foreach (var (subscriber, scope) in FollowersOf(topic))
        {
            if (!scope.Contains(observation.Dataset)) continue;
            // Whoever does not see the feature does not see that the observation is of it.
            if (isOfFeature && !scope.Contains(observation.FeatureDataset)) continue;
            message ??= new Message(topic.Name, TextOf(topic, observation), observation.Dataset);
            subscriber.Deliver(message);
        }
    }

    private byte[] TextOf(Topic topic, StoredObservation observation)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_texts, (topic.Root, topic.Layout), out _);
        return known ??= text.Of(observation, topic.Layout, topic.Root.Utf8);
    }

    private (ISubscriber Subscriber, AccessScope Scope)[] FollowersOf(Topic topic)
    {
        if (_followers.TryGetValue(topic, out var known)) return known;
        var followers = new List<(ISubscriber, AccessScope)>();
        foreach (var subscriber in topic.Subscribers)
        {
            var scope = topic.ScopeOf(subscriber.Requester, policy);
            if (!scope.IsNothing) followers.Add((subscriber, scope));
        }

        return _followers[topic] = [.. followers];
    }
}
