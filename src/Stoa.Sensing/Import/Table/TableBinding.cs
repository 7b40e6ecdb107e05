using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import.Table;

/// <summary>A mapping laid over the columns of one file.</summary>
internal sealed class TableBinding
{
    private readonly ImportMapping _mapping;
    private readonly Stations? _stations;
    private readonly string[] _header;
    private readonly Dictionary<string, string> _fileValues;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _identity = [];
    private readonly List<BoundColumn> _values = [];
    private readonly List<string> _faults = [];
    private int[] _time = [];

    private TableBinding(ImportMapping mapping, Stations? stations, string[] header, Dictionary<string,
        string> fileValues)
    {
        _mapping = mapping;
        _stations = stations;
        _header = header;
        _fileValues = fileValues;
        for (var i = 0; i < header.Length; i++) _columns.TryAdd(header[i], i);
    }

    /// <summary>Number of columns.</summary>
    public int ColumnCount => _header.Length;

    /// <summary>Headers in order.</summary>
    public IReadOnlyList<string> Header => _header;

    /// <summary>Column of a header; of several with the same header the first.</summary>
    public IReadOnlyDictionary<string, int> Columns => _columns;

    /// <summary>Groups of the expression <c>file.path</c>, and <c>file</c>: the name without folder and
    /// ending.</summary>
    public IReadOnlyDictionary<string, string> FileValues => _fileValues;

    /// <summary>Columns that hold the time.</summary>
    public IReadOnlyList<int> Time => _time;

    /// <summary>Columns that become Datastreams.</summary>
    public IReadOnlyList<BoundColumn> Values => _values;

    /// <summary>Columns whose values decide which Thing and Datastreams a row belongs to, ascending.</summary>
    public int[] IdentityColumns => [.. _identity];

    /// <summary>The values that the file's name gives; a problem when it does not fit the expression.</summary>
    public static Result<Dictionary<string, string>> ReadFileName(FileFormat format, string fileName)
    {
        var name = fileName.Replace('\\', '/');
        var values = new Dictionary<string,
            string>(StringComparer.Ordinal) { ["file"] = Path.GetFileNameWithoutExtension(name) };
        if (format.Path is not { } expression) return values;
        Match match;
        try
        {
            match = expression.Match(name);
        }
        catch (RegexMatchTimeoutException)
        {
            return Refusal(fileName,
                "matching its name against 'file.path' takes too long; make the expression simpler");
        }

        if (!match.Success)
            return Refusal(fileName,
                $"its name does not match 'file.path' ({expression}), which the keys are taken from");
        foreach (Group group in match.Groups)
            if (group.Success && !char.IsAsciiDigit(group.Name[0])) values[group.Name] = group.Value;
        return values;
    }

    /// <summary>Finds every column that the mapping names.</summary>
    public static Result<TableBinding> Create(
        ImportMapping mapping, Stations? stations, string fileName, string[] header, Dictionary<string,
            string> fileValues)
    {
        var binding = new TableBinding(mapping, stations, header, fileValues);
        binding.Bind();
        return binding._faults.Count == 0 ? binding
            : Refusal(fileName, string.Join("\n", binding._faults.Distinct().Take(20)));
    }

    private static Problem Refusal(string fileName, string detail) => Problem.BadRequest(
        "mapping-does-not-fit", "The mapping does not fit the file", $"{Path.GetFileName(fileName)}: {detail}");

    private void Bind()
    {
        if (_mapping.Time is { } time)
            _time = [.. time.Columns.Select(column => Find(column, "time")).Where(index => index >= 0)];
        foreach (var datastream in _mapping.Datastreams) Bind(datastream);
        var thing = _mapping.Thing;
        Identify(thing.Key, null);
        if (_mapping.Stations?.Join is { } join) Identify(join, null);
        // Names and properties are taken from the first row of a Thing, so they only have to exist.
        var texts = new List<Template?> { thing.Name, thing.Description, thing.Location?.X, thing.Location?.Y,
            thing.Location?.WellKnownText, thing.Location?.Text, thing.Location?.Name };
        texts.AddRange(thing.Properties.Select(property => property.Value));
        foreach (var template in texts) Check(template, null);
        if (_mapping.Datastreams.Count > 0 && _values.Count == 0 &&
            !_mapping.Datastreams.All(datastream => datastream.IsOptional))
            _faults.Add("no column becomes a datastream; the columns are " + Listed());
    }

    private void Bind(DatastreamMapping datastream)
    {
        if (datastream.Column is { } column)
        {
            var index = Find(column, "datastreams", datastream.IsOptional);
            if (index >= 0) Bind(datastream, index, new Dictionary<string, string> { ["header"] = _header[index] });
            return;
        }

        var found = false;
        for (var index = 0; index < _header.Length; index++)
        {
            if (!TryMatch(datastream.Columns!, _header[index], out var groups)) continue;
            found = true;
            Bind(datastream, index, groups);
        }

        if (!found && !datastream.IsOptional)
            _faults.Add($"no header matches {datastream.Columns} (mapping line {datastream.Line}); the columns are " +
                $"{Listed()}");
    }

    private bool TryMatch(Regex expression, string header, [NotNullWhen(true)] out Dictionary<string, string>? groups)
    {
        groups = null;
        Match match;
        try
        {
            match = expression.Match(header);
        }
        catch (RegexMatchTimeoutException)
        {
            _faults.Add($"matching the headers against {expression} takes too long; make the expression simpler");
            return false;
        }

        // Whole headers: "speed" must not take "wind speed" along by surprise.
        if (!match.Success || match.Length != header.Length) return false;
        groups = new(StringComparer.Ordinal) { ["header"] = header };
        foreach (Group group in match.Groups)
            if (group.Success && !char.IsAsciiDigit(group.Name[0])) groups[group.Name] = group.Value;
        return true;
    }

