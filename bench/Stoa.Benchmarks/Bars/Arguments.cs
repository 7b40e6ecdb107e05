using System.Globalization;
using Stoa.Benchmarks.Servers;
using Stoa.Storage;

namespace Stoa.Benchmarks.Bars;

/// <summary>What was asked for beside the name of the benchmark.</summary>
/// <param name="Texts">By their places.</param>
/// <param name="Engines">The engines to measure on, in the order in which they take turns.</param>
internal sealed record Arguments(IReadOnlyList<string> Texts, IReadOnlyList<StorageEngine> Engines)
{
    private const string EnginesOption = "--engines";

    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var texts = new List<string>();
        StorageEngine[] engines = PostgresCluster.IsInstalled ? [StorageEngine.Sqlite, StorageEngine.Postgres] : [StorageEngine.Sqlite];
        for (var i = 0; i < args.Count; i++)
            if (args[i] == EnginesOption && i + 1 < args.Count)
                engines = [.. args[++i].Split(',').Select(name => Enum.Parse<StorageEngine>(name, ignoreCase: true))];
            else
                texts.Add(args[i]);
        return new(texts, engines);
    }

    public int Number(int index, int otherwise) =>
        Texts.Count > index ? int.Parse(Texts[index], CultureInfo.InvariantCulture) : otherwise;
}
