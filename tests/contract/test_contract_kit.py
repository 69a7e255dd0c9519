"""What publishers' tools read says the same as the way in does, and the kept copies are what the code says."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import openapi_spec_validator
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from jsonschema.protocols import Validator
from typer.testing import CliRunner

from ledger import limits, topics
from ledger.contract import json_schema
from ledger.contract.asyncapi import asyncapi
from ledger.contract.document import text
from ledger.describe import sample_event
from ledger.errors import EventRefused
from ledger.event import EventKind, kinds, latest
from ledger.submission import check
from shanzhi.cli.contract import app
from tests.contract import probes
from tests.contract.ecma import validator
from tests.contract.write_contract import DOCUMENTS, FOLDER, write
from tests.contract.write_golden import FOLDER as GOLDEN
from tests.soak import IS_SOAK
from tests.strategies import PROFILE
from tests.submissions import data_of, times

NOW = limits.LATEST + timedelta(days=1)  # nothing lies in the future but what is meant to
ASYNCAPI_SPECS = "@asyncapi/specs@6.11.1"
ASYNCAPI_SPECS_SHA256 = "01af8744dc33c0c7eb2e908f6a955319ee58b70ecadc9387d1aeb16c0cd28928"
COMMAND_SECONDS = 60

# What the way in checks and no schema can say.
BEYOND_SCHEMAS = {"event_too_large", "nul_character", "personal_number", "time_in_future", "time_out_of_bounds"}


@cache
def validator_of(dataschema: str) -> Validator:
    return validator(json_schema.schema_of(kinds[dataschema]))


def refusal_of(event: dict[str, Any], now: datetime = NOW) -> str | None:
    """The code by which the way in refuses it."""
    try:
        check(event, now)
    except EventRefused as refused:
        return refused.code
    return None


def events_of(kind: EventKind) -> st.SearchStrategy[dict[str, Any]]:
    attribute = st.text("aZ9./:-甲", min_size=1, max_size=limits.NAME_CHARACTERS)
    optional = ("authtype", "correlationid", "causationid", "traceparent")
    return st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": attribute,
            "source": attribute,
            "type": st.just(kind.type),
            "subject": st.sampled_from([f"{name}/{'x' * size}" for name in kind.subjects for size in (1, 120)]),
            "time": times().map(datetime.isoformat),
            "authid": attribute,
            "data": data_of(kind),
        },
        optional={name: attribute for name in optional}
        | {"datacontenttype": st.just("application/json"), "dataschema": st.just(kind.dataschema)},
    )


FIRST_OF_FAMILIES = {min(family) for _, family in groupby(sorted(latest), lambda type_: type_.partition(".")[0])}


# The law -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
def test_at_every_edge_a_schema_and_the_way_in_say_the_same(kind: EventKind) -> None:
    for event in probes.events(kind, has_envelope=IS_SOAK or kind.type in FIRST_OF_FAMILIES):
        assert_alike(kind, event)


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
@settings(PROFILE, max_examples=60 if IS_SOAK else 1)
@given(draws=st.data())
def test_a_schema_takes_what_the_way_in_takes_and_nothing_else(kind: EventKind, draws: st.DataObject) -> None:
    event = draws.draw(events_of(kind))
    assert_alike(kind, event)
    for _ in range(4):
        assert_alike(kind, draws.draw(spoilt(event)))


def assert_alike(kind: EventKind, event: dict[str, Any]) -> None:
    refused = refusal_of(event)
    broken = [f"{error.json_path}: {error.message}" for error in validator_of(kind.dataschema).iter_errors(event)]
    assert bool(broken) == (refused is not None) or (refused in BEYOND_SCHEMAS and not broken), (refused, broken)


AWKWARD: tuple[Any, ...] = (None, "", 0, -1, 1.5, True, [], {}, [None], [{}], "x" * 201, "x" * 4001, 10**9 + 1, 181)
AWKWARD += ("place/x", "place/x\n", "place/" + "x" * 121, "case/甲", "/x", "2024-05-11T09:30:00", "2024-05-11", "1.0")
AWKWARD += ("2024-05-11T09:30:00Z", "2024-05-11T09:30:00.5+08:00", "12345", "12345\n", "2024-02-30T00:00:00Z")
Spoiling = Callable[[Any, Any], None]


@st.composite
def spoilt(draw: st.DrawFn, event: dict[str, Any]) -> dict[str, Any]:
    """The event with one thing done to it, anywhere."""
    made = copy.deepcopy(event)
    container, key = draw(st.sampled_from(list(places(made))))
    do: list[Spoiling] = [
        lambda container, key: container.__delitem__(key),
        lambda container, key: container.__setitem__(key, draw(st.sampled_from(AWKWARD))),
    ]
    if isinstance(container, dict):
        do.append(lambda container, _: container.__setitem__("unknown", "x"))
    if isinstance(container[key], list) and container[key]:
        do.append(lambda container, key: container.__setitem__(key, container[key] * 201))
    draw(st.sampled_from(do))(container, key)
    return made


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)


@pytest.mark.parametrize("kind", kinds.values(), ids=lambda kind: kind.dataschema)
def test_every_sample_is_valid(kind: EventKind) -> None:
    schema = json_schema.schema_of(kind)
    assert schema["$id"] == kind.dataschema
    assert schema["examples"] == [sample_event(kind)]
    validator_of(kind.dataschema).validate(sample_event(kind))
    validator(json_schema.components()["CloudEvent"]).validate(sample_event(kind))
    assert refusal_of(sample_event(kind)) is None


# The exceptions: stated in docs/contracts.md, and no others --------------------------------------


def held(**changes: Any) -> dict[str, Any]:
    return sample_event(latest["activity.held"]) | changes


TAKEN_BY_SCHEMAS_ALONE = {
    "a phone number for an id": (held(id="13800005678"), "personal_number"),
    "a phone number as a subject": (held(subject="activity/13800005678"), "personal_number"),
    "a time in the future": (held(time="2024-06-02T11:00:01Z"), "time_in_future"),
    "a time before 1970": (held(time="1969-12-31T00:00:00Z"), "time_out_of_bounds"),
    "a time after 2199": (held(time="2200-01-01T00:00:00Z"), "time_out_of_bounds"),
    "U+0000": (held(id="a\0b"), "nul_character"),
    "over 64 KiB": (held(time=f"2024-05-11T09:30:00.{'1' * 70_000}Z"), "event_too_large"),
    "a whole number with a fraction": (held(data={"attendance": 46.0}), "field_of_wrong_type"),
}


@pytest.mark.parametrize("what", TAKEN_BY_SCHEMAS_ALONE)
def test_what_no_schema_can_say(what: str) -> None:
    event, code = TAKEN_BY_SCHEMAS_ALONE[what]
    assert validator_of(held()["dataschema"]).is_valid(event)
    assert refusal_of(event, datetime(2024, 6, 1, 12, tzinfo=UTC)) == code


@pytest.mark.parametrize("time", ["2024-05-11 09:30:00Z", "2024-05-11T09:30:00+0800"])
def test_times_that_only_the_way_in_takes(time: str) -> None:
    assert refusal_of(held(time=time)) is None
    assert not validator_of(held()["dataschema"]).is_valid(held(time=time))


# What a schema tells besides ---------------------------------------------------------------------


def test_personal_fields_are_marked_and_name_whose_they_are() -> None:
    for kind in kinds.values():
        fields = json_schema.data_schema(kind)["properties"]
        marked = {name: field["x-owner"] for name, field in fields.items() if field.get("x-personal")}
        owners = {
            kind.wire_names[one.name]: ([f"/data/{kind.wire_names[one.owner]}"] if one.owner else []) + ["/subject"]
            for one in kind.personal
        }
        assert marked == owners
    discovered = json_schema.find("case.discovered")["properties"]["data"]["properties"]
    assert discovered["location"]["x-owner"] == ["/data/reporter", "/subject"]


def test_a_schema_stands_by_itself_and_is_found_by_type_and_by_dataschema() -> None:
    for name, schema in json_schema.all_schemas().items():
        assert "$ref" not in text(schema)
        assert "\\\\Z" not in text(schema)
        assert json_schema.find(name) == schema
        assert (schema["title"], schema["additionalProperties"]) == (kinds[name].term, False)
    assert json_schema.find("case.rated") == json_schema.find("urn:shanzhi:case.rated:1")
    with pytest.raises(EventRefused, match=r"case\.rated"):
        json_schema.find("case.ratted")


def test_patterns_are_those_of_ecma_script_and_match_alike() -> None:
    found = sorted(set(re.findall(r'"pattern": (".+")', text(json_schema.all_schemas()))))
    tried = ("case/a", "case/a\n", "place/甲", "person/" + "x" * 120, "unit/" + "x" * 121, "/a", "+86 138", "12345\n")
    script = """
        const [patterns, texts] = JSON.parse(require("fs").readFileSync(0));
        console.log(JSON.stringify(patterns.map((p) => texts.map((t) => new RegExp(p, "u").test(t)))));
    """
    patterns = [json.loads(one) for one in found]
    said = run(["node", "-e", script], json.dumps([patterns, tried]))
    ours = [[validator({"pattern": one}).is_valid(tried_one) for tried_one in tried] for one in patterns]
    assert json.loads(said) == ours
    assert len(patterns) > 5


def run(command: list[str], given: str = "", folder: Path | None = None) -> str:
    ran = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=folder, timeout=COMMAND_SECONDS, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# AsyncAPI ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    """The AsyncAPI 3.0 schema of the AsyncAPI initiative, from its npm package."""
    folder = tmp_path_factory.mktemp("asyncapi")
    options = ["--silent", "--no-update-notifier", f"--cache={folder / 'cache'}"]
    name = run(["npm", "pack", ASYNCAPI_SPECS, *options], folder=folder).split()[-1]
    package = (folder / name).read_bytes()
    assert sha256(package).hexdigest() == ASYNCAPI_SPECS_SHA256
    with tarfile.open(folder / name) as archive:
        member = archive.extractfile("package/schemas/3.0.0.json")
        assert member is not None
        return Draft7Validator(json.load(member))


def test_the_asyncapi_document_is_valid(official: Draft7Validator) -> None:
    document = json.loads(text(asyncapi()))
    assert [error.message for error in official.iter_errors(document)] == []
    document["channels"]["intake"]["bindings"]["kafka"]["partitions"] = 0
    assert not official.is_valid(document), "a schema that takes everything proves nothing"


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    references = set(re.findall(r'"\$ref": "#(/.+)"', text(document)))
    assert len(references) > 3 * len(kinds)
    for pointer in references:
        assert resolved(document, pointer) is not None


def resolved(document: Any, pointer: str) -> Any:
    for step in pointer.removeprefix("#").split("/")[1:]:
        document = document[step]
    return document


@pytest.mark.parametrize("mode", ["", ".binary"])
def test_every_message_takes_its_example_and_no_key_is_forgotten(mode: str) -> None:
    document = asyncapi()
    for kind in kinds.values():
        message = document["components"]["messages"][f"{kind.type}.{kind.version}{mode}"]
        (trait,) = (resolved(document, one["$ref"]) for one in message["traits"])
        headers, (example,) = validator(merged(trait["headers"], message.get("headers", {}))), message["examples"]
        headers.validate(example["headers"])
        validator(resolved(document, message["payload"]["$ref"])).validate(example["payload"])
        for name in trait["headers"]["required"]:
            assert not headers.is_valid({key: value for key, value in example["headers"].items() if key != name})
        sent = example["payload"] if not mode else rejoined(example)
        assert check(sent, NOW).kind is kind


def merged(patched: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7386), by which traits are joined to a message."""
    if not isinstance(patch, dict) or not isinstance(patched, dict):
        return patch
    return patched | {name: merged(patched.get(name), value) for name, value in patch.items()}


