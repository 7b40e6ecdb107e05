using System.Collections.Immutable;

namespace Stoa.Sensing.Mqtt.Spaces;

/// <summary>Subscriptions by the levels of their filters: finding those that a topic reaches costs its levels, not
/// their
/// number.</summary>
/// <remarks>Reading takes no lock; changes take one.</remarks>
internal sealed class TopicTree<T>
    where T : class
{
    private readonly Lock _gate = new();
    private Node _root = Node.Empty;

    /// <summary>Whether there is none at all.</summary>
    internal bool IsEmpty => _root.IsEmpty;

    internal void Add(string filter, T item)
    {
        lock (_gate) _root = Add(_root, filter.Split('/'), 0, item);
    }

    internal void Remove(string filter, T item)
    {
        lock (_gate) _root = Remove(_root, filter.Split('/'), 0, item);
    }

    /// <summary>Calls the action for every item whose filter takes the topic.</summary>
    internal int ForEachMatch(string topic, Func<T, bool> action) => Visit(_root, topic, 0, action);

    private static int Visit(Node node, string topic, int start, Func<T, bool> action)
    {
        // "sport/#" takes "sport" too (MQTT 5, 4.7.1.2).
        var count = node.Rest is { } rest ? Call(rest.Items, action) : 0;
        if (start > topic.Length) return count + Call(node.Items, action);
        var slash = topic.IndexOf('/', start);
        var end = slash < 0 ? topic.Length : slash;
        if (node.Any is { } any) count += Visit(any, topic, end + 1, action);
        if (!node.Levels.IsEmpty && node.Levels.TryGetValue(topic[start..end], out var next))
            count += Visit(next, topic, end + 1, action);
        return count;
    }

    private static int Call(ImmutableArray<T> items, Func<T, bool> action)
    {
        var count = 0;
        foreach (var item in items)
            if (action(item)) count++;
        return count;
    }

    private static Node Add(Node node, string[] levels, int at, T item)
    {
        if (at == levels.Length) return node with { Items = node.Items.Add(item) };
        return levels[at] switch
        {
            "+" => node with { Any = Add(node.Any ?? Node.Empty, levels, at + 1, item) },
            "#" => node with { Rest = Add(node.Rest ?? Node.Empty, levels, at + 1, item) },
            var level => node with
            {
                Levels = node.Levels.SetItem(level, Add(node.Levels.GetValueOrDefault(level, Node.Empty), levels, at + 1, item)),
            },
        };
    }

    private static Node Remove(Node node, string[] levels, int at, T item)
    {
        if (at == levels.Length) return node with { Items = node.Items.Remove(item) };
        switch (levels[at])
        {
            case "+": return node with { Any = node.Any is null ? null : OrNull(Remove(node.Any, levels, at + 1, item)) };
            case "#": return node with { Rest = node.Rest is null ? null : OrNull(Remove(node.Rest, levels, at + 1, item)) };
            default:
                if (!node.Levels.TryGetValue(levels[at], out var next)) return node;
                next = Remove(next, levels, at + 1, item);
                return node with
                {
                    Levels = next.IsEmpty ? node.Levels.Remove(levels[at]) : node.Levels.SetItem(levels[at], next),
                };
        }
    }

    private static Node? OrNull(Node node) => node.IsEmpty ? null : node;

    private sealed record Node(ImmutableArray<T> Items, ImmutableDictionary<string, Node> Levels, Node? Any, Node? Rest)
    {
        internal static Node Empty { get; } =
            new([], ImmutableDictionary<string, Node>.Empty.WithComparers(StringComparer.Ordinal), null, null);

        internal bool IsEmpty => Items.IsEmpty && Levels.IsEmpty && Any is null && Rest is null;
    }
}
