using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>Checks who may change a task, and which version of it.</summary>
internal static class TaskAccess
{
    public static string ETag(this TaskItem task) => ETag(task.Version);

    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    public static ProblemHttpResult NotFound(long id)
        => TypedResults.Problem($"There is no task {id}.", statusCode: StatusCodes.Status404NotFound);

    /// <summary>Returns the problem if the caller may not change the task or this version of it; otherwise null.</summary>
    public static ProblemHttpResult? RefuseChange(this TaskItem task, ClaimsPrincipal caller, string? ifMatch)
    {
        if (!caller.IsAdmin && caller.UserId != task.CreatorId)
            return Forbidden("Only the task's creator or an admin may do this.");
        return task.RefuseVersion(ifMatch);
    }

    /// <summary>Returns the problem if the caller may not complete the task; otherwise null.</summary>
    public static ProblemHttpResult? RefuseCompletion(this TaskItem task, ClaimsPrincipal caller, string? ifMatch)
    {
        if (!caller.IsAdmin && caller.UserId != task.CreatorId && !task.WorkerIds.Contains(caller.UserId))
            return Forbidden("Only a worker of the task, its creator or an admin may complete it.");
        return task.RefuseVersion(ifMatch);
    }

    private static ProblemHttpResult? RefuseVersion(this TaskItem task, string? ifMatch)
    {
        if (ifMatch is null)
            return null;

        var tags = ifMatch.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return tags.Contains("*") || tags.Contains(task.ETag())
            ? null
            : TypedResults.Problem($"The task's current version is {task.Version}.", statusCode: StatusCodes.Status412PreconditionFailed);
    }

    private static ProblemHttpResult Forbidden(string detail)
        => TypedResults.Problem(detail, statusCode: StatusCodes.Status403Forbidden);
}
