using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace TaskPlatform.Notifications.Migrations
{
    /// <inheritdoc />
    public partial class RenameReadersToRecipients : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_readers",
                table: "readers");

            migrationBuilder.RenameTable(
                name: "readers",
                newName: "recipients");

            migrationBuilder.RenameIndex(
                table: "recipients",
                name: "ix_readers_admins",
                newName: "ix_recipients_admins");

            migrationBuilder.RenameIndex(
                table: "recipients",
                name: "ix_readers_to_erase",
                newName: "ix_recipients_to_erase");

            migrationBuilder.AddPrimaryKey(
                name: "PK_recipients",
                table: "recipients",
                column: "id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_recipients",
                table: "recipients");

            migrationBuilder.RenameTable(
                name: "recipients",
                newName: "readers");

            migrationBuilder.RenameIndex(
                table: "readers",
                name: "ix_recipients_admins",
                newName: "ix_readers_admins");

            migrationBuilder.RenameIndex(
                table: "readers",
                name: "ix_recipients_to_erase",
                newName: "ix_readers_to_erase");

            migrationBuilder.AddPrimaryKey(
                name: "PK_readers",
                table: "readers",
                column: "id");
        }
    }
}
