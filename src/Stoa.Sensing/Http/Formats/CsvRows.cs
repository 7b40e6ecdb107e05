using System.Buffers;
using System.Text;
using System.Text.Json;
using Stoa.Query;
using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>Entities as a table: one row each, columns named by their paths, such as <c>Datastream/name</c>.</summary>
/// <remarks>
/// RFC 4180, UTF-8, always with a header. What is JSON stays JSON inside its cell, save unitOfMeasurement, which is three columns. Null
/// is an empty cell, empty text a pair of quotes.
/// </remarks>
internal sealed class CsvRows : IRowFormat
{
    private static readonly string[] UnitMembers = ["name", "symbol", "definition"];

    private readonly ArrayBufferWriter<byte> _scratch = new(256);
    private CsvCells _cells;

    public string ContentType => ResultFormats.Csv + "; charset=utf-8; header=present";

    public PlanShape Shape { get; } = new(HasLinks: false);

    public bool HasNextLink => false;

    public IDisposable? Open(QueryTranslator translator, Session session, EntityType entity, AccessScope scope) => null;

    public void Begin(JsonAnswer answer, ReadPlan plan, (long Number, bool IsExact)? count)
    {
        _cells = new(answer.Bytes);
        Names(plan, "");
        _cells.EndRow();
    }

    public void Row(JsonAnswer answer, ReadPlan plan)
    {
        _cells = new(answer.Bytes);
        Cells(plan, hasRow: true);
        _cells.EndRow();
    }

    public void End(JsonAnswer answer, string? nextLink)
    {
        // The last row ends the table.
    }

    private static bool IsUnit(RowLayout.Field field) => field.Property.Name == "unitOfMeasurement";

    private void Names(ReadPlan plan, string prefix)
    {
        if (plan.Layout.HasId) _cells.Text(Encoding.UTF8.GetBytes(prefix + "id"));
        foreach (var field in plan.Layout.Fields)
        {
            if (field.IsIn(plan.HiddenEverywhere)) continue;
            var name = prefix + field.Property.Name;
            if (!IsUnit(field)) _cells.Text(Encoding.UTF8.GetBytes(name));
            else foreach (var member in UnitMembers) _cells.Text(Encoding.UTF8.GetBytes($"{name}/{member}"));
        }

        foreach (var (navigation, inner) in plan.Expanded) Names(inner, $"{prefix}{navigation.Name}/");
    }

    /// <summary>The cells of one level and of those below; all empty where there is no entity.</summary>
    private void Cells(ReadPlan plan, bool hasRow)
    {
        var row = plan.Row;
        if (plan.Layout.HasId)
        {
            if (hasRow) _cells.Number(row.Int64(0));
            else _cells.Empty();
        }

        foreach (var field in plan.Layout.Fields)
        {
            if (field.IsIn(plan.HiddenEverywhere)) continue;
            if (IsUnit(field)) Unit(hasRow && !row.IsNull(field.First) ? row.Utf8(field.First) : "{}"u8);
            else if (hasRow) Cell(row, field);
            else _cells.Empty();
        }

        foreach (var (_, inner) in plan.Expanded)
        {
            var hasInner = hasRow && inner.Top > 0;
            if (hasInner)
            {
                inner.SetParent(plan.Id);
                hasInner = inner.Step();
            }

            Cells(inner, hasInner);
        }
    }

    private void Cell(Statement row, RowLayout.Field field)
    {
        var first = field.First;
        if (field.Columns is VariantColumns)
        {
            Result(row, first);
            return;
        }

        if (row.IsNull(first))
        {
            _cells.Empty();
            return;
        }

        Span<byte> text = stackalloc byte[TimeInterval.TextBytesMax];
        switch (field.Columns)
        {
            case ScalarColumn when field.Property.Kind == ValueKind.Instant:
                new Instant(row.Int64(first)).TryFormat(text, out var written);
                _cells.Plain(text[..written]);
                break;
            case ScalarColumn when field.Property.Kind == ValueKind.Number: _cells.Number(row.Int64(first)); break;
            case ScalarColumn: _cells.Text(row.Utf8(first)); break;
            case IntervalColumns interval: _cells.Plain(text[..PropertyValue.FormatInterval(text, row, interval, first)]); break;
            case JsonColumn or GeometryColumns: Json(row.Utf8(first)); break;
            default: Json(Written(row, field)); break;
        }
    }

    private void Result(Statement row, int first)
    {
        if (!row.IsNull(first + 3)) Json(row.Utf8(first + 3));
        else if (row.Kind(first) == ColumnKind.Integer) _cells.Number(row.Int64(first));
        else if (row.Kind(first) == ColumnKind.Real && ResultValue.IsWhole(row.Double(first))) _cells.Number(row.Int64(first));
        else if (row.Kind(first) == ColumnKind.Real) _cells.Number(row.Double(first));
        else if (!row.IsNull(first + 1)) _cells.Text(row.Utf8(first + 1));
        else if (!row.IsNull(first + 2)) _cells.Plain(row.Boolean(first + 2) ? "true"u8 : "false"u8);
        else _cells.Empty();
    }

    private void Json(ReadOnlySpan<byte> json)
    {
        if (json.SequenceEqual("null"u8)) _cells.Empty();
        else if (json[0] == '"') _cells.Text(Encoding.UTF8.GetBytes(JsonElement.Parse(json).GetString()!));
        else _cells.Quoted(json);
    }

    private ReadOnlySpan<byte> Written(Statement row, RowLayout.Field field)
    {
        _scratch.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_scratch)) PropertyValue.Write(json, row, field.Property, field.Columns, field.First);
        return _scratch.WrittenSpan;
    }

    private void Unit(ReadOnlySpan<byte> json)
    {
        var unit = JsonElement.Parse(json);
        foreach (var member in UnitMembers)
        {
            if (unit.ValueKind == JsonValueKind.Object && unit.TryGetProperty(member, out var value) &&
                value.ValueKind != JsonValueKind.Null)
                Json(Encoding.UTF8.GetBytes(value.GetRawText()));
            else _cells.Empty();
        }
    }
}
