using Stoa.Host.Settings;
using Stoa.Tests.Architecture;
using Xunit;

namespace Stoa.Tests.Operations;

public class Settings_from_all_sources
{
    [Fact]
    public void Have_defaults_that_are_taken()
    {
        var settings = Read(new SettingsSources { Options = [new("data", "/nowhere")] });

        Assert.Equal(16 << 20, settings.Limits.BodyBytes);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.Limits.StatementTime);
        Assert.Equal("127.0.0.1:8080", settings.Urls.Single().Endpoint.ToString());
        Assert.Null(settings.BaseAddress);
        Assert.All(SettingsTable.All, setting =>
            Assert.True(setting.Default.Length == 0 || setting.Refuse(setting.Default) is null, setting.Key));
    }

    [Fact]
    public void Prefer_the_option_to_the_environment_and_the_environment_to_the_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "stoa.json"),
            """
            {
              // Comments are fine in a file that people write.
              "limits": { "topMax": 11, "bodyBytes": "1 MiB", "topDefault": 10 },
              "urls": ["http://127.0.0.1:1", "http://127.0.0.1:2"],
            }
            """);

        var settings = Read(new SettingsSources
        {
            Environment = new Dictionary<string, string>
            {
                ["STOA_LIMITS_TOP_MAX"] = "12", ["STOA_LIMITS_BODY_BYTES"] = "2 MiB",
            },
            Options = [new("data", folder.Path), new("limits.topMax", "13")],
        });

        Assert.Equal(13, settings.Limits.TopMax);
        Assert.Equal(2 << 20, settings.Limits.BodyBytes);
        Assert.Equal(10, settings.Limits.TopDefault);
        Assert.Equal([1, 2], settings.Urls.Select(url => url.Endpoint.Port));
    }

    [Fact]
    public void Read_a_named_file_that_may_name_the_data_folder()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "exchange.json");
        File.WriteAllText(file, """{ "data": "/srv/stoa", "baseAddress": "https://data.example.org" }""");

        var settings = Read(new SettingsSources { ConfigFile = file });

        Assert.Equal("/srv/stoa", settings.Data);
        Assert.Equal("https://data.example.org/", settings.BaseAddress?.ToString());
    }

    [Theory]
    [InlineData("""{ "limits": { "bodyByte": 1 } }""", "there is no setting limits.bodyByte. Did you mean limits.bodyBytes?")]
    [InlineData("""{ "colour": "red" }""", "there is no setting colour. See docs/operating/settings.md")]
    [InlineData("""{ "data": "x" }""", "data cannot be set in the file that stands in the data folder")]
    [InlineData("""{ "log": { "format": "xml" } }""", "log.format must be one of text, json; it is \"xml\"")]
    [InlineData("""{ "limits": { "topMax": 0 } }""", "limits.topMax must be a number from 1 to 1000000")]
    [InlineData("""{ "limits": { "topMax": true } }""", "limits.topMax must be a text, a number or a list of texts")]
    [InlineData("""{ "baseAddress": "data.example.org" }""", "baseAddress must be an http or https address")]
    [InlineData("""{ "baseAddress": "https://example.org/data" }""", "baseAddress must be an http or https address without path")]
    [InlineData("""{ "urls": "https://0.0.0.0" }""", "urls must be one or more of http://HOST:PORT")]
    [InlineData("""{ "sharing": { "timeZone": "Berlin" } }""", "sharing.timeZone must be a time zone of the IANA database")]
    [InlineData("""{ "sharing": { "timeZone": "Europe/Atlantis" } }""", "sharing.timeZone must be a time zone of the IANA database")]
    [InlineData("""{ "sharing": { "homeJurisdictions": ["DE", "Austria"] } }""", "sharing.homeJurisdictions must be ISO 3166 codes")]
    [InlineData("""[1]""", "must be one JSON object")]
    [InlineData("{ \"urls\": \n oops }", "is not JSON at line 2")]
    public void Refuse_what_is_not_known_or_not_taken_with_advice(string json, string complaint)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "stoa.json"), json);

        var complaints = Refuse(new SettingsSources { Options = [new("data", folder.Path)] });

        Assert.Contains(complaint, Assert.Single(complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuse_an_environment_variable_with_a_typing_error()
    {
        var environment = new Dictionary<string, string> { ["STOA_LIMITS_TOPMAX"] = "5", ["PATH"] = "/bin" };

        var complaints = Refuse(new SettingsSources { Environment = environment });

        Assert.Equal("environment: there is no setting STOA_LIMITS_TOPMAX. Did you mean STOA_LIMITS_TOP_MAX?",
            Assert.Single(complaints));
    }

    [Fact]
    public void Complain_about_everything_at_once()
    {
        var complaints = Refuse(new SettingsSources
        {
            Options = [new("urls", ""), new("limits.topMax", "-1"), new("x", "")],
        });

        Assert.Equal(3, complaints.Count);
    }

    [Theory]
    [InlineData("limits.bodyBytes", "1 KiB", "1073741825")]
    [InlineData("limits.connections", "1", "1000001")]
    [InlineData("storage.readers", "256", "257")]
    [InlineData("sharing.reviewGraceDays", "3650", "3651")]
    [InlineData("sharing.riskAppetite", "25", "26")]
    [InlineData("sharing.riskAppetite", "1", "0")]
    [InlineData("sharing.timeZone", "Europe/Berlin", "../etc/passwd")]
    [InlineData("sharing.homeJurisdictions", "DE;AT", "de")]
    [InlineData("storage.writeQueue", "1000000", "0")]
    public void Are_held_to_their_limits(string key, string taken, string refused)
    {
        var setting = SettingsTable.All.Single(setting => setting.Key == key);

        Assert.Null(setting.Refuse(taken));
        Assert.NotNull(setting.Refuse(refused));
    }

    [Fact]
    public void Stand_in_the_reference()
    {
        var page = File.ReadAllText(RepositoryFiles.PathOf("docs", "operating", "settings.md"));

        Assert.True(page == SettingsReference.Markdown(),
            "docs/operating/settings.md is not up to date. Write it again: stoa settings --markdown > docs/operating/settings.md");
    }

    private static StoaSettings Read(SettingsSources sources)
    {
        Assert.True(SettingsReader.TryRead(sources, out var settings, out var complaints),
            string.Join('\n', complaints));
        return settings;
    }

    private static IReadOnlyList<string> Refuse(SettingsSources sources)
    {
        Assert.False(SettingsReader.TryRead(sources, out _, out var complaints));
        return complaints;
    }
}
