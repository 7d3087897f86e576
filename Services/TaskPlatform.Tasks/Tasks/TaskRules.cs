using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>Validation rules for tasks, shared by all routes.</summary>
internal static class TaskRules
{
    private const int MaxTitle = 200;
    private const int MaxDescription = 10_000;
    private const int MaxWorkers = 1_000;

    // Postgres can't store this character in text columns.
    private const char Nul = '\0';

    public static FieldErrors RequireTitle(this FieldErrors errors, string? title) => errors
        .Require(!string.IsNullOrWhiteSpace(title), "title", "A task needs a title.")
        .Require(title is not { Length: > MaxTitle }, "title", $"Must have at most {MaxTitle} characters.")
        .Require(title?.Contains(Nul) != true, "title", "Must not contain the character NUL.");

    public static FieldErrors RequireDescription(this FieldErrors errors, string? description) => errors
        .Require(description is not { Length: > MaxDescription }, "description", $"Must have at most {MaxDescription} characters.")
        .Require(description?.Contains(Nul) != true, "description", "Must not contain the character NUL.");

    public static FieldErrors RequireWorkers(this FieldErrors errors, long[]? workerIds) => errors
        .Require(workerIds is not { Length: > MaxWorkers }, "worker_ids", $"Must name at most {MaxWorkers} workers.")
        .Require(workerIds?.All(id => id > 0) != false, "worker_ids", "Ids must be positive numbers.");

    /// <summary>Normalizes a list of workers (distinct, in ascending order), so that lists with the same workers are equal.</summary>
    public static long[] Workers(long[]? workerIds) => workerIds is null ? [] : [.. workerIds.Distinct().Order()];
}
