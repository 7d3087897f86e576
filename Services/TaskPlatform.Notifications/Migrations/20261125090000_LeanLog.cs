using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TaskPlatform.Notifications.Migrations
{
    /// <inheritdoc />
    public partial class LeanLog : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_event_log_aggregate",
                table: "event_log");

            migrationBuilder.DropIndex(
                name: "ix_event_log_event_id",
                table: "event_log");

            migrationBuilder.DropIndex(
                name: "ix_event_log_waiting",
                table: "event_log");

            migrationBuilder.CreateIndex(
                name: "ix_event_log_waiting",
                table: "event_log",
                columns: new[] { "id", "entry_id" },
                filter: "entry_id IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_event_log_waiting",
                table: "event_log");

            migrationBuilder.CreateIndex(
                name: "ix_event_log_aggregate",
                table: "event_log",
                columns: new[] { "aggregate_type", "aggregate_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_event_log_event_id",
                table: "event_log",
                column: "event_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_event_log_waiting",
                table: "event_log",
                column: "id",
                filter: "entry_id IS NULL");
        }
    }
}
