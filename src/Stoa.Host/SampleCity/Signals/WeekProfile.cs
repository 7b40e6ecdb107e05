namespace Stoa.Host.SampleCity.Signals;

/// <summary>How busy something is over the hours of a week; 1 is a busy hour.</summary>
internal sealed class WeekProfile
{
    private readonly double[] _hours = new double[168];

    /// <summary>From the 24 hours of a working day, a Saturday and a Sunday, in hundredths.</summary>
    private WeekProfile(int[] workday, int[] saturday, int[] sunday)
    {
        for (var hour = 0; hour < 168; hour++)
        {
            var day = hour / 24;
            // Friday afternoon starts earlier, Monday morning is heavier: enough to tell the days apart.
            var tint = day == 4 && hour % 24 is >= 12 and < 17 ? 1.08 : day == 0 && hour % 24 is >= 6 and < 10 ? 1.05
                : 1;
            _hours[hour] = (day switch { 5 => saturday, 6 => sunday, _ => workday })[hour % 24] / 100.0 * tint;
        }
    }

    /// <summary>
    /// The value at a moment; hours are joined by straight lines, across midnight and the week's end too.
    /// </summary>
    public double At(in Moment now)
    {
        var hour = (int)now.WeekHour;
        var (from, to) = (_hours[hour % 168], _hours[(hour + 1) % 168]);
        return from + (to - from) * (now.WeekHour - hour);
    }

    /// <summary>Cars on main roads: two rush hours on working days, one late hump on Saturdays.</summary>
    public static readonly WeekProfile Traffic = new(
        [9, 6, 4, 4, 8, 22, 58, 96, 98, 70, 58, 60, 64, 66, 68, 80, 97, 100, 82, 60, 44, 34, 26, 16],
        [15, 11, 8, 6, 6, 9, 16, 26, 40, 56, 68, 74, 74, 70, 68, 66, 64, 62, 56, 46, 36, 30, 28, 22],
        [19, 14, 10, 7, 6, 6, 9, 13, 20, 30, 42, 50, 50, 52, 56, 58, 58, 56, 48, 38, 30, 24, 18, 12]);

    /// <summary>Bicycles: commuters and pupils on working days, leisure at weekends.</summary>
    public static readonly WeekProfile Bicycles = new(
        [4, 2, 1, 1, 3, 10, 34, 92, 84, 44, 34, 36, 46, 50, 52, 66, 88, 92, 62, 40, 26, 18, 12, 8],
        [9, 7, 5, 3, 2, 3, 6, 12, 22, 36, 48, 56, 58, 58, 60, 58, 52, 44, 36, 28, 22, 18, 16, 13],
        [12, 9, 6, 4, 2, 2, 4, 7, 13, 24, 38, 48, 52, 58, 64, 64, 56, 44, 32, 24, 18, 13, 9, 6]);

    /// <summary>People in the city centre: shops on working days, fuller on Saturdays, restaurants late.</summary>
    public static readonly WeekProfile Centre = new(
        [7, 4, 3, 2, 3, 5, 10, 24, 42, 58, 70, 76, 80, 78, 76, 78, 82, 84, 78, 62, 48, 36, 24, 13],
        [18, 13, 9, 5, 4, 4, 7, 14, 30, 56, 80, 95, 100, 98, 98, 94, 88, 80, 72, 64, 58, 52, 42, 30],
        [24, 18, 11, 6, 4, 4, 5, 8, 13, 20, 30, 38, 42, 44, 48, 50, 48, 44, 40, 36, 30, 24, 16, 10]);

    /// <summary>Offices, schools and the university.</summary>
    public static readonly WeekProfile Offices = new(
        [3, 2, 2, 2, 3, 6, 22, 62, 92, 98, 100, 96, 84, 88, 95, 90, 74, 48, 26, 15, 9, 6, 5, 4],
        [3, 2, 2, 2, 2, 3, 4, 7, 12, 18, 22, 24, 22, 20, 18, 16, 14, 12, 9, 7, 6, 5, 4, 4],
        [3, 2, 2, 2, 2, 2, 3, 4, 5, 7, 9, 10, 10, 10, 11, 12, 12, 10, 8, 6, 5, 4, 4, 3]);

    /// <summary>Life at home, as water and heat meters see it.</summary>
    public static readonly WeekProfile Homes = new(
        [24, 18, 15, 15, 20, 40, 88, 100, 84, 66, 60, 60, 66, 62, 56, 56, 62, 74, 88, 92, 80, 66, 50, 34],
        [32, 24, 18, 16, 17, 22, 40, 64, 88, 100, 98, 90, 86, 80, 72, 68, 68, 74, 84, 84, 74, 64, 54, 42],
        [36, 26, 19, 16, 16, 19, 30, 50, 78, 98, 100, 94, 92, 82, 72, 68, 70, 76, 84, 84, 74, 60, 46, 32]);

    /// <summary>Riders of buses.</summary>
    public static readonly WeekProfile Riders = new(
        [4, 2, 1, 1, 5, 18, 52, 100, 82, 46, 40, 44, 58, 66, 58, 68, 90, 86, 58, 38, 26, 20, 15, 9],
        [12, 9, 4, 2, 3, 6, 12, 20, 32, 46, 58, 62, 60, 58, 58, 56, 52, 48, 42, 34, 28, 24, 22, 18],
        [15, 11, 5, 2, 2, 4, 6, 10, 16, 24, 32, 36, 38, 40, 42, 44, 42, 38, 32, 26, 20, 16, 12, 8]);

    /// <summary>Cars that stand charging: at work by day, near home in the evening.</summary>
    public static readonly WeekProfile Charging = new(
        [42, 38, 34, 30, 28, 26, 28, 40, 60, 70, 70, 66, 64, 64, 62, 60, 64, 72, 80, 82, 76, 66, 56, 48],
        [44, 40, 36, 32, 30, 28, 28, 30, 38, 50, 62, 70, 74, 76, 74, 70, 66, 64, 64, 62, 58, 54, 50, 46],
        [44, 40, 36, 32, 30, 28, 27, 27, 30, 36, 42, 46, 50, 52, 54, 56, 58, 60, 62, 60, 56, 52, 48, 44]);
}
