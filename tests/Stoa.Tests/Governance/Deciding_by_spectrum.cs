using Stoa.Sharing.Spectrum;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>The decision table of ISO 37156, 5.5, as far as it is known yet: every level and every standing.</summary>
public class Deciding_by_spectrum
{
    // level, standing, may read, may write
    public static TheoryData<SpectrumClass, Standing, bool, bool> Table { get; } = new()
    {
        { SpectrumClass.Open, Standing.Anonymous, true, false },
        { SpectrumClass.Open, Standing.Unnamed, true, false },
        { SpectrumClass.Open, Standing.Reader, true, false },
        { SpectrumClass.Open, Standing.Writer, true, true },
        { SpectrumClass.Open, Standing.ReaderAndWriter, true, true },
        { SpectrumClass.Open, Standing.Administrator, true, true },
        { SpectrumClass.SharedPublic, Standing.Anonymous, false, false },
        { SpectrumClass.SharedPublic, Standing.Unnamed, false, false },
        { SpectrumClass.SharedPublic, Standing.Reader, true, false },
        { SpectrumClass.SharedPublic, Standing.Writer, false, true },
        { SpectrumClass.SharedPublic, Standing.ReaderAndWriter, true, true },
        { SpectrumClass.SharedPublic, Standing.Administrator, true, true },
        { SpectrumClass.SharedGroup, Standing.Anonymous, false, false },
        { SpectrumClass.SharedGroup, Standing.Unnamed, false, false },
        { SpectrumClass.SharedGroup, Standing.Reader, true, false },
        { SpectrumClass.SharedGroup, Standing.Writer, false, true },
        { SpectrumClass.SharedGroup, Standing.ReaderAndWriter, true, true },
        { SpectrumClass.SharedGroup, Standing.Administrator, true, true },
        { SpectrumClass.SharedSpecific, Standing.Anonymous, false, false },
        { SpectrumClass.SharedSpecific, Standing.Unnamed, false, false },
        { SpectrumClass.SharedSpecific, Standing.Reader, true, false },
        { SpectrumClass.SharedSpecific, Standing.Writer, false, true },
        { SpectrumClass.SharedSpecific, Standing.ReaderAndWriter, true, true },
        { SpectrumClass.SharedSpecific, Standing.Administrator, true, true },
        { SpectrumClass.Closed, Standing.Anonymous, false, false },
        { SpectrumClass.Closed, Standing.Unnamed, false, false },
        { SpectrumClass.Closed, Standing.Reader, true, false },
        { SpectrumClass.Closed, Standing.Writer, false, true },
        { SpectrumClass.Closed, Standing.ReaderAndWriter, true, true },
        { SpectrumClass.Closed, Standing.Administrator, true, true },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Grants_what_the_table_lists_and_nothing_else(
        SpectrumClass level, Standing standing, bool mayRead, bool mayWrite)
    {
        Assert.Equal(mayRead, SpectrumRule.MayRead(level, standing));
        Assert.Equal(mayWrite, SpectrumRule.MayWrite(level, standing));
    }

    [Fact]
    public void Lists_every_pair_of_level_and_standing_once()
    {
        var pairs = Table.Select(row => (row.Data.Item1, row.Data.Item2)).ToHashSet();

        Assert.Equal(Table.Count, pairs.Count);
        Assert.Equal(Enum.GetValues<SpectrumClass>().Length * Enum.GetValues<Standing>().Length, pairs.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    [InlineData(int.MaxValue)]
    public void Denies_an_unknown_level_to_all_but_administrators(int number)
    {
        foreach (var standing in Enum.GetValues<Standing>())
        {
            Assert.Equal(standing is Standing.Administrator, SpectrumRule.MayRead((SpectrumClass)number, standing));
            Assert.Equal(standing is Standing.Administrator, SpectrumRule.MayWrite((SpectrumClass)number, standing));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void Denies_an_unknown_standing_at_every_level(int number)
    {
        foreach (var level in Enum.GetValues<SpectrumClass>())
        {
            Assert.False(SpectrumRule.MayRead(level, (Standing)number));
            Assert.False(SpectrumRule.MayWrite(level, (Standing)number));
        }
    }
}
