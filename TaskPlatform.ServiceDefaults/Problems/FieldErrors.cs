using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>What is wrong with a request, by field, under the names the client used.</summary>
public sealed class FieldErrors
{
    private readonly Dictionary<string, string[]> errors = new(StringComparer.Ordinal);

    /// <summary>Whether anything is wrong.</summary>
    public bool Any => errors.Count > 0;

    /// <summary>The first error that was noted; null where nothing is wrong.</summary>
    public string? First { get; private set; }

    /// <summary>Notes an error unless the condition holds. A field keeps its first error.</summary>
    public FieldErrors Require(bool condition, string field, string error)
    {
        if (!condition && errors.TryAdd(field, [error]))
            First ??= error;
        return this;
    }

    /// <summary>The answer that tells the client.</summary>
    public ValidationProblem ToProblem() => TypedResults.ValidationProblem(errors);
}