def rejoined(example: dict[str, Any]) -> dict[str, Any]:
    """A record in binary mode as one event."""
    attributes = {name[3:]: value for name, value in example["headers"].items() if name.startswith("ce_")}
    return {**attributes, "data": example["payload"]}


def test_the_topics_are_told_as_they_are_made() -> None:
    channels = asyncapi()["channels"]
    intake, ledger = (channels[name]["bindings"]["kafka"] for name in ("intake", "ledger"))
    assert (intake["topic"], intake["partitions"]) == (topics.INTAKE, topics.INTAKE_PARTITIONS)
    assert (ledger["topic"], ledger["partitions"]) == (topics.LEDGER, topics.PARTITIONS)
    for told, made in (intake, topics._INTAKE_SETTINGS), (ledger, topics.SETTINGS):
        for name, value in told["topicConfiguration"].items():
            assert str(value[0] if isinstance(value, list) else value) == made[name], name
    actions = {operation["channel"]["$ref"]: operation["action"] for operation in asyncapi()["operations"].values()}
    assert actions == {"#/channels/intake": "receive", "#/channels/ledger": "send"}


def test_the_ledger_holds_what_is_told_of_it() -> None:
    recorded = validator(json_schema.recorded())
    for file in GOLDEN.glob("*.json"):
        recorded.validate(orjson.loads(file.read_bytes()))
    assert not recorded.is_valid({name: value for name, value in held().items() if name != "dataschema"})


