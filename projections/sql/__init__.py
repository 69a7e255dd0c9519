"""The SQL that is kept in files: `schema.sql` of a generation, and the migrations of what is permanent."""
