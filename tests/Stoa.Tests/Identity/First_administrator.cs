using Stoa.Host.Commands;
using Stoa.Tests.Operations;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>The way in, as the program prints it.</summary>
public class First_administrator
{
    [Fact]
    public async Task Gets_a_link_at_the_first_start_and_none_once_there_is_one()
    {
        using var folder = new TemporaryFolder();

        var first = await LinesAsync(folder.Path);
        var link = Assert.Single(first, line => line.Contains("/start/", StringComparison.Ordinal));
        await using (var stoa = await Exchange.StartAsync(folder.Path))
        {
            using var ada = new Visitor(stoa);
            (await ada.JoinAsync(new Uri(link[link.IndexOf("http://", StringComparison.Ordinal)..]).AbsolutePath, "Ada", "ada@city.example")).ShouldBe(303);
        }

        Assert.DoesNotContain(await LinesAsync(folder.Path), line => line.Contains("/start/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gets_no_link_in_a_log_for_programs()
    {
        using var folder = new TemporaryFolder();

        var lines = await LinesAsync(folder.Path, "--log-format", "json");

        Assert.Contains(lines, line => line.Contains("stoa admin link", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("/start/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gets_a_new_link_by_a_command_beside_the_running_server()
    {
        using var folder = new TemporaryFolder();
        await using var stoa = await Exchange.StartAsync(folder.Path);

        var printed = await StoaProgram.RunAsync("admin", "link", "--data", folder.Path, "--base-address", "https://data.city.example");

        Assert.Equal(ExitCode.Done, printed.ExitCode);
        var link = new Uri(printed.Output.Trim());
        Assert.Equal("data.city.example", link.Host);
        using var ada = new Visitor(stoa);
        (await ada.GetAsync(link.AbsolutePath)).ShouldBe(200);
    }

    [Fact]
    public async Task Rotates_a_token_by_a_command()
    {
        using var folder = new TemporaryFolder();
        await using var stoa = await Exchange.StartAsync(folder.Path);

        var rotated = await StoaProgram.RunAsync("token", "rotate", "1", "--data", folder.Path, "--overlap-seconds", "3600");
        var none = await StoaProgram.RunAsync("token", "rotate", "99", "--data", folder.Path);

        Assert.Equal(ExitCode.Done, rotated.ExitCode);
        (await stoa.GetAsync("/api/v1/tokens", rotated.Output.Trim())).ShouldBe(200);
        (await stoa.GetAsync("/api/v1/tokens", stoa.AdminToken)).ShouldBe(200);
        Assert.Equal(ExitCode.Usage, none.ExitCode);
    }

    private static Task<IReadOnlyList<string>> LinesAsync(string folder, params string[] more) =>
        StoaProgram.LinesUntilStoppedAsync(["serve", "--data", folder, "--urls", "http://127.0.0.1:0", .. more]);
}
