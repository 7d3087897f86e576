namespace TaskPlatform.ServiceDefaults.Paging;

/// <summary>A part of a list, and where the next one begins.</summary>
/// <param name="Items">The part.</param>
/// <param name="Next">What to give as <c>after</c> for the next part; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long? Next);
