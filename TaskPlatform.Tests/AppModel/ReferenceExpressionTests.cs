using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace TaskPlatform.Tests.AppModel;

public sealed class ReferenceExpressionTests
{
    [Fact]
    public async Task Values_are_filled_in_and_literal_braces_stay()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:secret=s3cr{t");
        var secret = builder.AddParameter("secret", secret: true);

        var expression = ReferenceExpression.Create($"{{json}};password={secret};{"literal"}");

        Assert.Equal("{json};password=s3cr{t;literal", await expression.GetValueAsync(TestContext.Current.CancellationToken));
        Assert.Equal("{json};password={secret.value};literal", expression.ValueExpression);
    }

    [Fact]
    public async Task An_expression_may_be_part_of_another()
    {
        var server = ReferenceExpression.Create($"Host=db");

        var database = ReferenceExpression.Create($"{server};Database=tasks");

        Assert.Equal("Host=db;Database=tasks", await database.GetValueAsync(TestContext.Current.CancellationToken));
    }
}
