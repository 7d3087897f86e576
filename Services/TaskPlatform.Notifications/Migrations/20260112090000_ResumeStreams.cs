using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TaskPlatform.Notifications.Migrations
{
    /// <inheritdoc />
    public partial class ResumeStreams : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<ulong>(
                name: "transaction_id",
                table: "notifications",
                type: "xid8",
                nullable: false,
                defaultValueSql: "pg_current_xact_id()");

            migrationBuilder.CreateIndex(
                name: "ix_notifications_stream",
                table: "notifications",
                columns: new[] { "user_id", "transaction_id" });

            migrationBuilder.Sql(
                """
                CREATE OR REPLACE FUNCTION notify_notification() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_notify('notifications', NEW.user_id::text);
                    RETURN NULL;
                END $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                CREATE OR REPLACE FUNCTION notify_notification() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_notify('notifications', NEW.user_id || ':' || NEW.position);
                    RETURN NULL;
                END $$;
                """);

            migrationBuilder.DropIndex(
                name: "ix_notifications_stream",
                table: "notifications");

            migrationBuilder.DropColumn(
                name: "transaction_id",
                table: "notifications");
        }
    }
}
