using System.Collections.Immutable;

namespace Stoa.Sharing.Recording;

/// <summary>Lists that nobody has said are empty, also when they come from a text that leaves them out.</summary>
internal static class Lists
{
    public static ImmutableArray<T> OrEmpty<T>(this ImmutableArray<T> list) => list.IsDefault ? [] : list;
}
