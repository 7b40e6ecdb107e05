namespace Stoa.Storage.Postgres;

/// <summary>Keys of the advisory locks by which nodes on one database keep out of each other's way.</summary>
/// <remarks>They are the database's own; all begin with "stoa" in ASCII, or "stob" and "stoc" where there are two keys.</remarks>
internal static class AdvisoryLocks
{
    /// <summary>Held by the one who writes, to the end of its transaction.</summary>
    internal const long Writer = 0x73746F61;

    /// <summary>Held by the one who changes the schema, to the end of its transaction.</summary>
    internal const long Schema = 0x73746F61_01;

    /// <summary>Held by the node that leads, by its session.</summary>
    internal const long Leader = 0x73746F61_00000002;

    /// <summary>Held by the one who drops partitions, by its session.</summary>
    internal const long Retention = 0x73746F61_03;

    /// <summary>The first of two keys; the second is the number of a node, whose session holds it as long as it is there.</summary>
    internal const int Node = 0x73746F62;

    /// <summary>The first of two keys; the second is the number of a duty, held by the session of the node that has it.</summary>
    internal const int Duty = 0x73746F63;
}
