"""Publishes one event to the intake topic: python intake.py ID"""
import json, os, sys
from kafka import KafkaProducer
event = {"specversion": "1.0", "id": sys.argv[1], "source": "urn:example:snippets", "type": "case.closed",
         "subject": "case/20240511-0007", "time": "2024-05-11T09:30:00+08:00", "authid": "person/li-7f3a",
         "data": {"reason": "已解决"}}
producer = KafkaProducer(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP"], acks="all")
place = producer.send("governance.intake", json.dumps(event).encode(), key=event["subject"].encode(), headers=[
    ("authorization", b"Bearer " + os.environ["SHANZHI_KEY"].encode()),
    ("content-type", b"application/cloudevents+json")]).get(timeout=30)
producer.close()
print(f"{place.topic} {place.partition} {place.offset}")
