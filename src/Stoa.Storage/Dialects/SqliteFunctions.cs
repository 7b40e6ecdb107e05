using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Storage.Sqlite;
using Stoa.Vocabulary;

namespace Stoa.Storage.Dialects;

/// <summary>The SQL functions that SQLite lacks and the translator emits, made known on every connection.</summary>
/// <remarks>All are deterministic, and null when an argument is null.</remarks>
internal static class SqliteFunctions
{
    private const long MicrosecondsPerDay = 86_400_000_000L;

    internal static void Register(SqliteConnection connection)
    {
        Define(connection, "stoa_lower", 1, static call => call.Return(call.Text(0).ToLowerInvariant()));
        Define(connection, "stoa_upper", 1, static call => call.Return(call.Text(0).ToUpperInvariant()));
        Define(connection, "stoa_number_text", 1, NumberText);
        Define(connection, "stoa_time", 1, Time);
        Define(connection, "stoa_time_offset", 1, TimeOffset);
        Define(connection, "stoa_date", 1, static call => call.Return(FloorToDay(call.Int64(0))));
        Define(connection, "stoa_mod", 2, Remainder);
        Define(connection, "stoa_floor", 1, static call => Rounded(call, Math.Floor(call.Double(0))));
        Define(connection, "stoa_ceiling", 1, static call => Rounded(call, Math.Ceiling(call.Double(0))));
        Define(connection, "stoa_json_members", 2, JsonMembers);
        connection.CreateBitTest("stoa_in_bits");
        RegisterSpatial(connection);
    }

    /// <summary>Of a JSON object the members that are named, as they are written.</summary>
    private static void JsonMembers(FunctionContext call)
    {
        using var document = JsonDocument.Parse(call.Text(0), new() { MaxDepth = 256 });
        using var names = JsonDocument.Parse(call.Text(1));
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            call.ReturnNull();
            return;
        }

        var members = new StringBuilder();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (!names.RootElement.EnumerateArray().Any(name => member.NameEquals(name.GetString()))) continue;
            members.Append(members.Length == 0 ? '{' : ',').Append(member.ToString());
        }

        if (members.Length == 0) call.ReturnNull();
        else call.Return(members.Append('}').ToString());
    }

    private static void RegisterSpatial(SqliteConnection connection)
    {
        Relation(connection, "stoa_st_equals", SpatialFunctions.Equal);
        Relation(connection, "stoa_st_disjoint", SpatialFunctions.Disjoint);
        Relation(connection, "stoa_st_touches", SpatialFunctions.Touches);
        Relation(connection, "stoa_st_within", SpatialFunctions.Within);
        Relation(connection, "stoa_st_overlaps", SpatialFunctions.Overlaps);
        Relation(connection, "stoa_st_crosses", SpatialFunctions.Crosses);
        Relation(connection, "stoa_st_intersects", SpatialFunctions.Intersects);
        Relation(connection, "stoa_st_contains", SpatialFunctions.Contains);
        Define(connection, "stoa_st_relate", 3, static call =>
            Return(call, SpatialFunctions.Relate(call.Blob(0), call.Blob(1), call.Text(2))));
        Define(connection, "stoa_geo_distance", 2, static call =>
            Return(call, SpatialFunctions.Distance(call.Blob(0), call.Blob(1))));
        Define(connection, "stoa_geo_length", 1, static call => Return(call, SpatialFunctions.Length(call.Blob(0))));
        Define(connection, "stoa_in_box", 5, static call => Return(call, SpatialFunctions.IsInBox(
            call.Blob(0), call.Double(1), call.Double(2), call.Double(3), call.Double(4))));
        Define(connection, "stoa_cell", 2, static call =>
        {
            if (SpatialFunctions.Cell(call.Blob(0), call.Double(1)) is var (x, y))
                call.Return(SpatialFunctions.Box((double)x, (double)x, (double)y, (double)y));
            else call.ReturnNull();
        });
        Define(connection, "stoa_cell_json", 2, static call =>
        {
            if (SpatialFunctions.Cell(call.Blob(0), call.Double(1)) is var (x, y))
                call.Return(string.Create(CultureInfo.InvariantCulture,
                    $"{{\"type\":\"Point\",\"coordinates\":[{x:0.######},{y:0.######}]}}"));
            else call.ReturnNull();
        });
        Define(connection, "stoa_box", 4, static call =>
            call.Return(SpatialFunctions.Box(call.Double(0), call.Double(1), call.Double(2), call.Double(3))));
    }

    private delegate bool? Spatial(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    private static void Relation(SqliteConnection connection, string name, Spatial relation) =>
        Define(connection, name, 2, call => Return(call, relation(call.Blob(0), call.Blob(1))));

    private static void Define(SqliteConnection connection, string name, int arguments, Action<FunctionContext> function) =>
        connection.CreateFunction(name, arguments, call =>
        {
            for (var i = 0; i < call.Count; i++)
                if (call.IsNull(i))
                {
                    call.ReturnNull();
                    return;
                }

            function(call);
        });

    private static void Return(FunctionContext call, bool? value)
    {
        if (value is { } truth) call.Return(truth);
        else call.ReturnNull();
    }

    private static void Return(FunctionContext call, double? value)
    {
        if (value is { } number) call.Return(number);
        else call.ReturnNull();
    }

    /// <summary>The shortest text that reads back as the same number: what the JSON writer writes.</summary>
    private static void NumberText(FunctionContext call)
    {
        Span<byte> text = stackalloc byte[32];
        int length;
        var isWritten = call.IsInteger(0)
            ? Utf8Formatter.TryFormat(call.Int64(0), text, out length)
            : Utf8Formatter.TryFormat(call.Double(0), text, out length);
        if (isWritten) call.Return(Encoding.ASCII.GetString(text[..length]));
        else call.ReturnNull();
    }

    private static void Time(FunctionContext call)
    {
        if (Instant.TryParse(call.Utf8(0), out var instant)) call.Return(instant.UnixMicroseconds);
        else call.ReturnNull();
    }

    private static void TimeOffset(FunctionContext call)
    {
        if (Instant.TryParse(call.Utf8(0), out var instant)) call.Return((long)instant.OffsetMinutes);
        else call.ReturnNull();
    }

    private static long FloorToDay(long microseconds)
    {
        var remainder = microseconds % MicrosecondsPerDay;
        return microseconds - (remainder < 0 ? remainder + MicrosecondsPerDay : remainder);
    }

    private static void Remainder(FunctionContext call)
    {
        if (call.IsInteger(0) && call.IsInteger(1))
        {
            var divisor = call.Int64(1);
            if (divisor == 0) call.ReturnNull();
            else call.Return(divisor == -1 ? 0 : call.Int64(0) % divisor);
            return;
        }

        var remainder = call.Double(0) % call.Double(1);
        if (double.IsNaN(remainder)) call.ReturnNull();
        else call.Return(remainder);
    }

    private static void Rounded(FunctionContext call, double rounded)
    {
        if (call.IsInteger(0)) call.Return(call.Int64(0));
        else call.Return(rounded);
    }
}
