namespace TaskPlatform.EventBus.Dashboard.Admin.Audit;

/// <summary>Details of the current request for the audit log, as text.</summary>
internal sealed class AuditEntry
{
    public string Details { get; private set; } = "";

    public void Add(string detail) => Details = Details.Length == 0 ? detail : $"{Details} {detail}";
}