# OpenAPI, and what is kept of all three ----------------------------------------------------------


def test_the_openapi_document_is_valid_and_tells_of_events_as_the_catalogue_does() -> None:
    document = json.loads(text(DOCUMENTS["openapi.json"]()))
    openapi_spec_validator.validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["components"]["schemas"]["CloudEvent"] == json_schema.components()["CloudEvent"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_kept_is_what_the_code_says(name: str) -> None:
    kept = (FOLDER / name).read_text(encoding="utf-8")
    assert kept == text(DOCUMENTS[name]()), "run python -m tests.contract.write_contract"
    assert json.loads(kept) == DOCUMENTS[name](), "only what JSON has: lists, no tuples"


@pytest.mark.parametrize(
    ("command", "name"), [("schema", "schemas.json"), ("asyncapi", "asyncapi.json"), ("openapi", "openapi.json")]
)
def test_the_commands_print_what_is_kept(command: str, name: str) -> None:
    ran = CliRunner().invoke(app, [command])
    assert ran.exit_code == 0
    assert ran.stdout == (FOLDER / name).read_text(encoding="utf-8")


def test_one_schema_is_printed_by_its_type() -> None:
    ran = CliRunner().invoke(app, ["schema", "case.rated"])
    assert json.loads(ran.stdout) == json_schema.find("case.rated")
    assert isinstance(CliRunner().invoke(app, ["schema", "case.ratted"]).exception, EventRefused)


def test_nothing_is_written_where_a_promise_would_be_broken(tmp_path: Path) -> None:
    assert write(tmp_path) == []
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    narrowed = copy.deepcopy(json_schema.all_schemas())
    narrowed["urn:shanzhi:case.rated:1"]["properties"]["data"]["required"].append("satisfaction")

    broken = write(tmp_path, {**DOCUMENTS, "schemas.json": lambda: narrowed})

    assert broken == ["urn:shanzhi:case.rated:1 /data/satisfaction: the field is required now"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
