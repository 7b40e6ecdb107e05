using System.Globalization;

namespace Stoa.Benchmarks.Bars;

internal static class Arguments
{
    public static int Number(string[] args, int index, int otherwise) =>
        args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
}
