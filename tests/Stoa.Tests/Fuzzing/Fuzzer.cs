using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Fuzzing;

/// <summary>Feeds a parser with its corpus, bent in many ways, and demands that every input is answered soon and in
/// little
/// memory, without an exception.</summary>
/// <remarks>
/// The corpus is a file of seeds below Fuzzing/Corpus, separated by lines of <c>%%</c>; an input that once failed
/// joins it.
/// A run is the same every time. STOA_FUZZ_SECONDS=N fuzzes each parser for N seconds from a new beginning, and
/// STOA_TEST_SEED=S
/// from a given one; a failure prints both.
/// </remarks>
internal sealed class Fuzzer(string corpus, params string[] words)
{
    private const int RoundsInTests = 4000;
    private const int InputBytesMax = 64 * 1024;

    // What a request of this size may cost at most: the answer within a second, and memory that a hundred of them can
    // have.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(1);
    private const long AllocatedBytesMax = 64L * 1024 * 1024;

    private static readonly byte[][] BrokenText =
    [
        [0], [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xEF, 0xBB, 0xBF],
            [0xC2, 0x85], "\u202E"u8.ToArray(),
        "\U0001F6B2"u8.ToArray(), "\r\n"u8.ToArray(), "\t"u8.ToArray(), "\\ud800"u8.ToArray(),
            "9223372036854775808"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(),
    ];

    private readonly byte[][] _seeds = SeedsOf(corpus);
    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes), .. BrokenText];

    /// <summary>Runs the corpus as it is, then bent.</summary>
    /// <param name="check">Parses; throws on whatever must not be.</param>
    public void Run(Action<byte[]> check)
    {
        var seconds = Number("STOA_FUZZ_SECONDS");
        var seed = Number("STOA_TEST_SEED") ?? (seconds is null ? 20260131 : Environment.TickCount & int.MaxValue);
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        foreach (var input in _seeds) Check(check, input, seed, -1);
        for (var round = 0; seconds is { } limit ? clock.Elapsed.TotalSeconds < limit : round < RoundsInTests; round++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Check(check, Bent(random), seed, round);
        }
    }

    private void Check(Action<byte[]> check, byte[] input, int seed, int round)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        try
        {
            check(input);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(
                $"{corpus}, STOA_TEST_SEED={seed}, round {round}: {error.GetType().Name}: {error.Message}\n{Shown(input)}\n{Convert.ToBase64String(input)}", error);
        }

        // A busy machine is slow now and then; a slow parser is slow again.
        if (clock.Elapsed > TimeMax && Repeated(check, input) > TimeMax)
            Assert.Fail(
                $"{corpus}, STOA_TEST_SEED={seed}, round {round}: more than a second for {input.Length} bytes\n{Shown(input)}\n{Convert.ToBase64String(input)}");
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllocatedBytesMax,
            $"{corpus}, STOA_TEST_SEED={seed}, round {round}: {allocated:N0} bytes for {input.Length} bytes\n{Shown(input)}");
    }

    private static TimeSpan Repeated(Action<byte[]> check, byte[] input)
    {
        var clock = Stopwatch.StartNew();
        check(input);
        return clock.Elapsed;
    }

    private byte[] Bent(Random random)
    {
        var bytes = new List<byte>(_seeds[random.Next(_seeds.Length)]);
        for (var changes = 1 + random.Next(random.Next(8) == 0 ? 12 : 3); changes > 0; changes--) Bend(bytes, random);
        if (bytes.Count > InputBytesMax) bytes.RemoveRange(InputBytesMax, bytes.Count - InputBytesMax);
        return [.. bytes];
    }

    private void Bend(List<byte> bytes, Random random)
    {
        var at = random.Next(bytes.Count + 1);
        var length = bytes.Count == at ? 0 : 1 + random.Next(Math.Min(bytes.Count - at, random.Next(4) == 0 ? 200 : 8));
        switch (random.Next(10))
        {
            case 0 when length > 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when length > 0: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.RemoveRange(at, length); break;
            case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 4: bytes.RemoveRange(at, bytes.Count - at); break;
            case 5: Splice(bytes, at, random); break;
            case 6: Repeat(bytes, at, length, random); break;
            case 7 when length > 0: bytes.Reverse(at, length); break;
            default: bytes.InsertRange(at, _words[random.Next(_words.Length)]); break;
        }
    }

    private void Splice(List<byte> bytes, int at, Random random)
    {
        var other = _seeds[random.Next(_seeds.Length)];
        if (other.Length == 0) return;
        var from = random.Next(other.Length);
        bytes.RemoveRange(at, bytes.Count - at);
        bytes.AddRange(other[from..]);
    }

    private void Repeat(List<byte> bytes, int at, int length, Random random)
    {
        var part = length > 0 && random.Next(2) == 0 ? [.. bytes.GetRange(at, length)]
            : _words[random.Next(_words.Length)];
        var times = random.Next(8) == 0 ? random.Next(8000) : random.Next(40);
        for (var i = 0; i < times && bytes.Count < InputBytesMax; i++) bytes.InsertRange(at, part);
    }

    private static byte[][] SeedsOf(string corpus)
    {
        var text = File.ReadAllText(RepositoryFiles.PathOf("tests", "Stoa.Tests", "Fuzzing", "Corpus", corpus));
        var seeds = text.Split("\n%%\n").Select(seed => Encoding.UTF8.GetBytes(seed.TrimEnd('\n'))).ToArray();
        Assert.True(seeds.Length >= 5, $"The corpus {corpus} is too small.");
        return seeds;
    }

    private static string Shown(byte[] input) =>
        string.Concat(Encoding.UTF8.GetString(input).Take(2000).Select(c => char.IsControl(c) ? '\uFFFD' : c));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) ? number : null;
}
