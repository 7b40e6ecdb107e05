using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;

namespace Stoa.Tests.Identity;

/// <summary>Which members of governed records are texts: read from the types by which they are written.</summary>
internal static class RecordShapes
{
    /// <summary>Every text by its kind and path; * stands for each of a list.</summary>
    public static IReadOnlyList<(RecordKind Kind, string Path)> Texts() =>
    [
        .. from type in typeof(RecordTypes).Assembly.GetTypes()
           from property in type.GetProperties(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           where property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(RecordType<>)
           let kind = (RecordKind)property.PropertyType.GetProperty("Kind")!.GetValue(property.GetValue(null))!
           from path in Paths(property.PropertyType.GetGenericArguments()[0], "")
           select (kind, path),
    ];

    private static IEnumerable<string> Paths(Type type, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string) || type == typeof(PurposeId) || type == typeof(JsonElement)) return [path];
        if (type.IsPrimitive || type.IsEnum) return [];
        var shape = Shape(type);
        return shape.Kind switch
        {
            JsonTypeInfoKind.Object => shape.Properties.Where(one => one.Get is not null).SelectMany(one => Paths(one.PropertyType, path.Length == 0 ? one.Name : $"{path}.{one.Name}")),
            JsonTypeInfoKind.Enumerable => Paths(type.GetGenericArguments()[0], path + ".*"),
            _ => [],
        };
    }

    private static JsonTypeInfo Shape(Type type) =>
        SharingJson.Wire.GetTypeInfo(type) ?? GovernanceJson.Wire.GetTypeInfo(type) ?? AgreementJson.Wire.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type} has no shape.");
}
