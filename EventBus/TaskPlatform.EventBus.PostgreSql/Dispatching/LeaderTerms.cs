using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Puts together the roles of a leader's term. A role for which the transport lacks the capability is left out.</summary>
internal sealed class LeaderTerms(
    EventSender sender, EventCatalog catalog, Topologies topologies, EventBusOptions options, OutboxState outbox, BusHealth health, ILoggerFactory loggers, IReplays? replays = null)
{
    /// <summary>Begins a term.</summary>
    /// <param name="service">The name of the log.</param>
    /// <param name="connection">The connection that holds the lock.</param>
    /// <param name="unmarked">What this process published and has not marked, in earlier terms too.</param>
    public LeaderTerm Begin(string service, NpgsqlConnection connection, UnmarkedEvents unmarked)
    {
        var capabilities = sender.Transport.Capabilities;
        var verifier = capabilities.Probe is { } probe
            ? new PublishedEventVerifier(connection, probe, topologies.StreamsOf(catalog), options, loggers.CreateLogger<PublishedEventVerifier>())
            : null;
        return new LeaderTerm(
            new TopologyGuard(service, capabilities.TopologyRecord, topologies),
            new OutboxPublisher(connection, sender, topologies.Current, unmarked, verifier, health, loggers.CreateLogger<OutboxPublisher>()),
            verifier,
            new OutboxReporter(service, connection, capabilities.OutboxReports, outbox),
            replays is null ? null : new LogReplayer(connection, replays, service, loggers.CreateLogger<LogReplayer>()));
    }
}
