using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.ServiceDefaults.Paging;

/// <summary>The paging parameters <c>?limit=&amp;after=</c>.</summary>
public sealed class PageQuery
{
    private const int DefaultSize = 50;
    private const int MaxSize = 100;

    /// <summary>The page size.</summary>
    [FromQuery(Name = "limit"), Description("The page size, 1 to 100; 50 by default.")]
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the previous page.</summary>
    [FromQuery(Name = "after"), Description("The next of the previous page.")]
    public long? After { get; init; }

    /// <summary>The number of rows to query: one more than the page size, to detect whether there is a next page.</summary>
    public int Rows => Size + 1;

    private int Size => Limit ?? DefaultSize;

    /// <summary>Validates the parameters.</summary>
    public FieldErrors Validate(FieldErrors errors)
        => errors.Require(Size is >= 1 and <= MaxSize, "limit", $"Must be between 1 and {MaxSize}.");

    /// <summary>Creates the page from up to <see cref="Rows"/> rows.</summary>
    /// <param name="rows">The rows of the query.</param>
    /// <param name="position">Returns a row's position in the list.</param>
    /// <param name="item">Converts a row to the item that the client receives.</param>
    public Page<T> ToPage<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, long> position, Func<TRow, T> item)
        => new([.. rows.Take(Size).Select(item)], rows.Count > Size ? position(rows[Size - 1]) : null);
}
