using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TaskPlatform.Tasks.Migrations
{
    /// <inheritdoc />
    public partial class RenameFirstAnswersToIdempotencyRecords : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "pk_first_answers",
                table: "first_answers");

            migrationBuilder.RenameTable(
                name: "first_answers",
                newName: "idempotency_records");

            migrationBuilder.RenameIndex(
                table: "idempotency_records",
                name: "ix_first_answers_created_at",
                newName: "ix_idempotency_records_created_at");

            migrationBuilder.AddPrimaryKey(
                name: "pk_idempotency_records",
                table: "idempotency_records",
                columns: new[] { "user_id", "key" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "pk_idempotency_records",
                table: "idempotency_records");

            migrationBuilder.RenameTable(
                name: "idempotency_records",
                newName: "first_answers");

            migrationBuilder.RenameIndex(
                table: "first_answers",
                name: "ix_idempotency_records_created_at",
                newName: "ix_first_answers_created_at");

            migrationBuilder.AddPrimaryKey(
                name: "pk_first_answers",
                table: "first_answers",
                columns: new[] { "user_id", "key" });
        }
    }
}
