using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>Validates a replay request against the stream and starts the job.</summary>
internal sealed class ReplayStart(IStreamAdmin streams, IReplays replays, BulkJobs jobs)
{
    private const string Again = "again";
    private const string Once = "once";

    /// <summary>The events to replay and the group that receives them.</summary>
    /// <param name="From">Published at this time or later; by default from the first event.</param>
    /// <param name="To">Published before this time; by default up to now.</param>
    /// <param name="Group">The consumer group.</param>
    /// <param name="Effects">once: events that the group has handled are skipped (default); again: they are handled again.</param>
    /// <param name="Rate">The limit in events per second; 0 for no limit. Default 200.</param>
    public sealed record Request(DateTimeOffset? From, DateTimeOffset? To, string? Group, string? Effects, int? Rate);

    /// <summary>The outcome: a job, or the reason why none was started.</summary>
    public sealed record Outcome(AdminJob? Job, FieldErrors? Errors = null, BulkJobs.Start? Conflicting = null, bool NoStream = false)
    {
        /// <summary>The reason why no job was started, in a sentence.</summary>
        public string Problem => Conflicting?.Conflict ?? "The replay is invalid: check the group and the times.";
    }

    public async Task<Outcome> StartAsync(string type, Request request, CurrentOperator caller, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .RequireEventType(type)
            .Require(!string.IsNullOrEmpty(request.Group), "group", "The group is missing.")
            .Require(request.Effects is null or Once or Again, "effects", $"Must be {Once} or {Again}.")
            .RequireRange(request.From, request.To)
            .RequireRate(request.Rate);
        if (errors.Any)
            return new Outcome(null, errors);

        var stream = (await streams.DescribeAsync([type], cancellationToken))[0];
        if (!stream.Exists)
            return new Outcome(null, NoStream: true);
        if (stream.Groups.All(group => group.Name != request.Group))
            return new Outcome(null, errors.Require(false, "group", $"The stream of {type} has no such group."));

        var range = replays.RangeOf(stream, request.From, request.To);
        var parameters = new ReplayParameters(type, request.Effects == Again, range.After);
        var started = await jobs.ReplayAsync(parameters, request.Group!, range.UpTo, request.Rate, caller, cancellationToken);
        return started.Job is { } job ? new Outcome(job) : new Outcome(null, Conflicting: started);
    }
}
