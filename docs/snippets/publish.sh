#!/bin/sh
# Publishes one event: sh publish.sh ID
for try in 1 2 3 4 5 6 7 8 9 10; do
  answer=$(curl -sS --max-time 30 -w '\n%{http_code} %header{retry-after}' "$SHANZHI_GATEWAY/events" --data-binary @- \
    -H "Authorization: Bearer $SHANZHI_KEY" -H 'Content-Type: application/cloudevents+json' <<END
{"specversion": "1.0", "id": "$1", "source": "urn:example:snippets", "type": "case.closed",
 "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
 "data": {"reason": "已解决"}}
END
)
  set -- "$1" $(echo "$answer" | tail -n 1)  # the status, and how many seconds to wait
  case $2 in 000|408|429|503) sleep "${3:-2}" ;; *) break ;; esac
done
echo "$answer" | sed '$d'; test "$2" -lt 300 && test "$2" -ge 200
