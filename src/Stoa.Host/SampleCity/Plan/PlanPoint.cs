namespace Stoa.Host.SampleCity.Plan;

/// <summary>A place on the plan: metres east and north of the market square.</summary>
internal readonly record struct PlanPoint(double X, double Y)
{
    public double Length => Math.Sqrt(X * X + Y * Y);

    public PlanPoint Unit => this * (1 / Math.Max(Length, 1e-9));

    /// <summary>Turned left by a right angle.</summary>
    public PlanPoint Left => new(-Y, X);

    public double DistanceTo(PlanPoint other) => (this - other).Length;

    public double Dot(PlanPoint other) => X * other.X + Y * other.Y;

    public double Cross(PlanPoint other) => X * other.Y - Y * other.X;

    public static PlanPoint operator +(PlanPoint a, PlanPoint b) => new(a.X + b.X, a.Y + b.Y);

    public static PlanPoint operator -(PlanPoint a, PlanPoint b) => new(a.X - b.X, a.Y - b.Y);

    public static PlanPoint operator *(PlanPoint a, double factor) => new(a.X * factor, a.Y * factor);
}
