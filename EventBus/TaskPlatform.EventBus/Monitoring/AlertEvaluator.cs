using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>
/// Applies the alert rules to the samples of a term and stores the result. Storing comes before reporting and requires the lease, so that each change
/// is reported by one process even if the lease is taken over in between.
/// </summary>
internal sealed partial class AlertEvaluator(
    IMonitoringStore store, SamplerIdentity sampler, AlertDelivery delivery, EventCatalog catalog, IOptions<AlertOptions> options, BusHealth health,
    ILogger<AlertEvaluator> logger)
{
    // Enough for days. Without a limit, a log that never recovers would let the list fill the transport.
    private const int MaxUnpublished = 10_000;

    private readonly AlertRules rules = new(options.Value);
    private readonly List<AlertChanged> unsaved = [];
    private List<KeyValuePair<string, long>> savedCounts = [];

    /// <summary>Begins or ends a term, if the lease has changed hands.</summary>
    public void Begin(MonitoringState state)
    {
        if (state.Lease == LeaseState.Elected)
            return;

        // Another process is or was elected; it detects the changes that this one could not store. If only the reply to storing them was lost,
        // they are stored, and no other process will report them.
        foreach (var change in unsaved.Where(change => !change.IsResolved && state.Firing.Any(change.IsSame)))
            delivery.Accept(change);
        unsaved.Clear();
        savedCounts = [];
        if (state is { Lease: LeaseState.NewlyElected, Sample: { } sample })
            rules.TakeOver(state.Firing, state.Baseline, sample.At);
    }

    /// <summary>
    /// Applies the rules to a sample and stores it with what has changed. If the transport refuses to store it, the health of this process
    /// includes the alerts nevertheless, and they are stored with the next sample.
    /// </summary>
    /// <param name="sample">The sample.</param>
    /// <param name="known">The stored alerts.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether this process still holds the lease, and whether it has stored a change of an alert.</returns>
    public async Task<(bool Elected, bool Changed)> EvaluateAsync(BusSample sample, IReadOnlyList<AlertChanged> known, CancellationToken cancellationToken)
    {
        unsaved.AddRange(rules.Evaluate(sample));
        var baseline = rules.Baseline.ToList();
        var update = new MonitoringUpdate(
            sample, [.. baseline.Except(savedCounts)], [.. unsaved], [.. rules.Firing.Except(known).Except(unsaved)],
            catalog.Contains<AlertChanged>() ? MaxUnpublished : 0);
        bool elected;
        try
        {
            elected = await store.SaveAsync(sampler, update, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or EventTransportUnavailableException))
        {
            health.Alerts = [.. rules.Firing];
            LogNotSaved(e.Message);
            return (true, false);
        }

        savedCounts = elected ? baseline : [];
        if (elected)
        {
            health.Alerts = [.. rules.Firing];
            foreach (var change in unsaved)
                delivery.Accept(change);
        }

        unsaved.Clear();
        return (elected, elected && update.Changes.Count > 0);
    }

    [LoggerMessage(LogLevel.Error, "The transport refused to store alert changes, so they are not reported yet; storing them is retried: {Error}")]
    private partial void LogNotSaved(string error);
}
