#!/bin/sh
# Publishes one event: sh publish.sh ID      (curl itself waits for Retry-After and sends again after 408, 429 and 503)
curl --silent --show-error --fail-with-body --max-time 30 --retry 9 --retry-connrefused \
  "$SHANZHI_GATEWAY/events" \
  --header "Authorization: Bearer $SHANZHI_KEY" \
  --header "Content-Type: application/cloudevents+json" \
  --data-binary @- <<END
{"specversion": "1.0", "id": "$1", "source": "urn:example:snippets", "type": "case.closed",
 "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
 "data": {"reason": "已解决"}}
END
