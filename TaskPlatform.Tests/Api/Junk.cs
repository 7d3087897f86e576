using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace TaskPlatform.Tests.Api;

/// <summary>Values that a client might send by mistake or maliciously.</summary>
internal static class Junk
{
    private static readonly string[] Texts =
    [
        "", " ", "\0", "a\0b", "\t\r\n", "ünïcödé – 日本語 🙂", "\u202e\ufeff", "'; DROP TABLE users; --", "<script>", "%00%ff%", "../../etc/passwd",
        "{}", "null", new string('a', 201), new string('ß', 300), new string('x', 12_000), "a@b", "a@b.c", "open", "admin", "0", "-1", "1e400",
    ];

    // As JSON text, including values that no serializer of ours would write.
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "1.5", "1e400", "-0", "9223372036854775807", "9223372036854775808", "1e2", "\"5\"", "[]", "{}", "[null]",
        "[[[[[]]]]]", "[1,1,1]", "[0]", "[-5]", "[\"1\"]", "[9223372036854775807]", "\"\\ud800\"", "\"\\u0000\"", "\"\\udc00\\ud800\"",
        "\"0001-01-01T00:00:00Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59.9999999-14:00\"", "\"2026-02-30T00:00:00Z\"",
        "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "\"infinity\"", "\"-infinity\"",
    ];

    // Without %00, because Kestrel rejects a path that contains it before our code runs. Without 1, the id of the first admin, because other tests
    // need that account unchanged.
    private static readonly string[] Ids =
        ["0", "-1", "999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.0", "0x1", "%ff", "%2e%2e", "+999999999", "999999999%20", "é", "me", "٣"];

    private static readonly string[] Queries =
    [
        "", "limit=0", "limit=-1", "limit=100", "limit=2147483648", "limit=", "limit=1&limit=2", "after=", "after=-9223372036854775808",
        "after=9223372036854775807", "after=x", "status=open", "status=", "status=%00", "worker_id=0", "worker_id=-1", "creator_id=%ff",
        "at=0001-01-01T00:00:00Z", "at=0001-01-01T00:00:00%2b14:00", "at=9999-12-31T23:59:59.9999999-14:00", "at=9999-12-31T23:59:59Z", "at=now", "at=",
        "unread=true", "unread=1", "unread=", "type=%00", "group=%0a", "reason=x", "=", "&&&", "%", "a[]=1", "%00=1", "type=%ed%a0%80", "type=%f0%9f",
        "back=%2fconsole%2f%c3%a9", "back=%2fconsole%2f..%2f..%2fx", "back=%2f%2fevil.example", "range=7d", "range=%c3%a9", "aggregate=%c3%a9", "exception=%0d%0a",
    ];

    private static readonly string[] Headers =
    [
        "", " ", "\"1\"", "\"2\", \"1\"", "*", "W/\"1\"", "\"", ",,,", "\"9999999999999999999\"", "1:1:", "5:9:6,7", "9:5:", "1:1:~1:1:~5", "1:1:~1:1:~-5",
        "4294967296:4294967296:", "9223372036854775807:9223372036854775807:", new string('k', 255), new string('k', 256), "schlüssel", "a\tb",
        "bytes=0-", "null", "same-origin", "http://[", "a=b; c", "taskplatform-console=x", "taskplatform-console-forms=é", "00-0-0-00", "q=;,;", "Thu, 99 Foo 0",
    ];

    private static readonly string[] Charsets =
        ["foo", "utf-7", "utf-16", "utf-32", "us-ascii", "iso-8859-1", "\"", "\"\"", "\"utf-8\"", "utf8", "", "é", "utf-8; charset=foo", "utf-8; =; ;", new string('u', 1_000)];

    private static readonly string[] ContentTypes =
    [
        "", "a", "/", "text/plain", "application/json; charset", "application/problem+json", "APPLICATION/JSON", "application/x-www-form-urlencoded", "é/é",
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=b", "multipart/form-data; boundary=\"", $"multipart/form-data; boundary={new string('b', 200)}",
    ];

    private static readonly string[] Credentials = ["Bearer", "Bearer ", "Bearer é", "Bearer a.b.c", "Bearer e30.e30.e30", "Bearer e30.e30.e30.e30.e30", "Basic x", "x y z", new string('a', 5_000)];

    // Encoded parts of a form.
    private static readonly string[] FormParts =
    [
        "", "=", "%", "%zz=%zz", "email=%00", "%00=x", "email=%ff", "email=%ed%a0%80", "é=é", "email=a&email=b", "email", "password=", $"{new string('k', 5_000)}=x",
        $"email={new string('v', 20_000)}", string.Join('&', Enumerable.Range(0, 1_100).Select(key => $"{key}=")), "a[b][c]=1", "rate=-1&confirm=99999999999999999999",
        "from=0001-01-01&to=9999-12-31T23:59:59%2b14:00", "from=now", "group=%0a", "effects=é", "__RequestVerificationToken=x", "_handler=x",
        "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name=\"email\"; filename=\"x\"\r\n\r\n", "--b\r\nx\r\n",
    ];

    public static Gen<string> Id { get; } = Gen.Elements(Ids);

    public static Gen<string> Query { get; } = Gen.ListOf(Gen.Elements(Queries)).Select(parts => string.Join('&', parts.Take(4)));

    public static Gen<string> Header { get; } = Gen.Elements(Headers);

    /// <summary>A request's credential; mostly null, which means a valid token.</summary>
    public static Gen<string?> Credential { get; } = Gen.Frequency((15, Gen.Constant((string?)null)), (1, Gen.Elements<string?>(Credentials)));

    /// <summary>A text, as JSON.</summary>
    private static Gen<string> Text { get; } = Gen.OneOf(
        Gen.Elements(Texts), ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "")).Select(text => JsonSerializer.Serialize(text));

    private static Gen<string> Value { get; } = Gen.OneOf(Gen.Elements(Values), Text);

    /// <summary>A body's content type; mostly the right one.</summary>
    public static Gen<string> ContentType(string good) => Gen.Frequency(
        (12, Gen.Constant(good)),
        (2, Gen.Elements(Charsets).Select(charset => $"{good}; charset={charset}")),
        (1, Gen.Elements(ContentTypes)));

    /// <summary>A form, mostly a nearly valid one.</summary>
    /// <param name="good">The parts of a valid form.</param>
    public static Gen<byte[]> Form(params string[] good)
        => Gen.Shuffle(good).SelectMany(parts => Gen.Choose(0, 3).SelectMany(count => Gen.ListOf(Gen.Elements(FormParts), count).Select(
            junk => Encoding.UTF8.GetBytes(string.Join('&', parts.Concat(junk))))));

    /// <summary>A body, mostly a nearly valid one, because such bodies get furthest.</summary>
    /// <param name="good">The members of a valid body, as JSON.</param>
    public static Gen<byte[]> Body(params (string Name, string Value)[] good)
    {
        var members = good.Select(member => Gen.Frequency(
            (5, Gen.Constant($"\"{member.Name}\":{member.Value}")),
            (4, Value.Select(value => $"\"{member.Name}\":{value}")),
            (1, Gen.Constant($"\"unknown\":1,\"{member.Name}\":{member.Value}")),
            (1, Gen.Constant($"\"{member.Name}\":null,\"{member.Name}\":{member.Value}")),
            (2, Gen.Constant(""))));
        var near = Gen.CollectToList(members).Select(list => $"{{{string.Join(',', list.Where(member => member.Length > 0))}}}");
        return Gen.Frequency(
            (8, near.Select(Encoding.UTF8.GetBytes)),
            (1, near.SelectMany(text => Gen.Choose(0, text.Length).Select(length => Encoding.UTF8.GetBytes(text[..length])))),
            (1, Value.Select(Encoding.UTF8.GetBytes)),
            (1, Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value))));
    }
}
