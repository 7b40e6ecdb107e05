using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Stoa.Sharing.Purposes;

/// <summary>All purposes, each below its broader ones. A purpose lies within another when it is that one or descends from it.</summary>
/// <remarks>Immutable. The purposes within others are kept as bits, so that a decision tests one bit.</remarks>
internal sealed class PurposeTree
{
    /// <summary>Most purposes: as many as <see cref="IndexSet"/> holds.</summary>
    public const int CountMax = IndexSet.Capacity;

    private const string Resource = "Stoa.Sharing.Purposes.Purposes.tsv";

    private readonly FrozenDictionary<PurposeId, int> _index;
    private readonly IndexSet[] _within;

    private PurposeTree(ImmutableArray<Purpose> purposes)
    {
        All = purposes;
        _index = purposes.Select((purpose, index) => KeyValuePair.Create(purpose.Id, index)).ToFrozenDictionary();
        _within = new IndexSet[purposes.Length];
        for (var i = 0; i < purposes.Length; i++) MarkAncestors(i, i);
    }

    /// <summary>The purposes that come with the program.</summary>
    public static PurposeTree Standard { get; } = Load();

    public ImmutableArray<Purpose> All { get; }

    public bool TryFind(PurposeId id, [MaybeNullWhen(false)] out Purpose purpose)
    {
        purpose = _index.TryGetValue(id, out var index) ? All[index] : null;
        return purpose is not null;
    }

    /// <summary>A purpose as callers write it: by its name, as <c>dpv:</c> and its name, or by its address. Whether it is known is another
    /// question.</summary>
    public PurposeId Read(string text)
    {
        foreach (var start in (ReadOnlySpan<string>)[Purpose.DpvNamespace, "dpv:"])
            if (text.StartsWith(start, StringComparison.Ordinal) && IndexOf(new(text[start.Length..])) >= 0)
                return new(text[start.Length..]);
        return new(text);
    }

    /// <summary>Place among <see cref="All"/>; -1 for a purpose that is not known.</summary>
    public int IndexOf(PurposeId id) => _index.TryGetValue(id, out var index) ? index : -1;

    /// <summary>Whether it is known, and something new can be agreed for it.</summary>
    public bool IsOffered(PurposeId id) => TryFind(id, out var purpose) && purpose.RetiredAt is null;

    /// <summary>Whether one is the other or descends from it. False for what is not known.</summary>
    public bool IsWithin(PurposeId purpose, PurposeId broader) =>
        IndexOf(broader) is >= 0 and var index && IndexOf(purpose) is >= 0 and var inner && _within[index].Contains(inner);

    /// <summary>Every purpose that lies within one of these; unknown ones contribute nothing.</summary>
    public IndexSet Within(ImmutableArray<PurposeId> purposes)
    {
        var set = IndexSet.Empty;
        foreach (var purpose in purposes)
            if (IndexOf(purpose) is >= 0 and var index) set = set.Or(_within[index]);
        return set;
    }

    /// <summary>The tree with a city's own purposes below known ones. Null when one is there twice, hangs on nothing
    /// known, has no label, or there are too many.</summary>
    public PurposeTree? With(ImmutableArray<Purpose> own)
    {
        if (own.Length == 0) return this;
        if (All.Length + own.Length > CountMax) return null;
        var all = All;
        foreach (var purpose in own)
        {
            var known = all.Select(one => one.Id).ToHashSet();
            if (known.Contains(purpose.Id) || purpose.Parents.Length == 0 || !purpose.Parents.All(known.Contains) ||
                purpose.English.Length == 0 || purpose.German.Length == 0) return null;
            all = all.Add(purpose);
        }

        return new(all);
    }

    private void MarkAncestors(int descendant, int at)
    {
        if (_within[at].Contains(descendant)) return;
        _within[at] = _within[at].With(descendant);
        foreach (var parent in All[at].Parents) MarkAncestors(descendant, _index[parent]);
    }

    // Lines of the file: name, broader names with commas between, English label, German label.
    private static PurposeTree Load()
    {
        using var stream = typeof(PurposeTree).Assembly.GetManifestResourceStream(Resource) ??
            throw new InvalidOperationException("The purposes are not part of the program.");
        using var reader = new StreamReader(stream);
        var purposes = ImmutableArray.CreateBuilder<Purpose>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var parts = line.Split('\t');
            purposes.Add(new(new(parts[0]),
                [.. parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(parent => new PurposeId(parent))],
                parts[2], parts[3]));
        }

        return new(purposes.ToImmutable());
    }
}
