using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.Table;

/// <summary>What was counted while reading a file.</summary>
internal sealed class TableCounts
{
    /// <summary>Rows below the header, blank lines left out.</summary>
    public long Rows { get; set; }

    /// <summary>Observations read from them.</summary>
    public long Observations { get; set; }

    /// <summary>Fields that are empty or stand for no value.</summary>
    public long Missing { get; set; }

    /// <summary>Values left out because of their status.</summary>
    public long DroppedByStatus { get; set; }

    /// <summary>Rows passed over by <c>file.ignore</c>.</summary>
    public long Ignored { get; set; }
}

/// <summary>Reads one table by a mapping and hands out what is to be stored, in batches.</summary>
/// <remarks>Memory does not grow with the file: one row, the groups (one for each different key) and one
/// batch.</remarks>
internal sealed class TableReader : IDisposable
{
    /// <summary>Observations of one batch: large enough that each Datastream gets long runs, small enough to
    /// forget.</summary>
    public const int BatchObservations = 100_000;

    /// <summary>Things of one batch.</summary>
    public const int BatchThings = 2_000;

    /// <summary>Different keys in one file.</summary>
    public const int GroupsMax = 500_000;

    // Texts that come again and again ("good", "poor") are made once.
    private const int KnownTextsMax = 1024;
    private const int ShownCharactersMax = 60;

    // Separates the values of a composite key; it is no text.
    private const byte KeySeparator = 0xFF;

