using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Witnesses;
using Stoa.Tests.Portal;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Stoa.Tests.Ledger;

/// <summary>The page of a pack, opened from a disk: it turns green for what was recorded, and red for anything else.</summary>
public class Evidence_in_a_browser(FileBrowser browser) : IClassFixture<FileBrowser>
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dark", 1280)]
    [InlineData("light", 390)]
    public async Task Turns_green_once_the_key_is_known(string scheme, int width)
    {
        var sample = new PackSample();
        await using var visit = await OpenAsync((await sample.FilesAsync(Now))[EvidencePack.PageName], scheme, width);
        var page = visit.Page;
        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "unknown-key");
        await Expect(page.Locator(".chip.fits").First).ToBeVisibleAsync();
        await Expect(page.Locator(".chip.proven")).ToHaveCountAsync(0);
        await visit.ShouldBeAccessibleAsync();

        await page.GetByLabel("Public key of the log").FillAsync(sample.Log.Key.Verifier.ToString());
        await page.GetByLabel("Older checkpoint").FillAsync(Encoding.UTF8.GetString(sample.Older.ToBytes()));
        await page.GetByLabel("Public keys of witnesses").FillAsync(sample.Log.Witness.Verifier.ToString());

        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "proven");
        await Expect(page.GetByText("begins with the 100 entries of the older checkpoint")).ToBeVisibleAsync();
        await Expect(page.GetByText("The witness witness.example/w saw the log so")).ToBeVisibleAsync();
        await Expect(page.GetByText("10 of them are all records that entry 30")).ToBeVisibleAsync();
        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
        await ShootAsync(page, $"evidence-{scheme}-{width}");
        visit.ShouldBeQuiet();
    }

    [Fact]
    public async Task Turns_red_when_a_byte_was_changed()
    {
        var sample = new PackSample();
        var text = Encoding.UTF8.GetString((await sample.FilesAsync(Now))[EvidencePack.PageName]);
        byte[] changed = [.. sample.AgreementText];
        changed[10] ^= 1;
        var page = Encoding.UTF8.GetBytes(text.Replace(Convert.ToBase64String(sample.AgreementText), Convert.ToBase64String(changed), StringComparison.Ordinal));

        await using var visit = await OpenAsync(page, "light", 1280);

        await Expect(visit.Page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "wrong");
        await Expect(visit.Page.Locator(".card.wrong")).ToContainTextAsync("agreement.txt is not the file whose digest entry 12");
        await visit.ShouldBeAccessibleAsync();
        await ShootAsync(visit.Page, "evidence-wrong");
    }

    [Fact]
    public async Task Says_what_was_pasted_wrongly_and_whose_key_it_is_not()
    {
        var sample = new PackSample();
        await using var visit = await OpenAsync((await sample.FilesAsync(Now))[EvidencePack.PageName], "light", 1280);
        var (page, key) = (visit.Page, sample.Log.Key.Verifier.ToString());

        await page.GetByLabel("Public key of the log").FillAsync(key[..^10] + (key[^10] == 'A' ? 'B' : 'A') + key[^9..]);
        await Expect(page.GetByText("it was not copied as it was")).ToBeVisibleAsync();
        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "input");
        await page.GetByLabel("Public key of the log").FillAsync(LogFolder.Of(1).Key.Verifier.ToString());
        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "wrong");
        await page.GetByLabel("Public key of the log").FillAsync(key);
        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "proven");
        await page.GetByLabel("Older checkpoint").FillAsync(Encoding.UTF8.GetString(sample.Log.Sign(100, sample.Log.RootAt(99)).ToBytes()));
        await Expect(page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "wrong");
        await Expect(page.GetByText("its past was changed")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("light", 1280)]
    [InlineData("dark", 390)]
    public async Task Decides_by_a_policy_as_the_program_does(string scheme, int width)
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        var (key, witness, stranger) = (sample.Log.Key.Verifier, sample.Log.Witness.Verifier, LogFolder.Of(1));
        await using var visit = await OpenAsync(files[EvidencePack.PageName], scheme, width);
        var (page, verdict, policy) = (visit.Page, visit.Page.Locator("#verdict"), visit.Page.GetByLabel("Policy of witnesses, as a file"));
        await page.GetByLabel("Public key of the log").FillAsync(key.ToString());
        var witnesses = $"# Two that we know.\nwitness near {witness} https://w.example/\nwitness\tfar {stranger.Witness.Verifier}\n";

        foreach (var (text, said) in new[]
        {
            ($"log {key}\n{witnesses}group one any near far\nquorum one\n", "As many witnesses as the policy asks for saw the log so"),
            ($"{witnesses}group both all near far\ngroup more 1 both\nquorum more\n", "Fewer witnesses signed the checkpoint than the policy asks for: near at"),
            ($"log {stranger.Key.Verifier}\n{witnesses}quorum near\n", $"The policy does not trust the key of {LogFolder.Origin}"),
            ($"{witnesses}quorum far\n", "Fewer witnesses signed the checkpoint than the policy asks for: near at"),
            ($"witness far {stranger.Witness.Verifier}\nquorum far\n", "None of the policy's witnesses signed the checkpoint"),
        })
        {
            Assert.True(WitnessPolicy.TryParse(text, out var read, out _));
            var report = await new PackVerifier([key], read, null).VerifyFilesAsync(new MemoryFiles(files), Now);
            Assert.Contains(report.Findings, finding => finding.Text.StartsWith(said, StringComparison.Ordinal));

            await ChooseAsync(text);

            await Expect(page.GetByText(said).First).ToBeVisibleAsync();
            await Expect(verdict).ToHaveAttributeAsync("data-verdict", report.Holds ? "proven" : "wrong");
        }

        await visit.ShouldBeAccessibleAsync();
        await ShootAsync(page, $"evidence-policy-{scheme}-{width}");
        foreach (var text in (string[])
        [
            "", "quorum nobody\n", "quorum none\r\n", $"witness none {witness}\nquorum none\n", $"{witnesses}group g 3 near far\nquorum g\n",
            $"{witnesses}group a any near\ngroup b any near far\nquorum b\n", $"witness near {key}\nquorum near\n", $"log {key}\nlog {key}\nquorum none\n",
            "quorum none\nquorum none\n", "log\nquorum none\n", "everybody\n",
        ])
        {
            Assert.False(WitnessPolicy.TryParse(text, out _, out var fault));
            await ChooseAsync($"{witnesses}quorum near\n");
            await Expect(verdict).ToHaveAttributeAsync("data-verdict", "proven");
            await ChooseAsync(text);
            await Expect(verdict).ToHaveAttributeAsync("data-verdict", "input");
            // It names the line that the program names.
            await Expect(page.Locator("#policy-error")).ToContainTextAsync(Regex.Match(fault!, "^(Line \\d+ |The policy has no line)").Value); // Refused on a line above.
        }

        await visit.ShouldBeAccessibleAsync();
        Assert.InRange(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth"), int.MinValue, 0);
        visit.ShouldBeQuiet();

        Task ChooseAsync(string text) => policy.SetInputFilesAsync(new FilePayload { Name = "policy", MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes(text) });
    }

    [Fact]
    public async Task Takes_a_file_that_is_too_large_for_it_from_its_reader()
    {
        var large = RandomNumberGenerator.GetBytes(EvidencePack.PageBytesMax + 1);
        var sample = new PackSample(large: large);
        var files = await sample.FilesAsync(Now);
        Assert.InRange(files[EvidencePack.PageName].Length, 1, 1_000_000);
        var report = await new PackVerifier([sample.Log.Key.Verifier], null, null).VerifyFilesAsync(new MemoryFiles(files), Now);
        Assert.Contains(report.Findings, finding => finding.Outcome == Outcome.Proven && finding.Text.StartsWith("verify.html is the page", StringComparison.Ordinal));

        await using var visit = await OpenAsync(files[EvidencePack.PageName], "light", 1280);
        var (verdict, chosen) = (visit.Page.Locator("#verdict"), visit.Page.GetByLabel("Files that are too large for this page"));
        await visit.Page.GetByLabel("Public key of the log").FillAsync(sample.Log.Key.Verifier.ToString());
        await Expect(verdict).ToHaveAttributeAsync("data-verdict", "partial");
        await Expect(visit.Page.GetByText("large.bin is too large for this page")).ToBeVisibleAsync();
        await visit.ShouldBeAccessibleAsync();

        await chosen.SetInputFilesAsync(new FilePayload { Name = PackSample.Large, MimeType = "application/octet-stream", Buffer = large });
        await Expect(verdict).ToHaveAttributeAsync("data-verdict", "proven");
        byte[] changed = [.. large];
        changed[^1] ^= 1;
        await chosen.SetInputFilesAsync(new FilePayload { Name = PackSample.Large, MimeType = "application/octet-stream", Buffer = changed });
        await Expect(verdict).ToHaveAttributeAsync("data-verdict", "wrong");
    }

    [Fact]
    public async Task Says_plainly_that_a_browser_cannot_check_signatures()
    {
        var sample = new PackSample();
        // An older browser: the script in the page stays as it is, what it stands on does not.
        await using var visit = await OpenAsync((await sample.FilesAsync(Now))[EvidencePack.PageName], "light", 1280,
            "crypto.subtle.verify = () => Promise.reject(new DOMException('', 'NotSupportedError'));");

        await visit.Page.GetByLabel("Public key of the log").FillAsync(sample.Log.Key.Verifier.ToString());

        await Expect(visit.Page.Locator("#verdict")).ToHaveAttributeAsync("data-verdict", "unsupported");
        await Expect(visit.Page.Locator("#verdict")).ToContainTextAsync("stoa verify PACK.zip");
    }

    [Fact]
    public async Task Finds_the_same_as_the_program_when_bytes_are_changed()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        var source = Regex.Match(Encoding.UTF8.GetString(files[EvidencePack.PageName]), "<script type=\"module\">(.*?)// The page around it", RegexOptions.Singleline).Groups[1].Value;
        foreach (var name in (string[])[EvidencePack.PageName, EvidencePack.ReadmeName]) files.Remove(name);
        await using var visit = await OpenAsync("<!doctype html><title>Empty</title>"u8.ToArray(), "light", 1280);

        // Every seventeenth byte of each file, the file cut, and the file gone; whatever the page believes must be what it believed before.
        var found = await visit.Page.EvaluateAsync<string[]>(
            """
            async ({ source, files, key, witness, older }) => {
              const pack = await import('data:text/javascript;base64,' + source);
              const whole = new Map(Object.entries(files).map(([name, base64]) => [name, pack.fromBase64(base64)]));
              const asked = { keys: [await pack.readKey(key)], witnesses: [await pack.readKey(witness)], older: pack.readNote(pack.fromBase64(older)) };
              const said = async files => {
                const findings = await pack.verifyPack(files, asked);
                const holds = findings.every(one => one.outcome !== 'wrong');
                const unseen = findings.some(one => one.text.endsWith('it did not sign this checkpoint.'));
                return { holds, unseen, proven: findings.filter(one => one.outcome === 'proven').map(one => one.text).join('\n') };
              };
              const before = await said(whole);
              const missed = before.holds ? [] : ['the whole pack'];
              let tried = 0;
              for (const [name, bytes] of whole) {
                const changes = [null, bytes.slice(0, -2)];
                for (let i = tried % 17; i < bytes.length; i += 17) {
                  const copy = bytes.slice();
                  copy[i] ^= 1 << i % 8;
                  changes.push(copy);
                }
                for (const change of changes) {
                  const files = new Map(whole);
                  if (change) files.set(name, change);
                  else files.delete(name);
                  const after = await said(files);
                  tried++;
                  // A witness under another name is nobody, and that is said.
                  if (!after.holds || after.unseen) continue;
                  const lessProven = after.proven !== before.proven && before.proven.startsWith(after.proven);
                  if (name !== 'evidence.json' || !(after.proven === before.proven || lessProven)) missed.push(`${name} ${tried}`);
                }
              }
              return [String(tried), ...missed];
            }
            """,
            new
            {
                source = Convert.ToBase64String(Encoding.UTF8.GetBytes(source)), key = sample.Log.Key.Verifier.ToString(), witness = sample.Log.Witness.Verifier.ToString(),
                older = Convert.ToBase64String(sample.Older.ToBytes()), files = files.ToDictionary(file => file.Key, file => Convert.ToBase64String(file.Value)),
            });

        Assert.True(int.Parse(found[0]) > 450, found[0]);
        Assert.Empty(found[1..]);
    }

    private Task<VisitedPage> OpenAsync(byte[] page, string scheme, int width, string? before = null) =>
        browser.OpenAsync(page, before, new()
        {
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 },
        });

    // For people who want to look: STOA_SCREENSHOTS names a folder.
    private static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("STOA_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }
}

/// <summary>A browser that opens files, as somebody does who was sent one.</summary>
public sealed class FileBrowser : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await BrowserFixture.LaunchAsync(_playwright);
    }

    internal async Task<VisitedPage> OpenAsync(byte[] file, string? before, BrowserNewContextOptions options)
    {
        if (_browser is null) BrowserFixture.Refuse();
        var path = Path.Combine(_folder.Path, $"{Guid.NewGuid():N}.html");
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        var context = await _browser!.NewContextAsync(options); // Refused on a line above.
        var visited = new VisitedPage(context, await context.NewPageAsync(), "file://");
        if (before is not null) await visited.Page.AddInitScriptAsync(before);
        await visited.Page.GotoAsync("file://" + path);
        return visited;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _folder.Dispose();
    }
}
