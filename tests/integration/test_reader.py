"""A log may end in an offset that holds no record: whoever reads up to its end is not kept waiting for one."""

from __future__ import annotations

from contextlib import closing

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from ledger.reader import Reader
from tests.folded import Folded

TOPIC = "ends-in-a-marker"


def test_a_log_that_ends_in_a_hole_is_read_to_its_end(folded: Folded) -> None:
    bootstrap = folded.endpoints.kafka_bootstrap
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(name=TOPIC, num_partitions=2, replication_factor=1)])
        try:
            with closing(KafkaProducer(bootstrap_servers=bootstrap, transactional_id=TOPIC)) as producer:
                producer.init_transactions()
                producer.begin_transaction()
                for partition in (0, 0, 1):
                    producer.send(TOPIC, b"told", partition=partition)
                producer.commit_transaction()
            with Reader(bootstrap, TOPIC, 2) as reader:
                assert reader.ends == {0: 3, 1: 2}
                read = {
                    (batch.partition, raw.offset)
                    for batch in reader.batches(reader.starts, reader.ends)
                    for raw in batch.records
                }
                assert read == {(0, 0), (0, 1), (1, 0)}
                assert reader.first_at(0, 2) is None
        finally:
            admin.delete_topics([TOPIC])
