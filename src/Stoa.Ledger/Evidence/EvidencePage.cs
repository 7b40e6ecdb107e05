using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stoa.Ledger.Evidence;

/// <summary>The page that holds a pack's files and verifies them in a browser, from a disk, without a network.</summary>
/// <remarks>Its content security policy admits nothing but the script and the style in it, by their hashes: what the files hold can do nothing.</remarks>
internal static partial class EvidencePage
{
    private static readonly string Template = Resource("verify.html");
    private static readonly string Style = Resource("verify.css");

    // One module: an export without anybody who imports it is harmless.
    private static readonly string Script = Resource("pack.js") + Resource("page.js");

    /// <summary>Whether a file is for people alone, and not held by the page.</summary>
    public static bool IsForPeople(string name) => name is EvidencePack.ReadmeName or EvidencePack.PageName or EvidencePack.ManifestName;

    /// <summary>The page of a pack.</summary>
    /// <param name="manifest">What the pack is to prove.</param>
    /// <param name="files">What it may hold: all proofs, and what has room of the other files.</param>
    public static byte[] Of(EvidenceManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        var elsewhere = manifest.Names().Where(name => !files.ContainsKey(name)).ToList();
        var held = files.Keys.Where(name => name is not (EvidencePack.ReadmeName or EvidencePack.PageName)).Order(StringComparer.Ordinal);
        var page = Place().Replace(Template, place => place.Groups[1].Value switch
        {
            "script-hash" => HashOf(Script),
            "style-hash" => HashOf(Style),
            "script" => Script,
            "style" => Style,
            "about" => WebUtility.HtmlEncode(manifest.About),
            "made" => manifest.Made.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            "keys" => manifest.Keys.Count == 0 ? "It names none." : WebUtility.HtmlEncode(string.Join('\n', manifest.Keys)),
            "format" => EvidencePack.Format,
            "data" => DataOf(manifest, held.Select(name => (name, files[name])), elsewhere),
            _ => throw new InvalidOperationException($"The page has an unknown place '{place.Value}'."),
        });
        return Encoding.UTF8.GetBytes(page);
    }

    /// <summary>The page that belongs to a pack which is read; null when a file that it would hold cannot be read.</summary>
    public static async Task<byte[]?> OfAsync(EvidenceManifest manifest, EvidenceFiles files, IEnumerable<string> proofs, CancellationToken cancellation)
    {
        var held = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var names = manifest.Names().Where(EvidencePack.IsProof).Concat(proofs.Where(EvidencePack.IsProof)).Append(EvidencePack.ManifestName);
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (await files.ReadAsync(name, EvidencePack.ProofsBytesMax, cancellation) is not { } bytes) return null;
            held[name] = bytes;
        }

        long room = EvidencePack.PageBytesMax;
        foreach (var name in manifest.Files())
        {
            if (files.LengthOf(name) is not { } length) return null;
            if (length > room || await files.ReadAsync(name, room, cancellation) is not { } bytes) continue;
            held[name] = bytes;
            room -= length;
        }

        return Of(manifest, held);
    }

    // Names are plain and bytes are base64, so that nothing in it can end the element.
    private static string DataOf(EvidenceManifest manifest, IEnumerable<(string Name, byte[] Bytes)> held, List<string> elsewhere)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in manifest.Keys) json.WriteStringValue(key);
            json.WriteEndArray();
            json.WriteStartArray("elsewhere");
            foreach (var name in elsewhere) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteStartArray("files");
            foreach (var (name, bytes) in held)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteBase64String("base64", bytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static string HashOf(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string name)
    {
        using var stream = typeof(EvidencePage).Assembly.GetManifestResourceStream("evidence-page/" + name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\{([a-z-]+)\}\}")]
    private static partial Regex Place();
}
