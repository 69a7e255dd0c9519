#!/bin/sh
# Publishes one event to the intake topic: sh intake.sh ID      (any partitioner will do: see docs/publishing.md)
tr '\n' ' ' <<END | kcat -P -b "$KAFKA_BOOTSTRAP" -t governance.intake -k case/20240511-0007 -X acks=all \
  -H "authorization=Bearer $SHANZHI_KEY" -H content-type=application/cloudevents+json
{"specversion": "1.0", "id": "$1", "source": "urn:example:snippets", "type": "case.closed",
 "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
 "data": {"reason": "已解决"}}
END
