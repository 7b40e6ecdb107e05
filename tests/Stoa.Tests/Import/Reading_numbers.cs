using System.Globalization;
using System.Text;
using Stoa.Sensing.Import;
using Xunit;

namespace Stoa.Tests.Import;

public class Reading_numbers
{
    private static readonly NumberFormat German = new((byte)',', (byte)'.');

    private static double? Number(NumberFormat format, string text) =>
        format.TryReadNumber(Encoding.UTF8.GetBytes(text), out var value) ? value : null;

    private static long? Integer(NumberFormat format, string text) =>
        format.TryReadInteger(Encoding.UTF8.GetBytes(text), out var value) ? value : null;

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("-12.5", -12.5)]
    [InlineData("+3", 3.0)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5.0)]
    [InlineData("1e3", 1000.0)]
    [InlineData("12.492968000000001", 12.492968000000001)]
    [InlineData("123456789012345678901234567890", 1.2345678901234568e29)]
    public void Takes_numbers_with_a_point(string text, double value) =>
        Assert.Equal(value, Number(NumberFormat.Plain, text));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1,5")]
    [InlineData("1.2.3")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e999")]
    [InlineData("0x10")]
    [InlineData("12 ")]
    [InlineData("1-2")]
    public void Refuses_what_is_not_a_finite_number(string text) => Assert.Null(Number(NumberFormat.Plain, text));

    [Theory]
    [InlineData("7,11523", 7.11523)]
    [InlineData("1.234,5", 1234.5)]
    [InlineData("1.234.567", 1234567.0)]
    [InlineData("1234,5", 1234.5)]
    public void Takes_a_decimal_comma_and_groups_when_told(string text, double value) =>
        Assert.Equal(value, Number(German, text));

    [Theory]
    [InlineData("1.5")]
    [InlineData("1.23,5")]
    [InlineData("1234.567,8")]
    [InlineData("1,234,5")]
    public void Refuses_groups_that_are_not_of_three_digits(string text) => Assert.Null(Number(German, text));

    [Theory]
    [InlineData("42", 42L)]
    [InlineData("-7", -7L)]
    [InlineData("10.0", 10L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Takes_whole_numbers_exactly(string text, long value) =>
        Assert.Equal(value, Integer(NumberFormat.Plain, text));

    [Theory]
    [InlineData("1.5")]
    [InlineData("9223372036854775808")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1e3")]
    public void Refuses_what_is_not_a_whole_number(string text) => Assert.Null(Integer(NumberFormat.Plain, text));

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Rounds_as_the_framework_does(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var text = (random.NextDouble() * Math.Pow(10, random.Next(-8, 18))).ToString(
                random.Next(2) == 0 ? "R" : "F" + random.Next(0, 16), CultureInfo.InvariantCulture);

            Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), Number(NumberFormat.Plain, text));
        }
    }
}
