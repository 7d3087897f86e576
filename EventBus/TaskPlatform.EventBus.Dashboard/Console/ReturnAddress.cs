namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>Where a browser goes after it has signed in: to the console, and nowhere else.</summary>
internal static class ReturnAddress
{
    private const char FirstPrintable = '!';
    private const char LastPrintable = '~';

    /// <summary>The address as a browser would follow it, in ASCII; null where that is no page of the console.</summary>
    public static string? Of(string? address)
    {
        if (address is not { Length: > 0 } || address[0] != '/')
            return null;

        // A browser sends no fragment with the request, and would not have sent this one.
        var local = address.Split('#')[0].Split('?', 2);
        return PathOf(local[0]) is { } path ? path + (local.Length > 1 ? $"?{Encode(local[1])}" : "") : null;
    }

    /// <summary>Decoded, so that nothing is hidden, and without the segments that lead elsewhere.</summary>
    private static string? PathOf(string encoded)
    {
        // No page needs an address that is encoded twice; two slashes lead to another host; browsers leave out some control characters.
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
