namespace Stoa.Storage;

/// <summary>What this node believes to have, since the database said so a short while ago.</summary>
internal sealed class Lease
{
    private long _from;
    private long _until;

    internal bool IsHeld =>
        Environment.TickCount64 is var now && now >= Volatile.Read(ref _from) && now < Volatile.Read(ref _until);

    // Ticks of Environment.TickCount64, as below.
    internal void Begin(long from) => Volatile.Write(ref _from, from);

    internal void Extend(long until) => Volatile.Write(ref _until, until);

    internal void End() => Volatile.Write(ref _until, 0);
}
