"""Ten thousand messages of any content: each is answered, none leaves a traceback or a hung socket."""

import base64
import json
import random

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

N_MESSAGES = 10_000
BLANK = base64.b64encode(bytes(784)).decode()
GOOD = {"number": 1, "layer": "digit_mlp.hidden1", "set": "TopKSAE-k4", "pixels": BLANK, "edits": []}
ODD = [
    None,
    True,
    -1,
    0,
    1e308,
    "",
    "é" * 50,
    "../..",
    "\x00",
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
    10**30,
    "NaN",
    -0.0,
]


def message(rng: random.Random) -> str | bytes:
    """From nearly right to no text at all."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(200))
    if kind == 1:
        return (
            "".join(
                chr(rng.choice([rng.randrange(32, 127), rng.randrange(0x110000 - 0x800)])) for _ in range(40)
            )
            .encode("utf-8", "replace")
            .decode()
        )
    question = dict(GOOD)
    if kind == 2:
        return json.dumps(question)[: rng.randrange(200)]
    for _ in range(rng.randrange(1, 4)):
        question[rng.choice([*GOOD, "fit", "keep_error", rng.choice("xyz")])] = rng.choice(ODD)
    if kind == 5:
        unit = rng.choice([0, 3, 39, 40, -1, 2**40, "1"])
        edit = {
            "of": rng.choice(["features", "neurons", 3]),
            "unit": unit,
            "how": rng.choice(["ablate", "clamp", "x"]),
        }
        question = {**GOOD, "edits": [{**edit, "value": rng.choice(ODD)}] * rng.randrange(1, 4)}
        question["pixels"] = base64.b64encode(rng.randbytes(784)).decode()
        question["layer"] = rng.choice(["digit_mlp.hidden1", "digit_cnn.fc1", "digit_cnn.conv2"])
    return json.dumps(question)


def socket_of(door, **more):
    origin = f"http://127.0.0.1:{door.port}"
    return connect(f"ws://127.0.0.1:{door.port}/live", **{"origin": origin, "compression": None, **more})


def test_ten_thousand_messages_are_answered_and_nothing_is_logged(explorer):
    door, heard = explorer
    rng = random.Random(0)
    refused = 0
    with socket_of(door) as socket:
        for _ in range(N_MESSAGES):
            socket.send(message(rng))
            reply = socket.recv(timeout=20)
            if isinstance(reply, str):
                refused += 1
                assert json.loads(reply)["error"].endswith(".")
        socket.send(json.dumps({**GOOD, "number": 7}))
        assert b'"number":7' in socket.recv(timeout=20)
    assert 0 < refused < N_MESSAGES
    assert heard.lines == []


def test_strokes_that_wait_are_dropped_and_the_last_is_answered(explorer):
    door, _ = explorer
    slow = {**GOOD, "layer": "digit_cnn.conv2"}
    answered = []
    with socket_of(door) as socket:
        for number in range(300):
            socket.send(json.dumps({**slow, "number": number}))
        while not answered or answered[-1] != 299:
            reply = socket.recv(timeout=20)
            length = int.from_bytes(reply[:4], "little")
            answered.append(json.loads(reply[4 : 4 + length])["values"]["number"])
    assert answered == sorted(answered)
    assert len(answered) < 300


def test_a_message_of_a_megabyte_ends_the_socket_and_no_other(explorer):
    door, heard = explorer
    with socket_of(door) as other, socket_of(door) as socket:
        socket.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
        assert closed.value.rcvd.code == 1009
        other.send(json.dumps(GOOD))
        assert isinstance(other.recv(timeout=20), bytes)
    assert heard.lines == []


@pytest.mark.parametrize("origin", ["http://evil.example", None, "null"])
def test_a_socket_from_another_page_is_refused(explorer, origin):
    with pytest.raises(InvalidStatus) as refused, socket_of(explorer[0], origin=origin):
        pass
    assert refused.value.response.status_code == 403
