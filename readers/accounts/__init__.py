"""Who looks: accounts with argon2 hashes, sessions, roles with their scope (a place and what lies below it, or a unit).

What passes through here: a cookie in, a `Login` out, or none. What a role may see and publish stands in `rights`.
"""
