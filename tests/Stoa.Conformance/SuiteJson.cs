using System.Text.Json.Serialization;

namespace Stoa.Conformance;

[JsonSerializable(typeof(string))]
internal sealed partial class SuiteJson : JsonSerializerContext;
