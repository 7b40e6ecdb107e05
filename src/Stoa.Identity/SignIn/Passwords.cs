using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>Passwords: their rule, their hash, and how many are checked at once.</summary>
/// <remarks>PBKDF2 with HMAC-SHA-512 in the form of the framework's <see cref="PasswordHasher{TUser}"/>, version 3.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the program; the semaphore holds no handle that is not asked for.")]
internal sealed class Passwords
{
    private readonly PasswordHasher<string> _hasher;
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Lazy<string> _standIn;
    private int _waiting;

    internal Passwords(SignInOptions options)
    {
        _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = options.PasswordIterations }));
        _standIn = new(() => _hasher.HashPassword("", Secret.Create()));
    }

    /// <summary>How many checks were made; an unknown account costs one as a known one does.</summary>
    internal long Checks => Interlocked.Read(ref _checks);

    private long _checks;

    /// <summary>Null when it may be taken: long enough, and not the name or address of the one who chooses it.</summary>
    internal static Problem? Check(string? password, string login, string name)
    {
        if (string.IsNullOrEmpty(password)) return TextRules.Missing("password");
        if (password.Length < SignInLimits.PasswordLengthMin)
            return StrictJson.InvalidProperty("password",
                $"Choose at least {SignInLimits.PasswordLengthMin} characters. A few words that nobody else would put together do well.");
        if (password.Length > SignInLimits.PasswordLengthMax) return TextRules.TooLong("password", SignInLimits.PasswordLengthMax);
        var isGuessed = password.Distinct().Count() < 5 || password.Equals(login, StringComparison.OrdinalIgnoreCase) ||
            password.Equals(name, StringComparison.OrdinalIgnoreCase);
        return isGuessed
            ? StrictJson.InvalidProperty("password", "This would be guessed at once. Choose a few words that nobody else would put together.")
            : null;
    }

    /// <summary>The hash to keep; 429 when too many wait.</summary>
    internal Task<Result<string>> HashAsync(string password, CancellationToken cancellation) =>
        InTurnAsync(() => _hasher.HashPassword("", password), cancellation);

    /// <summary>Whether the password is right; without a hash the same work is done and the answer is no.</summary>
    /// <returns>The verdict, or 429 when too many wait.</returns>
    internal Task<Result<PasswordVerificationResult>> VerifyAsync(string? hash, string password, CancellationToken cancellation) =>
        InTurnAsync(() =>
        {
            Interlocked.Increment(ref _checks);
            var text = password.Length > SignInLimits.PasswordLengthMax ? "" : password;
            var verdict = _hasher.VerifyHashedPassword("", hash ?? _standIn.Value, text);
            return hash is null || text.Length == 0 ? PasswordVerificationResult.Failed : verdict;
        }, cancellation);

    private async Task<Result<T>> InTurnAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > SignInLimits.PasswordsWaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            return TooMany;
        }

        try
        {
            await _turns.WaitAsync(cancellation);
            try
            {
                return Result<T>.Of(work());
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static Problem TooMany { get; } = new(
        429, "too-many-requests", "Too many requests at once", "Try again in a few seconds.") { RetryAfterSeconds = 5 };
}
