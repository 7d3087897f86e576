using System.Threading.Channels;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Hosting;

/// <summary>Records what handlers of the hosting tests have handled.</summary>
internal sealed class Seen
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Channel<(int Parcel, string Group)> handled = Channel.CreateUnbounded<(int, string)>();

    /// <summary>The number of events that were handled and not taken.</summary>
    public int Count => handled.Reader.Count;

    public void Add(int parcel, string group) => handled.Writer.TryWrite((parcel, group));

    public Task<(int Parcel, string Group)> NextAsync()
        => handled.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
}

internal sealed class RecordParcel(Seen seen) : IEventHandler<ParcelSent>
{
    public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
    {
        seen.Add(data.ParcelId, context.Group);
        return Task.CompletedTask;
    }
}
