namespace TaskPlatform.EventBus.Dashboard;

/// <summary>The outcome of a sign-in: a session, or why there is none.</summary>
public sealed record SignInOutcome
{
    private SignInOutcome()
    {
    }

    internal OperatorSession? Session { get; private init; }

    internal int Status { get; private init; }

    internal string? Problem { get; private init; }

    /// <summary>The credentials are those of an operator.</summary>
    public static SignInOutcome Accepted(OperatorSession session) => new() { Session = session };

    /// <summary>No session begins.</summary>
    /// <param name="status">The HTTP status of the response, for example 401.</param>
    /// <param name="problem">Why, in a sentence that the sign-in page shows.</param>
    public static SignInOutcome Rejected(int status, string problem) => new() { Status = status, Problem = problem };
}
