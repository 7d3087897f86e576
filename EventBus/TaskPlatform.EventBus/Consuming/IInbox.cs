namespace TaskPlatform.EventBus;

/// <summary>What a consumer group has handled, kept where its effects are kept.</summary>
public interface IInbox
{
    /// <summary>Opens the transaction that the handlers of a batch share, and finds out which of its events are done already.</summary>
    /// <param name="scope">The batch's DI scope; the handlers get their unit of work from it.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="eventIds">The batch's events, each once.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken);

    /// <summary>Whether the exception says that the store can't be reached: then nobody is to blame and no attempt is spent.</summary>
    bool IsUnavailable(Exception exception);

    /// <summary>Asks the store for a sign of life; throws as long as there is none.</summary>
    Task PingAsync(CancellationToken cancellationToken);
}

internal static class InboxStore
{
    /// <summary>Whether the store gives a sign of life.</summary>
    public static async Task<bool> AnswersAsync(this IInbox inbox, CancellationToken cancellationToken)
    {
        try
        {
            await inbox.PingAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}

/// <summary>One transaction of inbox rows and effects; disposing it without a commit rolls it back.</summary>
public interface IInboxTransaction : IAsyncDisposable
{
    /// <summary>The events of the batch that were handled before.</summary>
    IReadOnlySet<Guid> Handled { get; }

    /// <summary>Writes the inbox rows and everything the handlers changed, and commits.</summary>
    /// <param name="eventIds">The events that were handled now.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>False where another consumer handled one of them meanwhile: then nothing was written.</returns>
    Task<bool> CommitAsync(IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken);
}
