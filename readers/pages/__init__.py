"""The pages of those who do the work, phone first, one module a role: what a login may see and send."""
