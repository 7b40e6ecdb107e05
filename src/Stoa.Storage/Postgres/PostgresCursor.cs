namespace Stoa.Storage.Postgres;

/// <summary>A result of any length, fetched piece by piece from a cursor of the snapshot.</summary>
/// <remarks>Each piece has the statement timeout for itself, so that a client that takes its time does not use it up.</remarks>
internal sealed class PostgresCursor(PostgresConnection connection, PostgresText text) : PostgresStatement(connection, text)
{
    // The first piece is small, so that the first byte leaves soon.
    private const int FirstPiece = 100;
    private const int LaterPiece = 2000;

    private PostgresStatement? _fetch;
    private Action<IReadOnlyList<long>>? _taken;
    private string? _name;
    private int _undone;
    private int _pieceRows;
    private int _rowsOfPiece;

    public override bool Step()
    {
        if (_name is null) Declare();
        while (true)
        {
            if (_fetch is null) Fetch();
            if (_fetch!.Step())
            {
                _rowsOfPiece++;
                return true;
            }

            if (_rowsOfPiece < _pieceRows) return false;
            _fetch.Dispose();
            _fetch = null;
        }
    }

    public override void Expect(int index, IReadOnlyList<long> values)
    {
        // A cursor is for one long result.
    }

    public override void WhenTaken(Action<IReadOnlyList<long>> action) => _taken += action;

    private void Declare()
    {
        _undone = Connection.Undone;
        _name = Connection.OpenCursor(Text);
        Connection.Later(PostgresText.Of($"DECLARE {_name} NO SCROLL CURSOR FOR {Text.Sql}"), [.. Values]);
    }

    private void Fetch()
    {
        _pieceRows = _pieceRows == 0 ? FirstPiece : LaterPiece;
        _rowsOfPiece = 0;
        _fetch = new PostgresStatement(Connection, PostgresText.Of(FormattableString.Invariant($"FETCH {_pieceRows} FROM {_name}")));
        if (_taken is not null) _fetch.WhenTaken(_taken);
    }

    public override void Reset()
    {
        _fetch?.Dispose();
        _fetch = null;
        if (_name is not null && _undone == Connection.Undone)
        {
            Connection.Later(PostgresText.Of($"CLOSE {_name}"), []);
            Connection.CloseCursor(_name);
        }

        _name = null;
        _pieceRows = 0;
    }

    public override int Columns => Current.Columns;

    private PostgresStatement Current => _fetch ?? throw new InvalidOperationException("The statement stands on no row.");

    public override ColumnKind Kind(int column) => Current.Kind(column);

    public override long Int64(int column) => Current.Int64(column);

    public override double Double(int column) => Current.Double(column);

    public override ReadOnlySpan<byte> Utf8(int column) => Current.Utf8(column);

    public override ReadOnlySpan<byte> Blob(int column) => Current.Blob(column);
}
