namespace TaskPlatform.EventBus.Dashboard.Admin.Audit;

/// <summary>What the current request did, in words, for the audit.</summary>
internal sealed class AuditEntry
{
    public string Details { get; private set; } = "";

    public void Add(string what) => Details = Details.Length == 0 ? what : $"{Details} {what}";
}
