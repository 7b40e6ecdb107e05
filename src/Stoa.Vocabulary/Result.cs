using System.Diagnostics.CodeAnalysis;

namespace Stoa.Vocabulary;

/// <summary>A value, or the problem that stands in its place. Refusal is an ordinary answer, not an exception.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public readonly struct Result<T>
{
    private readonly T? _value;
    private readonly Problem? _problem;

    private Result(T? value, Problem? problem)
    {
        _value = value;
        _problem = problem;
    }

    /// <summary>True when there is a value.</summary>
    public bool IsValue => _problem is null;

    /// <summary>Takes the value, or else the problem.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Problem? problem)
    {
        value = _value;
        problem = _problem;
        return _problem is null;
    }

    /// <summary>A result with a value.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>A refusal.</summary>
    public static implicit operator Result<T>(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return new(default, problem);
    }

    /// <summary>A result with a value, where the compiler cannot infer the conversion.</summary>
    public static Result<T> Of(T value) => new(value, null);
}
