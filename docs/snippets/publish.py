"""Publishes one event: python publish.py ID"""
import json, os, sys, time, urllib.error, urllib.request
event = {"specversion": "1.0", "id": sys.argv[1], "source": "urn:example:snippets", "type": "case.closed",
         "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
         "data": {"reason": "已解决"}}
request = urllib.request.Request(os.environ["SHANZHI_GATEWAY"] + "/events", json.dumps(event).encode(), {
    "Authorization": "Bearer " + os.environ["SHANZHI_KEY"], "Content-Type": "application/cloudevents+json"})
for tries in range(1, 11):
    try:
        sys.exit(print(urllib.request.urlopen(request, timeout=30).read().decode()))
    except urllib.error.HTTPError as answer:
        if answer.code not in (408, 429, 503) or tries == 10:
            sys.exit(answer.read().decode())
        time.sleep(int(answer.headers.get("Retry-After", 2)))
