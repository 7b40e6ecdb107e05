using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>What a caller wants to be done to a record.</summary>
internal sealed record MoveDraft
{
    /// <summary>Longest name of a move, in characters.</summary>
    public const int MoveLengthMax = 40;

    [Description("What is done; 'moves' of the record names what the caller can do now.")]
    public string? Move { get; init; }

    [Description("Why, in words; kept with the move.")]
    public string? Reason { get; init; }

    [Description("Id of the party for which the caller acts; may be left out when it can only be one. 0 is the exchange itself.")]
    public long? For { get; init; }

    public Problem? Check() => TextRules.CheckLine("move", Move, MoveLengthMax) ?? Governing.CheckReason(Reason);
}

/// <summary>What happened to a record once, on the wire. People stay out of it.</summary>
internal sealed record MoveView(
    string Move, string State, long? Party, IReadOnlyList<string> Capacity, string? Reason,
    [property: JsonConverter(typeof(InstantJson))] Instant At)
{
    private static readonly Actor[] Capacities = [.. Enum.GetValues<Actor>().Where(one => one is not (Actor.None or Actor.Anyone))];

    public static IReadOnlyList<MoveView> Of<T>(IEnumerable<RecordEvent<T>> events, Func<T, string> state)
        where T : class =>
        [
            .. events.Select(one => new MoveView(one.Act.Move, state(one.Content), one.Act.Party?.Value, Words(one.Act.Capacity),
                one.Act.Reason.Length == 0 ? null : one.Act.Reason, one.At)),
        ];

    private static IReadOnlyList<string> Words(Actor capacity) =>
        [.. Capacities.Where(one => capacity.HasFlag(one)).Select(Recording.Words<Actor>.Of)];
}
