using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Stoa.Tests.Operations;

public partial class Telling_how_it_is
{
    [Fact]
    public async Task Says_that_it_lives_and_is_ready()
    {
        await using var stoa = await Exchange.StartAsync();

        var live = await stoa.GetAsync("/health/live");
        var ready = await stoa.GetAsync("/health/ready");

        Assert.Equal("live", live.ShouldBe(200).Text);
        ready.ShouldBeJson(200, """{"status":"ready","checks":{"server":"ok","database":"ok","disk":"ok"}}""");
    }

    [Fact]
    [Trait("Engine", "SQLite")] // PostgreSQL looks after its own disk.
    public async Task Is_not_ready_when_the_disk_has_less_space_than_was_asked_for()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("storage.freeBytesMin", "1024 GiB"));

        var ready = await stoa.GetAsync("/health/ready");

        ready.ShouldBeJson(503,
            """{"status":"not ready","checks":{"server":"ok","database":"ok","disk":"little space is left"}}""");
    }

    [Fact]
    [Trait("Engine", "SQLite")] // PostgreSQL looks after its own disk.
    public async Task Is_not_ready_when_the_data_folder_cannot_be_written()
    {
        await using var stoa = await Exchange.StartAsync();
        // A folder in the way of the probe: rights do not stop a test that runs as root.
        Directory.CreateDirectory(Path.Combine(stoa.Folder, "stoa.probe"));

        var ready = await stoa.GetAsync("/health/ready");

        Assert.Equal("cannot be written",
            ready.ShouldBe(503).Json.GetProperty("checks").GetProperty("disk").GetString());
    }

    [Fact]
    public async Task Counts_requests_by_route_and_status_in_the_text_format_of_Prometheus()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GetAsync("/health/live");
        await stoa.GetAsync("/health/live");
        await stoa.GetAsync("/no/such/address");

        var answer = await stoa.GetAsync("/metrics");

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.ShouldBe(200).Header("Content-Type"));
        var samples = Parse(answer.Text);
        var live = samples.Single(sample =>
            sample.Key.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && sample.Key.Contains("http_route=\"/health/live\"", StringComparison.Ordinal));
        Assert.Equal(2, live.Value);
        Assert.Contains(samples, sample =>
            sample.Key.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && sample.Key.Contains("http_response_status_code=\"404\"", StringComparison.Ordinal) && sample.Value == 1);
        Assert.Contains(samples, sample =>
            sample.Key.StartsWith("stoa_storage_commits_total", StringComparison.Ordinal) && sample.Value > 0);
        Assert.Equal(1, samples.Single(sample => sample.Key.StartsWith("stoa_build{", StringComparison.Ordinal)).Value);
    }

    // The grammar of the exposition format 0.0.4: HELP and TYPE before the samples of a family, every family once,
    // buckets that do not decrease and end at +Inf with the count.
    private static Dictionary<string, double> Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>();
        var families = new HashSet<string>();
        var (family, kind) = ("", "");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ', 4)[2];
                Assert.True(families.Add(family), $"{family} appears twice.");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                kind = line.Split(' ')[3];
                Assert.Contains(kind, new[] { "counter", "gauge", "histogram" });
            }
            else
            {
                var match = SampleLine().Match(line);
                Assert.True(match.Success, $"Not a sample: {line}");
                var name = match.Groups["name"].Value;
                Assert.Contains(name, kind == "histogram" ? [family + "_bucket", family + "_sum", family + "_count"]
                    : new[] { family });
                Assert.True(kind != "counter" || name.EndsWith("_total", StringComparison.Ordinal), line);
                var value = match.Groups["value"].Value;
                samples.Add(name + match.Groups["labels"].Value, value == "+Inf" ? double.PositiveInfinity
                    : double.Parse(value, CultureInfo.InvariantCulture));
            }
        }

        AssertBuckets(samples);
        return samples;
    }

    private static void AssertBuckets(Dictionary<string, double> samples)
    {
        var histograms = samples.Where(sample => sample.Key.Contains("_bucket{", StringComparison.Ordinal))
            .GroupBy(sample => LastBound().Replace(sample.Key, "")).ToArray();
        Assert.NotEmpty(histograms);
        foreach (var buckets in histograms)
        {
            Assert.Equal(buckets.Select(bucket => bucket.Value).Order(), buckets.Select(bucket => bucket.Value));
            Assert.EndsWith("le=\"+Inf\"}", buckets.Last().Key, StringComparison.Ordinal);
            var count = buckets.Key.Replace("_bucket{", "_count{", StringComparison.Ordinal);
            var counted = samples.GetValueOrDefault(count + "}", samples.GetValueOrDefault(count.TrimEnd('{'), -1));
            Assert.Equal(buckets.Last().Value, counted);
        }
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*",?)+\})? (?<value>\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex(",?le=\"[^\"]*\"}$")]
    private static partial Regex LastBound();
}