    private void Bind(DatastreamMapping datastream, int index, Dictionary<string, string> groups)
    {
        var status = -1;
        if (datastream.Status is { } mapping)
        {
            Check(mapping.Column, groups);
            var scope = new RowScope(_mapping.Lookups, _fileValues, _columns)
            {
                HeaderValues = groups,
                IsMissing = _ => false,
                Unwrap = null,
            };
            status = Find(new ColumnReference(scope.Fill(mapping.Column), 0, 1, datastream.Line), "status");
        }

        var conditions = datastream.When
            .Select(condition => (Column: Find(condition.Column, "when"), condition.Values))
            .Where(condition => condition.Column >= 0)
            .ToArray();
        foreach (var (conditionColumn, _) in conditions) _identity.Add(conditionColumn);
        Identify(datastream.Key, groups);
        Identify(datastream.Sensor.Key, groups);
        Identify(datastream.ObservedProperty.Key, groups);
        foreach (var template in TextsOf(datastream)) Check(template, groups);
        _values.Add(new(datastream, index, status, groups, conditions));
    }

    private static IEnumerable<Template?> TextsOf(DatastreamMapping datastream) =>
    [
        datastream.Name, datastream.Description, datastream.ObservationType,
        datastream.Unit.Name, datastream.Unit.Symbol, datastream.Unit.Definition,
        datastream.Sensor.Name, datastream.Sensor.Description, datastream.Sensor.EncodingType,
            datastream.Sensor.Metadata,
        datastream.ObservedProperty.Name, datastream.ObservedProperty.Definition,
            datastream.ObservedProperty.Description,
        .. datastream.Properties.Select(property => property.Value),
    ];

    private int Find(ColumnReference column, string section, bool isOptional = false)
    {
        if (column.Name is null)
        {
            if (column.Index <= _header.Length) return column.Index - 1;
            if (!isOptional) _faults.Add($"'{section}' names column {column.Index} (mapping line {column.Line}), " +
                $"but there are {_header.Length}");
            return -1;
        }

        var seen = 0;
        for (var i = 0; i < _header.Length; i++)
            if (_header[i] == column.Name && ++seen == column.Occurrence) return i;
        if (isOptional) return -1;
        _faults.Add(seen > 0
            ? $"'{section}' names occurrence {column.Occurrence} of '{column.Name}' (mapping line {column.Line}), " +
                $"but there are {seen}"
            : $"'{section}' names a column '{column.Name}' that is not there (mapping line " +
                $"{column.Line}){Advice(column.Name, _columns.Keys)}");
        return -1;
    }

    private void Identify(Template template, Dictionary<string, string>? groups)
    {
        Check(template, groups);
        foreach (var reference in template.References)
        {
            if (groups is not null && groups.ContainsKey(reference.Name)) continue;
            if (!_fileValues.ContainsKey(reference.Name) &&
                _columns.TryGetValue(reference.Name, out var index)) _identity.Add(index);
        }
    }

    private void Check(Template? template, Dictionary<string, string>? groups)
    {
        if (template is null) return;
        foreach (var (name, _) in template.References)
        {
            if (name.StartsWith(RowScope.StationPrefix, StringComparison.Ordinal))
            {
                var stationName = name[RowScope.StationPrefix.Length..];
                if (_mapping.Stations is null) _faults.Add(
                    $"'{{{name}}}' needs a stations file: add the section 'stations'");
                else if (_stations is not null && !_stations.Names.Contains(stationName))
                    _faults.Add($"the stations file has no '{stationName}'{Advice(stationName, _stations.Names)}");
                continue;
            }

            if (groups is not null && groups.ContainsKey(name)) continue;
            if (_fileValues.ContainsKey(name) || _columns.ContainsKey(name)) continue;
            // A group that took no part in the match of this header is empty, not unknown.
            if (_mapping.Datastreams.Any(datastream => datastream.Columns?.GroupNumberFromName(name) >= 0)) continue;
            if (_mapping.File.Path?.GroupNumberFromName(name) >= 0) continue;
            _faults.Add($"'{{{name}}}' is no column, and no group of a regular " +
                $"expression{Advice(name, _columns.Keys.Concat(_fileValues.Keys))}");
        }
    }

    private string Advice(string name, IEnumerable<string> candidates) =>
        Spelling.Nearest(name, candidates) is { } like ? $"; did you mean '{like}'?" : $"; the columns are {Listed()}";

    private string Listed()
    {
        const int ShownMax = 30;
        var shown = string.Join(", ", _header.Take(ShownMax).Select(header => $"'{header}'"));
        return _header.Length <= ShownMax ? shown : $"{shown} and {_header.Length - ShownMax} more";
    }
}

/// <summary>A column of values that belongs to an entry of <c>datastreams</c>.</summary>
/// <param name="Mapping">The entry.</param>
/// <param name="Index">The column.</param>
/// <param name="Status">The column with its marks, or -1.</param>
/// <param name="HeaderValues">Groups of its header.</param>
/// <param name="Conditions">Which rows count.</param>
internal sealed record BoundColumn(
    DatastreamMapping Mapping, int Index, int Status, IReadOnlyDictionary<string, string> HeaderValues,
    IReadOnlyList<(int Column, IReadOnlyList<string> Values)> Conditions);
