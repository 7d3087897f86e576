using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.EventBus.Dashboard.Http;

/// <summary>The errors of a request by field, under the names that the client used.</summary>
internal sealed class FieldErrors
{
    private readonly Dictionary<string, string[]> errors = new(StringComparer.Ordinal);

    public bool Any => errors.Count > 0;

    /// <summary>Adds an error unless the condition holds. A field keeps its first error.</summary>
    public FieldErrors Require(bool condition, string field, string error)
    {
        if (!condition)
            errors.TryAdd(field, [error]);
        return this;
    }

    public ValidationProblem ToProblem() => TypedResults.ValidationProblem(errors);
}
