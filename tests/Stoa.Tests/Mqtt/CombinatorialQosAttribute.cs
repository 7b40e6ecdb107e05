using System.Reflection;
using Stoa.Sensing.Mqtt.Packets;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Stoa.Tests.Mqtt;

/// <summary>Both versions with every pair of qualities.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinatorialQosAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. from version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 }
            from published in Enumerable.Range(0, 3)
            from subscribed in Enumerable.Range(0, 3)
            select new TheoryDataRow<ProtocolVersion, int, int>(version, published, subscribed)]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
