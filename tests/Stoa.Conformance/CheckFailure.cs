namespace Stoa.Conformance;

/// <summary>The server does not do what the clause asks; the message says what is wrong.</summary>
internal sealed class CheckFailure(string why, Reply? reply = null) : Exception(why)
{
    /// <summary>The answer that shows it, if it is not the last one.</summary>
    public Reply? Reply { get; } = reply;
}

/// <summary>Something that the check needs cannot be had; nothing is known about the clause.</summary>
internal sealed class CannotRun(string why) : Exception(why);

/// <summary>The suite cannot begin; the message says why and what to do.</summary>
public sealed class SuiteException(string message, Exception? inner = null) : Exception(message, inner);
