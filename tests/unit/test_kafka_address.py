"""One text says which Kafka and as whom, for every client; it never shows its password."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ledger.broker import access, address, addresses, as_user, client_options, kafka_away, shown

SECRET = "p@ss:/?#%word"


def test_an_address_is_read_back_as_it_was_written() -> None:
    text = address("a.example:9093,b.example:9094", "us er@x", SECRET, "/a folder/ca.pem")
    found = access(text)
    assert found == ("a.example:9093,b.example:9094", "us er@x", SECRET, "/a folder/ca.pem")
    assert addresses(text) == [("a.example", 9093), ("b.example", 9094)]
    assert access(address("a.example:9093", "us", "x", None)).ca is None
    assert access("a:1, [::1]:2").user is None and addresses("a:1, [::1]:2") == [("a", 1), ("::1", 2)]


def test_somebody_else_comes_to_the_same_kafka() -> None:
    text = address("a.example:9093", "owner", SECRET, "/ca.pem")
    assert access(as_user(text, "shanzhi_worker", "x/y")) == ("a.example:9093", "shanzhi_worker", "x/y", "/ca.pem")
    assert as_user("a.example:9092", "shanzhi_worker", "x") == "a.example:9092", "it would not ask who comes"


@pytest.mark.parametrize(
    "wrong",
    ["", "kafka", "kafka:0", "kafka:70000", "kafka:1,", "http://kafka:1", "us:hush@kafka:1", "sasl_ssl://kafka:1",
     "sasl_ssl://us@kafka:1", "sasl_ssl://us:hush@", "sasl_ssl://us:hush@kafka:1/x", "sasl_ssl://us:hush@kafka:1?a=b"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_quoted(wrong: str) -> None:
    with pytest.raises(ValueError) as refused:
        access(wrong)
    assert "hush" not in str(refused.value)
    assert "hush" not in shown(wrong)


def test_clients_with_a_login_speak_tls_and_look_at_the_certificate(tmp_path: Path) -> None:
    assert client_options("kafka:9092") == {"bootstrap_servers": "kafka:9092"}
    options = client_options(address("kafka:9093", "us", SECRET, None))
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("us", SECRET)
    trusting = options["ssl_context"]
    assert (trusting.check_hostname, trusting.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert trusting.minimum_version >= ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):
        client_options(address("kafka:9093", "us", SECRET, str(tmp_path / "none.pem")))


def test_an_error_names_servers_and_user_and_no_password() -> None:
    class TopicAuthorizationFailedError(Exception): ...

    text = address("kafka:9093", "us", "hush", None)
    for error in (TimeoutError(), TopicAuthorizationFailedError()):
        told = kafka_away(text, error)
        assert "hush" not in f"{told} {told.detail}" and "kafka:9093" in str(told)
    assert "refuses this login" in told.what and "shanzhi prepare" in told.remedy
