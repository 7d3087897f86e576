namespace TaskPlatform.EventBus;

/// <summary>A handler exceeded its time limit. The event's attempt has failed, whatever the handler does afterwards.</summary>
internal sealed class HandlerTimeoutException(string handler, TimeSpan limit, bool hasStopped)
    : TimeoutException($"{handler} did not finish within {limit.TotalSeconds:0.###} s{(hasStopped ? "" : ", nor did it stop when its token was cancelled")}.");

/// <summary>An abandoned handler has ended. The rest of its attempt only cleans up.</summary>
internal sealed class HandlerAbandonedException() : Exception("The handler ended after it had been abandoned.");
