using Aspire.Hosting.Testing;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.AppHost;

/// <summary>What the AppHost provides to the services.</summary>
[Collection(SharedPlatform.Name)]
public sealed class AppHostTests(Platform platform)
{
    private const UnixFileMode Readable = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode Passable = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly string[] Databases = ["auth-db", "tasks-db", "notifications-db"];

    [Fact]
    public async Task Connection_strings_have_the_standard_form()
    {
        Assert.Matches(@"^localhost:\d+,password=[^,]+$", await platform.App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken));

        foreach (var database in Databases)
            Assert.Matches(
                $"^Host=localhost;Port=\\d+;Username=postgres;Password=[^;]+;Database={database}$",
                await platform.App.GetConnectionStringAsync(database, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Other_users_of_the_machine_can_not_read_the_servers_data_even_if_an_earlier_version_created_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var root = new DirectoryInfo(platform.DataFolder);
        var entries = root.EnumerateFileSystemInfos("*", everything).ToDictionary(
            entry => Path.GetRelativePath(root.FullName, entry.FullName), entry => entry.UnixFileMode);

        Assert.All(["redis/redis.conf", "redis/password", "redis/temp-1.rdb", "redis/appendonlydir", "postgres/password"], name => Assert.Contains(name, entries.Keys));
        Assert.Contains(entries.Keys, name => name.EndsWith(".aof", StringComparison.Ordinal));
        Assert.Equal([], entries.Where(entry => (entry.Value & Readable) != 0));
        // If the AppHost runs as root, Postgres runs as another user, who must be able to enter its data folder.
        Assert.Equal(Environment.IsPrivilegedProcess ? ["postgres"] : [], entries.Where(entry => (entry.Value & Passable) != 0).Select(entry => entry.Key).Order());
    }
}
