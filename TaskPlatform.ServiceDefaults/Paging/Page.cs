namespace TaskPlatform.ServiceDefaults.Paging;

/// <summary>A page of a list.</summary>
/// <param name="Items">The page's items.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long? Next);
