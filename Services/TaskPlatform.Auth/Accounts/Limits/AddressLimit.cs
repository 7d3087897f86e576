namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>Limits the attempts per address and window. A window begins with its first attempt.</summary>
internal sealed class AddressLimit(int limit, TimeSpan window, TimeProvider time)
{
    private const int Capacity = 50_000;

    private readonly Lock gate = new();
    private readonly RecentEntries<Attempts> byAddress = new(Capacity);

    /// <summary>Counts an attempt unless the limit is reached.</summary>
    /// <returns>How long to wait; zero if the attempt was counted.</returns>
    public TimeSpan Take(string address)
    {
        lock (gate)
        {
            var attempts = byAddress.GetOrAdd(address);
            var elapsed = time.GetElapsedTime(attempts.Since);
            if (attempts.Count == 0 || elapsed >= window)
                (attempts.Since, attempts.Count, elapsed) = (time.GetTimestamp(), 0, TimeSpan.Zero);
            if (attempts.Count >= limit)
                return window - elapsed;

            attempts.Count++;
            return TimeSpan.Zero;
        }
    }

    private sealed class Attempts
    {
        public long Since { get; set; }

        public int Count { get; set; }
    }
}
