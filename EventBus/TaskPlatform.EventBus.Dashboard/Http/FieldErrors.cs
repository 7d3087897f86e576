using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.EventBus.Dashboard.Http;

/// <summary>A request's validation errors, by the field names that the client used.</summary>
internal sealed class FieldErrors
{
    private readonly Dictionary<string, string[]> errors = new(StringComparer.Ordinal);

    public bool Any => errors.Count > 0;

    /// <summary>Adds an error unless the condition holds. Only the first error of a field is kept.</summary>
    public FieldErrors Require(bool condition, string field, string error)
    {
        if (!condition)
            errors.TryAdd(field, [error]);
        return this;
    }

    public ValidationProblem ToProblem() => TypedResults.ValidationProblem(errors);
}
