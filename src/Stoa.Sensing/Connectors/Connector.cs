using System.Collections.Frozen;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>A connector that is ready to work: its rules read, its place known.</summary>
internal sealed class Connector(long id, DatasetId dataset, bool isEnabled, ConnectorRules rules)
{
    internal long Id { get; } = id;

    internal DatasetId Dataset { get; } = dataset;

    internal bool IsEnabled { get; } = isEnabled;

    internal ConnectorRules Rules { get; } = rules;

    internal MessageMapper Mapper { get; } = new(rules);

    internal string Name => Rules.Name;

    /// <summary>Whether its topics take this one.</summary>
    internal bool Takes(ReadOnlySpan<char> topic)
    {
        foreach (var pattern in Rules.Topics)
            if (pattern.Matches(topic, null))
                return true;
        return false;
    }
}

/// <summary>One immutable snapshot of all connectors.</summary>
internal sealed class ConnectorDirectory
{
    private readonly FrozenDictionary<(long Dataset, string Name), Connector> _byName;
    private readonly FrozenDictionary<long, Connector> _byId;
    private readonly Connector[] _byTopic;

    internal ConnectorDirectory(long version, IReadOnlyList<Connector> connectors)
    {
        Version = version;
        _byName = connectors.ToFrozenDictionary(connector => (connector.Dataset.Value, connector.Name));
        _byId = connectors.ToFrozenDictionary(connector => connector.Id);
        _byTopic = [.. connectors.Where(connector => connector is { IsEnabled: true, Rules.Topics.Count: > 0 })];
    }

    internal static ConnectorDirectory Empty { get; } = new(-1, []);

    /// <summary>Number of the state; grows with every change.</summary>
    internal long Version { get; }

    /// <summary>By dataset and name; null when there is none.</summary>
    internal Connector? Find(DatasetId dataset, string name) => _byName.GetValueOrDefault((dataset.Value, name));

    /// <summary>By its number; null when there is none.</summary>
    internal Connector? Find(long id) => _byId.GetValueOrDefault(id);

    /// <summary>Those that are switched on and take the topic. Cost: one comparison for each topic pattern.</summary>
    internal List<Connector> Taking(ReadOnlySpan<char> topic)
    {
        var taking = new List<Connector>();
        foreach (var connector in _byTopic)
            if (connector.Takes(topic))
                taking.Add(connector);
        return taking;
    }

    /// <summary>The topic filters of those that are switched on, each with its dataset.</summary>
    internal IEnumerable<(long Dataset, string Filter)> Patterns =>
        _byTopic.SelectMany(connector => connector.Rules.Topics, (connector, topic) => (connector.Dataset.Value, topic.Filter))
            .Distinct();
}
