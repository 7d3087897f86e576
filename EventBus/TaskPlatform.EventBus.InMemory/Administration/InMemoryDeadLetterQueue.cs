using System.Text;
using System.Text.RegularExpressions;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>The dead letter queue of an <see cref="InMemoryBroker"/>.</summary>
internal sealed partial class InMemoryDeadLetterQueue(InMemoryBroker broker) : IDeadLetterQueue
{
    public bool IsId(string text) => EntryId.TryParse(text, out _);

    public Task<DeadLetterPage> ListAsync(DeadLetterFilter filter, int limit, string? after, CancellationToken cancellationToken)
        => Read(deadLetters =>
        {
            var before = after is null ? (EntryId?)null : EntryId.Parse(after);
            var found = deadLetters.All.Reverse().Where(one => !(one.Id >= before)).Select(one => one.Entry).Where(filter.Matches).Take(limit + 1).ToList();
            return found.Count > limit ? new DeadLetterPage(found[..limit], found[limit - 1].Id) : new DeadLetterPage(found, null);
        });

    public Task<IReadOnlyList<DeadLetterGroup>> GroupAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
        => Read<IReadOnlyList<DeadLetterGroup>>(deadLetters =>
        [
            .. deadLetters.All.Select(one => one.Entry).Where(filter.Matches)
                .GroupBy(entry => (entry.Type, entry.Group, entry.Exception))
                .Select(kind => new DeadLetterGroup(
                    kind.Key.Type, kind.Key.Group, kind.Key.Exception, kind.Count(), kind.First().FailedAt, kind.Last().FailedAt, kind.Last().Error))
                .OrderByDescending(kind => kind.Count).ThenByDescending(kind => kind.Newest),
        ]);

    public Task<long> CountAllAsync(CancellationToken cancellationToken) => Read(deadLetters => (long)deadLetters.Count);

    public Task<long> CountAsync(DeadLetterFilter filter, string upTo, CancellationToken cancellationToken)
        => Read(deadLetters => deadLetters.All.LongCount(one => one.Id <= EntryId.Parse(upTo) && filter.Matches(one.Entry)));

    public Task<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken)
        => Read(deadLetters => EntryId.TryParse(id, out var entryId) ? deadLetters.Find(entryId)?.Details : null);

    public Task<string?> FindNewestAsync(CancellationToken cancellationToken) => Read(deadLetters => deadLetters.All.LastOrDefault()?.Id.ToString());

    public Task<IReadOnlyList<ReprocessResult>> ReprocessAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => Read<IReadOnlyList<ReprocessResult>>(_ => [.. ids.Select(id => Reprocess(id, counter: null))]);

    public Task<IReadOnlyList<ReprocessResult>> SkipAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => Read<IReadOnlyList<ReprocessResult>>(_ => [.. ids.Select(id => Reprocess(id, counter: null, new EntryField(EntryFields.Skip, "1"u8.ToArray())))]);

    public Task<IReadOnlyList<bool>> DeleteAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => Read<IReadOnlyList<bool>>(deadLetters => [.. ids.Select(id => EntryId.TryParse(id, out var entryId) && deadLetters.Remove(entryId, counter: null))]);

    public Task<SweepProgress> SweepAsync(DeadLetterSweep sweep, CancellationToken cancellationToken)
        => Read(deadLetters =>
        {
            var after = sweep.After is null ? (EntryId?)null : EntryId.Parse(sweep.After);
            var page = deadLetters.All
                .Where(one => !(one.Id <= after) && one.Id <= EntryId.Parse(sweep.Cutoff) && sweep.Filter.Matches(one.Entry))
                .Take(sweep.Limit).ToList();
            var results = page.ConvertAll(one => sweep.Action == SweepAction.Delete
                ? deadLetters.Remove(one.Id, sweep.Counter)
                : Reprocess(one.Id.ToString(), sweep.Counter).Outcome == ReprocessOutcome.Reprocessed);
            return new SweepProgress(
                page.Count < sweep.Limit ? null : page[^1].Id.ToString(),
                results.Count(done => done),
                results.Count(done => !done),
                deadLetters.Counters.GetValueOrDefault(sweep.Counter));
        });

    private Task<T> Read<T>(Func<DeadLetterStore, T> read)
    {
        lock (broker.Gate)
            return Task.FromResult(read(broker.DeadLetters));
    }

    private ReprocessResult Reprocess(string id, string? counter, params IReadOnlyList<EntryField> added)
    {
        if (!EntryId.TryParse(id, out var entryId) || broker.DeadLetters.Find(entryId) is not { } deadLetter)
            return new ReprocessResult(id, ReprocessOutcome.Gone, null);

        var entry = deadLetter.Entry;
        if (!StreamPattern().IsMatch(entry.Stream) || broker.Find(entry.Stream) is { CanAdd: false })
            return new ReprocessResult(id, ReprocessOutcome.NoStream, null);
        if (broker.Find(entry.Stream) is not { } stream || !stream.Groups.ContainsKey(entry.Group))
            return new ReprocessResult(id, ReprocessOutcome.NoGroup, null);

        var entryAdded = stream.Add([.. EntryOf(deadLetter, entry.Group), .. added], broker.Clock.GetUtcNow());
        broker.DeadLetters.Remove(entryId, counter);
        broker.Pulse();
        return new ReprocessResult(id, ReprocessOutcome.Reprocessed, entryAdded.ToString());
    }

    /// <summary>The event as it was, as a first delivery for the group alone.</summary>
    private static IEnumerable<EntryField> EntryOf(StoredDeadLetter deadLetter, string group)
    {
        yield return new EntryField(EntryFields.Attempt, "0"u8.ToArray());
        yield return new EntryField(EntryFields.TargetGroup, Encoding.UTF8.GetBytes(group));
        foreach (var field in deadLetter.Fields)
        {
            if (DeadLetterFields.Reprocessed.Contains(field.Name))
                yield return field;
            else if (field.Name.StartsWith(DeadLetterFields.HeaderPrefix, StringComparison.Ordinal))
                yield return field with { Name = field.Name[DeadLetterFields.HeaderPrefix.Length..] };
        }
    }

    [GeneratedRegex("^events:([a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*|\\{[a-z][a-z0-9_.]*:[0-9]+\\})$")]
    private static partial Regex StreamPattern();
}
