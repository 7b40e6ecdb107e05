using System.Buffers;
using System.Text;
using Stoa.Sensing.Connectors.Lines;
using Xunit;

namespace Stoa.Tests.Connectors;

/// <summary>Line protocol, seen as JSON.</summary>
public class Lines_of_points
{
    private static string Convert(string text, int digits = 9)
    {
        var json = new ArrayBufferWriter<byte>();
        return LineProtocol.TryConvert(text, digits, json, out var reason)
            ? Encoding.UTF8.GetString(json.WrittenSpan).Replace("\\u0022", "''", StringComparison.Ordinal)
            : "refused: " + reason;
    }

    [Theory]
    [InlineData("m f=1", """[{"measurement":"m","tags":{},"fields":{"f":1}}]""")]
    [InlineData("m,a=b,c=d f=1.5,g=-2i,h=3u 1773478800000000000",
        """[{"measurement":"m","tags":{"a":"b","c":"d"},"fields":{"f":1.5,"g":-2,"h":3},"time":1773478800}]""")]
    [InlineData("m f=1 1773478800123456789", """[{"measurement":"m","tags":{},"fields":{"f":1},"time":1773478800.123456789}]""")]
    [InlineData("my\\ m\\,x,a\\ b=c\\=d f\\,g=t", """[{"measurement":"my m,x","tags":{"a b":"c=d"},"fields":{"f,g":true}}]""")]
    [InlineData("m f=\"a, b=\\\"c\\\\\" 0", """[{"measurement":"m","tags":{},"fields":{"f":"a, b=''c\\"},"time":0}]""")]
    [InlineData("# note\n\nm f=1e3\r\nm f=FALSE\n", """[{"measurement":"m","tags":{},"fields":{"f":1000}},{"measurement":"m","tags":{},"fields":{"f":false}}]""")]
    [InlineData("", "refused: there are no points")]
    [InlineData("m", "refused: line 1: the fields are missing")]
    [InlineData("m f=1\n,a=b f=1", "refused: line 2: the measurement is missing")]
    [InlineData("m,a f=1", "refused: line 1: the fields are missing")]
    [InlineData("m,=b f=1", "refused: line 1: a tag is not key=value")]
    [InlineData("m f", "refused: line 1: a field is not key=value")]
    [InlineData("m f=NaN", "refused: line 1: the value of the field 'f' is no number, text, true or false")]
    [InlineData("m f=1e999", "refused: line 1: the value of the field 'f' is no number, text, true or false")]
    [InlineData("m f=\"open", "refused: line 1: the value of the field 'f' is no number, text, true or false")]
    [InlineData("m f=1 now", "refused: line 1: the time is no whole number")]
    [InlineData("m f=1 5 6", "refused: line 1: something follows the time")]
    public void Become_JSON_or_a_reason_with_the_line(string text, string expected) => Assert.Equal(expected, Convert(text));

    [Fact]
    public void Have_times_in_the_unit_that_is_stated()
    {
        Assert.Contains("\"time\":1773478800.5", Convert("m f=1 1773478800500", 3), StringComparison.Ordinal);
        Assert.Contains("\"time\":1773478800}", Convert("m f=1 1773478800", 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Are_limited_in_number()
    {
        static string Points(int count) => string.Join('\n', Enumerable.Repeat("m f=1", count));

        Assert.StartsWith("[", Convert(Points(LineProtocol.PointsMax)), StringComparison.Ordinal);
        Assert.StartsWith("refused", Convert(Points(LineProtocol.PointsMax + 1)), StringComparison.Ordinal);
    }
}
