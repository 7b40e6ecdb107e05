using Xunit.v3;

namespace Stoa.Tests;

/// <summary>Says which requirement of a standard a test proves; docs/conformance.md is generated from it.</summary>
/// <param name="requirement">For SensorThings the path of its URI: <c>iot_sensing/1.1/req/request-data/filter</c>.</param>
/// <remarks>Also a trait, so that <c>-trait "Requirement=…"</c> runs the tests of one requirement.</remarks>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
internal sealed class RequirementAttribute(string requirement) : Attribute, ITraitAttribute
{
    public string Requirement { get; } = requirement;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Requirement", Requirement)];
}
