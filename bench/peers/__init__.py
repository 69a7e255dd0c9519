"""The same cases through other engines that keep tables over Kafka, side by side with ours, in one run.

One topic is written once; each contender then reads it from a cold start, one after the other, in rounds. What passes
through here are figures: events a second, ratios, memory, processor time, and whether every count is right."""
