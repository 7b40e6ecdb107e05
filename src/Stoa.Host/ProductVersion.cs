using System.Reflection;

namespace Stoa.Host;

/// <summary>The version of the program.</summary>
internal static class ProductVersion
{
    /// <summary>As in the change log, for example 0.1.0.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0.0.0";
}
