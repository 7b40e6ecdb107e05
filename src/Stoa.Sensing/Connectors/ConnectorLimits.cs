using Stoa.Sensing.Connectors.Lines;
using Stoa.Sensing.Connectors.Messages;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Connectors.Senml;

namespace Stoa.Sensing.Connectors;

/// <summary>What connectors are bounded by; each bound stands where it is kept.</summary>
public static class ConnectorLimits
{
    /// <summary>For the settings reference.</summary>
    public static IReadOnlyList<(string What, long Limit)> All { get; } =
    [
        ("Connectors: of one dataset", Connectors.OfDatasetMax),
        ("Connectors: files that are read", ConnectorFolder.FilesMax),
        ("Connectors: bytes of a declaration", ConnectorReader.BytesMax),
        ("Connectors: topics of one", ConnectorReader.TopicsMax),
        ("Connectors: entries of `values`", ConnectorReader.ValuesMax),
        ("Connectors: `datastreamsMax`", ConnectorReader.DatastreamsMaxMax),
        ("Connectors: bytes of a topic pattern", TopicPattern.BytesMax),
        ("Connectors: levels of a topic pattern", TopicPattern.LevelsMax),
        ("Connectors: characters of a JSON path", JsonPath.CharactersMax),
        ("Connectors: segments of a JSON path", JsonPath.SegmentsMax),
        ("Connectors: nodes looked at for one JSON path", JsonPath.VisitsMax),
        ("Connectors: bytes of a payload", ConnectorInbox.PayloadBytesMax),
        ("Connectors: readings of one message", MessageMapper.ReadingsMax),
        ("Connectors: characters of a key", MessageMapper.KeyCharactersMax),
        ("Connectors: records of a SenML pack", SenmlPack.RecordsMax),
        ("Connectors: characters of a SenML name", SenmlPack.NameCharactersMax),
        ("Connectors: points of one payload in line protocol", LineProtocol.PointsMax),
        ("Connectors: dead letters of one", DeadLetters.KeptMax),
        ("Connectors: bytes of the dead letters of one", DeadLetters.BytesMax),
    ];
}
