namespace Stoa.Host.SampleCity.Plan;

/// <summary>Every piece of street drawn so far, found by place: a flat grid of cells.</summary>
internal sealed class StreetIndex
{
    private const double CellMetres = 50;
    private const double HalfExtentMetres = 8000;
    private const int Cells = (int)(2 * HalfExtentMetres / CellMetres);

    private readonly List<(PlanPoint From, PlanPoint To)>?[] _cells = new List<(PlanPoint, PlanPoint)>?[Cells * Cells];

    /// <summary>Enters a line; pieces are cut to at most 10 m, so that a cell knows all that passes it.</summary>
    public void Add(IReadOnlyList<PlanPoint> line)
    {
        for (var i = 1; i < line.Count; i++)
        {
            var pieces = Math.Max(1, (int)Math.Ceiling(line[i - 1].DistanceTo(line[i]) / 10));
            var step = (line[i] - line[i - 1]) * (1.0 / pieces);
            for (var piece = 0; piece < pieces; piece++)
                AddPiece(line[i - 1] + step * piece, piece == pieces - 1 ? line[i] : line[i - 1] + step * (piece + 1));
        }
    }

    private void AddPiece(PlanPoint from, PlanPoint to)
    {
        var (column, row) = (Cell(from.X), Cell(from.Y));
        if (column < 0 || column >= Cells || row < 0 || row >= Cells) return;
        (_cells[row * Cells + column] ??= []).Add((from, to));
    }

    /// <summary>Whether a street of about the same direction runs nearer than <paramref name="metres"/>.</summary>
    public bool HasParallel(PlanPoint place, PlanPoint direction, double metres)
    {
        foreach (var (from, to) in Near(place, metres))
        {
            if (from.DistanceTo(place) < metres && Math.Abs((to - from).Unit.Dot(direction)) > 0.72) return true;
        }

        return false;
    }

    /// <summary>Direction of the nearest street within <paramref name="metres"/>, with its distance.</summary>
    public (PlanPoint Direction, double Metres)? Nearest(PlanPoint place, double metres)
    {
        (PlanPoint, double)? best = null;
        var distanceMin = metres;
        foreach (var (from, to) in Near(place, metres))
        {
            var distance = from.DistanceTo(place);
            if (distance >= distanceMin) continue;
            distanceMin = distance;
            best = ((to - from).Unit, distance);
        }

        return best;
    }

    /// <summary>
    /// Where the ray from <paramref name="start"/> first meets a street within <paramref name="metres"/>.
    /// </summary>
    public PlanPoint? FirstCrossing(PlanPoint start, PlanPoint direction, double metres)
    {
        var (ray, nearest) = (direction.Unit * metres, double.MaxValue);
        foreach (var (from, to) in Near(start, metres + 10))
        {
            var piece = to - from;
            var denominator = ray.Cross(piece);
            if (Math.Abs(denominator) < 1e-9) continue;
            var along = (from - start).Cross(piece) / denominator;
            var across = (from - start).Cross(ray) / denominator;
            if (along is > 0 and <= 1 && across is >= 0 and <= 1 && along < nearest) nearest = along;
        }

        return nearest <= 1 ? start + ray * nearest : null;
    }

    private IEnumerable<(PlanPoint From, PlanPoint To)> Near(PlanPoint place, double metres)
    {
        var (left, right) = (Math.Max(Cell(place.X - metres), 0), Math.Min(Cell(place.X + metres), Cells - 1));
        var (low, high) = (Math.Max(Cell(place.Y - metres), 0), Math.Min(Cell(place.Y + metres), Cells - 1));
        for (var row = low; row <= high; row++)
        {
            for (var column = left; column <= right; column++)
            {
                if (_cells[row * Cells + column] is not { } cell) continue;
                foreach (var piece in cell) yield return piece;
            }
        }
    }

    private static int Cell(double metres) => (int)Math.Floor((metres + HalfExtentMetres) / CellMetres);
}
