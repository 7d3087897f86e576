namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>The address that the browser returns to after the sign-in, which must be a page of the console.</summary>
internal static class ReturnAddress
{
    private const char FirstPrintable = '!';
    private const char LastPrintable = '~';

    /// <summary>The address in ASCII, as a browser would resolve it; null if it isn't a page of the console.</summary>
    public static string? Of(string? address)
    {
        if (address is not { Length: > 0 } || address[0] != '/')
            return null;

        // Browsers don't send the fragment with a request, so it is dropped.
        var local = address.Split('#')[0].Split('?', 2);
        return PathOf(local[0]) is { } path ? path + (local.Length > 1 ? $"?{Encode(local[1])}" : "") : null;
    }

    /// <summary>The decoded path without dot segments; null if it isn't below the console.</summary>
    private static string? PathOf(string encoded)
    {
        // No page has a doubly encoded address, two leading slashes lead to another host, and browsers ignore some control characters.
        var path = Uri.UnescapeDataString(encoded).Replace('\\', '/');
        if (path.Contains('%') || path.StartsWith("//", StringComparison.Ordinal) || path.Any(char.IsControl))
            return null;

        var segments = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            if (segment == ".." && segments.Count > 0)
                segments.RemoveAt(segments.Count - 1);
            else if (segment is not ("" or "." or ".."))
                segments.Add(segment);
        }

        return segments.Count > 0 && segments[0] == ConsoleSession.Path[1..]
            ? $"/{string.Join('/', segments.Select(Uri.EscapeDataString))}"
            : null;
    }

    private static string Encode(string query) => string.Concat(query.EnumerateRunes().Select(
        rune => rune.Value is >= FirstPrintable and <= LastPrintable ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));
}
