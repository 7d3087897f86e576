namespace TaskPlatform.EventBus;

/// <summary>A handler ran longer than it may. The event's attempt has failed, whatever the handler does afterwards.</summary>
internal sealed class HandlerTimeoutException(string handler, TimeSpan limit, bool hasStopped)
    : TimeoutException($"{handler} did not finish within {limit.TotalSeconds:0.###} s{(hasStopped ? "" : ", nor did it stop when its token was cancelled")}.");

/// <summary>A handler has ended that nothing waits for any more. What is left of its attempt only cleans up.</summary>
internal sealed class HandlerAbandonedException() : Exception("The handler ended after it had been abandoned.");
