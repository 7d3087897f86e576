using System.Diagnostics;
using System.Reflection;
using TaskPlatform.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestFramework(typeof(LimitedTestFramework))]

namespace TaskPlatform.Tests;

/// <summary>
/// Every test has a time limit. At the limit its cancellation token is cancelled, it has failed, and the suite continues without it.
/// Fixtures have no such limit in xunit; <see cref="RunWatch"/> ends a run that one of them keeps waiting.
/// </summary>
public sealed class LimitedTestFramework : XunitTestFramework
{
    /// <summary>Of a test that sets no <c>Timeout</c> itself.</summary>
    public static readonly TimeSpan TestLimit = TimeSpan.FromMinutes(4);

    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly) => new Discoverer(Describe(assembly));

    protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) => new Executor(Describe(assembly));

    private static XunitTestAssembly Describe(Assembly assembly) => new(assembly, configFilePath: null, assemblyName: null);

    private sealed class Discoverer(IXunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        protected override ValueTask<bool> FindTestsForMethod(
            IXunitTestMethod testMethod, ITestFrameworkDiscoveryOptions discoveryOptions, Func<ITestCase, ValueTask<bool>> discoveryCallback)
        {
            foreach (var fact in testMethod.FactAttributes.OfType<FactAttribute>().Where(fact => fact.Timeout == 0))
                fact.Timeout = (int)TestLimit.TotalMilliseconds;
            return base.FindTestsForMethod(testMethod, discoveryOptions, discoveryCallback);
        }
    }

    private sealed class Executor(IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override async ValueTask RunTestCases(
            IReadOnlyCollection<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions,
            CancellationToken cancellationToken)
        {
            using var watch = new RunWatch(executionMessageSink, TimeProvider.System, Console.Error, End);
            await using var cancelled = cancellationToken.Register(watch.Cancel);
            await base.RunTestCases(testCases, watch, executionOptions, cancellationToken);
        }

        /// <summary>While a debugger is attached there is no limit; xunit has none then either.</summary>
        private static void End(string message)
        {
            if (!Debugger.IsAttached)
                Environment.FailFast(message);
        }
    }
}
