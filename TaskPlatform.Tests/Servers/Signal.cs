namespace TaskPlatform.Tests.Servers;

/// <summary>Linux signal numbers.</summary>
internal enum Signal
{
    Interrupt = 2,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
