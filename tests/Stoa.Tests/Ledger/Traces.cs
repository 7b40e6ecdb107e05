using System.Globalization;
using System.IO.Compression;
using System.Text;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Looks for words wherever they could have been left: in any of the forms in which programs write text.</summary>
internal sealed class Traces
{
    private readonly List<(string Word, string Form, byte[] Bytes, bool IsFolded)> _forms = [];

    public Traces(params IEnumerable<string> words)
    {
        foreach (var word in words.Distinct(StringComparer.OrdinalIgnoreCase)) Add(word);
        Assert.NotEmpty(_forms);
    }

    /// <summary>Where the words stand in these bytes: nothing when they do not.</summary>
    public IEnumerable<string> In(byte[] bytes)
    {
        var folded = bytes.ToArray();
        for (var i = 0; i < folded.Length; i++)
            if (folded[i] is >= (byte)'A' and <= (byte)'Z') folded[i] |= 0x20;
        foreach (var (word, form, needle, isFolded) in _forms)
            if ((isFolded ? folded : bytes).AsSpan().IndexOf(needle) is var at and >= 0) yield return $"{word} as {form} at {at}";
    }

    public IEnumerable<string> In(string text) => In(Encoding.UTF8.GetBytes(text));

    /// <summary>Where they stand in the rows of any table, and in what is packed there.</summary>
    public async Task<List<string>> InAsync(Database database)
    {
        using var read = await database.ReadAsync(TestContext.Current.CancellationToken);
        var found = new List<string>();
        foreach (var table in TablesOf(read))
        {
            var columns = ColumnsOf(read, table);
            var values = columns.Select(column => read.Engine == StorageEngine.Postgres && column.Type != "bytea" ? $"\"{column.Name}\"::text" : $"\"{column.Name}\"");
            using var select = read.PrepareStream($"SELECT {string.Join(", ", values)} FROM \"{table}\"");
            while (select.Step())
                for (var i = 0; i < columns.Count; i++)
                    if (!select.IsNull(i)) found.AddRange(In(Unpacked(select.Blob(i).ToArray())).Select(where => $"{table}.{columns[i].Name}: {where}"));
        }

        return found;
    }

    /// <summary>Where they stand in files of a folder, those that are open among them.</summary>
    public List<string> InFiles(string folder) =>
        // The lock is held by the program, and empty.
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "stoa.lock").SelectMany(file =>
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[open.Length];
            open.ReadExactly(bytes);
            return In(bytes).Concat(In(Path.GetFileName(file))).Select(where => $"{file}: {where}").ToList();
        })];

    /// <summary>Tables of what is stored, without those that the engine keeps for itself.</summary>
    public static List<string> TablesOf(Session session) => Texts(session, session.Engine == StorageEngine.Sqlite
        ? "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY name"
        : """
          SELECT   c.relname::text
          FROM     pg_class c
          WHERE    c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND    NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
          ORDER BY c.relname
          """);

    /// <summary>The columns of a table, with the name of their type in small letters.</summary>
    public static List<(string Name, string Type)> ColumnsOf(Session session, string table)
    {
        using var select = session.Prepare(session.Engine == StorageEngine.Sqlite
            ? "SELECT name, lower(type) FROM pragma_table_info(@table)"
            : "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table ORDER BY ordinal_position");
        select.Bind("@table", table);
        var columns = new List<(string, string)>();
        while (select.Step()) columns.Add((select.Text(0), select.Text(1)));
        return columns;
    }

    private static List<string> Texts(Session session, string sql)
    {
        using var select = session.Prepare(sql);
        var texts = new List<string>();
        while (select.Step()) texts.Add(select.Text(0));
        return texts;
    }

    private static byte[] Unpacked(byte[] bytes)
    {
        if (bytes is not [0x1f, 0x8b, ..]) return bytes;
        using var unpacked = new MemoryStream();
        using (var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)) zip.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private void Add(string word)
    {
        var small = word.ToLowerInvariant();
        void Form(string form, byte[] bytes, bool isFolded = true) => _forms.Add((word, form, bytes, isFolded));
        var utf8 = Encoding.UTF8.GetBytes(small);
        Form("UTF-8", utf8);
        Form("UTF-16LE", Encoding.Unicode.GetBytes(small));
        Form("UTF-16BE", Encoding.BigEndianUnicode.GetBytes(small));
        Form("percent", Encoding.UTF8.GetBytes(Uri.EscapeDataString(small).ToLowerInvariant()));
        foreach (var written in new[] { word, small, word.ToUpperInvariant() }.Distinct())
        {
            var bytes = Encoding.UTF8.GetBytes(written);
            Form("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
            for (var before = 0; before < 3; before++) Form($"base64 after {before.ToString(CultureInfo.InvariantCulture)}", Base64(bytes, before), false);
        }
    }

    // Without the letters that depend on what stands before and behind.
    private static byte[] Base64(byte[] word, int before)
    {
        var text = Convert.ToBase64String([.. new byte[before], .. word]);
        var (start, end) = ((before * 8 + 5) / 6, (before + word.Length) * 8 / 6);
        return Encoding.ASCII.GetBytes(text[start..end]);
    }
}
