namespace TaskPlatform.Auth.Users;

/// <summary>
/// Detects passwords that are long enough but among the first to be guessed: the words of <c>common-passwords.txt</c> surrounded by digits and
/// symbols, with digits in place of letters, or repeated; runs of adjacent keys, letters or digits, also several in a row; and few distinct
/// characters. Of the 10,000 most frequent passwords in zxcvbn's data, 34 have the minimum length; all of them are detected.
/// </summary>
internal static class CommonPasswords
{
    private const int MinDistinct = 5;
    private const int MinRun = 4;
    private const int MinPartOfRuns = 3;

    // Digits and symbols that replace letters, and those letters.
    private const string Substitutes = "@4031!$57", Letters = "aaoeiisst";

    private static readonly string[] Runs =
    [
        "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "00112233445566778899", "147258369147258369", "789456123789456123",
        "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0", "qazwsxedcrfvtgbyhnujmikolp",
    ];

    private static readonly HashSet<string> Words = Read();

    public static bool Has(string password)
    {
        var text = password.ToLowerInvariant();
        if (text.Distinct().Count() < MinDistinct)
            return true;

        var core = text.Trim([.. text.Where(letter => !char.IsLetter(letter))]);
        return IsCommon(core) || IsCommon(Replace(core)) || IsRun(text) || ConsistsOfRuns(text);
    }

    private static bool IsCommon(string core) => core.Length > 0 && (IsRun(core) || Words.Contains(Unit(core)));

    private static bool IsRun(string text) => Unit(text) is { Length: >= MinRun } unit && IsPartOfRun(unit);

    private static bool IsPartOfRun(string text)
    {
        var backwards = string.Concat(text.Reverse());
        return Runs.Any(run => run.Contains(text, StringComparison.Ordinal) || run.Contains(backwards, StringComparison.Ordinal));
    }

    /// <summary>Whether the text can be split into parts of runs, such as <c>123456654321</c> or <c>zxcasdqwe123</c>.</summary>
    private static bool ConsistsOfRuns(string text)
    {
        var ends = new bool[text.Length + 1];
        ends[0] = true;
        for (var start = 0; start < text.Length; start++)
        {
            for (var end = start + MinPartOfRuns; ends[start] && end <= text.Length && IsPartOfRun(text[start..end]); end++)
                ends[end] = true;
        }

        return ends[^1];
    }

    /// <summary>The repeated part of the text, or the whole text if it isn't a repetition.</summary>
    private static string Unit(string text)
    {
        // The smallest period of a text is the second position at which the text occurs in its own double.
        var period = (text + text).IndexOf(text, startIndex: 1, StringComparison.Ordinal);
        return text[..period];
    }

    private static string Replace(string text)
        => string.Concat(text.Select(letter => Substitutes.IndexOf(letter, StringComparison.Ordinal) is var index and >= 0 ? Letters[index] : letter));

    private static HashSet<string> Read()
    {
        using var resource = typeof(CommonPasswords).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(resource);
        return [.. reader.ReadToEnd().Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
