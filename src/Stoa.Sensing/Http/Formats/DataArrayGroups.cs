using System.Buffers;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage.Translation;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Collects the rows of a page by Datastream and writes them as data arrays.</summary>
/// <remarks>
/// OGC 18-088, 13.1. The number of rows stands before the rows, and rows of several Datastreams come interleaved: both need the rows of
/// a group in memory. When a page outgrows <see cref="HeldBytesMax"/>, what is held is written, and further rows of the same
/// Datastream make a further group.
/// </remarks>
internal sealed class DataArrayGroups : IDisposable
{
    /// <summary>Bytes of rows held at once.</summary>
    internal const int HeldBytesMax = 1 << 20;

    private readonly Dictionary<long, Group> _byKey = [];
    private readonly List<Group> _groups = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(512);
    private readonly Utf8JsonWriter _row;
    private readonly ReadPlan _plan;
    private readonly byte[] _root;
    private readonly bool _hasFeatureLink;
    private int _held;

    private sealed record Group(string Relation, string Link, ulong Hidden)
    {
        internal ArrayBufferWriter<byte> Rows { get; } = new(1024);

        internal int Count { get; set; }
    }

    internal DataArrayGroups(ReadPlan plan, BoundQuery query, byte[] root)
    {
        _plan = plan;
        _root = root;
        _row = new(_scratch, new JsonWriterOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
        });
        _hasFeatureLink = query.SelectedNavigations is { } shown &&
            shown[SensorThingsSchema.Observation.FindNavigation("FeatureOfInterest")!.Ordinal];
    }

    private static readonly Navigation Datastream = SensorThingsSchema.Observation.FindNavigation("Datastream")!;
    private static readonly Navigation MultiDatastream = SensorThingsSchema.Observation.FindNavigation("MultiDatastream")!;

    // Of a MultiDatastream the key holds minus the id (decision 0009).
    private static readonly Column[] Key =
        [new(((SourceKey)SensorThingsMapping.Mapping[SensorThingsSchema.Observation].Navigations[Datastream.Ordinal]).Column)];

    /// <summary>What the plan has to read beside the selected properties: the keys of what groups the rows.</summary>
    internal static PlanShape Shape { get; } = new(HasLinks: false, More: static _ => Key);

    /// <summary>Whether <see cref="WriteTo"/> is due.</summary>
    internal bool IsFull => _held > HeldBytesMax;

    /// <summary>Takes the row on which the plan stands.</summary>
    internal void Add()
    {
        var row = _plan.Row;
        var key = row.Int64(_plan.FirstMore);
        if (!_byKey.TryGetValue(key, out var group))
        {
            var relation = key < 0 ? MultiDatastream : Datastream;
            group = new(relation.Name, RowLayout.For(relation.Target).SelfLink(_root, Math.Abs(key)), _plan.Hidden);
            _byKey.Add(key, group);
            _groups.Add(group);
        }

        _scratch.ResetWrittenCount();
        _row.Reset();
        _row.WriteStartArray();
        if (_plan.Layout.HasId) _row.WriteNumberValue(_plan.Id);
        foreach (var field in _plan.Layout.Fields)
            if (!field.IsIn(group.Hidden)) PropertyValue.Write(_row, row, field.Property, field.Columns, field.First);
        if (_hasFeatureLink) _row.WriteStringValue(_plan.SelfLink(_root) + "/FeatureOfInterest");
        _row.WriteEndArray();
        _row.Flush();
        if (group.Count++ > 0) group.Rows.Write(","u8);
        group.Rows.Write(_scratch.WrittenSpan);
        _held += _scratch.WrittenCount;
    }

    /// <summary>Writes and forgets what is held.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        foreach (var group in _groups)
        {
            json.WriteStartObject();
            json.WriteString(group.Relation + "@iot.navigationLink", group.Link);
            json.WriteStartArray("components"u8);
            if (_plan.Layout.HasId) json.WriteStringValue("id"u8);
            foreach (var field in _plan.Layout.Fields)
                if (!field.IsIn(group.Hidden)) json.WriteStringValue(field.Property.Name);
            if (_hasFeatureLink) json.WriteStringValue("FeatureOfInterest@iot.navigationLink"u8);
            json.WriteEndArray();
            json.WriteNumber("dataArray@iot.count"u8, group.Count);
            json.WriteStartArray("dataArray"u8);
            json.WriteRawValue(group.Rows.WrittenSpan, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        _groups.Clear();
        _byKey.Clear();
        _held = 0;
    }

    public void Dispose() => _row.Dispose();
}
