using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Catalogue.Datasets;

namespace Stoa.Catalogue;

/// <summary>The JSON shapes of this capability.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Dataset))]
[JsonSerializable(typeof(DatasetDraft))]
[JsonSerializable(typeof(DatasetPage))]
[JsonSerializable(typeof(DatasetStatistics))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(long[]))]
internal sealed partial class CatalogueJson : JsonSerializerContext
{
    /// <summary>The shapes as they are sent and stored: letters beyond ASCII stay as they are.</summary>
    internal static CatalogueJson Wire => Later.Wire;

    // In a type of its own, because it is made from what the generated part of this one makes first.
    private static class Later
    {
        internal static readonly CatalogueJson Wire = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
