using Microsoft.Extensions.Logging;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Adds the logs of a test's processes to its output.</summary>
internal sealed class TestOutputLogger : ILoggerProvider, ILogger
{
    private readonly ITestOutputHelper? output = TestContext.Current.TestOutputHelper;
    private string category = "";

    public ILogger CreateLogger(string categoryName) => new TestOutputLogger { category = categoryName };

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (IsVerbose ? LogLevel.Warning : LogLevel.Information);

    private bool IsVerbose => category.StartsWith("Microsoft", StringComparison.Ordinal) || category.StartsWith("StackExchange.Redis", StringComparison.Ordinal);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        try
        {
            output?.WriteLine($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
        catch (InvalidOperationException)
        {
            // The test is over, but its processes are still stopping.
        }
    }

    public void Dispose()
    {
    }
}
