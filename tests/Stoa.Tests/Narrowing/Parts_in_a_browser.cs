using Stoa.Tests.Portal;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>The pages of a dataset of which a part may be seen, in a browser: nothing fails where something is left out.</summary>
public class Parts_in_a_browser(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task Draw_what_is_left()
    {
        await using var town = await ConsumersOfParts.StartAsync(null, TimeProvider.System, "fields", "coarse");
        var home = town.Town.Exchange.Address.ToString().TrimEnd('/');
        foreach (var consumer in new[] { "fields", "coarse" })
        {
            await using var visitor = await browser.OpenAsync("/about", new()
            {
                ExtraHTTPHeaders = [new("Authorization", "Bearer " + town.Tokens[consumer])],
            });
            foreach (var address in new[] { "/datasets/narrow", "/things/2?span=all", "/datasets" })
            {
                await visitor.Page.GotoAsync(home + address);
                await visitor.SettleAsync();
                await visitor.ShouldBeAccessibleAsync();
            }
        }
    }
}
