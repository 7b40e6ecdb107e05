using System.Threading.Tasks.Sources;

namespace Stoa.Sensing.Mqtt.Queues;

/// <summary>Wakes one waiter; waking before the wait counts, twice counts once. Allocates nothing.</summary>
internal sealed class Wake : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;
    private bool _isWaiting;

    /// <summary>Ends the wait, or the next one.</summary>
    internal void Set()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isSet = true;
                return;
            }

            _isWaiting = false;
        }

        _source.SetResult(true);
    }

    /// <summary>Ends when set. One waiter at a time.</summary>
    internal ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return default;
            }

            _source.Reset();
            _isWaiting = true;
            return new(this, _source.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