    private readonly ImportMapping _mapping;
    private readonly Stations? _stations;
    private readonly string _fileName;
    private readonly Plan _plan;
    private readonly RejectedRows _rejected;
    private readonly ZoneRules? _zone;
    private readonly Dictionary<byte[], RowGroup> _groups = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], RowGroup>.AlternateLookup<ReadOnlySpan<byte>> _groupsBySpan;
    private readonly Dictionary<byte[], string> _texts = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], string>.AlternateLookup<ReadOnlySpan<byte>> _textsBySpan;
    private readonly Dictionary<byte[], string> _qualities = new(Utf8Comparer.Instance);
    private readonly HashSet<PlannedDatastream> _touched = [];
    private readonly StringBuilder _reasons = new();

    private byte[] _key = new byte[256];
    private byte[] _time = new byte[64];
    private RowGroup? _onlyGroup;
    private int[] _identity = [];
    private BoundColumn[] _columns = [];
    private RowPlanner? _planner;
    private TableBinding? _binding;
    private int _pending;
    private long _skip;

    /// <summary>A reader for one file.</summary>
    public TableReader(ImportMapping mapping, Stations? stations, string fileName, Plan plan, RejectedRows rejected)
    {
        _mapping = mapping;
        _stations = stations;
        _fileName = fileName;
        _plan = plan;
        _rejected = rejected;
        _zone = mapping.Time is { } time ? new(time.Zone, time.Ambiguous, time.Missing) : null;
        _groupsBySpan = _groups.GetAlternateLookup<ReadOnlySpan<byte>>();
        _textsBySpan = _texts.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>So far.</summary>
    public TableCounts Counts { get; } = new();

    /// <summary>Why the file could not be read at all, after <see cref="ReadAsync"/> has ended.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Reads the file; it is left open.</summary>
    /// <param name="file">As it is stored: any encoding.</param>
    /// <param name="bytesRead">Asked at each batch for the progress.</param>
    /// <param name="rejectsMax">Reading ends when more rows than this are rejected; null: never.</param>
    /// <param name="cancellation">Between reads.</param>
    public async IAsyncEnumerable<ImportBatch> ReadAsync(
        Stream file, Func<long> bytesRead, long? rejectsMax, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!TableBinding.ReadFileName(_mapping.File, _fileName).TryGet(out var fileValues, out var problem))
        {
            Problem = problem;
            yield break;
        }

        var utf8 = await CsvText.OpenUtf8Async(file, _mapping.File.Encoding, cancellation);
        using var reader = await OpenAsync(utf8, cancellation);
        _skip = _mapping.File.SkipRows;
        while (Problem is null)
        {
            var read = ReadBuffered(reader, fileValues, rejectsMax);
            if (read == CsvRead.FillNeeded) await reader.FillAsync(cancellation);
            if (_pending >= BatchObservations || _planner?.NewThingCount >= BatchThings) yield return TakeBatch(
                bytesRead(), isLast: false);
            if (read == CsvRead.End) break;
        }

        if (_binding is null && Problem is null)
            Problem = Refusal("the file is empty: it has no " + (_mapping.File.HasHeader ? "header" : "row"));
        if (Problem is null) yield return TakeBatch(bytesRead(), isLast: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _rejected.Dispose();

    private async Task<CsvReader> OpenAsync(Stream utf8, CancellationToken cancellation)
    {
        if (_mapping.File.Delimiter is { } stated) return new(utf8, stated, _mapping.File.Quote, CsvLimits.Default);
        // The first bytes are looked at, then given back.
        var head = new byte[64 * 1024];
        var length = await utf8.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        var delimiter = CsvText.SniffDelimiter(head.AsSpan(0, length));
        return new(CsvText.Concat(head.AsMemory(0, length), utf8), delimiter, _mapping.File.Quote, CsvLimits.Default);
    }

    // Everything that lies in the buffer, until a batch is full.
    private CsvRead ReadBuffered(CsvReader reader, Dictionary<string, string> fileValues, long? rejectsMax)
    {
        while (_pending < BatchObservations && (_planner is null || _planner.NewThingCount < BatchThings))
        {
            var read = reader.Read();
            if (read != CsvRead.Row) return read;
            if (_skip > 0)
            {
                _skip--;
                continue;
            }

            if (_binding is null)
            {
                if (!TryBind(reader, fileValues)) return CsvRead.End;
                if (_mapping.File.HasHeader) continue;
            }

            Counts.Rows++;
            ReadRow(reader);
            if (Problem is not null) return CsvRead.End;
            if (_rejected.Count <= rejectsMax.GetValueOrDefault(long.MaxValue)) continue;
            Problem = new(400, "too-many-rejected-rows", "More rows were rejected than are allowed",
                $"{Path.GetFileName(_fileName)}: more than {rejectsMax} rows were rejected, the last in line " +
                    $"{reader.LineNumber}: " +
                $"{_reasons}. Mend the mapping or the file, or allow more.");
            return CsvRead.End;
        }

        return CsvRead.Row;
    }

    private bool TryBind(CsvReader reader, Dictionary<string, string> fileValues)
    {
        if (reader.Fault != CsvFault.None)
        {
            Problem = Refusal(
                $"line {reader.LineNumber}, the first of the table, cannot be read: {reader.Fault.Describe()}");
            return false;
        }

        var stated = _mapping.File.Columns;
        var header = new string[reader.FieldCount];
        for (var i = 0; i < header.Length; i++)
        {
            header[i] = i < stated.Count ? stated[i]
                : _mapping.File.HasHeader ? Encoding.UTF8.GetString(FieldText.Trim(reader.Field(i), null))
                : $"column{i + 1}";
        }

        if (stated.Count > header.Length)
        {
            Problem = Refusal($"'file.columns' names {stated.Count} columns, but the first row has {header.Length}");
            return false;
        }

        if (!TableBinding.Create(_mapping, _stations, _fileName, header, fileValues).TryGet(out var binding,
            out var problem))
        {
            Problem = problem;
            return false;
        }

        _binding = binding;
        _planner = new(_mapping, _stations, binding, _plan);
        _identity = binding.IdentityColumns;
        _columns = [.. binding.Values];
        return true;
    }

    private void ReadRow(CsvReader row)
    {
        _reasons.Clear();
        if (row.Fault != CsvFault.None) Reason(row.Fault.Describe());
        else if (_mapping.File.Ignore is { } ignore && IsMatch(ignore, row.Row, row.LineNumber)) Counts.Ignored++;
        else if (HasRightLength(row)) ReadFields(row);
        if (_reasons.Length > 0) _rejected.Add(row.LineNumber, _reasons.ToString(), row.Row);
    }

    private bool HasRightLength(CsvReader row)
    {
        var columns = _binding!.ColumnCount;
        if (row.FieldCount == columns || (row.FieldCount < columns && _mapping.File.AllowShortRows)) return true;
        // A delimiter too many at the end of some rows is common and says nothing.
        if (row.FieldCount > columns && AreEmpty(row, columns)) return true;
        Reason($"the row has {row.FieldCount} fields, the table has {columns}");
        return false;
    }

    private static bool AreEmpty(CsvReader row, int from)
    {
        for (var i = from; i < row.FieldCount; i++)
            if (!row.Field(i).IsEmpty) return false;
        return true;
    }

    private void ReadFields(CsvReader row)
    {
        if (_mapping.Datastreams.Count == 0)
        {
            if (_planner!.Plan(row).Reason is { } why) Reason(why);
            return;
        }

        var group = GroupOf(row);
        if (group.Reason is not null)
        {
            Reason(group.Reason);
            return;
        }

        if (!TryReadTime(row, group, out var start, out var end)) return;
        group.Last = new(start);
        for (var i = 0; i < _columns.Length; i++)
        {
            if (group.Datastreams[i] is not { } datastream) continue;
            if (!TryReadValue(row, _columns[i], start, end, out var observation)) continue;
            datastream.Add(observation);
            _touched.Add(datastream);
            _pending++;
            Counts.Observations++;
        }
    }

    private RowGroup GroupOf(CsvReader row)
    {
        if (_identity.Length == 0) return _onlyGroup ??= _planner!.Plan(row);
        var length = 0;
        foreach (var index in _identity)
        {
            var field = index < row.FieldCount ? row.Field(index) : [];
            if (length + field.Length + 1 > _key.Length) Array.Resize(ref _key, (length + field.Length + 1) * 2);
            field.CopyTo(_key.AsSpan(length));
            length += field.Length;
            _key[length++] = KeySeparator;
        }

        var key = _key.AsSpan(0, length);
        if (_groupsBySpan.TryGetValue(key, out var group)) return group;
        if (_groups.Count >= GroupsMax)
            return new() { Reason = $"there are more than {GroupsMax} different keys; does a key template take a " +
                $"time or a value?" };
        group = _planner!.Plan(row);
        _groups.Add(key.ToArray(), group);
        return group;
    }

    private bool TryReadTime(CsvReader row, RowGroup group, out long start, out long end)
    {
        (start, end) = (0, 0);
        var mapping = _mapping.Time!;
        var text = TimeText(row);
        foreach (var format in mapping.Formats)
        {
            if (!format.TryRead(text, out var clock)) continue;
            var period = mapping.PeriodMicroseconds ?? 0;
            // On the wall clock, so that the hour that ends at 03:00 began at 02:00 also on the day of change.
            if (mapping.MarksEnd) clock = clock with { Microseconds = clock.Microseconds - period };
            if (!_zone!.TryResolve(clock, group.Last, out var instant, out var reason))
            {
                Reason($"time '{Shown(text)}': {reason}");
                return false;
            }

            (start, end) = (instant.UnixMicroseconds, instant.UnixMicroseconds + period);
            return true;
        }

        Reason(text.IsEmpty ? "the time is empty"
            : $"'{Shown(text)}' is not a time in the form {string.Join(" or ", mapping.Formats.Select(f => f.Text))}");
        return false;
    }

    private ReadOnlySpan<byte> TimeText(CsvReader row)
    {
        var columns = _binding!.Time;
        if (columns.Count == 1) return columns[0] < row.FieldCount ? Clean(row.Field(columns[0])) : [];
        var length = 0;
        foreach (var index in columns)
        {
            var field = index < row.FieldCount ? Clean(row.Field(index)) : [];
            if (length + field.Length + 1 > _time.Length) Array.Resize(ref _time, (length + field.Length + 1) * 2);
            if (length > 0) _time[length++] = (byte)' ';
            field.CopyTo(_time.AsSpan(length));
            length += field.Length;
        }

        return _time.AsSpan(0, length);
    }

    private ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> field) => FieldText.Trim(field, _mapping.Values.Unwrap);

    private bool TryReadValue(CsvReader row, BoundColumn column, long start, long end,
        out ImportedObservation observation)
    {
        observation = default;
        var mapping = column.Mapping;
        var field = column.Index < row.FieldCount ? Clean(row.Field(column.Index)) : [];
        if (field.IsEmpty || FieldText.IsOneOf(field, _mapping.Values.Missing) ||
            FieldText.IsOneOf(field, mapping.Missing))
        {
            Counts.Missing++;
            return false;
        }

        string? quality = null;
        if (column.Status >= 0 && !IsUsable(row, column, out quality))
        {
            Counts.DroppedByStatus++;
            return false;
        }

        switch (mapping.Result)
        {
            case ResultKind.Number:
                if (!_mapping.Values.Number.TryReadNumber(field, out var number)) break;
                observation = new(start, end, ResultKind.Number, BitConverter.DoubleToInt64Bits(number), null, quality);
                return true;
            case ResultKind.Integer:
                if (!_mapping.Values.Number.TryReadInteger(field, out var integer)) break;
                observation = new(start, end, ResultKind.Integer, integer, null, quality);
                return true;
            case ResultKind.Boolean:
                if (!TryReadBoolean(field, out var truth)) break;
                observation = new(start, end, ResultKind.Boolean, truth ? 1 : 0, null, quality);
                return true;
            case ResultKind.Text:
                observation = new(start, end, ResultKind.Text, 0, TextOf(field), quality);
                return true;
            default:
                throw new InvalidOperationException("Unknown kind of result.");
        }

        Reason($"{_binding!.Header[column.Index]}: '{Shown(field)}' is not {RowPlanner.Words(mapping.Result)}");
        return false;
    }

    private bool IsUsable(CsvReader row, BoundColumn column, out string? quality)
    {
        quality = null;
        var mapping = column.Mapping.Status!;
        var mark = column.Status < row.FieldCount ? Clean(row.Field(column.Status)) : [];
        if (mark.IsEmpty || FieldText.IsOneOf(mark, mapping.Good)) return true;
        if (FieldText.IsOneOf(mark, mapping.Drop)) return false;
        if (mapping.KeepAs is not { } name) return true;
        var lookup = _qualities.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(mark, out quality)) return true;
        var text = Encoding.UTF8.GetString(mark);
        quality = ImportJson.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString(name, text);
            json.WriteEndObject();
        });
        if (_qualities.Count < KnownTextsMax) lookup[mark] = quality;
        return true;
    }

    private bool TryReadBoolean(ReadOnlySpan<byte> field, out bool truth)
    {
        Span<byte> lower = stackalloc byte[32];
        truth = false;
        if (field.Length > lower.Length ||
            Ascii.ToLower(field, lower, out var written) != System.Buffers.OperationStatus.Done) return false;
        truth = FieldText.IsOneOf(lower[..written], _mapping.Values.True);
        return truth || FieldText.IsOneOf(lower[..written], _mapping.Values.False);
    }

    private string TextOf(ReadOnlySpan<byte> field)
    {
        if (_textsBySpan.TryGetValue(field, out var text)) return text;
        text = Encoding.UTF8.GetString(field);
        if (_texts.Count < KnownTextsMax) _texts.Add(field.ToArray(), text);
        return text;
    }

    private bool IsMatch(Regex expression, ReadOnlySpan<byte> row, long line)
    {
        try
        {
            return expression.IsMatch(Encoding.UTF8.GetString(row));
        }
        catch (RegexMatchTimeoutException)
        {
            // Once is enough: for millions of rows it would take days.
            Problem = Refusal(
                $"line {line}: matching the row against 'file.ignore' takes too long; make the expression simpler");
            return false;
        }
    }

    private void Reason(string text)
    {
        if (_reasons.Length > 0) _reasons.Append("; ");
        _reasons.Append(text);
    }

    private static string Shown(ReadOnlySpan<byte> field)
    {
        var text = Encoding.UTF8.GetString(field[..Math.Min(field.Length, ShownCharactersMax * 4)]);
        return text.Length <= ShownCharactersMax ? text : text[..ShownCharactersMax] + "…";
    }

    private ImportBatch TakeBatch(long bytes, bool isLast)
    {
        var datastreams = _touched.Select(datastream => (datastream, datastream.Take())).ToArray();
        _touched.Clear();
        _pending = 0;
        return new(_planner?.TakeNewThings() ?? [], datastreams, Counts.Rows, bytes, isLast);
    }

    private Problem Refusal(string detail) => Problem.BadRequest(
        "mapping-does-not-fit", "The mapping does not fit the file", $"{Path.GetFileName(_fileName)}: {detail}");
}

/// <summary>Bytes as keys, also for look-ups by span without an array.</summary>
internal sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    /// <summary>The one there is.</summary>
    public static Utf8Comparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
