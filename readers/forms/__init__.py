"""Forms: one for each event type, made from the catalogue; what is filled in becomes an event for the gateway."""
