using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>A request's validation errors, by the field names that the client used.</summary>
public sealed class FieldErrors
{
    private readonly Dictionary<string, string[]> errors = new(StringComparer.Ordinal);

    /// <summary>Whether there are errors.</summary>
    public bool Any => errors.Count > 0;

    /// <summary>The first error; null if there is none.</summary>
    public string? First { get; private set; }

    /// <summary>Adds an error unless the condition holds. Only the first error of a field is kept.</summary>
    public FieldErrors Require(bool condition, string field, string error)
    {
        if (!condition && errors.TryAdd(field, [error]))
            First ??= error;
        return this;
    }

    /// <summary>Creates the 400 response.</summary>
    public ValidationProblem ToProblem() => TypedResults.ValidationProblem(errors);
}
