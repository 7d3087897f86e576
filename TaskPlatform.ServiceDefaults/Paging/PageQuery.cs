using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.ServiceDefaults.Paging;

/// <summary>Which part of a list is wanted: <c>?limit=&amp;after=</c>.</summary>
public sealed class PageQuery
{
    private const int DefaultSize = 50;
    private const int MaxSize = 100;

    /// <summary>How many items.</summary>
    [FromQuery(Name = "limit"), Description("How many items, 1 to 100; 50 by default.")]
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the page before.</summary>
    [FromQuery(Name = "after"), Description("The next of the page before.")]
    public long? After { get; init; }

    /// <summary>How many rows to ask for: one more than make a page, which tells whether there is a next one.</summary>
    public int Rows => Size + 1;

    private int Size => Limit ?? DefaultSize;

    /// <summary>Notes what is wrong with it.</summary>
    public FieldErrors Validate(FieldErrors errors)
        => errors.Require(Size is >= 1 and <= MaxSize, "limit", $"Must be between 1 and {MaxSize}.");

    /// <summary>Makes the page of up to <see cref="Rows"/> rows.</summary>
    /// <param name="rows">What was found.</param>
    /// <param name="position">A row's place in the list.</param>
    /// <param name="item">What the client sees of a row.</param>
    public Page<T> ToPage<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, long> position, Func<TRow, T> item)
        => new([.. rows.Take(Size).Select(item)], rows.Count > Size ? position(rows[Size - 1]) : null);
}
