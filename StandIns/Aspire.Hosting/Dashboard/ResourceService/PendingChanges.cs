using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard.ResourceService;

/// <summary>
/// What a watcher hasn't been told yet: of each resource the latest state, however many there were meanwhile. So a watcher
/// that is slow, or doesn't read at all, costs no more than one state a resource.
/// </summary>
internal sealed class PendingChanges : IDisposable
{
    private readonly ResourceNotificationService _notifications;
    private readonly Lock _lock = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<string, ResourceEvent> _pending = [];

    public PendingChanges(ResourceNotificationService notifications)
    {
        _notifications = notifications;
        notifications.Changed += Add;
        Present = notifications.CurrentStates();
    }

    /// <summary>What there was at the beginning. A change just then may be in here and pending.</summary>
    public IReadOnlyList<ResourceEvent> Present { get; }

    /// <summary>Waits until there is something.</summary>
    public async Task<IReadOnlyCollection<ResourceEvent>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _signal.Reader.ReadAsync(cancellationToken);

            lock (_lock)
            {
                if (_pending.Count == 0)
                    continue;

                (var taken, _pending) = (_pending, []);
                return taken.Values;
            }
        }
    }

    public void Dispose() => _notifications.Changed -= Add;

    private void Add(ResourceEvent change)
    {
        lock (_lock)
            _pending[change.ResourceId] = change;

        _signal.Writer.TryWrite(true);
    }
}
